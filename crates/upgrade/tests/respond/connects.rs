//! Runs `connects.json` through the entrance, over HTTP/2 and HTTP/3.

use std::cell::RefCell;
use std::collections::BTreeSet;

use http::{Response, Version};
use vectors::{ConnectCase, Layer, ServerExpect};
use websocket_upgrade::respond;

use crate::extended_connect::extended_connect;
use crate::options::server_options;
use crate::refusal::{Expected, has, is_checked_alike, judge, only};
use crate::report::{Outcome, run, same};

#[test]
fn connects() {
    let cases: Vec<ConnectCase> =
        vectors::connects().into_iter().filter(|case| case.layer != Some(Layer::Syntax)).collect();
    let name = |case: &ConnectCase| format!("{} ({})", case.name, case.rfc);
    let unsent = RefCell::new(BTreeSet::new());
    run("connects.json", &cases, name, |case| {
        let Some(mut request) = extended_connect(case) else {
            unsent.borrow_mut().insert(case.name.clone());
            return Ok(());
        };
        [Version::HTTP_2, Version::HTTP_3].into_iter().try_for_each(|version| {
            *request.version_mut() = version;
            check(case, &request).map_err(|failure| format!("{version:?}: {failure}"))
        })
    });
    // Without an authority, the `http` crate can't express the scheme. The tests of the core run these cases.
    let unsent = unsent.into_inner();
    let expected = ["Host does not stand in for :authority", "no :authority"];
    assert_eq!(unsent.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

fn check(case: &ConnectCase, request: &http::Request<()>) -> Outcome {
    let expected = |status, names, fields, not_upgrade| {
        let to_head = request.method() == "HEAD";
        Expected { status, names, fields, not_upgrade, to_head }
    };
    let (protocol, options) = (case.pseudo.protocol.as_deref(), server_options(&case.server));
    is_checked_alike(request, protocol, &options)?;
    let expected = match (&case.expect, respond(request, protocol, &options)) {
        (ServerExpect::Accept(expect), Ok((response, settings))) => {
            same("status", &response.status().as_u16(), &200)?;
            same("subprotocol", &settings.subprotocol(), &expect.subprotocol.as_deref())?;
            let extensions = expect.extensions.as_deref().unwrap_or_default();
            same("extensions", settings.extensions().as_str(), extensions)?;
            // Without a key there is nothing to prove.
            let accept_value = expect.fields.get("Sec-WebSocket-Accept").map(String::as_str);
            only(&response, "Sec-WebSocket-Accept", accept_value.as_slice())?;
            only(&response, "Content-Length", &[])?;
            has_no_connection(&response)?;
            return expect.fields.iter().try_for_each(|(name, value)| has(&response, name, value));
        }
        (ServerExpect::Reject(expect), Err(rejected)) => {
            (rejected, expected(expect.status, &expect.names, Some(&expect.fields), false))
        }
        (ServerExpect::NotUpgrade(expect), Err(rejected)) => {
            (rejected, expected(400, &expect.names, None, true))
        }
        (expect, got) => return Err(format!("got {got:?}\n    expected {expect:?}")),
    };
    has_no_connection(&judge(expected.0, &expected.1)?)
}

/// Checks that there is no connection-specific field (RFC 9113 §8.2.2).
fn has_no_connection<B>(response: &Response<B>) -> Outcome {
    ["Connection", "Upgrade", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "TE", "HTTP2-Settings"]
        .into_iter()
        .try_for_each(|name| only(response, name, &[]))
}
