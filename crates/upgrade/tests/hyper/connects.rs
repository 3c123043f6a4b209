//! Runs `connects.json` through every entrance over HTTP/2, and lists what h2's client can't send.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use http::Request;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use vectors::{ConnectCase, Layer, ServerExpect};

use crate::entrance::Entrance;
use crate::extended_connect::extended_connect;
use crate::http2::{Client, body};
use crate::options::server_options;
use crate::report::{Outcome, holds, run, same};

#[test]
fn connects() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let cases: Vec<ConnectCase> =
        vectors::connects().into_iter().filter(|case| case.layer != Some(Layer::Syntax)).collect();
    let name = |case: &ConnectCase| format!("{} ({})", case.name, case.rfc);
    let unsent = RefCell::new(BTreeSet::new());
    let reset = Cell::new(0);
    run("connects.json", &cases, name, |case| {
        Entrance::ALL.iter().try_for_each(|&entrance| {
            let judged = extended_connect(case).map(|mut request| {
                if let Some(protocol) = &case.pseudo.protocol {
                    request.extensions_mut().insert(h2::ext::Protocol::from(protocol.as_str()));
                }
                let judging = async {
                    let judged = timeout(Duration::from_secs(60), judge(case, request, entrance)).await;
                    judged.unwrap_or_else(|_| Err("it does not end".to_owned()))
                };
                runtime.block_on(judging)
            });
            match judged {
                Some(Err(failure)) if h2_refuses(case, &failure) => reset.set(reset.get() + 1),
                Some(Err(failure)) if !failure.contains("malformed headers") => {
                    return Err(format!("{entrance}: {failure}"));
                }
                Some(Ok(())) => {}
                // This is from h2's client, or from the `http` crate.
                Some(Err(_)) | None => {
                    unsent.borrow_mut().insert(case.name.clone());
                }
            }
            Ok(())
        })
    });
    let unsent = unsent.into_inner();
    assert_eq!(unsent.iter().map(String::as_str).collect::<Vec<_>>(), UNSENT);
    assert_eq!(reset.get(), 5 * Entrance::ALL.len(), "refused by h2");
}

/// Cases that h2's client or the `http` crate can't express: a scheme without an authority, and connection-specific
/// fields (RFC 9113 §8.2.2). The tests of the core run them.
const UNSENT: [&str; 3] = [
    "Host does not stand in for :authority",
    "no :authority",
    "no extended CONNECT comes before whatever else is wrong",
];

/// Returns whether h2 ends the stream before any entrance sees the request: `:protocol` is only for CONNECT (RFC 8441
/// §4), so another request with it is malformed (RFC 9113 §8.1.1).
fn h2_refuses(case: &ConnectCase, failure: &str) -> bool {
    case.pseudo.protocol.is_some() && case.pseudo.method != "CONNECT" && failure.contains("protocol error")
}

/// Checks that the result of a request is the expected one.
async fn judge(case: &ConnectCase, request: Request<()>, entrance: Entrance) -> Outcome {
    let failed = |what: &str| {
        let what = what.to_owned();
        move |error: h2::Error| format!("{what}: {error}")
    };
    let mut client = Client::connect(entrance, server_options(&case.server)).await;
    let (response, mut stream) = client.send(request, false).await.map_err(failed("sending"))?;
    let response = response.await.map_err(failed("response"))?;
    let status = response.status().as_u16();
    let asks = Entrance::ASKING.contains(&entrance) && matches!(case.expect, ServerExpect::Accept(_));
    same("questions to the application", &client.served.asked(), &usize::from(asks))?;
    for name in [
        "connection",
        "upgrade",
        "transfer-encoding",
        "keep-alive",
        "proxy-connection",
        "te",
        "http2-settings",
    ] {
        same(name, &response.headers().get(name), &None)?;
    }
    let has = |name: &str, value: &str| {
        let values = response.headers().get_all(name);
        holds(values.iter().any(|other| other == value), || format!("{name}: expected {value:?}"))
    };
    let (expected, names, fields) = match &case.expect {
        ServerExpect::Accept(expect) => {
            same("status", &status, &200)?;
            expect.fields.iter().try_for_each(|(name, value)| has(name, value))?;
            same("content-length", &response.headers().get("content-length"), &None)?;
            let accept_value = expect.fields.contains_key("Sec-WebSocket-Accept");
            same("accept value", &response.headers().contains_key("sec-websocket-accept"), &accept_value)?;
            let upgraded = client.established.recv().await.ok_or("not established")?;
            same("subprotocol", &upgraded.settings.subprotocol(), &expect.subprotocol.as_deref())?;
            let extensions = expect.extensions.as_deref().unwrap_or_default();
            same("extensions", upgraded.settings.extensions().as_str(), extensions)?;
            // `Content-Length: 0` announces no body, so none may follow (RFC 9113 §8.1.1).
            let announced = case.fields.iter().any(|(name, _)| name == "content-length");
            let frames = if announced { "" } else { "frames" };
            stream.send_data(frames.into(), true).map_err(failed("data"))?;
            let mut received = String::new();
            let read = upgraded.into_stream().read_to_string(&mut received).await;
            read.map_err(|error| error.to_string())?;
            same("received", received.as_str(), frames)?;
            drop((response, stream));
            client.leave().await;
            return Ok(());
        }
        ServerExpect::NotUpgrade(expect) => (400, expect.names.as_str(), None),
        ServerExpect::Reject(expect) => (expect.status, expect.names.as_str(), Some(&expect.fields)),
        ServerExpect::More => return Err("a head is there or not over HTTP/2".to_owned()),
    };
    same("status", &status, &expected)?;
    fields.into_iter().flatten().try_for_each(|(name, value)| has(name, value))?;
    let text = String::from_utf8(body(response).await.map_err(failed("body"))?)
        .map_err(|error| error.to_string())?;
    let to_head = case.pseudo.method == "HEAD";
    holds(to_head || text.contains(names), || format!("the text {text:?} does not name {names:?}"))?;
    drop(stream);
    client.leave().await;
    Ok(())
}
