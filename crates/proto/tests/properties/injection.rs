//! Checks that a head has exactly the fields that an application has passed in and the types have accepted.

use proptest::prelude::*;
use websocket_upgrade_proto::client::{self, Request};
use websocket_upgrade_proto::extension::{Extension, Plain};
use websocket_upgrade_proto::head::{Scan, read_request, read_response};
use websocket_upgrade_proto::server::{self, Rejection};
use websocket_upgrade_proto::subprotocol::Subprotocols;
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{ExtraFields, Key, Limits};

use crate::common::{self, server::Verdict};
use crate::config;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_request_has_the_fields_it_was_given(
        uri in uri(),
        origin in prop::option::of(origin()),
        subprotocols in names(),
        extension in name(),
        lines in lines(),
    ) {
        let Ok(parsed) = Uri::parse(&uri) else { return Ok(()) };
        let mut options = client::Options::new();
        let mut expected = vec!["Host", "Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"];
        if let Some(origin) = &origin {
            options.origin = Some(origin);
            expected.push("Origin");
        }
        if parsed.has_userinfo() {
            expected.push("Authorization");
        }
        options.subprotocols = Subprotocols::parse(&subprotocols).unwrap_or_default();
        if !options.subprotocols.is_empty() {
            expected.push("Sec-WebSocket-Protocol");
        }
        let plain = Plain::new(extension.as_str());
        let extensions: Vec<&dyn Extension> = plain.iter().map(|plain| plain as &dyn Extension).collect();
        if !extensions.is_empty() {
            options.extensions = &extensions;
            expected.push("Sec-WebSocket-Extensions");
        }
        options.fields = ExtraFields::from_lines(lines.as_bytes()).unwrap_or_default();
        let Ok(request) = Request::new(&parsed, &options) else { return Ok(()) };

        let mut bytes = vec![0; 4096];
        let key = Key::from_nonce(b"the sample nonce");
        let len = request.encode_h1(&key, &mut bytes).expect("a short request");
        bytes.truncate(len);
        let head = read_request(&bytes, &mut Scan::default(), &Limits::new());
        let head = head.map_err(|error| TestCaseError::fail(format!("{error}")))?.expect("a whole request");
        prop_assert_eq!(head.head_len(), len);
        prop_assert_eq!(head.method(), "GET");
        prop_assert_eq!(head.target(), parsed.target().to_string());
        let mut fields = head.fields().iter();
        for name in expected {
            let field = fields.next().expect("as many fields");
            prop_assert_eq!(field.name, name.as_bytes());
        }
        prop_assert!(fields.eq(options.fields.iter()));
        let offered = head.fields().get("Sec-WebSocket-Protocol").unwrap_or_default();
        let names = options.subprotocols.iter().collect::<Vec<_>>().join(", ");
        prop_assert_eq!(offered, names.as_bytes());
        let authority = parsed.authority().to_string();
        prop_assert_eq!(head.fields().get("Host"), Some(authority.as_bytes()));
        if let Some(origin) = &origin {
            prop_assert_eq!(head.fields().get_all("Origin").collect::<Vec<_>>(), [origin.as_bytes()]);
        }
        // Our own server must accept the request.
        let mut server = server::Options::new();
        server.origins = websocket_upgrade_proto::origin::OriginPolicy::DangerAny;
        let verdict = common::server::deliver(&bytes, [len], &server);
        prop_assert!(matches!(verdict, Verdict::Accepted(_)), "{:?}", verdict);
    }

    #[test]
    fn an_answer_has_the_fields_it_was_given(lines in lines(), status in 0_u16..1000, body in "\\PC{0,20}(\r\n){0,2}") {
        let fields = ExtraFields::from_lines(lines.as_bytes()).unwrap_or_default();
        let mut bytes = vec![0; 4096];
        if let Ok(rejection) = Rejection::new(status) {
            let rejection = rejection.with_fields(fields).with_body(body.as_bytes());
            let len = rejection.encode_h1(&mut bytes).expect("a short answer");
            let has = |name: &str| fields.iter().any(|field| field.name.eq_ignore_ascii_case(name.as_bytes()));
            let mut expected = vec!["Connection"];
            if status == 426 {
                expected.extend(["Upgrade", "Sec-WebSocket-Version"]);
            }
            let required = match status {
                401 => Some("WWW-Authenticate"),
                405 => Some("Allow"),
                407 => Some("Proxy-Authenticate"),
                _ => None,
            };
            expected.extend(required.filter(|name| !has(name)));
            if !body.is_empty() && !has("Content-Type") {
                expected.push("Content-Type");
            }
            expected.push("Content-Length");
            let head_len = read_back(&mut bytes[..len], status, &expected, fields)?;
            prop_assert_eq!(&bytes[head_len..len], body.as_bytes());
        }
        let request = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
        let mut options = server::Options::new();
        options.fields = fields;
        let Verdict::Accepted(accepted) = common::server::deliver(request, [request.len()], &options) else {
            return Err(TestCaseError::fail("not accepted"));
        };
        let mut answer = accepted.answer.0;
        let head_len = read_back(&mut answer, 101, &["Upgrade", "Connection", "Sec-WebSocket-Accept"], fields)?;
        prop_assert_eq!(head_len, answer.len());
    }

    #[test]
    fn a_field_that_is_checked_is_a_line(name in name(), value in text()) {
        let line = format!("{name}: {value}\r\n");
        match ExtraFields::check(name.as_bytes(), value.as_bytes()) {
            Ok(()) => {
                let fields = ExtraFields::from_lines(line.as_bytes()).map_err(|error| TestCaseError::fail(error.to_string()))?;
                let mut fields = fields.iter();
                let field = fields.next().expect("one field");
                prop_assert_eq!((field.name, field.value), (name.as_bytes(), value.as_bytes()));
                prop_assert!(fields.next().is_none());
            }
            // White space around a value is not part of it when it is read.
            Err(_) if value.trim_matches([' ', '\t']).len() < value.len() => {}
            Err(_) => prop_assert!(
                ExtraFields::from_lines(line.as_bytes()).is_err() || line.matches('\n').count() > 1 || name.contains(':')
            ),
        }
    }
}

/// Reads an answer: it has this status, these fields and then the added ones, and no others.
fn read_back(
    bytes: &mut [u8],
    status: u16,
    expected: &[&str],
    added: ExtraFields<'_>,
) -> Result<usize, TestCaseError> {
    let head = read_response(bytes, &mut Scan::default(), &Limits::new());
    let head = head.map_err(|error| TestCaseError::fail(format!("{error}")))?.expect("a whole answer");
    prop_assert_eq!(head.status(), status);
    let mut fields = head.fields().iter();
    for name in expected {
        let field = fields.next().expect("as many fields");
        prop_assert_eq!(field.name, name.as_bytes());
    }
    prop_assert!(fields.eq(added.iter()));
    Ok(head.head_len())
}

/// A text that may contain what ends a line or begins another part.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ -~\t]{0,12}", 1 => "[a-zA-Z0-9 \t\r\n:;,=\"\\\\/@?#%\u{0}\u{e9}-]{0,12}"]
}

fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "Host",
        "upgrade",
        "Connection",
        "Sec-WebSocket-X",
        "Origin",
        "Authorization",
    ]);
    prop_oneof![6 => "[a-zA-Z0-9.*_-]{1,8}", 1 => text(), 1 => known.prop_map(str::to_owned)]
}

fn names() -> impl Strategy<Value = String> {
    prop::collection::vec(name(), 0..4).prop_map(|names| names.join(", "))
}

fn lines() -> impl Strategy<Value = String> {
    let end =
        prop_oneof![9 => Just("\r\n"), 1 => prop::sample::select(vec!["\n", "\r", "", "\r\n\r\n", "\r\n "])];
    let line = (name(), prop_oneof![9 => Just(": "), 1 => Just(" :")], text(), end);
    let line = line.prop_map(|(name, colon, value, end)| format!("{name}{colon}{value}{end}"));
    prop::collection::vec(line, 0..3).prop_map(|lines| lines.concat())
}

fn origin() -> impl Strategy<Value = String> {
    prop_oneof![4 => "https?://[a-z0-9.-]{1,8}(:[0-9]{0,4})?", 1 => Just("null".to_owned()), 1 => text()]
}

fn uri() -> impl Strategy<Value = String> {
    let userinfo = prop_oneof![3 => Just(String::new()), 1 => "[a-z%0-9:]{1,6}@", 1 => text().prop_map(|text| text + "@")];
    let host =
        prop_oneof![4 => "[A-Za-z0-9.-]{1,8}(:[0-9]{0,4})?", 1 => Just("[::1]:8080".to_owned()), 1 => text()];
    let resource = prop_oneof![4 => "(/[a-z0-9%\u{e9}{}|^`]{0,8})?(\\?[a-z=&?/]{0,8})?", 1 => text()];
    let scheme = prop::sample::select(vec!["ws", "wss", "WS"]);
    (scheme, userinfo, host, resource)
        .prop_map(|(scheme, userinfo, host, resource)| format!("{scheme}://{userinfo}{host}{resource}"))
}
