//! The credentials of a request: user information, options, and the hook that answers a 401.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use tokio::time::Instant;
use websocket_upgrade::{
    ClientOptions, ConnectError, ConnectReason, OptionsError, Phase, Unauthorized, blocking,
    create_upgrade_request,
};

use crate::peers::{Servers, redirect, refuse};

type Give = fn(ClientOptions) -> Result<ClientOptions, OptionsError>;

/// User information, options, and the resulting value of `Authorization`.
const VALUES: [(&str, Give, Option<&str>); 9] = [
    ("", Ok, None),
    ("user:secret@", Ok, Some("Basic dXNlcjpzZWNyZXQ=")),
    ("user@", Ok, Some("Basic dXNlcjo=")),
    ("us%65r:s%3Acret@", Ok, Some("Basic dXNlcjpzOmNyZXQ=")),
    ("", |options| options.basic_authorization("user", "secret"), Some("Basic dXNlcjpzZWNyZXQ=")),
    ("", |options| options.basic_authorization("", ""), Some("Basic Og==")),
    ("", |options| options.basic_authorization("user", "s:cret"), Some("Basic dXNlcjpzOmNyZXQ=")),
    ("", |options| options.bearer_token("a.b-c_d~e+f/g=="), Some("Bearer a.b-c_d~e+f/g==")),
    ("", |options| options.header("Authorization", "Own x"), Some("Own x")),
];

#[tokio::test]
async fn what_is_sent() {
    for (userinfo, give, value) in VALUES {
        let servers = Servers::in_order(&[]);
        let options = give(servers.client()).expect("an option");
        create_upgrade_request(&format!("ws://{userinfo}a.example/"), &options).await.expect("accepted");
        let asked = servers.asked();
        assert_eq!(asked[0].all("Authorization"), value.into_iter().collect::<Vec<_>>());
        assert_eq!(asked[0].field("Host"), Some("a.example"));
    }
}

#[test]
fn what_can_not_be_sent() {
    let options = ClientOptions::new;
    for (user, password) in [("us:er", "x"), ("us\ner", "x"), ("user", "x\r\nX: y"), ("user\0", "")] {
        let error = options().basic_authorization(user, password).expect_err(user).to_string();
        assert!(!error.contains(user) && error.contains("credentials"), "{error}");
    }
    for token in ["", "a b", "a\r\nX: y", "a,b", "\u{e9}"] {
        let error = options().bearer_token(token).expect_err(token).to_string();
        assert!(error.contains("credentials"), "{error}");
    }
}

#[tokio::test]
async fn more_than_one_is_an_error() {
    let two: [(&str, Give); 4] = [
        ("user:s-password@", |options| options.basic_authorization("user", "s-password")),
        ("user@", |options| options.header("authorization", "s-token")),
        ("", |options| options.basic_authorization("user", "s-password")?.bearer_token("s-token")),
        ("", |options| options.bearer_token("s-token")?.bearer_token("s-token")),
    ];
    for (userinfo, give) in two {
        let servers = Servers::in_order(&[]);
        let url = format!("ws://{userinfo}a.example/");
        let options = give(servers.client()).expect("each is one");
        let error = create_upgrade_request(&url, &options).await.expect_err("two");
        assert!(matches!(error.reason(), ConnectReason::Options(_)), "{error:?}");
        assert_eq!((error.phase(), servers.asked().len()), (Phase::Prepare, 0));
        let text = format!("{error}\n{error:?}");
        assert!(text.contains("Authorization") && !text.contains("s-"), "{text}");
    }
}

/// Makes servers that accept only this value.
fn closed(value: &'static str) -> Servers {
    Servers::new(move |asked, _| match asked.field("Authorization") {
        Some(other) if other == value => asked.accept(""),
        _ => refuse(401, "WWW-Authenticate: Bearer realm=\"a\"\r\n", "who are you?"),
    })
}

/// Makes a hook that returns these fields, and counts its calls.
fn giving(
    options: ClientOptions,
    fields: &[(&'static str, &'static str)],
) -> (ClientOptions, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let (count, fields) = (Arc::clone(&calls), fields.to_vec());
    let options = options.on_unauthorized(move |asked: Unauthorized| {
        assert!(asked.url.starts_with("ws://a.example/door") && !asked.url.contains('@'), "{}", asked.url);
        assert_eq!(asked.refused.status(), 401);
        assert_eq!(asked.refused.head.field("WWW-Authenticate"), Some(&b"Bearer realm=\"a\""[..]));
        assert_eq!(asked.refused.body, b"who are you?");
        count.fetch_add(1, SeqCst);
        let mut map = HeaderMap::new();
        for (name, value) in &fields {
            map.append(*name, http::HeaderValue::from_static(value));
        }
        async { Some(map) }
    });
    (options, calls)
}

const DOOR: &str = "ws://a.example/door?token=1";

#[tokio::test]
async fn a_hook_answers_once() {
    let servers = closed("Bearer new");
    let client = servers.client().bearer_token("old").and_then(|options| options.header("X-Kept", "yes"));
    let fields = [("authorization", "Bearer new"), ("x-new", "1"), ("x-new", "2")];
    let (options, calls) = giving(client.expect("options"), &fields);
    create_upgrade_request(DOOR, &options).await.expect("accepted");
    let asked = servers.asked();
    let values: Vec<_> = asked.iter().map(|asked| asked.all("Authorization")).collect();
    assert_eq!(values, [["Bearer old"], ["Bearer new"]]);
    assert_eq!((asked[1].all("X-New"), asked[1].field("X-Kept")), (vec!["1", "2"], Some("yes")));
    assert_eq!((calls.load(SeqCst), asked[1].target()), (1, "/door?token=1"));
}

#[tokio::test]
async fn a_hook_stands_in_for_user_information() {
    let servers = closed("Bearer new");
    let (options, _) = giving(servers.client(), &[("authorization", "Bearer new")]);
    create_upgrade_request("ws://user:old@a.example/door", &options).await.expect("accepted");
    let values: Vec<_> =
        servers.asked().iter().filter_map(|asked| asked.field("Authorization").map(str::to_owned)).collect();
    assert_eq!(values, ["Basic dXNlcjpvbGQ=", "Bearer new"]);

    // Other fields do not replace it.
    let servers = Servers::new(|asked, _| match asked.field("X-Session") {
        Some(_) => asked.accept(""),
        None => refuse(401, "WWW-Authenticate: Bearer realm=\"a\"\r\n", "who are you?"),
    });
    let (options, _) = giving(servers.client(), &[("x-session", "1")]);
    create_upgrade_request("ws://user:old@a.example/door", &options).await.expect("accepted");
    assert_eq!(servers.asked()[1].field("Authorization"), Some("Basic dXNlcjpvbGQ="));
}

#[tokio::test]
async fn a_second_401_stands() {
    let servers = closed("never");
    let (options, calls) = giving(servers.client(), &[("authorization", "Bearer new")]);
    let error = create_upgrade_request(DOOR, &options).await.expect_err("refused");
    assert_eq!(error.refused().map(websocket_upgrade::Refused::status), Some(401), "{error:?}");
    assert_eq!((calls.load(SeqCst), servers.asked().len()), (1, 2));
    assert!(!error.retry().is_worthwhile());
}

/// After a redirect to another origin, a 401 is from that origin.
#[tokio::test]
async fn every_origin_asks_for_itself() {
    let servers = Servers::new(|asked, _| match (asked.at.as_str(), asked.field("Authorization")) {
        ("http://a.example:80", Some("Bearer a")) => redirect(307, "ws://b.example/x?token=s-query"),
        ("http://b.example:80", Some("Bearer b")) => asked.accept(""),
        _ => refuse(401, "", ""),
    });
    let urls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&urls);
    let options = servers.client().redirects(1).on_unauthorized(move |asked| {
        let token = if asked.url.contains("a.example") { "Bearer a" } else { "Bearer b" };
        seen.lock().expect("urls").push(asked.url);
        async move { Some(HeaderMap::from_iter([(AUTHORIZATION, token.parse().expect("a value"))])) }
    });
    create_upgrade_request("ws://a.example/?token=s-query", &options).await.expect("accepted");
    let values: Vec<_> =
        servers.asked().iter().map(|asked| asked.field("Authorization").map(str::to_owned)).collect();
    let some = |value: &str| Some(value.to_owned());
    assert_eq!(values, [None, some("Bearer a"), None, some("Bearer b")]);
    // The hook gets the whole URL, because an answer by Digest covers the query (RFC 7616 §3.4). A shown URL has no
    // query.
    let whole = ["ws://a.example/?token=s-query", "ws://b.example/x?token=s-query"];
    assert_eq!(*urls.lock().expect("urls"), whole);
}

#[tokio::test]
async fn a_hook_is_told_what_was_asked_for() {
    for (url, expected) in [
        ("ws://user:s-password@A.Example:80/x?y=z", "ws://a.example/x?y=z"),
        ("wss://a.example:8443?x[]=|", "wss://a.example:8443/?x[]=%7C"),
    ] {
        let servers = closed("Bearer new");
        let options = servers.client().on_unauthorized(move |asked| {
            assert_eq!(asked.url, expected);
            let shown = format!("{asked:?}");
            assert!(!shown.contains("y=z") && !shown.contains("x[]"), "{shown}");
            async { Some(HeaderMap::from_iter([(AUTHORIZATION, "Bearer new".parse().expect("a value"))])) }
        });
        create_upgrade_request(url, &options).await.expect("accepted");
    }
}

#[tokio::test]
async fn a_hook_that_has_no_answer_lets_the_refusal_stand() {
    let servers = closed("never");
    let options = servers.client().redirects(3).on_unauthorized(|_| async { None });
    let error = create_upgrade_request(DOOR, &options).await.expect_err("refused");
    assert_eq!((error.reason().label(), servers.asked().len()), ("refused", 1));
    assert_eq!(error.refused().map(|refused| &refused.body[..]), Some(&b"who are you?"[..]));
}

#[tokio::test]
async fn an_answer_that_can_not_be_sent() {
    for name in
        ["host", "upgrade", "connection", "content-length", "sec-websocket-key", "sec-websocket-protocol"]
    {
        let servers = closed("never");
        let (options, _) = giving(servers.client(), &[(name, "s-secret")]);
        let error = create_upgrade_request(DOOR, &options).await.expect_err(name);
        assert!(matches!(error.reason(), ConnectReason::Answer(_)), "{error:?}");
        assert_eq!(servers.asked().len(), 1);
        let text = error.to_string();
        assert!(text.to_ascii_lowercase().contains(name) && !text.contains("s-secret"), "{text}");
    }
}

/// The hook returns two fields of one kind, so there is no legal request.
#[tokio::test]
async fn an_answer_that_contradicts_itself() {
    let servers = closed("never");
    let (options, _) = giving(servers.client(), &[("authorization", "a"), ("authorization", "b")]);
    let error = create_upgrade_request(DOOR, &options).await.expect_err("two");
    assert!(matches!(error.reason(), ConnectReason::Options(_)), "{error:?}");
    assert_eq!(servers.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_hangs_ends_with_the_deadline() {
    let servers = closed("never");
    let options = servers.client().deadline(Duration::from_secs(7)).on_unauthorized(|_| pending());
    let start = Instant::now();
    let error: ConnectError = create_upgrade_request(DOOR, &options).await.expect_err("refused");
    assert_eq!(start.elapsed(), Duration::from_secs(7));
    // The server's refusal is more informative than the missing answer to it.
    assert_eq!(error.refused().map(websocket_upgrade::Refused::status), Some(401), "{error:?}");
}

#[test]
fn without_a_runtime_nothing_can_be_asked() {
    let options = ClientOptions::new().on_unauthorized(|_| async { None });
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    listener.set_nonblocking(true).expect("a listener");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let error = blocking::create_upgrade_request(&url, &options).expect_err("a hook");
    assert!(matches!(error.reason(), ConnectReason::Unsupported(_)), "{error:?}");
    assert!(listener.accept().is_err(), "nobody is called");
}
