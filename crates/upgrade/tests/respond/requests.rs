//! Runs `requests.json` through the entrance.

use vectors::{Layer, RequestCase, ServerExpect};
use websocket_upgrade::respond;

use crate::options::server_options;
use crate::parsed::parsed;
use crate::refusal::{Expected, has, is_checked_alike, judge, only};
use crate::report::{Outcome, run, same};

#[test]
fn requests() {
    let cases: Vec<RequestCase> =
        vectors::requests().into_iter().filter(|case| case.layer != Some(Layer::Syntax)).collect();
    run("requests.json", &cases, |case| format!("{} ({})", case.name, case.rfc), check);
}

fn check(case: &RequestCase) -> Outcome {
    let (request, _) = parsed(&case.request)?;
    let options = server_options(&case.server);
    // `:protocol` has no meaning in HTTP/1.
    [None, Some("websocket")].into_iter().try_for_each(|protocol| {
        is_checked_alike(&request, protocol, &options)?;
        let expected = |status, names, fields, not_upgrade| {
            let to_head = request.method() == "HEAD";
            Expected { status, names, fields, not_upgrade, to_head }
        };
        let expected = match (&case.expect, respond(&request, protocol, &options)) {
            (ServerExpect::Accept(expect), Ok((response, settings))) => {
                same("status", &response.status().as_u16(), &101)?;
                only(&response, "Connection", &["Upgrade"])?;
                only(&response, "Upgrade", &["websocket"])?;
                same("subprotocol", &settings.subprotocol(), &expect.subprotocol.as_deref())?;
                let extensions = expect.extensions.as_deref().unwrap_or_default();
                same("extensions", settings.extensions().as_str(), extensions)?;
                return expect.fields.iter().try_for_each(|(name, value)| has(&response, name, value));
            }
            (ServerExpect::Reject(expect), Err(rejected)) => {
                (rejected, expected(expect.status, &expect.names, Some(&expect.fields), false))
            }
            (ServerExpect::NotUpgrade(expect), Err(rejected)) => {
                (rejected, expected(expect.status.unwrap_or(426), &expect.names, None, true))
            }
            (expect, got) => return Err(format!("got {got:?}\n    expected {expect:?}")),
        };
        let response = judge(expected.0, &expected.1)?;
        let (connection, upgrade) = match expected.1.status {
            426 => ("close, Upgrade", &["websocket"][..]),
            _ => ("close", &[][..]),
        };
        only(&response, "Connection", &[connection])?;
        only(&response, "Upgrade", upgrade)
    })
}
