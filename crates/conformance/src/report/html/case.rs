//! Cases in a page.

use std::fmt::Write as _;

use super::text::{bytes, path, section, text};
use crate::report::event::{Event, Side};
use crate::report::outcome::{CaseResult, Outcome};

/// Writes a case that failed: what was expected, what came, and what went over the wire.
pub(super) fn failed(page: &mut String, outcome: &Outcome) {
    let CaseResult::Failed { expected, got } = &outcome.result else { return };
    let id = text(&outcome.id);
    let severity = outcome.severity;
    let _ = writeln!(
        page,
        "<article class=\"case\" id=\"{id}\" data-severity=\"{severity}\" data-result=\"failed\">
<h3 class=\"id\"><a href=\"#{id}\">{}</a></h3>
<div class=\"facts\">",
        path(&outcome.id),
    );
    facts(page, outcome);
    let _ = writeln!(page, "<p>{}</p>", text(&outcome.why));
    if let Some(sentence) = &outcome.disagree {
        page.push_str("<p>Not all agree: ");
        section(page, sentence);
        page.push_str("</p>\n");
    }
    expectation(page, expected, got);
    wire(page, &outcome.wire);
    page.push_str("</article>\n");
}

/// Writes a case that passed or was skipped, in a list.
pub(super) fn listed(page: &mut String, outcome: &Outcome) {
    let id = text(&outcome.id);
    let severity = outcome.severity;
    let result = if outcome.is_skipped() { "skipped" } else { "passed" };
    let _ = write!(
        page,
        "<li id=\"{id}\" data-severity=\"{severity}\" data-result=\"{result}\"><div class=\"facts\">\
<span class=\"id\">{}</span>",
        path(&outcome.id),
    );
    facts(page, outcome);
    let _ = writeln!(page, "<div class=\"muted\">{}</div></li>", text(&outcome.why));
}

/// Writes what was expected, and what came.
pub(super) fn expectation(page: &mut String, expected: &str, got: &str) {
    let (expected, got) = (text(expected), text(got));
    let _ = writeln!(page, "<dl><dt>expected</dt><dd>{expected}</dd><dt>got</dt><dd>{got}</dd></dl>");
}

/// Writes the severity, the section and the time, and ends their element.
fn facts(page: &mut String, outcome: &Outcome) {
    let severity = outcome.severity;
    let _ = write!(page, "<span class=\"severity\">{severity}</span><span>");
    section(page, &outcome.section);
    page.push_str("</span>");
    if !outcome.is_skipped() {
        let _ = write!(page, "<span class=\"muted\">{} ms</span>", outcome.ms);
    }
    page.push_str("</div>\n");
}

/// Writes what went over the wire.
fn wire(page: &mut String, wire: &[Event]) {
    if wire.is_empty() {
        return;
    }
    page.push_str("<ol class=\"wire\">\n");
    for event in wire {
        let side = match event.from {
            Side::Peer => "peer",
            Side::Suite => "suite",
        };
        let _ = write!(page, "<li class=\"{side}\"><div class=\"who\"><b>{side}</b> at {} ms", event.at_ms);
        let sent = event.bytes.len().saturating_add(event.cut);
        if sent > 0 {
            let _ = write!(page, ", {sent} bytes");
        }
        if !event.note.is_empty() {
            let _ = write!(page, ": {}", text(&event.note));
        }
        page.push_str("</div>\n");
        let shown = &event.bytes[..event.bytes.len().min(SHOWN)];
        if !shown.is_empty() {
            bytes(page, shown);
        }
        if shown.len() < sent {
            let _ = writeln!(page, "<div class=\"who\">and {} more bytes</div>", sent - shown.len());
        }
        page.push_str("</li>\n");
    }
    page.push_str("</ol>\n");
}

/// How many bytes of an event are shown. JSON has more.
const SHOWN: usize = 4096;
