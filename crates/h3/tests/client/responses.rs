//! `connect_responses.json` through the client.

use std::sync::Arc;

use vectors::{ClientConfig, ClientExpect, ConnectResponseCase};
use websocket_upgrade::{ClientOptions, ResponseHead};

use crate::kit::raw::headers;
use crate::report::{Outcome, holds, run, same, same_bytes};
use crate::server::answered;

#[test]
fn connect_responses() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let cases = vectors::connect_responses();
    let name = |case: &ConnectResponseCase| format!("{} ({})", case.name, case.rfc);
    run("connect_responses.json", &cases, name, |case| runtime.block_on(check(case)));
}

async fn check(case: &ConnectResponseCase) -> Outcome {
    let done = answered(
        |options| offered(options, &case.client),
        async |mut asked| {
            for response in &case.responses {
                let status = response.status.to_string();
                let mut lines = vec![(":status".to_owned(), status.as_bytes())];
                lines.extend(response.fields.iter().map(|(name, value)| {
                    // Where upper case is the point of the case, an HTTP library judges it.
                    let name = if case.layer.is_some() { name.clone() } else { name.to_ascii_lowercase() };
                    (name, &**value)
                }));
                asked.exchange.write(&headers(&lines)).await;
                // The client waits for the end of a refusal's body.
                if response.status >= 300 {
                    asked.exchange.finish();
                }
            }
        },
    );
    match (&case.expect, done.await) {
        (ClientExpect::Accept(expect), Ok(opened)) => {
            same("subprotocol", &opened.settings.subprotocol(), &expect.subprotocol.as_deref())?;
            let extensions = expect.extensions.as_deref().unwrap_or_default();
            same_bytes(
                "extensions",
                opened.settings.extensions().as_str().as_bytes(),
                extensions.as_bytes(),
            )?;
            let interim: Vec<u16> = opened.interim.iter().map(ResponseHead::status).collect();
            same("interim", &interim, &expect.interim)
        }
        (ClientExpect::Refuse(expect), Err(error)) => {
            let refused = error.refused().ok_or_else(|| error.to_string())?;
            same("status", &refused.status(), &expect.status)?;
            let interim: Vec<u16> = error.interim().iter().map(ResponseHead::status).collect();
            same("interim", &interim, &expect.interim)
        }
        (ClientExpect::Fail(expect), Err(error)) => {
            let text = error.to_string();
            // What an HTTP library judges has words of its own.
            let malformed = case.layer.is_some() && text.contains("(H3_MESSAGE_ERROR: malformed message)");
            let named = text.contains(&expect.names);
            holds(named || malformed, || format!("{text:?} does not name {:?}", expect.names))
        }
        (expect, done) => Err(format!("got {done:?}\n    expected {expect:?}")),
    }
}

fn offered(options: ClientOptions, config: &ClientConfig) -> ClientOptions {
    let mut options = options.limits(config.limits());
    for name in &config.subprotocols {
        options = options.subprotocol(name).expect("a subprotocol of a case");
    }
    for extension in &config.extensions {
        options = options.custom_extension(Arc::from(extension.build())).expect("an extension of a case");
    }
    options
}
