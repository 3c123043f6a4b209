//! The handshake as text of 80 columns.

use std::io::{self, Write};

use time::OffsetDateTime;
use websocket_upgrade::{Report, TlsReport};
use websocket_upgrade_conformance::judge::Judgement;

use super::inspected::Inspected;
use super::recording::{Attempt, Message};
use super::waterfall;
use crate::output::{BAD, FAINT, GOOD, HEADING, HINT, ManyLines, OneLine, painted};
use crate::secrets;
use crate::verdicts::{self, Detail};

/// Most bytes of a refusal's body that are shown.
const BODY: usize = 2000;

/// Writes everything but the summary.
pub(super) fn write(out: &mut impl Write, inspected: &Inspected<'_>, all: bool) -> io::Result<()> {
    let show = inspected.show_secrets;
    for (number, attempt) in inspected.attempts.iter().enumerate() {
        let judgements = attempt.judgements();
        let title = match (number, attempt.status()) {
            (0, _) => attempt.url.clone(),
            (_, _) => format!("then {}", attempt.url),
        };
        writeln!(out, "{}\n", painted(HEADING, OneLine(&title)))?;
        heads(out, attempt, &judgements, show)?;
        waterfall::write(out, &attempt.spans(), attempt.begun)?;
        writeln!(out)?;
        // Of a redirect that was followed, the rules are not what the user asks about.
        if number + 1 < inspected.attempts.len() && !all {
            continue;
        }
        let (bytes, _) = attempt.heads(&judgements);
        for (place, judgement) in judgements.iter().enumerate() {
            let head = bytes.get(place).copied().unwrap_or_default();
            verdicts::write(out, judgement, head, if all { Detail::All } else { Detail::Handshake })?;
        }
        if !judgements.is_empty() {
            writeln!(out)?;
        }
    }
    network(out, inspected.report)?;
    agreed(out, inspected)?;
    body(out, inspected)?;
    writeln!(out)
}

/// The heads as they were sent and received.
fn heads(out: &mut impl Write, attempt: &Attempt, judgements: &[Judgement], show: bool) -> io::Result<()> {
    let mut lines = |mark: &str, lines: Vec<String>| -> io::Result<()> {
        for line in lines {
            writeln!(out, "{} {}", painted(HINT, mark), OneLine(&line))?;
        }
        writeln!(out)
    };
    let fields = |fields: &[(String, Vec<u8>)]| {
        let shown = |(name, value): &(String, Vec<u8>)| {
            let value = String::from_utf8_lossy(value);
            let value = match name.as_str() {
                ":path" => secrets::target(&value, show),
                "location" => secrets::url(&value, show),
                name => secrets::value(name, &value, show),
            };
            format!("{name}: {value}")
        };
        fields.iter().map(shown).collect::<Vec<_>>()
    };
    // A request that has not been sent, because the way to the host ended before it, would mislead.
    match attempt.request.as_ref().filter(|_| attempt.was_sent()) {
        Some(Message::Bytes(bytes)) => lines(">", secrets::lines(bytes, show))?,
        Some(Message::Fields(sent)) => lines(">", fields(sent))?,
        None => {}
    }
    for response in &attempt.responses {
        lines("<", fields(response))?;
    }
    if attempt.responses.is_empty() {
        for head in attempt.heads(judgements).0 {
            // What is no head at all may be anything.
            let head = head.get(..BODY).unwrap_or(head);
            lines("<", secrets::lines(head, show))?;
        }
    }
    Ok(())
}

/// A line with a name in front.
fn fact(out: &mut impl Write, name: &str, value: &str) -> io::Result<()> {
    verdicts::beside(out, painted(FAINT, format_args!("{name:<14}")), 14, value)
}

/// The way through the network.
fn network(out: &mut impl Write, report: &Report) -> io::Result<()> {
    for redirect in &report.redirects {
        fact(out, "redirected", &format!("{} from {} to {}", redirect.status, redirect.from, redirect.to))?;
    }
    if let Some(proxy) = &report.proxy {
        fact(out, "proxy", proxy)?;
    }
    if let Some(address) = report.remote_address {
        fact(out, "address", &address.to_string())?;
    }
    if let Some(tls) = &report.tls {
        certificate(out, tls)?;
    }
    if let Some(fallback) = report.fallback {
        fact(out, "HTTP/1.1", &format!("and not HTTP/2: {fallback}"))?;
    }
    Ok(())
}

fn certificate(out: &mut impl Write, tls: &TlsReport) -> io::Result<()> {
    if let Some(version) = tls.version {
        let suite = tls.cipher_suite.unwrap_or("an unknown cipher suite");
        fact(out, "TLS", &format!("{version}, {suite}, ALPN {}", tls.alpn.as_deref().unwrap_or("none")))?;
    }
    if let Some(subject) = &tls.subject {
        fact(out, "certificate", subject)?;
    }
    if let Some(names) = tls.names.as_ref().filter(|names| !names.is_empty()) {
        fact(out, "  for", names)?;
    }
    if let Some(issuer) = &tls.issuer {
        fact(out, "  issued by", issuer)?;
    }
    if let Some([from, to]) = tls.valid {
        fact(out, "  valid", &format!("{} to {}", date(from), date(to)))?;
    }
    Ok(())
}

/// A date of Unix time.
fn date(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .map_or_else(|_| seconds.to_string(), |time| time.date().to_string())
}

/// What was offered, and what was agreed.
fn agreed(out: &mut impl Write, inspected: &Inspected<'_>) -> io::Result<()> {
    let Some(agreed) = &inspected.agreed else { return Ok(()) };
    let offered = inspected.offered();
    let line = |offered: &str, agreed: &str| match (offered, agreed) {
        ("", "") => "none offered, none agreed".to_owned(),
        (offered, "") => format!("{offered} offered, none agreed"),
        (offered, agreed) => format!("{offered} offered, {agreed} agreed"),
    };
    fact(out, "subprotocol", &line(&offered[0], agreed.subprotocol.as_deref().unwrap_or_default()))?;
    fact(out, "extensions", &line(&offered[1], &agreed.extensions))?;
    if agreed.behind > 0 {
        fact(out, "early", &format!("{} bytes came right behind the head", agreed.behind))?;
    }
    Ok(())
}

/// The body of a refusal.
fn body(out: &mut impl Write, inspected: &Inspected<'_>) -> io::Result<()> {
    let Some(refused) = inspected.error.and_then(|error| error.refused()) else { return Ok(()) };
    let text = String::from_utf8_lossy(refused.body.trim_ascii());
    if text.is_empty() {
        return Ok(());
    }
    let shown = text.char_indices().nth(BODY).map_or(&*text, |(end, _)| text.get(..end).unwrap_or(&text));
    writeln!(out, "\n{}", painted(FAINT, format_args!("the body, {} bytes:", refused.body.len())))?;
    writeln!(out, "{}", ManyLines(&shown.replace("\r\n", "\n")))?;
    if shown.len() < text.len() || refused.truncated {
        writeln!(out, "{}", painted(FAINT, "... and more"))?;
    }
    Ok(())
}

/// Three lines: the result, the times, and the rules.
pub(super) fn summary(out: &mut impl Write, inspected: &Inspected<'_>) -> io::Result<()> {
    let last = inspected.attempts.last();
    let judgements = last.map(Attempt::judgements).unwrap_or_default();
    let http = if last.is_some_and(Attempt::is_http2) { "HTTP/2" } else { "HTTP/1.1" };
    match &inspected.agreed {
        Some(agreed) => {
            let status = last.and_then(Attempt::status).unwrap_or_default();
            let mut text = format!("{status} over {http}");
            if let Some(version) = inspected.report.tls.as_ref().and_then(|tls| tls.version) {
                text = text + ", " + version;
            }
            if let Some(subprotocol) = &agreed.subprotocol {
                text = text + ", subprotocol " + subprotocol;
            }
            if !agreed.extensions.is_empty() {
                text = text + ", " + &agreed.extensions;
            }
            verdicts::beside(out, painted(GOOD, "established: "), 13, &text)?;
        }
        None => writeln!(out, "{} after {}", painted(BAD, "not established"), http_or_phase(inspected))?,
    }
    let times = last.map(Attempt::spans).unwrap_or_default();
    let times: Vec<_> = times
        .iter()
        .map(|span| format!("{} {}", span.name, waterfall::ms(span.end.saturating_sub(span.begin))))
        .collect();
    if !times.is_empty() {
        verdicts::beside(out, "", 0, &times.join(", "))?;
    }
    if !judgements.is_empty() {
        let broken: Vec<_> =
            judgements.iter().flat_map(Judgement::broken).map(|verdict| verdict.rule.id).collect();
        let rules = judgements.iter().flat_map(|judgement| &judgement.verdicts);
        let judged = rules
            .filter(|verdict| verdict.finding != websocket_upgrade_conformance::judge::Finding::NotApplicable)
            .count();
        match &broken[..] {
            [] => writeln!(out, "{} all {judged} rules that apply are kept", painted(GOOD, "response:"))?,
            broken => {
                let text = format!("{} of {judged} rules broken: {}", broken.len(), broken.join(", "));
                verdicts::beside(out, painted(BAD, "response: "), 10, &text)?;
            }
        }
    }
    Ok(())
}

fn http_or_phase(inspected: &Inspected<'_>) -> String {
    let last = inspected.attempts.last();
    match (last.and_then(Attempt::status), inspected.error) {
        (Some(status), _) => format!("a response with {status}"),
        (None, Some(error)) => format!("the phase {}", error.phase()),
        (None, None) => "nothing".into(),
    }
}
