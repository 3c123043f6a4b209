//! `connects.json`: how a server answers an extended CONNECT, on every entrance.

use std::collections::BTreeMap;

use http::uri::{self, Uri};
use http::{HeaderName, Request as HttpRequest, Version};
use vectors::{AcceptExpect, ConnectCase, Layer, PseudoFields, ServerExpect};
use websocket_upgrade_proto::EncodeError;
use websocket_upgrade_proto::server::{Bootstrap, Entrance, Options, Request, RequestError};

use crate::common::Text;
use crate::owned::assert_copied;
use crate::report::{Outcome, is_label, run, same};

#[test]
fn connects() {
    run(
        "connects.json",
        &vectors::connects(),
        |case| (&case.name, &case.rfc),
        |case| case.server.with(|options| check(case, options)),
    );
}

/// An answer, in the form for an HTTP server.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    status: u16,
    fields: Vec<(String, Text)>,
    body: Text,
    /// The agreement, or the error.
    outcome: Result<(Option<String>, String), RequestError>,
}

fn check(case: &ConnectCase, options: &Options<'_, '_>) -> Outcome {
    let fields: Vec<(&str, &[u8])> =
        case.fields.iter().map(|(name, value)| (name.as_str(), &**value)).collect();
    let fields = fields.as_slice();
    let PseudoFields { method, protocol, scheme, authority, path } = &case.pseudo;
    let entrance = Entrance::ExtendedConnect {
        method,
        protocol: protocol.as_deref(),
        scheme: scheme.as_deref(),
        authority: authority.as_deref(),
        path: path.as_deref(),
    };
    let verdict = answer(Request::from_fields(&entrance, &fields), options);
    judge(case, &verdict)?;
    for version in [Version::HTTP_2, Version::HTTP_3] {
        match to_http(case, version) {
            // The type has already removed a fragment.
            Ok(request) if path.as_deref().is_some_and(|path| path.contains('#')) => {
                same("without the fragment", &request.uri().query(), &None)?;
            }
            Ok(request) => {
                let read = Request::from_http_with_protocol(&request, protocol.as_deref());
                same(&format!("as http::Request of {version:?}"), &answer(read, options), &verdict)?;
                if protocol.is_none() {
                    let read = Request::from_http(&request);
                    same("as http::Request", &answer(read, options), &verdict)?;
                }
            }
            Err(error) if case.layer != Some(Layer::Syntax) => {
                return Err(format!("not a request of the `http` crate, without `layer`: {error}"));
            }
            Err(_) => {}
        }
    }
    Ok(())
}

fn answer(read: Result<Request<'_>, RequestError>, options: &Options<'_, '_>) -> Answer {
    if let Ok(request) = &read {
        assert_copied(request, options);
    }
    match read.and_then(|request| request.accept(options)) {
        Ok(accepted) => {
            let settings = accepted.settings();
            let agreed =
                (settings.subprotocol().map(str::to_owned), settings.extensions().as_str().to_owned());
            assert_eq!((accepted.bootstrap(), accepted.tolerated()), (Bootstrap::ExtendedConnect, None));
            assert_eq!(accepted.encode_h1(&mut [0; 1024]), Err(EncodeError::ExtendedConnect));
            let fields = listed(|each| accepted.for_each_field(each));
            let response = accepted.to_http();
            assert_eq!(response.status().as_u16(), accepted.status());
            assert_eq!(in_map(response.headers()), in_lower_case(&fields));
            Answer { status: accepted.status(), fields, body: Text(Vec::new()), outcome: Ok(agreed) }
        }
        Err(error) => {
            assert_eq!(error.bootstrap(), Bootstrap::ExtendedConnect, "{error}");
            let rejection = error.rejection();
            assert_eq!(rejection.encode_h1(&mut [0; 1024]), Err(EncodeError::ExtendedConnect));
            let fields = listed(|each| rejection.for_each_field(each));
            let response = rejection.to_http();
            assert_eq!(response.status().as_u16(), rejection.status());
            assert_eq!(in_map(response.headers()), in_lower_case(&fields));
            Answer {
                status: rejection.status(),
                fields,
                body: Text(response.into_body()),
                outcome: Err(error),
            }
        }
    }
}

fn judge(case: &ConnectCase, answer: &Answer) -> Outcome {
    for never in [
        "Connection",
        "Upgrade",
        "Transfer-Encoding",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "HTTP2-Settings",
    ] {
        same(never, &values(answer, never), &Vec::new())?;
    }
    if let Err(error) = &answer.outcome {
        is_label(error.reason().label(), &error.reason())?;
    }
    match (&case.expect, &answer.outcome) {
        (ServerExpect::Accept(expect), Ok((subprotocol, extensions))) => {
            same("status", &answer.status, &200)?;
            same("subprotocol", subprotocol, &expect.subprotocol)?;
            same("extensions", extensions, &expect.extensions.clone().unwrap_or_default())?;
            judge_200(expect, answer)
        }
        (ServerExpect::Reject(expect), Err(error)) => {
            same("status", &answer.status, &expect.status).map_err(|wrong| format!("{error}: {wrong}"))?;
            same("not an extended CONNECT", &error.is_not_upgrade(), &false)?;
            has_all(answer, &expect.fields)?;
            is_refusal(answer, &expect.names, false)
        }
        (ServerExpect::NotUpgrade(expect), Err(error)) => {
            same("status", &answer.status, &400)?;
            same("not an extended CONNECT", &error.is_not_upgrade(), &true).map_err(|_| error.to_string())?;
            is_refusal(answer, &expect.names, case.pseudo.method == "HEAD")
        }
        (expect, outcome) => Err(format!("got {outcome:?}\n    expected {expect:?}")),
    }
}

fn judge_200(expect: &AcceptExpect, answer: &Answer) -> Outcome {
    let line = |value: Option<&String>| Vec::from_iter(value.cloned());
    // These fields are present only if the case says so; without a key there is nothing to prove.
    for name in ["Sec-WebSocket-Accept", "Content-Length"] {
        same(name, &values(answer, name), &line(expect.fields.get(name)))?;
    }
    same("subprotocol", &values(answer, "Sec-WebSocket-Protocol"), &line(expect.subprotocol.as_ref()))?;
    same("extensions", &values(answer, "Sec-WebSocket-Extensions"), &line(expect.extensions.as_ref()))?;
    has_all(answer, &expect.fields)
}

/// Checks that the body has the text and the length of its field. The answer to HEAD has no body (RFC 9110 §9.3.2).
fn is_refusal(answer: &Answer, names: &str, to_head: bool) -> Outcome {
    let text = String::from_utf8_lossy(&answer.body.0).into_owned();
    if to_head {
        return same("body", &text.as_str(), &"");
    }
    same("Content-Length", &values(answer, "Content-Length"), &vec![text.len().to_string()])?;
    if text.contains(names) { Ok(()) } else { Err(format!("the text {text:?} does not name {names:?}")) }
}

fn has_all(answer: &Answer, fields: &BTreeMap<String, String>) -> Outcome {
    fields.iter().try_for_each(|(name, value)| same(name, &values(answer, name), &vec![value.clone()]))
}

/// Returns the values of all lines of a field.
fn values(answer: &Answer, name: &str) -> Vec<String> {
    let named = answer.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.0.escape_ascii().to_string()).collect()
}

fn listed(for_each_field: impl FnOnce(&mut dyn FnMut(&str, &[u8]))) -> Vec<(String, Text)> {
    let mut fields = Vec::new();
    for_each_field(&mut |name, value| fields.push((name.to_owned(), Text(value.to_vec()))));
    fields
}

fn in_lower_case(fields: &[(String, Text)]) -> Vec<(String, Text)> {
    fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect()
}

fn in_map(map: &http::HeaderMap) -> Vec<(String, Text)> {
    map.iter().map(|(name, value)| (name.as_str().to_owned(), Text(value.as_bytes().to_vec()))).collect()
}

/// Builds the request as an HTTP/2 library passes it on. The scheme is lost if there is no authority.
fn to_http(case: &ConnectCase, version: Version) -> Result<HttpRequest<()>, http::Error> {
    let PseudoFields { method, scheme, authority, path, .. } = &case.pseudo;
    let mut parts = uri::Parts::default();
    parts.authority = authority.as_deref().map(uri::Authority::try_from).transpose()?;
    parts.path_and_query = path.as_deref().map(uri::PathAndQuery::try_from).transpose()?;
    if parts.authority.is_some() {
        parts.scheme = scheme.as_deref().map(uri::Scheme::try_from).transpose()?;
    }
    let request =
        HttpRequest::builder().method(method.as_str()).uri(Uri::from_parts(parts)?).version(version);
    case.fields
        .iter()
        .try_fold(request, |request, (name, value)| {
            // The type requires names in lower case, so it can't hold others.
            Ok(request.header(HeaderName::from_lowercase(name.as_bytes())?, &**value))
        })
        .and_then(|request| request.body(()))
}
