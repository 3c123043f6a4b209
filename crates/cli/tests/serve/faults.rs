//! Faults: each of them serves, and each can be named.

use crate::common::{ACCEPT, Served, fails, head, run};

/// The names that are listed.
fn names() -> Vec<String> {
    let output = run(&["serve", "--list-faults"]);
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
    assert_eq!(run(&["serve", "--fault", "help"]).stdout, output.stdout);
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().filter_map(|line| Some(line.split_once("  ")?.0.to_owned())).collect()
}

#[test]
fn each_that_is_listed_serves() {
    let names = names();
    assert!(names.len() >= 25, "{names:?}");
    for name in &names {
        let served = Served::start(&["--fault", name, "--timeout", "5"]);
        let _client = served.client(served.request("/path?token=hidden", "").as_bytes());
        // It answers a good request in some way.
        let line = served.logs(&format!(" with the fault {name}"));
        assert!(line.contains(" HTTP/1.1 /path ") && !line.contains("hidden"), "{line}");
    }
}

#[test]
fn a_fault_is_on_the_wire() {
    for (name, arguments) in [("accept-constant", &[][..]), ("no-connection", &["--http1.1"])] {
        let served = Served::start(&[&["--fault", name], arguments].concat());
        let request = served.request("/", "").replace(crate::common::KEY, "AAAAAAAAAAAAAAAAAAAAAA==");
        let head = head(&mut served.client(request.as_bytes()));
        assert!(head.starts_with("http/1.1 101 "), "{name}: {head}");
        let constant = head.contains(&ACCEPT.to_ascii_lowercase());
        assert_eq!(constant, name == "accept-constant", "{name}: {head}");
        assert_eq!(head.contains("\r\nconnection: "), name != "no-connection", "{name}: {head}");
    }
}

#[tokio::test]
async fn a_client_notices_a_fault_over_tls() {
    use websocket_upgrade::{ClientOptions, TlsOptions, create_upgrade_request};
    let served = Served::start(&["--tls", "--fault", "accept-constant"]);
    let options = ClientOptions::new().tls(TlsOptions::new().danger_accept_any_certificate());
    let error =
        create_upgrade_request(&served.url("wss", "/"), &options.http2()).await.expect_err("a wrong accept");
    assert_eq!(error.reason().label(), "response", "{error:#}");
}

#[test]
fn a_fault_that_is_unheard_of_says_so() {
    for name in ["unheard-of", "", "interim-fatal"] {
        let said = fails(&["serve", "--fault", name], 2);
        assert!(
            said.contains("no fault of this name") && said.contains("hint: `wsupgrade serve --list-faults`"),
            "{said}"
        );
    }
    assert!(fails(&["serve", "--fault", "no-answer", "--compress"], 2).contains("cannot be used with"));
}
