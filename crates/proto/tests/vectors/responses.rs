//! `responses.json`: how a client judges a response, however it arrives.

use vectors::{ClientExpect, ResponseCase, Then};
use websocket_upgrade_proto::client::{Options, Request};
use websocket_upgrade_proto::uri::Uri;

use crate::common::Text;
use crate::common::client::{Seen, Verdict, deliver};
use crate::report::{Outcome, is_failure, run, same, splits};

#[test]
fn responses() {
    run(
        "responses.json",
        &vectors::responses(),
        |case| (&case.name, &case.rfc),
        |case| case.client.with(|options| check(case, options)),
    );
}

fn check(case: &ResponseCase, options: &Options<'_, '_>) -> Outcome {
    let bytes: &[u8] = &case.response;
    let uri = Uri::parse("ws://server.example.com/chat").map_err(|error| error.to_string())?;
    let request = Request::new(&uri, options).map_err(|error| error.to_string())?;
    let then_close = case.then == Some(Then::Close);
    let whole = deliver(bytes, [bytes.len()], then_close, request);
    judge(case, &whole)?;
    for at in splits(bytes.len()) {
        let parts = deliver(bytes, [at, bytes.len()], then_close, request);
        same(&format!("in two parts, split at {at}"), &parts, &whole)?;
    }
    same("byte by byte", &deliver(bytes, 0..=bytes.len(), then_close, request), &whole)
}

/// Checks that the verdict is the expected one.
fn judge(case: &ResponseCase, (verdict, interim): &Seen) -> Outcome {
    match (&case.expect, verdict) {
        (ClientExpect::More, Verdict::More) => Ok(()),
        (ClientExpect::Accept(expect), Verdict::Accepted(accepted)) => {
            same("subprotocol", &accepted.subprotocol, &expect.subprotocol)?;
            same("extensions", &accepted.extensions, &expect.extensions.clone().unwrap_or_default())?;
            same("leftover", &&case.response[accepted.head_end..], &&*expect.leftover)?;
            same("interim", interim, &expect.interim)
        }
        (ClientExpect::Refuse(expect), Verdict::Refused { status, body, truncation }) => {
            same("status", status, &expect.status)?;
            same("body", body, &Text(expect.body.to_vec()))?;
            let why = truncation.map(|truncation| truncation.to_string());
            same("truncated", &why.is_some(), &expect.truncated)?;
            if !why.as_deref().unwrap_or_default().contains(&expect.names) {
                return Err(format!("{why:?} does not name {:?}", expect.names));
            }
            same("interim", interim, &expect.interim)
        }
        (ClientExpect::Fail(expect), Verdict::Failed(error)) => is_failure(error, &expect.names),
        (expect, verdict) => Err(format!("got {verdict:?}\n    expected {expect:?}")),
    }
}
