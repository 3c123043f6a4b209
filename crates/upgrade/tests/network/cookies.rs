//! The cookies of a jar: where they come from, and where they are sent.

use std::sync::Arc;

use websocket_upgrade::cookies::{CookieJar, MemoryJar};
use websocket_upgrade::{ClientOptions, create_upgrade_request};

use crate::peers::{Servers, redirect, refuse};

fn put(jar: &MemoryJar, url: &str, cookie: &str) {
    jar.store(url, &mut [cookie.as_bytes()].into_iter());
}

/// The URL that sets a cookie, the value of `Set-Cookie`, a URL, and whether the cookie is sent to it (RFC 6265
/// §5.1.3, §5.1.4, §5.4).
const RULES: [(&str, &str, &str, bool); 31] = [
    ("ws://a.example/", "id=1", "ws://a.example/", true),
    ("ws://a.example/", "id=1", "ws://a.example/deep/page?x=y", true),
    ("ws://a.example/", "id=1", "ws://A.Example/", true),
    ("ws://a.example/", "id=1", "ws://a.example:8080/", true),
    ("ws://a.example/", "id=1", "wss://a.example/", true),
    ("wss://a.example/", "id=1", "ws://a.example/", true),
    ("ws://a.example/", "id=1", "ws://b.example/", false),
    ("ws://a.example/", "id=1", "ws://sub.a.example/", false),
    ("ws://sub.a.example/", "id=1", "ws://a.example/", false),
    ("ws://a.example/", "id=1; Domain=a.example", "ws://sub.a.example/", true),
    ("ws://a.example/", "id=1; Domain=.a.example", "ws://sub.a.example/", true),
    ("ws://a.example/", "id=1; Domain=a.example", "ws://nota.example/", false),
    ("ws://sub.a.example/", "id=1; Domain=a.example", "ws://a.example/", true),
    ("ws://a.example/", "id=1; Domain=b.example", "ws://b.example/", false),
    ("ws://a.example/", "id=1; Domain=sub.a.example", "ws://sub.a.example/", false),
    ("ws://192.0.2.1/", "id=1", "ws://192.0.2.1/", true),
    ("ws://[2001:db8::1]/", "id=1", "ws://[2001:db8::1]:9000/", true),
    ("wss://a.example/", "id=1; Secure", "wss://a.example/", true),
    ("wss://a.example/", "id=1; Secure", "wss://a.example:8443/", true),
    ("wss://a.example/", "id=1; Secure", "ws://a.example/", false),
    ("wss://localhost/", "id=1; Secure", "ws://localhost/", false),
    ("wss://127.0.0.1/", "id=1; Secure", "ws://127.0.0.1/", false),
    ("wss://[::1]/", "id=1; Secure", "wss://[::1]/", true),
    ("ws://a.example/chat/room", "id=1", "ws://a.example/chat/other", true),
    ("ws://a.example/chat/room", "id=1", "ws://a.example/", false),
    ("ws://a.example/", "id=1; Path=/chat", "ws://a.example/chat/room", true),
    ("ws://a.example/", "id=1; Path=/chat", "ws://a.example/chatter", false),
    ("ws://a.example/", "id=1; Path=/chat", "ws://a.example/", false),
    ("ws://a.example/", "id=1; HttpOnly", "ws://a.example/", true),
    ("ws://a.example/", "id=1; Max-Age=0", "ws://a.example/", false),
    ("ws://a.example/", "id=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "ws://a.example/", false),
];

#[test]
fn who_sees_a_cookie() {
    for (from, cookie, url, expected) in RULES {
        let jar = MemoryJar::new();
        put(&jar, from, cookie);
        let cookies = jar.cookies(url);
        assert_eq!(cookies.as_deref(), expected.then_some("id=1"), "{cookie} of {from} for {url}");
    }
}

#[test]
fn the_longest_path_comes_first() {
    let jar = MemoryJar::new();
    for cookie in ["c=3; Path=/a", "a=1; Path=/", "d=4; Path=/a/b", "b=2; Path=/a/b/c"] {
        put(&jar, "ws://a.example/", cookie);
    }
    assert_eq!(jar.cookies("ws://a.example/a/b/c").as_deref(), Some("b=2; d=4; c=3; a=1"));
    put(&jar, "ws://a.example/", "b=5; Path=/a/b/c");
    assert_eq!(jar.cookies("ws://a.example/a/b/c").as_deref(), Some("b=5; d=4; c=3; a=1"));
}

#[test]
fn what_is_no_cookie_is_left_out() {
    let jar = MemoryJar::new();
    for value in ["", ";", "id", "=1", "id\r\nX: y", "\u{0}=\u{0}"] {
        put(&jar, "ws://a.example/", value);
    }
    jar.store("ws://a.example/", &mut [&b"id=\xFF"[..]].into_iter());
    jar.store("no URL", &mut [&b"id=1"[..]].into_iter());
    let cookies = jar.cookies("ws://a.example/");
    assert!(
        cookies.iter().all(|cookies| !cookies.bytes().any(|byte| byte.is_ascii_control())),
        "{cookies:?}"
    );
    assert_eq!(jar.cookies("no URL"), None);
}

/// Returns the names of the cookies for a URL.
fn names(jar: &MemoryJar, url: &str) -> Vec<String> {
    let all = jar.cookies(url).unwrap_or_default();
    let name = |pair: &str| pair.split_once('=').map(|(name, _)| name.to_owned());
    all.split("; ").filter_map(name).collect()
}

/// The lengths of name, value and attributes count, without the separators (RFC 6265 §6.1).
#[test]
fn a_cookie_has_a_limit() {
    const LIMIT: usize = MemoryJar::COOKIE_BYTES;
    let value = |bytes: usize| "v".repeat(bytes);
    for (cookie, fits) in [
        (format!("id={}", value(LIMIT - 2)), true),
        (format!("id={}", value(LIMIT - 1)), false),
        (format!("{}=1", value(LIMIT - 1)), true),
        (format!("{}=1", value(LIMIT)), false),
        (format!("id={}; Path=/; HttpOnly", value(LIMIT - 15)), true),
        (format!("id={}; Path=/; HttpOnly", value(LIMIT - 14)), false),
        (format!("id=1; Comment={}", value(LIMIT)), false),
        (value(1 << 20), false),
    ] {
        let jar = MemoryJar::new();
        put(&jar, "ws://a.example/", &cookie);
        assert_eq!(jar.cookies("ws://a.example/").is_some(), fits, "{}", cookie.len());
    }
    // A missing path is the URL's.
    let jar = MemoryJar::new();
    put(&jar, &format!("ws://a.example/{}/", value(LIMIT + 1)), "id=1");
    assert_eq!(format!("{jar:?}"), "MemoryJar(0 cookies)");
}

#[test]
fn a_domain_has_a_limit_and_its_oldest_cookie_goes() {
    let jar = MemoryJar::new();
    put(&jar, "ws://b.example/", "other=1");
    for number in 0..MemoryJar::PER_DOMAIN {
        put(&jar, "ws://a.example/", &format!("c{number}=1"));
    }
    let all = names(&jar, "ws://a.example/");
    assert_eq!(all.len(), MemoryJar::PER_DOMAIN);
    // A cookie that was set again or sent is no longer the oldest.
    put(&jar, "ws://a.example/", "c0=2");
    put(&jar, "ws://a.example/", "c1=2; Path=/deep");
    let left = names(&jar, "ws://a.example/deep");
    assert_eq!(left.len(), MemoryJar::PER_DOMAIN);
    assert_eq!(left.iter().filter(|name| *name == "c1").count(), 1, "that of another path has gone");
    // Host-only cookies, and those for all hosts below, belong to the same domain.
    for number in 0..2 * MemoryJar::PER_DOMAIN {
        put(&jar, "ws://sub.a.example/", &format!("d{number}=1; Domain=a.example"));
    }
    let left = names(&jar, "ws://a.example/deep");
    assert_eq!(left.len(), MemoryJar::PER_DOMAIN);
    assert!(left.iter().all(|name| name.starts_with('d')), "{left:?}");
    assert_eq!(names(&jar, "ws://b.example/"), ["other"]);
}

#[test]
fn a_jar_has_a_limit_and_the_oldest_cookie_of_all_goes() {
    let jar = MemoryJar::new();
    let hosts = MemoryJar::TOTAL / MemoryJar::PER_DOMAIN;
    let host = |number: usize| format!("ws://host-{number}.example/");
    for number in 0..=hosts {
        for cookie in 0..MemoryJar::PER_DOMAIN {
            put(&jar, &host(number), &format!("c{cookie}=1"));
        }
        // The first host is used again and again.
        assert_eq!(names(&jar, &host(0)).len(), MemoryJar::PER_DOMAIN);
    }
    assert_eq!(format!("{jar:?}"), format!("MemoryJar({} cookies)", MemoryJar::TOTAL));
    assert_eq!(names(&jar, &host(1)).len(), 0);
    assert_eq!(names(&jar, &host(2)).len(), MemoryJar::PER_DOMAIN);
}

#[test]
fn what_its_server_takes_back_is_gone() {
    let jar = MemoryJar::new();
    let url = "ws://a.example/";
    put(&jar, url, "oldest=1");
    for number in 1..MemoryJar::PER_DOMAIN {
        put(&jar, url, &format!("c{number}=1; Max-Age=3600"));
    }
    // Its server has deleted it.
    put(&jar, url, "c7=1; Max-Age=0");
    assert_eq!(format!("{jar:?}"), format!("MemoryJar({} cookies)", MemoryJar::PER_DOMAIN - 1));
    put(&jar, url, "new=1");
    let left = names(&jar, url);
    assert_eq!(left.len(), MemoryJar::PER_DOMAIN);
    assert!(left.contains(&"oldest".to_owned()) && left.contains(&"new".to_owned()), "{left:?}");
}

fn with_jar(servers: &Servers) -> (ClientOptions, Arc<MemoryJar>) {
    let jar = Arc::new(MemoryJar::new());
    (servers.client().cookies(Arc::clone(&jar) as _), jar)
}

#[tokio::test]
async fn every_answer_may_set_some() {
    let servers = Servers::new(|asked, count| match count {
        0 => refuse(503, "Set-Cookie: refused=1\r\nSet-Cookie: two=2; Path=/\r\n", ""),
        1 => redirect(302, "/b\r\nSet-Cookie: redirected=1"),
        2 => asked.accept("Set-Cookie: accepted=1\r\n"),
        _ => asked.accept(""),
    });
    let (options, jar) = with_jar(&servers);
    let options = options.redirects(1);
    create_upgrade_request("ws://a.example/", &options).await.expect_err("refused");
    for _ in 0..2 {
        create_upgrade_request("ws://a.example/", &options).await.expect("accepted");
    }
    let sorted = |value: Option<&str>| {
        let mut names: Vec<_> =
            value.into_iter().flat_map(|value| value.split("; ")).map(str::to_owned).collect();
        names.sort();
        names
    };
    let sent: Vec<_> = servers.asked().iter().map(|asked| sorted(asked.field("Cookie"))).collect();
    let expected: [&[&str]; 4] = [
        &[],
        &["refused=1", "two=2"],
        &["redirected=1", "refused=1", "two=2"],
        &["accepted=1", "redirected=1", "refused=1", "two=2"],
    ];
    assert_eq!(sent, expected);
    let shown = format!("{jar:?} {options:?}");
    assert_eq!(format!("{jar:?}"), "MemoryJar(4 cookies)");
    assert!(!shown.contains("=1"), "{shown}");
}

#[tokio::test]
async fn a_response_that_breaks_the_protocol_sets_none() {
    let servers = Servers::new(|asked, _| {
        asked.accept("Set-Cookie: id=1\r\nSec-WebSocket-Protocol: never-asked-for\r\n")
    });
    let (options, jar) = with_jar(&servers);
    create_upgrade_request("ws://a.example/", &options).await.expect_err("broken");
    assert_eq!(jar.cookies("ws://a.example/"), None);
}

#[tokio::test]
async fn over_a_redirect_each_host_has_its_own() {
    let servers = Servers::new(|asked, count| match count {
        0 => redirect(302, "ws://b.example/"),
        _ => asked.accept(""),
    });
    let (options, jar) = with_jar(&servers);
    put(&jar, "ws://a.example/", "a=1");
    put(&jar, "wss://b.example/", "b=2");
    put(&jar, "wss://b.example/", "secure=3; Secure");
    create_upgrade_request("ws://a.example/", &options.redirects(1)).await.expect("accepted");
    let asked = servers.asked();
    assert_eq!((asked[0].field("Cookie"), asked[1].field("Cookie")), (Some("a=1"), Some("b=2")));
}

#[tokio::test]
async fn a_header_of_the_callers_own_goes_instead() {
    let servers = Servers::new(|asked, count| match count {
        0 => redirect(302, "/same"),
        1 => redirect(302, "ws://b.example/"),
        _ => asked.accept(""),
    });
    let (options, jar) = with_jar(&servers);
    put(&jar, "ws://a.example/", "a=1");
    put(&jar, "ws://b.example/", "b=2");
    let options = options.redirects(2).header("cookie", "own=1").expect("a header");
    create_upgrade_request("ws://a.example/", &options).await.expect("accepted");
    let sent: Vec<_> = servers.asked().iter().map(|asked| asked.field("Cookie").map(str::to_owned)).collect();
    // The caller's own cookie is sent only to its origin.
    assert_eq!(sent, ["own=1", "own=1", "b=2"].map(|value| Some(value.to_owned())));
}

/// If a jar returns text that is not a cookie, no cookie is sent.
#[tokio::test]
async fn a_jar_injects_nothing() {
    struct Broken;
    impl CookieJar for Broken {
        fn cookies(&self, url: &str) -> Option<String> {
            assert_eq!(url, "ws://a.example/?x=y", "no user information");
            Some("id=1\r\nX-Injected: yes".into())
        }

        fn store(&self, url: &str, set_cookie: &mut dyn Iterator<Item = &[u8]>) {
            assert_eq!((url, set_cookie.count()), ("ws://a.example/?x=y", 0));
        }
    }
    let servers = Servers::in_order(&[]);
    let options = servers.client().cookies(Arc::new(Broken));
    create_upgrade_request("ws://user:s-password@a.example?x=y", &options).await.expect("accepted");
    let asked = servers.asked();
    assert_eq!((asked[0].field("Cookie"), asked[0].field("X-Injected")), (None, None));
}
