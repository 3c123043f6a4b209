//! The check of origins: what is compared with what, on every entrance that knows the peer.

use std::net::SocketAddr;

use ::tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use axum::extract::FromRequestParts;
use websocket_upgrade::axum::Upgrade;
use websocket_upgrade::gate::Gate;
use websocket_upgrade::{
    HandleError, Origins, Rejected, ServerOptions, Socket, accept, handle_upgrade_request, hyper, respond,
};

const PROXY: &str = "10.0.0.1:4000";
const STRANGER: &str = "192.0.2.1:4000";

/// The field lines of a request.
type Lines<'a> = [(&'a str, &'a str)];

/// The result of a request: accepted; or the text that its origin was compared with; or the wrong authority.
type Verdict = Result<(), String>;

/// Makes the request of all cases, with these lines.
fn request(lines: &Lines<'_>) -> http::Request<()> {
    let builder = http::Request::get("/chat").header("Upgrade", "websocket").header("Connection", "Upgrade");
    let builder = builder.header("Sec-WebSocket-Version", "13");
    let builder = builder.header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    lines
        .iter()
        .fold(builder, |builder, (name, value)| builder.header(*name, *value))
        .body(())
        .expect("legal")
}

fn bytes(lines: &Lines<'_>) -> Vec<u8> {
    let mut bytes = b"GET /chat HTTP/1.1\r\n".to_vec();
    for (name, value) in request(lines).headers() {
        bytes.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Returns the result of a call, whose only error may be the origin or the target.
fn verdict<T>(outcome: Result<T, HandleError>) -> Verdict {
    let error = match outcome {
        Ok(_) => return Ok(()),
        Err(HandleError::Rejected(error)) => error,
        Err(error) => panic!("{error:?}"),
    };
    let said = match error.reason().status() {
        403 => error.compared_with(),
        421 => error.value(),
        _ => None,
    };
    let said = said.unwrap_or_else(|| panic!("{error}")).to_string();
    assert!(error.to_string().contains(&said), "{error}");
    Err(said)
}

/// Returns the verdict, which must be the same on every entrance.
async fn judge(origins: &Origins, peer: &str, lines: &Lines<'_>) -> Verdict {
    judge_by(ServerOptions::new().origins(origins.clone()), peer, lines).await
}

async fn judge_by(options: ServerOptions, peer: &str, lines: &Lines<'_>) -> Verdict {
    let peer: SocketAddr = peer.parse().expect("an address");
    let known = options.clone().peer(peer.ip());
    let gate = Gate::default();
    let mut verdicts = Vec::new();
    for entrance in ["option", "gate", "received at the gate"] {
        let (mut client, server) = duplex(4096);
        client.write_all(&bytes(lines)).await.expect("room");
        client.shutdown().await.expect("a stream in memory");
        verdicts.push(match entrance {
            "option" => verdict(accept(server, &known).await),
            "gate" => verdict(gate.accept(server, peer.ip(), &options).await),
            _ => {
                let incoming = gate.receive(server, peer.ip(), &options).await.expect("a request");
                verdict(incoming.accept(&options).await)
            }
        });
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.expect("a stream in memory");
        let said = verdicts.last().and_then(|verdict| verdict.as_ref().err());
        let answer = String::from_utf8(answer).expect("ASCII");
        assert!(said.is_none_or(|said| answer.contains(said)), "{answer}");
    }
    let mut parsed = request(lines);
    let by_option = respond(&parsed, None, &known);
    parsed.extensions_mut().insert(peer);
    let by_extension = respond(&parsed, None, &options);
    let (mut client, server) = duplex(4096);
    client.shutdown().await.expect("a stream in memory");
    verdicts.push(verdict(handle_upgrade_request(&parsed, Socket::new(server), &options).await));
    // If only hyper's connection is missing, the request was accepted.
    let of_hyper = hyper::handle_upgrade_request(&mut parsed, &options).expect_err("no connection");
    // The extractor decides with the parts that it keeps.
    let (mut parts, ()) = parsed.into_parts();
    let upgrade = Upgrade::from_request_parts(&mut parts, &()).await.expect("valid");
    let of_axum = upgrade.options(options).accept().expect_err("no connection");
    let why = |rejected: Rejected| {
        verdict(rejected.error().map_or(Ok(()), |error| Err(HandleError::Rejected(*error))))
    };
    verdicts.extend([of_hyper, of_axum].map(why));
    verdicts.extend([by_option, by_extension].map(|responded| responded.map_or_else(why, |_| Ok(()))));
    let first = verdicts.first().cloned().expect("eight");
    assert!(verdicts.iter().all(|verdict| *verdict == first), "{lines:?}: {verdicts:?}");
    first
}

fn shown(text: &str) -> Verdict {
    Err(format!("{text:?}"))
}

#[tokio::test]
async fn what_the_origin_is_compared_with() {
    let same = Origins::same;
    let patterns = Origins::listed()
        .allow("https://*.example.com")
        .and_then(|origins| origins.allow("http://localhost:*"))
        .expect("patterns");
    let also = same().allow("https://public.example").expect("an origin");
    let null = Origins::listed().allow("null").expect("listed");
    let local = ["file://", "moz-extension://*"]
        .iter()
        .try_fold(Origins::listed(), |origins, origin| origins.allow(origin))
        .expect("listed");
    let cases = [
        (same(), "a.example", "https://a.example", Ok(())),
        (same(), "a.example", "http://a.example:80", Ok(())),
        (same(), "a.example:8443", "https://a.example:8443", Ok(())),
        (same(), "a.example", "https://b.example", shown("a.example")),
        (same(), "a.example", "https://a.example:8443", shown("a.example")),
        (same(), "a.example", "null", shown("a.example")),
        (same().secure(true), "a.example", "https://a.example", Ok(())),
        (same().secure(true), "a.example", "http://a.example", shown("https://a.example")),
        (same().secure(false), "a.example", "https://a.example", shown("http://a.example")),
        (patterns.clone(), "a.example", "https://chat.example.com", Ok(())),
        (patterns.clone(), "a.example", "https://a.b.example.com", Ok(())),
        (patterns.clone(), "a.example", "https://example.com", shown("a.example")),
        (patterns.clone(), "a.example", "https://evilexample.com", shown("a.example")),
        (patterns.clone(), "a.example", "http://localhost:5173", Ok(())),
        (patterns, "a.example", "https://a.example", shown("a.example")),
        (also.clone(), "internal:8080", "https://public.example", Ok(())),
        (also.clone(), "internal:8080", "http://internal:8080", Ok(())),
        (also, "internal:8080", "https://other.example", shown("internal:8080")),
        (null.clone(), "a.example", "null", Ok(())),
        (null, "a.example", "https://a.example", shown("a.example")),
        (local.clone(), "a.example", "file://", Ok(())),
        (local.clone(), "a.example", "moz-extension://f7d1c8e2-0b65", Ok(())),
        (local.clone(), "a.example", "chrome-extension://f7d1c8e2", shown("a.example")),
        (local, "a.example", "null", shown("a.example")),
        (Origins::listed(), "a.example", "https://a.example", shown("a.example")),
        (Origins::danger_any(), "a.example", "https://other.example", Ok(())),
    ];
    for (origins, host, origin, expected) in cases {
        let lines = [("Host", host), ("Origin", origin)];
        assert_eq!(judge(&origins, STRANGER, &lines).await, expected, "{origins:?}: {origin}");
    }
}

#[tokio::test]
async fn a_request_for_another_authority_is_misdirected() {
    let options = |origins| ServerOptions::new().origins(origins).authorities(["a.example", "*.b.example:*"]);
    let direct = options(Origins::same()).expect("authorities");
    let proxied =
        options(Origins::same().trusted_proxy("10.0.0.1").expect("an address")).expect("authorities");
    let none = ServerOptions::new().authorities([""; 0]).expect("no authority");
    let rebound: &Lines<'_> = &[("Host", "evil.example"), ("Origin", "http://evil.example")];
    let said: &Lines<'_> = &[("Host", "internal:8080"), ("Forwarded", "host=a.example")];
    let cases: [(&ServerOptions, &str, &Lines<'_>, Verdict); 10] = [
        (&direct, STRANGER, &[("Host", "a.example"), ("Origin", "http://a.example")], Ok(())),
        (&direct, STRANGER, &[("Host", "A.example:443")], Ok(())),
        (&direct, STRANGER, &[("Host", "c.b.example:8080")], Ok(())),
        (&direct, STRANGER, rebound, shown("evil.example")),
        (&direct, STRANGER, said, shown("internal:8080")),
        (&proxied, STRANGER, said, shown("internal:8080")),
        (&proxied, PROXY, said, Ok(())),
        (&proxied, PROXY, &[("Host", "internal:8080")], shown("internal:8080")),
        (
            &proxied,
            PROXY,
            &[("Host", "a.example"), ("X-Forwarded-Host", "evil.example")],
            shown("evil.example"),
        ),
        (&none, STRANGER, &[("Host", "a.example")], shown("a.example")),
    ];
    for (options, peer, lines, expected) in cases {
        assert_eq!(judge_by(options.clone(), peer, lines).await, expected, "{peer}: {lines:?}");
    }
    for wrong in ["*", "https://a.example", "a.example/", "user@a.example", "a b", ""] {
        let error = ServerOptions::new().authorities(["a.example", wrong]).expect_err(wrong);
        assert!(error.to_string().starts_with("authority "), "{error}");
    }
}

#[tokio::test]
async fn https_without_tls_is_misdirected_unless_a_trusted_proxy_sends_it() {
    let trusting = Origins::same().trusted_proxy("10.0.0.1").expect("an address");
    for (options, peer, scheme, expected) in [
        (ServerOptions::new().secure(false), STRANGER, "https", shown("https")),
        (ServerOptions::new().secure(false).danger_any_origin(), STRANGER, "wss", shown("wss")),
        (ServerOptions::new().secure(true), STRANGER, "http", Ok(())),
        (ServerOptions::new().secure(true), STRANGER, "https", Ok(())),
        (ServerOptions::new(), STRANGER, "https", Ok(())),
        (ServerOptions::new().origins(trusting.clone().secure(false)), STRANGER, "https", shown("https")),
        (ServerOptions::new().origins(trusting.secure(false)), PROXY, "https", Ok(())),
    ] {
        let peer: SocketAddr = peer.parse().expect("an address");
        let mut request = request(&[("Host", "a.example")]);
        *request.uri_mut() = format!("{scheme}://a.example/chat").parse().expect("a URI");
        let (mut client, server) = duplex(4096);
        client.shutdown().await.expect("a stream in memory");
        let answered = handle_upgrade_request(&request, Socket::new(server), &options.peer(peer.ip())).await;
        assert_eq!(verdict(answered), expected, "{peer}: {scheme}");
    }
}

/// A peer, its fields, and the result.
type Said = (&'static str, Vec<(&'static str, &'static str)>, Verdict);

/// The fields of a proxy that was asked for `https://a.example`, and what the origin is compared with.
fn forwarded() -> Vec<Said> {
    let by = |name, value| vec![(name, value)];
    vec![
        (PROXY, by("Forwarded", "host=a.example;proto=https"), Ok(())),
        (PROXY, by("Forwarded", "for=192.0.2.1;Host=\"a.example\""), Ok(())),
        (PROXY, by("Forwarded", "host=a.example;proto=wss"), Ok(())),
        (PROXY, by("Forwarded", "host=a.example;proto=http"), shown("http://a.example")),
        (PROXY, by("Forwarded", "host=\"a.example:8443\""), shown("a.example:8443")),
        (PROXY, by("Forwarded", "host=\"a example\""), shown("a example")),
        // The last member is the one that the proxy has added.
        (PROXY, by("Forwarded", "host=b.example, host=a.example"), Ok(())),
        (PROXY, by("Forwarded", "host=a.example, host=b.example"), shown("b.example")),
        (PROXY, by("Forwarded", "host=a.example, for=192.0.2.1"), shown("internal:80")),
        (PROXY, vec![("Forwarded", "host=a.example"), ("Forwarded", "host=b.example")], shown("b.example")),
        (PROXY, vec![("Forwarded", "host=\""), ("Forwarded", "host=a.example")], Ok(())),
        // A malformed field does not count.
        (PROXY, by("Forwarded", "host=\", host=a.example"), shown("internal:80")),
        (PROXY, by("Forwarded", "host=a.example;host=a.example"), shown("internal:80")),
        (PROXY, by("Forwarded", "host=a.example:80"), shown("internal:80")),
        (PROXY, by("X-Forwarded-Host", "a.example"), Ok(())),
        (PROXY, by("X-Forwarded-Host", "b.example, a.example"), Ok(())),
        (PROXY, by("X-Forwarded-Host", "a.example, b.example"), shown("b.example")),
        (PROXY, by("X-Forwarded-Host", "a.example,"), shown("internal:80")),
        (
            PROXY,
            vec![("X-Forwarded-Host", "a.example"), ("X-Forwarded-Proto", "http")],
            shown("http://a.example"),
        ),
        (PROXY, vec![("X-Forwarded-Host", "a.example"), ("X-Forwarded-Proto", "https")], Ok(())),
        (PROXY, vec![("Forwarded", "host=a.example"), ("X-Forwarded-Host", "A.example")], Ok(())),
        (
            PROXY,
            vec![("Forwarded", "host=a.example"), ("X-Forwarded-Host", "b.example")],
            shown("internal:80"),
        ),
        // The fields of an untrusted peer do not count.
        (STRANGER, by("Forwarded", "host=a.example;proto=https"), shown("internal:80")),
        (STRANGER, by("X-Forwarded-Host", "a.example"), shown("internal:80")),
        ("[::ffff:10.0.0.1]:80", by("Forwarded", "host=a.example"), Ok(())),
        ("[2001:db8::7]:80", by("Forwarded", "host=a.example"), Ok(())),
        ("[2001:db9::7]:80", by("Forwarded", "host=a.example"), shown("internal:80")),
        ("172.16.3.4:80", by("Forwarded", "host=a.example"), Ok(())),
        ("172.32.3.4:80", by("Forwarded", "host=a.example"), shown("internal:80")),
    ]
}

#[tokio::test]
async fn what_a_trusted_proxy_says_it_was_asked_for() {
    let trusting = ["10.0.0.1", "172.16.0.0/12", "2001:db8::/32"]
        .iter()
        .try_fold(Origins::same(), |origins, network| origins.trusted_proxy(network))
        .expect("networks");
    for (peer, said, expected) in forwarded() {
        let lines = [vec![("Host", "internal:80"), ("Origin", "https://a.example")], said].concat();
        assert_eq!(judge(&trusting, peer, &lines).await, expected, "{peer}: {lines:?}");
    }
    // A forwarded scheme counts even without a host, and has priority over the options.
    let secure = trusting.secure(true);
    let lines = [("Host", "a.example"), ("Origin", "http://a.example")];
    assert_eq!(judge(&secure, PROXY, &lines).await, shown("https://a.example"));
    let lines = [lines[0], lines[1], ("Forwarded", "proto=http")];
    assert_eq!(judge(&secure, PROXY, &lines).await, Ok(()));
}

/// An IPv4-mapped address counts as its IPv4 address, on both sides.
#[tokio::test]
async fn networks_of_mapped_addresses() {
    let said = [("Host", "internal:80"), ("Origin", "https://a.example"), ("Forwarded", "host=a.example")];
    for (network, peer, trusted) in [
        ("::ffff:127.0.0.0/104", "127.0.0.1:80", true),
        ("::ffff:127.0.0.0/104", "127.255.0.9:80", true),
        ("::ffff:127.0.0.0/104", "[::ffff:127.0.0.1]:80", true),
        ("::ffff:127.0.0.0/104", "128.0.0.1:80", false),
        ("::ffff:127.0.0.0/104", "[::1]:80", false),
        ("::ffff:7f00:0/104", "127.0.0.1:80", true),
        ("::ffff:10.1.2.3/128", "10.1.2.3:80", true),
        ("::ffff:10.1.2.3/128", "10.1.2.4:80", false),
        ("::ffff:10.1.2.3", "10.1.2.3:80", true),
        ("10.1.2.3", "[::ffff:10.1.2.3]:80", true),
        ("10.0.0.0/8", "[::ffff:10.1.2.3]:80", true),
        ("10.0.0.0/8", "[::ffff:11.1.2.3]:80", false),
        ("::ffff:0:0/96", "192.0.2.1:80", true),
        ("::ffff:0:0/96", "[2001:db8::1]:80", false),
        ("0.0.0.0/0", "[::ffff:192.0.2.1]:80", true),
        // IPv6 networks contain only IPv6 peers.
        ("::/0", "[2001:db8::1]:80", true),
        ("::/0", "192.0.2.1:80", false),
        ("::/0", "[::ffff:192.0.2.1]:80", false),
        ("fe80::/10", "[fe80::1%7]:80", true),
    ] {
        let origins = Origins::same().trusted_proxy(network).expect("a network");
        let expected = if trusted { Ok(()) } else { shown("internal:80") };
        assert_eq!(judge(&origins, peer, &said).await, expected, "{network}: {peer}");
    }
}

/// Addresses in a proxy's fields: `for` has no effect, and a host is compared as it is written.
#[tokio::test]
async fn addresses_that_a_proxy_names() {
    let trusting = Origins::same().trusted_proxy("10.0.0.1").expect("an address");
    let mapped = "http://[::ffff:a00:1]";
    for (origin, said, expected) in [
        (mapped, r#"for="[::ffff:10.0.0.2]";host="[::ffff:a00:1]""#, Ok(())),
        (mapped, r#"for="[fe80::1%25eth0]:4711";host="[::ffff:a00:1]:80""#, Ok(())),
        (mapped, r#"for="_hidden", for=unknown;host="[::ffff:a00:1]""#, Ok(())),
        ("http://10.0.0.1", r#"host="[::ffff:10.0.0.1]""#, shown("[::ffff:10.0.0.1]")),
        (mapped, r#"host="[fe80::1%25eth0]""#, shown("[fe80::1%25eth0]")),
        // A colon is not a character of a token.
        (mapped, "host=[::ffff:a00:1]", shown("internal:80")),
    ] {
        let lines = [("Host", "internal:80"), ("Origin", origin), ("Forwarded", said)];
        assert_eq!(judge(&trusting, PROXY, &lines).await, expected, "{said}");
    }
}

#[tokio::test]
async fn every_line_counts() {
    let lines = [("Host", "a.example"), ("Origin", "https://a.example"), ("Origin", "https://b.example")];
    let (mut client, server) = duplex(4096);
    client.write_all(&bytes(&lines)).await.expect("room");
    client.shutdown().await.expect("a stream in memory");
    let options = ServerOptions::new().origin("https://a.example").expect("an origin");
    let error = accept(server, &options).await.expect_err("two lines");
    assert_eq!(error.rejected().map(|error| error.reason().status()), Some(403));
}

#[tokio::test]
async fn the_simple_forms_are_the_same() {
    let of = async |options: &ServerOptions, origin: &str| {
        let mut parsed = request(&[("Host", "a.example"), ("Origin", origin)]);
        let rejected = hyper::handle_upgrade_request(&mut parsed, options).expect_err("no connection");
        rejected.error().is_none()
    };
    let named = |options: ServerOptions| options.origin("https://b.example").expect("an origin");
    let new = ServerOptions::new;
    for (options, allowed) in [
        (new(), ["https://a.example"].as_slice()),
        (named(new()), &["https://b.example"]),
        (
            named(new()).origin("https://c.example").expect("an origin"),
            &["https://b.example", "https://c.example"],
        ),
        (named(new().origins(Origins::same())), &["https://b.example"]),
        (named(new().danger_any_origin()), &["https://b.example"]),
        (named(new()).origins(Origins::same()), &["https://a.example"]),
        (named(new()).danger_any_origin(), &["https://a.example", "https://b.example", "https://c.example"]),
    ] {
        for origin in ["https://a.example", "https://b.example", "https://c.example"] {
            assert_eq!(of(&options, origin).await, allowed.contains(&origin), "{options:?}: {origin}");
        }
    }
}

#[test]
fn what_is_wrong_is_said_where_it_is_said() {
    for origin in
        ["", "example.com", "https://*", "https://a/path", "https://a https://b", "*", "https://a.*.b"]
    {
        let error = Origins::same().allow(origin).expect_err(origin);
        assert!(error.to_string().contains(&format!("{origin:?}")), "{error}");
        ServerOptions::new().origin(origin).expect_err(origin);
    }
    for (origin, says) in [
        ("*", "https://*.example.com, or accept every origin: danger_any_origin"),
        ("https://*", "https://*.example.com, or accept every origin: danger_any_origin"),
        ("https://a.*.b", "moz-extension://*"),
        ("https://*.0x1", "a * stands for subdomains"),
        ("example.com", "such as https://example.com:8443, nor file:// or null"),
    ] {
        let error = ServerOptions::new().origin(origin).expect_err(origin).to_string();
        assert!(error.ends_with(says) || error.contains(&format!(": {says}")), "{error}");
    }
    for network in [
        "",
        "10.0.0.0/33",
        "localhost",
        "10.0.0",
        "10.0.0.1:80",
        "::1/129",
        "10.0.0.1/8/8",
        "::ffff:10.0.0.0/95",
        "::ffff:10.0.0.0/8",
        "::ffff:10.0.0.0/129",
        "fe80::1%eth0",
        "fe80::%7/10",
        "[::1]",
    ] {
        let error = Origins::same().trusted_proxy(network).expect_err(network);
        assert!(error.to_string().contains(&format!("{network:?}")), "{error}");
    }
    for origin in ["https://*.example.com", "moz-extension://*", "*"] {
        let error = websocket_upgrade::ClientOptions::new().origin(origin).expect_err("nobody's origin");
        assert!(!error.to_string().contains("danger"), "{error}");
    }
}
