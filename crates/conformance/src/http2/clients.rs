//! The result of a case for a client over HTTP/2.

use std::io;

use super::client::{Problem, run};
use super::rules;
use crate::case::http2::{Http2Exchange, Keys};
use crate::client::Setting;
use crate::report::{CaseResult, Event};

/// Runs a case for clients over HTTP/2.
///
/// # Errors
///
/// If the suite can't listen.
pub(crate) async fn tested_client(
    exchange: &Http2Exchange,
    setting: &Setting,
) -> io::Result<(CaseResult, Vec<Event>)> {
    let (result, wire) = run(exchange, setting).await?;
    let result = match result {
        Ok(()) => CaseResult::Passed,
        Err(Problem::Got(got)) => CaseResult::failed(expected(&exchange.keys), got),
        Err(Problem::Skipped(reason)) => CaseResult::skipped(reason),
    };
    Ok((result, wire))
}

fn expected(keys: &Keys) -> String {
    match keys.rule.as_deref().and_then(rules::text) {
        Some(text) => text.to_owned(),
        None => keys.expected(),
    }
}
