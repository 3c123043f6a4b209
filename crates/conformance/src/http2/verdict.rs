//! What came of an exchange, held against what the case wants.

use super::connection::{Connection, Head};
use super::echo;
use super::hpack::line;
use super::player::Player;
use crate::case::http2::{Acceptance, Action, End, Refusal, Step, Want};
use crate::judge::{self, Agreed, Judgement, Sent};
use crate::proof::{Compression, Direction, Early};
use crate::text::{self, Names};

/// Judges the responses on a stream. Returns the judgement of the final one.
///
/// # Errors
///
/// The rules that one of them breaks.
pub(crate) fn judged(connection: &mut Connection, id: u32, sent: &Sent) -> Result<Option<Judgement>, String> {
    let heads = &connection.stream(id).heads;
    let last = heads.iter().position(|head| !head.is_interim()).map_or(heads.len(), |at| at + 1);
    let mut judgements: Vec<_> =
        heads.iter().take(last).map(|head| judge::connect_response(&head.lines, sent)).collect();
    let broken: Vec<_> = judgements
        .iter()
        .flat_map(Judgement::broken)
        .filter(|verdict| verdict.rule.severity.is_required())
        .map(|verdict| format!("a response that breaks {}: {}", verdict.rule.id, verdict.rule.text))
        .collect();
    if broken.is_empty() { Ok(judgements.pop()) } else { Err(broken.join("; ")) }
}

/// Returns the compression that is agreed on, as the suite's side uses it.
pub(crate) fn compression(agreed: &Agreed, suite_is_client: bool) -> Option<Compression> {
    let deflate = agreed.deflate.as_ref()?;
    let client =
        Direction { bits: deflate.client_max_window_bits, no_context: deflate.client_no_context_takeover };
    let server =
        Direction { bits: deflate.server_max_window_bits, no_context: deflate.server_no_context_takeover };
    Some(if suite_is_client { Compression::new(client, server) } else { Compression::new(server, client) })
}

/// Returns what the DATA among steps says to the peer before it has answered.
///
/// # Errors
///
/// If it is no frames of a WebSocket.
pub(crate) fn early(steps: &[&[Step]], names: &Names) -> Result<Early, String> {
    let mut bytes = Vec::new();
    for step in steps.iter().copied().flatten() {
        if let (None, Action::Data { bytes: text, .. }) = (step.stream, &step.action) {
            bytes.extend(text::bytes(text, names).map_err(|error| error.to_string())?);
        }
    }
    Early::read(&bytes)
}

/// Checks what an acceptance has.
///
/// # Errors
///
/// What it has instead.
pub(crate) fn check_acceptance(
    wanted: &Acceptance,
    head: &Head,
    agreed: &Agreed,
    names: &Names,
) -> Result<(), String> {
    if let Some(subprotocol) = &wanted.subprotocol {
        let subprotocol = text::bytes(subprotocol, names).map_err(|error| error.to_string())?;
        let got = agreed.subprotocol.as_deref().unwrap_or_default();
        if subprotocol != got.as_bytes() {
            return Err(format!("the subprotocol \"{got}\""));
        }
    }
    if let Some(extensions) = &wanted.extensions {
        let got: Vec<_> = agreed.extensions.iter().map(|extension| extension.name.as_str()).collect();
        let got = if got.is_empty() { "none".to_owned() } else { got.join(", ") };
        if *extensions != got {
            return Err(format!("the extensions: {got}"));
        }
    }
    has_fields(&wanted.fields, head)?;
    match wanted.without.iter().find(|name| head.value(name).is_some()) {
        Some(name) => Err(format!("a response with the field {name}")),
        None => Ok(()),
    }
}

/// Checks what a refusal has.
///
/// # Errors
///
/// What it has instead.
pub(crate) fn check_refusal(wanted: &Refusal, head: &Head) -> Result<(), String> {
    has_fields(&wanted.fields, head)
}

/// Checks that a head has fields: names, or lines.
fn has_fields(wanted: &[String], head: &Head) -> Result<(), String> {
    for text in wanted {
        let (name, value) = line(text.as_bytes());
        let lines = || head.lines.iter().filter(|(known, _)| *known == name);
        if lines().next().is_none() {
            return Err(format!("status {} without the field {text}", head.status()));
        }
        if !value.is_empty() && !lines().any(|(_, known)| *known == value) {
            return Err(format!("status {} whose field is not {text}", head.status()));
        }
    }
    Ok(())
}

/// Waits for what is to become of a stream.
///
/// # Errors
///
/// What became of it instead.
pub(crate) async fn check_end(player: &mut Player, wanted: &[Want]) -> Result<(), String> {
    let (id, role) = (player.stream, player.role);
    let mut problem = None;
    for want in wanted {
        let tried = match want {
            Want::Works => echo::echo(&mut player.connection, id, role).await,
            Want::Gone => player.is_gone(id).await,
            Want::Alive => player.is_alive().await,
            _ => continue,
        };
        match tried {
            Ok(()) => return Ok(()),
            Err(error) => problem = Some(error),
        }
    }
    let ends = |end: &End| wanted.iter().any(|want| want.allows(end));
    let is_about_end = wanted.iter().any(|want| !matches!(want, Want::Works | Want::Gone | Want::Alive));
    if wanted.is_empty() {
        return Ok(());
    }
    let end = if is_about_end { player.ending(id).await } else { End::Silent };
    match problem {
        _ if ends(&end) => Ok(()),
        Some(problem) => Err(problem),
        None => Err(end.describe()),
    }
}
