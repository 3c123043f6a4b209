//! What the response of a rejection must have.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Response;
use websocket_upgrade::{Rejected, ServerOptions, check, respond};

use crate::report::{Outcome, holds, same, same_bytes};

/// The expected response.
pub(crate) struct Expected<'c> {
    pub(crate) status: u16,
    /// A text in the body.
    pub(crate) names: &'c str,
    pub(crate) fields: Option<&'c BTreeMap<String, String>>,
    pub(crate) not_upgrade: bool,
    /// Whether it answers HEAD, and so has no body (RFC 9110 §9.3.2).
    pub(crate) to_head: bool,
}

/// Checks a rejection and its response, except for the fields that belong to one HTTP version.
pub(crate) fn judge(rejected: Rejected, expected: &Expected<'_>) -> Result<Response<Bytes>, String> {
    same("is_not_upgrade", &rejected.is_not_upgrade(), &expected.not_upgrade)?;
    same("the error's status", &rejected.status().as_u16(), &expected.status)?;
    let response = rejected.into_http();
    same("status", &response.status().as_u16(), &expected.status)?;
    holds(response.extensions().get::<Rejected>().is_some(), || "the reason is lost".to_owned())?;
    expected.fields.into_iter().flatten().try_for_each(|(name, value)| has(&response, name, value))?;
    let text = String::from_utf8_lossy(response.body()).into_owned();
    if expected.to_head {
        same_bytes("body", response.body(), b"")?;
    } else {
        let names = expected.names;
        holds(text.contains(names), || format!("the text {text:?} does not name {names:?}"))?;
        only(&response, "Content-Length", &[&text.len().to_string()])?;
    }
    Ok(response)
}

/// Checks that the field has these lines, and no others.
pub(crate) fn only<B>(response: &Response<B>, name: &str, values: &[&str]) -> Outcome {
    same(name, all(response, name).as_slice(), values)
}

/// Returns the values of all lines of a field.
fn all<B>(response: &Response<B>, name: &str) -> Vec<String> {
    let values = response.headers().get_all(name).iter();
    values.map(|value| value.as_bytes().escape_ascii().to_string()).collect()
}

/// Checks that one of the field's lines has this value.
pub(crate) fn has<B>(response: &Response<B>, name: &str, value: &str) -> Outcome {
    let got = all(response, name);
    holds(got.iter().any(|got| got == value), || format!("{name}: expected {value:?}, got {got:?}"))
}

/// Checks that `check` passes what `respond` accepts, and rejects everything else with the same response.
pub(crate) fn is_checked_alike<B>(
    request: &http::Request<B>,
    protocol: Option<&str>,
    options: &ServerOptions,
) -> Outcome {
    let told = |rejected: Rejected| {
        let response = rejected.into_http();
        format!("{} {:?} {}", response.status(), response.headers(), response.body().escape_ascii())
    };
    let expected = respond(request, protocol, options).map(|_| ()).map_err(told);
    same("check", &check(request, protocol, options).map_err(told), &expected)
}
