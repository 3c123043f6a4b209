//! Runs `connects.json` through the entrance: every case is sent as it is, whatever an HTTP library makes of it.

use std::cell::RefCell;

use quinn::ReadError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::join;
use vectors::{ConnectCase, ServerExpect};
use websocket_upgrade::{HandleError, ServerOptions};

use crate::kit::raw::{DATA, Exchange, H3_MESSAGE_ERROR, H3_NO_ERROR, frame};
use crate::options::server_options;
use crate::report::{Outcome, holds, run, same};
use crate::served::Served;

#[test]
fn connects() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let served = RefCell::new(runtime.block_on(Served::new(&ServerOptions::new())));
    let cases = vectors::connects();
    let malformed = RefCell::new(Vec::new());
    let name = |case: &ConnectCase| format!("{} ({})", case.name, case.rfc);
    run("connects.json", &cases, name, |case| {
        if runtime.block_on(judge(case, &mut served.borrow_mut()))? {
            malformed.borrow_mut().push((case.layer, case.name.clone()));
        }
        Ok(())
    });
    let malformed = malformed.into_inner();
    assert_eq!(malformed.len(), 41, "{malformed:#?}");
    let others = malformed.iter().filter(|(layer, _)| layer.is_none()).map(|(_, name)| name.as_str());
    assert_eq!(others.collect::<Vec<_>>(), MALFORMED);
}

/// Cases that are malformed for us already (RFC 9114 §4.1.2), although the types of the `http` crate can hold them:
/// `:protocol` is for CONNECT alone (RFC 8441 §4), and user information is not allowed (RFC 9114 §4.3.1).
const MALFORMED: [&str; 6] = [
    "a GET with :protocol is not an extended CONNECT",
    "a POST with :protocol is not an extended CONNECT",
    "a OPTIONS with :protocol is not an extended CONNECT",
    "a HEAD with :protocol is not an extended CONNECT",
    "a CONNECT in lower case is another method",
    "no extended CONNECT comes before whatever else is wrong",
];

/// Sends a case, and returns whether it was reset as malformed. All of them are refused where the core sees them.
async fn judge(case: &ConnectCase, served: &mut Served) -> Result<bool, String> {
    let pseudo = &case.pseudo;
    let pseudo = [
        (":method", Some(&pseudo.method)),
        (":protocol", pseudo.protocol.as_ref()),
        (":scheme", pseudo.scheme.as_ref()),
        (":authority", pseudo.authority.as_ref()),
        (":path", pseudo.path.as_ref()),
    ];
    let pseudo = pseudo.into_iter().filter_map(|(name, value)| Some((name.as_bytes(), value?.as_bytes())));
    let fields = case.fields.iter().map(|(name, value)| (name.as_bytes(), &value[..]));
    let lines: Vec<_> = pseudo.chain(fields).collect();
    let mut exchange = served.send(&lines).await;
    let (accepted, answered) = join!(accept(case, served), read(case, &mut exchange));
    match (answered?, accepted?) {
        (Answered::Whole, Ok(())) => Ok(false),
        (Answered::Whole, Err(HandleError::Rejected(_))) => {
            holds(!matches!(case.expect, ServerExpect::Accept(_)), || "rejected".to_owned())?;
            Ok(false)
        }
        (Answered::Reset(code), Err(HandleError::Io(_))) => {
            holds(!matches!(case.expect, ServerExpect::Accept(_)), || "reset".to_owned())?;
            same("code", &code, &H3_MESSAGE_ERROR)?;
            Ok(true)
        }
        (_, accepted) => Err(format!("{accepted:?}")),
    }
}

enum Answered {
    Whole,
    Reset(u64),
}

/// The server's side: accepts the request, and echoes.
async fn accept(case: &ConnectCase, served: &mut Served) -> Result<Result<(), HandleError>, String> {
    let incoming = match served.next().await {
        Ok(incoming) => incoming,
        Err(error) => return Ok(Err(error)),
    };
    let upgraded = match incoming.accept(&server_options(&case.server)).await {
        Ok(upgraded) => upgraded,
        Err(error) => return Ok(Err(error)),
    };
    let ServerExpect::Accept(expect) = &case.expect else { return Err("accepted".to_owned()) };
    same("subprotocol", &upgraded.settings.subprotocol(), &expect.subprotocol.as_deref())?;
    let extensions = expect.extensions.as_deref().unwrap_or_default();
    same("extensions", upgraded.settings.extensions().as_str(), extensions)?;
    let mut stream = upgraded.into_stream();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await.map_err(|error| error.to_string())?;
    stream.write_all(&received).await.map_err(|error| error.to_string())?;
    stream.shutdown().await.map_err(|error| error.to_string())?;
    Ok(Ok(()))
}

/// The client's side: checks the answer.
async fn read(case: &ConnectCase, exchange: &mut Exchange) -> Result<Answered, String> {
    let head = match exchange.head().await {
        Ok(head) => head,
        Err(ReadError::Reset(code)) => return Ok(Answered::Reset(code.into_inner())),
        Err(error) => return Err(error.to_string()),
    };
    for name in [
        "connection",
        "upgrade",
        "transfer-encoding",
        "keep-alive",
        "proxy-connection",
        "te",
        "http2-settings",
    ] {
        same(name, &head.all(name), &Vec::<&str>::new())?;
    }
    same("date", &head.all("date").len(), &1)?;
    let has = |(name, value): (&String, &String)| {
        let name = name.to_ascii_lowercase();
        holds(head.all(&name).contains(&value.as_str()), || format!("{name}: expected {value:?} in {head:?}"))
    };
    let (expected, names, fields) = match &case.expect {
        ServerExpect::Accept(expect) => {
            same("status", &head.status, &200)?;
            expect.fields.iter().try_for_each(has)?;
            same("content-length", &head.all("content-length"), &Vec::<&str>::new())?;
            let accept_value = usize::from(expect.fields.contains_key("Sec-WebSocket-Accept"));
            same("accept values", &head.all("sec-websocket-accept").len(), &accept_value)?;
            // `Content-Length: 0` announces no content, so none may follow (RFC 9114 §4.1.2).
            let announced = case.fields.iter().any(|(name, _)| name == "content-length");
            let frames: &[u8] = if announced { b"" } else { b"frames" };
            if !announced {
                exchange.write(&frame(DATA, frames)).await;
            }
            exchange.finish();
            same("echo", &exchange.body().await.map_err(|error| error.to_string())?[..], frames)?;
            return Ok(Answered::Whole);
        }
        ServerExpect::NotUpgrade(expect) => (400, expect.names.as_str(), None),
        ServerExpect::Reject(expect) => (expect.status, expect.names.as_str(), Some(&expect.fields)),
        ServerExpect::More => return Err("a head is there or not over HTTP/3".to_owned()),
    };
    same("status", &head.status, &expected)?;
    fields.into_iter().flatten().try_for_each(has)?;
    let body = exchange.body().await.map_err(|error| error.to_string())?;
    let text = String::from_utf8(body).map_err(|error| error.to_string())?;
    let to_head = case.pseudo.method == "HEAD";
    holds(to_head == text.is_empty(), || format!("content: {text:?}"))?;
    holds(to_head || text.contains(names), || format!("the text {text:?} does not name {names:?}"))?;
    is_ended(exchange).await?;
    Ok(Answered::Whole)
}

/// A refusal does not depend on the rest of the request, so the client is told to stop without an error (RFC 9114
/// §4.1).
async fn is_ended(exchange: &Exchange) -> Outcome {
    same("stopped", &exchange.stopped().await, &Some(H3_NO_ERROR))
}
