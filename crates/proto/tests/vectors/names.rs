//! `uris.json` and `origins.json`: the server and the origin of a request.

use vectors::{OriginCase, UriCase, UriExpect};
use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::server::{self, Entrance, RequestReason, Target};
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{Key, Limits, client};

use crate::report::{Outcome, run, same};

#[test]
fn uris() {
    run("uris.json", &vectors::uris(), |case| (&case.name, &case.rfc), uri);
}

#[test]
fn origins() {
    run("origins.json", &vectors::origins(), |case| (&case.name, &case.rfc), origin);
}

fn uri(case: &UriCase) -> Outcome {
    match (Uri::parse(&case.uri), &case.expect, &case.error) {
        (Ok(uri), Some(expect), None) => means(&uri, expect),
        (Err(error), None, Some(word)) => {
            let text = error.to_string();
            if text.contains(word.as_str()) { Ok(()) } else { Err(format!("{text:?} does not say {word:?}")) }
        }
        (got, expect, error) => Err(format!("got {got:?}\n    expected {expect:?}, error: {error:?}")),
    }
}

fn means(uri: &Uri<'_>, expect: &UriExpect) -> Outcome {
    same("secure", &uri.secure(), &expect.secure)?;
    same("host", &uri.host().to_ascii_lowercase(), &expect.host.to_ascii_lowercase())?;
    same("port", &uri.port(), &expect.port)?;
    same("authority", &uri.authority().to_string(), &expect.authority)?;
    same("target", &uri.target().to_string(), &expect.target)?;
    same("userinfo", &uri.has_userinfo(), &expect.authorization.is_some())?;

    // The request must show the same, as our own server reads it.
    let request = client::Request::new(uri, &client::Options::new()).map_err(|error| error.to_string())?;
    let mut head = vec![0; 16 * 1024];
    let len = request.encode_h1(&Key::from_nonce(b"the sample nonce"), &mut head);
    head.truncate(len.map_err(|error| error.to_string())?);
    let read =
        server::read(&head, &mut Scan::default(), &Limits::new()).map_err(|error| error.to_string())?;
    let read = read.ok_or("the request's head has no end")?;
    same("the request's authority", &read.authority(), &expect.authority.as_str())?;
    same("the request's target", &read.target().path_and_query(), &expect.target.as_str())?;
    let authorization = read.field("Authorization").map(|value| value.escape_ascii().to_string());
    same("authorization", &authorization, &expect.authorization)
}

fn origin(case: &OriginCase) -> Outcome {
    let mut fields: Vec<(&str, &[u8])> = vec![
        ("Host", case.authority.as_bytes()),
        ("Upgrade", b"websocket"),
        ("Connection", b"Upgrade"),
        ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", b"13"),
    ];
    fields.extend(case.origin.iter().map(|line| ("Origin", &**line)));
    let fields = fields.as_slice();
    let entrance =
        Entrance::Upgrade { method: "GET", target: Target::Origin { path_and_query: "/" }, minor_version: 1 };
    case.policy.with(case.secure, |policy| {
        let mut options = server::Options::new();
        options.origins = policy;
        let read = server::Request::from_fields(&entrance, &fields);
        match read.and_then(|request| request.accept(&options)) {
            Ok(_) => same("allowed", &true, &case.allowed),
            Err(error) => {
                same("allowed", &false, &case.allowed).map_err(|wrong| format!("{error}\n    {wrong}"))?;
                let of_origin = matches!(
                    error.reason(),
                    RequestReason::OriginNotAllowed
                        | RequestReason::OriginRepeated
                        | RequestReason::Syntax(_)
                );
                same("refused for its origin", &of_origin, &true).map_err(|_| error.to_string())
            }
        }
    })
}
