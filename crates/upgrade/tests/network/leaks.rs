//! Values for one origin are not sent to another, and are not restored after a redirect back.

use base64::prelude::{BASE64_STANDARD, Engine};
use http::HeaderMap;
use websocket_upgrade::{ClientOptions, OptionsError, create_upgrade_request};

use crate::peers::{Asked, Servers, bind, redirect, refuse};

const SECRET: &str = "s-secret";

type Give = fn(ClientOptions) -> Result<ClientOptions, OptionsError>;

/// The credentials of a client: user information of the URL, options, and the field that carries them.
const CREDENTIALS: [(&str, Give, &str); 10] = [
    ("user:s-secret@", Ok, "Authorization"),
    ("s-secret@", Ok, "Authorization"),
    ("", |options| options.basic_authorization("user", SECRET), "Authorization"),
    ("", |options| options.bearer_token(SECRET), "Authorization"),
    ("", |options| options.header("aUTHORIZATION", SECRET), "Authorization"),
    ("", |options| options.header("Cookie", "id=s-secret"), "Cookie"),
    ("", |options| options.header("cookie", "id=s-secret"), "Cookie"),
    ("", |options| options.header("Proxy-Authorization", SECRET), "Proxy-Authorization"),
    ("", |options| options.sensitive_header("X-Api-Key", SECRET), "X-Api-Key"),
    ("", |options| Ok(options.on_unauthorized(|_| async { Some(answer("X-Session")) })), "X-Session"),
];

/// The answer of a hook: a field of this name with the secret.
fn answer(name: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(http::HeaderName::from_bytes(name.as_bytes()).expect("a name"), {
        http::HeaderValue::from_static(SECRET)
    })])
}

/// Returns whether a request has the secret, plainly or in base64.
fn has_secret(asked: &Asked) -> bool {
    let encoded = ["user:s-secret", "s-secret:"].map(|plain| BASE64_STANDARD.encode(plain));
    asked.head.contains(SECRET) || encoded.iter().any(|encoded| asked.head.contains(encoded))
}

/// Goes from the start over a page of the same origin to another origin, and back.
fn round_trip(elsewhere: String, here: String, field: &'static str) -> Servers {
    Servers::new(move |asked, _| match asked.target() {
        "/start?challenge" if asked.field(field).is_none() => refuse(401, "", ""),
        "/start" | "/start?challenge" => redirect(307, "same"),
        "/same" => redirect(302, &format!("{elsewhere}/away")),
        "/away" => redirect(308, &format!("{here}/back")),
        _ => asked.accept("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: x-test\r\n"),
    })
}

fn ordinary(options: ClientOptions) -> Result<ClientOptions, OptionsError> {
    let options = options.header("X-Ordinary", "yes")?.origin("https://page.example")?;
    options.subprotocol("chat")?.extension("x-test")
}

/// Checks the pages in order, and what each was sent.
fn judge(what: &str, asked: &[Asked], field: &str) {
    let targets: Vec<_> = asked.iter().map(|asked| asked.target().trim_end_matches("?challenge")).collect();
    let expected = ["/start", "/same", "/away", "/back"];
    assert_eq!(targets[targets.len() - 4..], expected, "{what}");
    let [.., start, same, away, back] = asked else { panic!("{what}: too few requests") };
    for page in [start, same] {
        assert!(has_secret(page) && page.field(field).is_some(), "{what}: {}", page.head);
    }
    for page in [away, back] {
        assert!(!has_secret(page), "{what}: {}", page.head);
        assert_eq!(page.all(field), Vec::<&str>::new(), "{what}");
    }
    for page in [start, same, away, back] {
        let fields = ["X-Ordinary", "Origin", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"];
        let expected = ["yes", "https://page.example", "chat", "x-test"];
        assert_eq!(fields.map(|name| page.field(name)), expected.map(Some), "{what}");
    }
    assert_ne!(start.at, away.at, "{what}");
    assert_eq!((&start.at, &start.at), (&same.at, &back.at), "{what}");
}

/// Goes to the start, over these origins.
async fn travel(what: &str, client: ClientOptions, servers: &Servers, here: &str, case: usize) {
    let (userinfo, give, field) = CREDENTIALS[case];
    let options = ordinary(give(client).expect("an option")).expect("options").redirects(3);
    let query = if field == "X-Session" { "?challenge" } else { "" };
    let url = format!("{}/start{query}", here.replacen("://", &format!("://{userinfo}"), 1));
    let what = format!("{what}, {field} of {case}");
    let upgraded = create_upgrade_request(&url, &options).await.expect(&what);
    assert_eq!(upgraded.settings.subprotocol(), Some("chat"), "{what}");
    judge(&what, &servers.asked(), field);
    let shown = format!("{:?} {:?}", upgraded.get_ref(), upgraded.head);
    assert!(!shown.contains(SECRET), "{what}: {shown}");
}

#[tokio::test]
async fn to_another_port() {
    for (case, (_, _, field)) in CREDENTIALS.into_iter().enumerate() {
        let ((first, here), (second, elsewhere)) = (bind().await, bind().await);
        let (here, elsewhere) = (format!("ws://{here}"), format!("ws://{elsewhere}"));
        let servers = round_trip(elsewhere, here.replace("ws", "http"), field);
        servers.serve_on(first);
        servers.serve_on(second);
        travel("loopback", ClientOptions::new().no_proxy(), &servers, &here, case).await;
    }
}

/// Another host, port, or scheme.
#[tokio::test]
async fn to_every_other_origin() {
    for (here, elsewhere) in [
        ("ws://a.example", "ws://b.example"),
        ("ws://a.example", "ws://sub.a.example"),
        ("ws://sub.a.example", "ws://a.example"),
        ("ws://a.example", "ws://a.example:8080"),
        ("ws://a.example", "ws://a.example.:80"),
        ("wss://a.example", "wss://b.example"),
        ("wss://a.example", "https://a.example:80"),
    ] {
        for (case, (_, _, field)) in CREDENTIALS.into_iter().enumerate() {
            let servers = round_trip(elsewhere.into(), here.into(), field);
            travel(&format!("{here} to {elsewhere}"), servers.client(), &servers, here, case).await;
        }
    }
}

/// No redirect leads from TLS back to a connection without it.
#[tokio::test]
async fn to_tls() {
    for (userinfo, give, field) in &CREDENTIALS[..CREDENTIALS.len() - 1] {
        let servers = Servers::in_order(&[redirect(307, "https://a.example:80/away")]);
        let options = give(servers.client()).expect("an option").redirects(1);
        let url = format!("ws://{userinfo}a.example/");
        create_upgrade_request(&url, &options).await.expect("accepted");
        let asked = servers.asked();
        assert!(has_secret(&asked[0]) && !has_secret(&asked[1]), "{field}: {}", asked[1].head);
        assert_eq!((asked[1].at.as_str(), asked[1].field(field)), ("https://a.example:80", None));
    }
}

/// The same origin in another spelling.
#[tokio::test]
async fn to_the_same_origin() {
    for (here, there) in [
        ("ws://a.example", "http://A.EXAMPLE:80/same"),
        ("ws://a.example:80", "ws://a.example/same"),
        ("wss://a.example", "https://a.example:443/same"),
        ("wss://a.example", "//a.example/same"),
        ("ws://a.example", "ws://eve:other@a.example/same"),
    ] {
        for (userinfo, give, field) in &CREDENTIALS[..CREDENTIALS.len() - 1] {
            let servers = Servers::in_order(&[redirect(307, there)]);
            let options = give(servers.client()).expect("an option").redirects(1);
            let url = format!("{}/", here.replacen("://", &format!("://{userinfo}"), 1));
            create_upgrade_request(&url, &options).await.expect("accepted");
            let asked = servers.asked();
            assert!(has_secret(&asked[1]), "{there}: {}", asked[1].head);
            assert_eq!(asked[0].field(field), asked[1].field(field), "{there}");
        }
    }
}
