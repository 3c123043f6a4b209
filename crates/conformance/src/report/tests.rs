//! The forms of a report, on one that has everything: hostile text and bytes, a long id, skipped cases.

use super::{CaseResult, Comparison, Event, Outcome, ReadReportError, Report, Side};
use crate::case::{Http, Role, Severity};

/// What a peer might send to leave its place in a page, in XML or in a terminal.
const HOSTILE: &str = "</script><img src=x onerror=alert(1)>]]>\x1b[31m\u{202e}\"'&";

fn outcome(id: &str, severity: Severity, result: CaseResult) -> Outcome {
    let wire = if matches!(result, CaseResult::Failed { .. }) {
        let sent = [HOSTILE.as_bytes(), &[0xff; 5000]].concat();
        vec![
            Event::new(Side::Suite, 0, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), 0),
            Event::new(Side::Peer, 12, sent, 99).meaning(HOSTILE),
            Event::note(Side::Peer, 13, "closed"),
        ]
    } else {
        Vec::new()
    };
    let (section, why) = ("RFC 6455 §4.2.1".to_owned(), "A list is read as a list.".to_owned());
    let disagree = (severity == Severity::Must).then(|| "RFC 6455 §4.2.1 says a token.".to_owned());
    Outcome { id: id.to_owned(), section, severity, why, disagree, result, wire, ms: 13 }
}

fn failed() -> CaseResult {
    CaseResult::Failed {
        expected: "refused: a whole response with status 400".to_owned(),
        got: HOSTILE.to_owned(),
    }
}

fn skipped() -> CaseResult {
    CaseResult::skipped("the server knows no subprotocol")
}

fn report() -> Report {
    let mut report = Report::new(Role::Server, Http::Http1, false, format!("ws://127.0.0.1:1/{HOSTILE}"));
    let long = format!("server/extensions/permessage-deflate/windows/{}/long", "very-".repeat(12));
    report.results = vec![
        outcome("server/slow/drip", Severity::Robustness, failed()),
        outcome("server/connection/list", Severity::Must, CaseResult::Passed),
        outcome("server/connection/substring", Severity::Must, failed()),
        outcome(&long, Severity::Should, CaseResult::Passed),
        outcome("server/subprotocol/order", Severity::Must, skipped()),
        outcome("server/subprotocol/case", Severity::Must, skipped()),
        outcome(HOSTILE, Severity::Security, failed()),
    ];
    report
}

#[test]
fn must_and_should_decide_whether_it_holds() {
    let mut report = report();
    assert!(!report.holds());
    report.results.retain(|outcome| outcome.id != "server/connection/substring");
    assert!(report.holds());
    assert_eq!(report.failed().count(), 2);
    report.results.push(outcome("a/b", Severity::Should, failed()));
    assert!(!report.holds());
}

#[test]
fn a_report_without_a_case_that_was_run_does_not_hold() {
    let mut report = report();
    report.results.retain(Outcome::is_skipped);
    assert!(!report.holds());
    assert!(report.to_string().ends_with("does not hold: no case was run\n"), "{report}");
    assert!(report.html().contains("no case was run"));
}

#[test]
fn json_is_read_as_it_was_written() {
    let json = report().to_json();
    assert!(json.starts_with("{\n  \"format\": 1,\n"), "{json}");
    assert_eq!(Report::from_json(&json).unwrap(), report());
}

#[test]
fn other_json_is_no_report() {
    for json in ["", "{}", "[]", "{\"format\": 1}", "{\"format\": -1}"] {
        assert!(matches!(Report::from_json(json), Err(ReadReportError::NotAReport(_))), "{json}");
    }
    let later = Report::from_json("{\"format\": 2, \"all\": \"else\"}");
    assert!(matches!(later, Err(ReadReportError::LaterFormat(2))), "{later:?}");
}

#[test]
fn the_table_fits_and_shows_what_matters_most_first() {
    let report = report();
    for width in [60, 80, 120] {
        let text = report.text().width(width).to_string();
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
            assert!(!line.contains(['\x1b', '\u{202e}']), "{line:?}");
        }
    }
    let text = report.to_string();
    let failed = text.lines().filter_map(|line| line.strip_prefix("FAILED "));
    let failed: Vec<_> = failed.collect();
    assert_eq!(failed.len(), 3, "{text}");
    assert_eq!((failed[0], failed[2]), ("server/connection/substring", "server/slow/drip"));
    assert!(
        text.contains("\nserver/connection                        1/2       -        -          -       -\n"),
        "{text}"
    );
    assert!(
        text.contains("skipped 2: the server knows no subprotocol\n  server/subprotocol/ (2)\n"),
        "{text}"
    );
    assert!(
        text.ends_with("\n2 passed, 3 failed, 2 skipped\ndoes not hold: 1 MUST and 0 SHOULD failed\n"),
        "{text}"
    );
}

#[test]
fn colours_are_there_only_if_asked_for() {
    let text = report().text().colours(true).to_string();
    assert!(text.contains("\x1b[31mFAILED\x1b[0m"), "{text:?}");
}

#[test]
fn junit_has_each_case_and_no_hostile_markup() {
    let junit = report().junit();
    assert!(junit.contains("tests=\"7\" skipped=\"2\" failures=\"3\" errors=\"0\""), "{}", &junit[..300]);
    assert!(junit.contains("<skipped message=\"the server knows no subprotocol\"/>"));
    assert!(junit.contains("type=\"MUST\""));
    assert!(!junit.contains(['\x1b', '\u{202e}']));
    assert!(!junit.contains("<img") && !junit.contains("</script>"));
}

#[test]
fn pages_have_each_case_and_no_hostile_markup() {
    let report = report();
    let comparison = Comparison::new([("one", &report), (HOSTILE, &report)]);
    for page in [report.html(), comparison.html(true)] {
        for Outcome { id, .. } in &report.results {
            let id = if id == HOSTILE { "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" } else { id };
            assert!(page.contains(&format!("id=\"{id}")), "{id}");
        }
        assert!(!page.contains(['\x1b', '\u{202e}']));
        assert!(!page.contains("<img"));
        assert_eq!(page.matches("</script>").count(), 1);
        assert!(page.contains("href=\"https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1\""));
        for outside in ["src=\"", "<link", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
    let page = report.html();
    assert!(page.contains("Not all agree: <a href=\"https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1\""));
    assert!(page.contains("GET / HTTP/1.1<i>\\r\\n</i>\nHost: a"));
    assert!(page.contains("0000  47 45 54 20 2f"));
}

#[test]
fn a_comparison_shows_only_differences_unless_told() {
    let one = report();
    let mut two = report();
    two.target = "ws://[::1]:2/".to_owned();
    two.results[2].result = CaseResult::Passed;
    two.results.remove(0);
    let comparison = Comparison::new([("one", &one), ("two", &two)]);
    let differences: Vec<_> = comparison.differences().map(|row| row.id).collect();
    assert_eq!(differences, ["server/connection/substring", "server/slow/drip"]);
    let text = comparison.to_string();
    assert!(text.contains("\nMUST                             one   two\n"), "{text}");
    assert!(text.contains("\nserver/connection/substring     FAIL  pass\n"), "{text}");
    assert!(text.contains("\nserver/slow/drip                FAIL     -\n"), "{text}");
    assert!(text.ends_with("\n2 of 7 cases differ\n"), "{text}");
    assert!(!text.contains("server/connection/list"), "{text}");
    assert!(comparison.text().all(true).to_string().contains("\nserver/connection/list "));
}

#[test]
fn differences_without_failures_are_one_row_for_a_group() {
    let one = report();
    let mut two = report();
    for outcome in &mut two.results {
        if outcome.is_skipped() {
            outcome.result = CaseResult::Passed;
        }
    }
    let comparison = Comparison::new([("one", &one), ("two", &two)]);
    let text = comparison.to_string();
    assert!(text.contains("\nserver/subprotocol/ (2)         skip  pass\n"), "{text}");
    assert!(text.ends_with("\n2 of 7 cases differ\n"), "{text}");
    assert!(comparison.text().all(true).to_string().contains("\nserver/subprotocol/case "));
}

#[test]
fn four_reports_fit_into_80_columns() {
    let report = report();
    let names = ["a-server-with-a-long-name", "another-server", "ws://127.0.0.1:65535/with/a/path", "d"];
    let comparison = Comparison::new(names.map(|name| (name, &report)));
    let text = comparison.text().all(true).to_string();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let hostile =
        Comparison::new([(HOSTILE, &report), ("b", &report)]).text().all(true).width(200).to_string();
    assert!(!hostile.contains(['\x1b', '\u{202e}']), "{hostile:?}");
    let wide = comparison.text().all(true).width(200).to_string();
    assert!(wide.contains("  ws://127.0.0.1:65535/with/a/path  "), "{wide}");
}
