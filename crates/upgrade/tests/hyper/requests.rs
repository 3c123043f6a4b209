//! Runs `requests.json` through every entrance over HTTP/1.1, and lists where hyper answers first.

use std::cell::Cell;
use std::collections::BTreeMap;

use vectors::{Layer, RequestCase, ServerExpect};

use crate::answer::Answer;
use crate::entrance::Entrance;
use crate::http1::{Played, play};
use crate::options::server_options;
use crate::report::{Outcome, holds, run, same, same_bytes};

#[test]
fn requests() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let cases: Vec<RequestCase> =
        vectors::requests().into_iter().filter(|case| case.layer != Some(Layer::Syntax)).collect();
    let name = |case: &RequestCase| format!("{} ({})", case.name, case.rfc);
    let refused = Cell::new(0);
    run("requests.json", &cases, name, |case| {
        Entrance::ALL.iter().try_for_each(|&entrance| {
            let played = runtime.block_on(play(entrance, server_options(&case.server), &case.request));
            if hyper_refuses(&case.request, &played) {
                refused.set(refused.get() + 1);
                return Ok(());
            }
            judge(case, entrance, &played).map_err(|failure| format!("{entrance}: {failure}"))
        })
    });
    // Fixes how many cases hyper refuses itself.
    assert_eq!(refused.get(), 57 * Entrance::ALL.len(), "refused by hyper");
}

/// Returns whether hyper answers before any entrance sees the request. It sends a 400 without a text, and closes, if
/// it does not accept the length of a body; two equal lengths in one line are such a case (RFC 9112 §6.3).
fn hyper_refuses(request: &[u8], played: &Played) -> bool {
    let answer = String::from_utf8_lossy(&played.answer);
    let refused = answer.contains(" 400 Bad Request\r\n") && answer.contains("\r\ncontent-length: 0\r\n");
    refused
        && played.rejected.is_empty()
        && played.established.is_none()
        && FRAMING.iter().any(|name| has(request, name))
}

const FRAMING: [&str; 2] = ["content-length:", "transfer-encoding:"];

fn has(request: &[u8], name: &str) -> bool {
    let lines = request.split(|&byte| byte == b'\n');
    let mut starts = lines.filter_map(|line| line.get(..name.len()));
    starts.any(|start| start.eq_ignore_ascii_case(name.as_bytes()))
}

/// Checks that the result of a request is the expected one.
fn judge(case: &RequestCase, entrance: Entrance, played: &Played) -> Outcome {
    let to_head = case.request.starts_with(b"HEAD ");
    // hyper answers a request in HTTP/1.0 with HTTP/1.0.
    let answer = String::from_utf8_lossy(&played.answer).replacen("HTTP/1.0 ", "HTTP/1.1 ", 1);
    let answer = Answer::parse(answer.as_bytes())?;
    let asks = Entrance::ASKING.contains(&entrance) && matches!(case.expect, ServerExpect::Accept(_));
    same("questions to the application", &played.asked, &usize::from(asks))?;
    let (status, names, fields) = match &case.expect {
        ServerExpect::Accept(expect) => {
            same("status", &answer.status, &101)?;
            expect.fields.iter().try_for_each(|(name, value)| answer.has(name, value))?;
            let (settings, leftover) = played.established.as_ref().ok_or("not established")?;
            same("subprotocol", &settings.subprotocol(), &expect.subprotocol.as_deref())?;
            let extensions = expect.extensions.as_deref().unwrap_or_default();
            same("extensions", settings.extensions().as_str(), extensions)?;
            return same_bytes("leftover", leftover, &expect.leftover);
        }
        // hyper removes a length beside a coding, which overrides it (RFC 9112 §6.3).
        ServerExpect::NotUpgrade(_) if FRAMING.iter().all(|name| has(&case.request, name)) => {
            (426, "Upgrade", &BTreeMap::new())
        }
        ServerExpect::NotUpgrade(expect) => {
            (expect.status.unwrap_or(426), expect.names.as_str(), &BTreeMap::new())
        }
        ServerExpect::Reject(expect) => (expect.status, expect.names.as_str(), &expect.fields),
        ServerExpect::More => return Err("an unfinished head without `layer`".to_owned()),
    };
    holds(played.established.is_none(), || format!("established: {played:?}"))?;
    same("status", &answer.status, &status)?;
    answer.is_rejection(to_head)?;
    if entrance == Entrance::Hyper || entrance == Entrance::HyperReceive {
        same("the error's status", played.rejected.as_slice(), &[status])?;
    }
    let text = answer.text();
    holds(to_head || text.contains(names), || format!("the text {text:?} does not name {names:?}"))?;
    fields.iter().try_for_each(|(name, value)| answer.has(name, value))
}
