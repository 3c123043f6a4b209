//! The proxies that the environment names. Each case runs in a child process, since a process can't safely change its
//! own environment.

use std::env;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use websocket_upgrade::{
    ClientOptions, ConnectError, ConnectReason, Phase, blocking, create_upgrade_request, futures,
};

use crate::report::{run, same};

/// Holds the URLs for the child.
const TASK: &str = "WEBSOCKET_UPGRADE_TEST_URLS";

/// All variables that concern proxies.
const NAMES: [&str; 9] = [
    "ALL_PROXY",
    "all_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "REQUEST_METHOD",
];

/// The environment, with `1` to `3` for proxies; and URLs, each with its proxy, or `-` without one, `!` if the proxy
/// can't be used, `?` if the host can't be looked up.
type Case = (&'static [(&'static str, &'static str)], &'static [(&'static str, &'static str)]);

const WS: &str = "ws://name.invalid/";
const WSS: &str = "wss://name.invalid/";

const CASES: [Case; 43] = [
    (&[], &[(WS, "-"), (WSS, "-")]),
    (&[("HTTP_PROXY", "1")], &[(WS, "1"), (WSS, "-"), ("ws://name.invalid:443/", "1")]),
    (&[("HTTPS_PROXY", "1")], &[(WS, "-"), (WSS, "1"), ("wss://name.invalid:80/", "1")]),
    (&[("ALL_PROXY", "1")], &[(WS, "1"), (WSS, "1"), ("ws://192.0.2.1/", "1"), ("ws://[2001:db8::1]/", "1")]),
    (&[("http_proxy", "1")], &[(WS, "1"), (WSS, "-")]),
    (&[("https_proxy", "1")], &[(WS, "-"), (WSS, "1")]),
    (&[("all_proxy", "1")], &[(WS, "1"), (WSS, "1")]),
    (&[("HTTP_PROXY", "1"), ("HTTPS_PROXY", "2"), ("ALL_PROXY", "3")], &[(WS, "1"), (WSS, "2")]),
    (&[("HTTP_PROXY", "1"), ("ALL_PROXY", "3")], &[(WS, "1"), (WSS, "3")]),
    (&[("HTTPS_PROXY", "2"), ("ALL_PROXY", "3")], &[(WS, "3"), (WSS, "2")]),
    (&[("HTTP_PROXY", "")], &[(WS, "-")]),
    (&[("ALL_PROXY", ""), ("HTTP_PROXY", "1")], &[(WS, "1"), (WSS, "-")]),
    (&[("HTTP_PROXY", ""), ("http_proxy", "1")], &[(WS, "1"), (WSS, "-")]),
    // No configured proxy is bypassed.
    (&[("ALL_PROXY", "ftp://127.0.0.1:1")], &[(WS, "!"), (WSS, "!"), ("ws://127.0.0.1:1/", "!")]),
    (&[("HTTP_PROXY", "ftp://127.0.0.1:1"), ("ALL_PROXY", "1")], &[(WS, "!"), (WSS, "1")]),
    (
        &[("HTTPS_PROXY", "nonsense://"), ("NO_PROXY", "127.0.0.1")],
        &[(WS, "-"), (WSS, "!"), ("wss://127.0.0.1:1/", "-")],
    ),
    (&[("HTTP_PROXY", "http://127.0.0.1:s-password")], &[(WS, "!")]),
    (&[("HTTP_PROXY", "http://127.0.0.1:99999")], &[(WS, "!")]),
    (&[("HTTP_PROXY", "http://")], &[(WS, "!")]),
    (&[("HTTP_PROXY", "http://:3128")], &[(WS, "!")]),
    (&[("HTTP_PROXY", " ")], &[(WS, "!")]),
    (&[("HTTP_PROXY", "http://user:s-password@x@127.0.0.1:1")], &[(WS, "!")]),
    (&[("ALL_PROXY", "socks4://user:s-password@127.0.0.1:1")], &[(WS, "!"), (WSS, "!")]),
    (
        &[("ALL_PROXY", "1"), ("NO_PROXY", "name.invalid")],
        &[("ws://n%61me.invalid/", "?"), ("wss://%6eame/", "?")],
    ),
    (&[("ALL_PROXY", "1")], &[("ws://n%61me.invalid/", "?"), ("ws://[v1.x]/", "?")]),
    // A CGI script gets the field `Proxy` of a request as HTTP_PROXY.
    (&[("HTTP_PROXY", "1"), ("REQUEST_METHOD", "GET")], &[(WS, "-"), (WSS, "-")]),
    (&[("HTTPS_PROXY", "1"), ("REQUEST_METHOD", "GET")], &[(WS, "-"), (WSS, "1")]),
    (&[("HTTP_PROXY", "1"), ("ALL_PROXY", "2"), ("REQUEST_METHOD", "GET")], &[(WS, "2"), (WSS, "2")]),
    (
        &[("ALL_PROXY", "1"), ("NO_PROXY", "*.name.invalid localhost")],
        &[
            ("ws://sub.name.invalid/", "-"),
            (WS, "1"),
            ("ws://xname.invalid/", "1"),
            ("ws://localhost:1/", "-"),
            ("ws://localhost.:1/", "-"),
        ],
    ),
    (
        &[("ALL_PROXY", "1"), ("NO_PROXY", "127.0.0.1")],
        &[("ws://[::ffff:127.0.0.1]:1/", "-"), ("ws://[::1]:1/", "1")],
    ),
    (&[("ALL_PROXY", "1"), ("NO_PROXY", "*")], &[(WS, "-"), (WSS, "-"), ("ws://192.0.2.1/", "-")]),
    (
        &[("ALL_PROXY", "1"), ("NO_PROXY", "name.invalid")],
        &[
            (WS, "-"),
            (WSS, "-"),
            ("ws://name.invalid:8080/", "-"),
            ("ws://sub.name.invalid/", "-"),
            ("ws://othername.invalid/", "1"),
            ("ws://invalid/", "1"),
            ("ws://NAME.invalid/", "-"),
        ],
    ),
    (
        &[("ALL_PROXY", "1"), ("NO_PROXY", ".name.invalid")],
        &[("ws://sub.name.invalid/", "-"), ("ws://x.invalid/", "1")],
    ),
    (&[("ALL_PROXY", "1"), ("NO_PROXY", "NAME.INVALID")], &[(WS, "-")]),
    (
        &[("ALL_PROXY", "1"), ("no_proxy", "a.invalid , name.invalid,,b.invalid")],
        &[(WS, "-"), ("ws://a.invalid/", "-"), ("ws://b.invalid/", "-"), ("ws://c.invalid/", "1")],
    ),
    (
        &[("ALL_PROXY", "1"), ("NO_PROXY", "127.0.0.0/8,::1")],
        &[
            ("ws://127.0.0.1:1/", "-"),
            ("ws://127.1.2.3:1/", "-"),
            ("ws://[::1]:1/", "-"),
            ("ws://128.0.0.1/", "1"),
            ("ws://[::2]/", "1"),
            (WS, "1"),
        ],
    ),
    (
        &[("ALL_PROXY", "1"), ("NO_PROXY", "2001:db8::/32,192.0.2.7")],
        &[
            ("ws://[2001:db8:7::1]/", "-"),
            ("ws://[2001:db9::1]/", "1"),
            ("ws://192.0.2.7/", "-"),
            ("ws://192.0.2.8/", "1"),
        ],
    ),
    (
        &[("ALL_PROXY", "1"), ("NO_PROXY", "name.invalid:8080")],
        &[
            ("ws://name.invalid:8080/", "-"),
            ("wss://sub.name.invalid:8080/", "-"),
            (WS, "1"),
            ("ws://x.invalid:8080/", "1"),
        ],
    ),
    (
        &[("ALL_PROXY", "1"), ("NO_PROXY", "name.invalid:80,name.invalid:443")],
        &[(WS, "-"), (WSS, "-"), ("ws://name.invalid:443/", "-"), ("ws://name.invalid:8080/", "1")],
    ),
    (
        &[("ALL_PROXY", "1"), ("NO_PROXY", "[2001:db8::1]:80,192.0.2.1:443")],
        &[
            ("ws://[2001:db8::1]/", "-"),
            ("wss://[2001:db8::1]/", "1"),
            ("wss://192.0.2.1/", "-"),
            ("ws://192.0.2.1/", "1"),
        ],
    ),
    (
        &[("ALL_PROXY", "1"), ("NO_PROXY", "127.0.0.0/8:1, *:2")],
        &[("ws://127.0.0.1:1/", "-"), ("ws://127.0.0.1:3/", "1"), ("ws://name.invalid:2/", "-"), (WS, "1")],
    ),
    (&[("ALL_PROXY", "1"), ("NO_PROXY", "name.invalid:x, :80, [::1]")], &[(WS, "1"), ("ws://[::1]:1/", "-")]),
    (&[("HTTP_PROXY", "1"), ("NO_PROXY", "")], &[(WS, "1")]),
];

/// The child connects, and reports the proxies. It does not wait for answers.
fn report(urls: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(ask(urls));
    // It does not wait for a thread that looks up a name either.
    runtime.shutdown_background();
}

async fn ask(urls: &str) {
    let phases = [Phase::Resolve, Phase::Connect, Phase::Proxy, Phase::Tls, Phase::Handshake];
    let options = ClientOptions::new().tls_config(crate::certificates::trusting());
    let options = phases.into_iter().fold(options, |options, phase| {
        // A connection to loopback takes no time.
        let time = if phase == Phase::Connect { 20 } else { 1 };
        options.phase_deadline(phase, Duration::from_millis(time))
    });
    for url in urls.split(' ') {
        for options in [&options, &options.clone().no_proxy()] {
            let error = create_upgrade_request(url, options).await.expect_err("nobody answers");
            let direct = [
                futures::create_upgrade_request(url, options).await.map(drop),
                blocking::create_upgrade_request(url, options).map(drop),
            ];
            let direct = direct.map(|connected| told(&connected.expect_err("nobody answers")));
            println!("\n{TASK} {url} {} {}", told(&error), direct.join(" "));
        }
    }
}

/// Returns the proxy and other details.
fn told(error: &ConnectError) -> String {
    match error.reason() {
        ConnectReason::Proxy(cause) if cause.kind() == ErrorKind::InvalidInput => {
            assert!(error.to_string().contains("the environment's "), "{error}");
            "!".into()
        }
        ConnectReason::Connect(cause) if cause.kind() == ErrorKind::InvalidInput => "?".into(),
        ConnectReason::Unsupported(what) => {
            assert!(what.contains("no_proxy"), "{error}");
            "unsupported".into()
        }
        _ => error.report().proxy.clone().unwrap_or("-".into()),
    }
}

#[test]
fn which_proxy_it_is() {
    if let Ok(urls) = env::var(TASK) {
        return report(&urls);
    }
    // They accept connections and send nothing.
    let proxies = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a listener"));
    let proxies = proxies.each_ref().map(|proxy| proxy.local_addr().expect("an address").to_string());
    run(
        "environments",
        &CASES,
        |case| format!("{:?}", case.0),
        |(variables, urls)| {
            let mut child = Command::new(env::current_exe().expect("this program"));
            child.args(["--exact", "--nocapture", "environment::which_proxy_it_is"]);
            for name in NAMES {
                child.env_remove(name);
            }
            for (name, value) in *variables {
                let value = match value.parse::<usize>() {
                    // With a scheme, without one, and with a password.
                    Ok(1) => format!("http://{}", proxies[0]),
                    Ok(2) => proxies[1].clone(),
                    Ok(3) => format!("http://user:s-password@{}/", proxies[2]),
                    _ => (*value).to_owned(),
                };
                child.env(name, value);
            }
            let list: Vec<_> = urls.iter().map(|(url, _)| *url).collect();
            let output = child.env(TASK, list.join(" ")).output().expect("a child");
            let said = String::from_utf8_lossy(&output.stdout);
            same("passed", &(output.status.success() && said.contains("1 passed")), &true)
                .map_err(|_| format!("{said}{}", String::from_utf8_lossy(&output.stderr)))?;
            same("secrets", &said.contains("s-password"), &false)?;
            let told: Vec<_> = said
                .lines()
                .filter_map(|line| line.strip_prefix(TASK))
                .filter_map(|line| {
                    let mut words = line.split_whitespace();
                    Some((words.next()?, words.collect::<Vec<_>>()))
                })
                .collect();
            let (with, without): (Vec<_>, Vec<_>) =
                told.chunks_exact(2).map(|both| (both[0].clone(), both[1].clone())).unzip();
            for (((url, proxy), with), without) in urls.iter().zip(with).zip(without) {
                let expected = match proxy.parse::<usize>() {
                    Ok(at) => format!("http://{}", proxies[at - 1]),
                    Err(_) => (*proxy).to_owned(),
                };
                // Drivers without proxy support do not bypass it.
                let direct = if *proxy == "-" { "-" } else { "unsupported" };
                same(url, &with, &(*url, vec![&*expected, direct, direct]))?;
                let straight = if *proxy == "?" { "?" } else { "-" };
                same("without", &without, &(*url, vec![straight; 3]))?;
            }
            same("URLs", &told.len(), &(2 * urls.len()))?;
            Ok(())
        },
    );
}

/// The same rules apply to a proxy in the options, whatever the environment says.
#[test]
fn the_options_may_make_exceptions() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(exceptions());
    runtime.shutdown_background();
}

async fn exceptions() {
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let proxy = format!("http://{}", proxy.local_addr().expect("an address"));
    let phases = [Phase::Resolve, Phase::Connect, Phase::Proxy, Phase::Handshake];
    for (except, url, goes) in [
        ("", WS, true),
        ("*", WS, false),
        ("name.invalid", WS, false),
        ("name.invalid", "ws://other.invalid/", true),
        ("name.invalid:8080", WS, true),
        ("name.invalid:80", WS, false),
        ("127.0.0.0/8", "ws://127.0.0.1:1/", false),
    ] {
        let options = ClientOptions::new().proxy_except(&proxy, except).expect("a proxy");
        let options = phases.into_iter().fold(options, |options, phase| {
            options.phase_deadline(phase, Duration::from_millis(if phase == Phase::Connect { 20 } else { 1 }))
        });
        let error = create_upgrade_request(url, &options).await.expect_err("nobody answers");
        assert_eq!(error.report().proxy.is_some(), goes, "{url} but {except:?}: {error}");
    }
}
