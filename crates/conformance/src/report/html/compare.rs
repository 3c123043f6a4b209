//! The page of a comparison.

use std::fmt::Write as _;

use super::case::expectation;
use super::page::{THEME, filters, page};
use super::text::{path, section, text};
use crate::report::comparison::{Comparison, Row};
use crate::report::outcome::CaseResult;
use crate::report::summary::SEVERITIES;

impl Comparison<'_> {
    /// Returns the comparison as a page of the same style as that of a report.
    ///
    /// It has all cases. Unless `all` is set, it first shows those that did not come to the same in all reports.
    pub fn html(&self, all: bool) -> String {
        let (differ, count) = (self.differences().count(), self.rows().len());
        let mut body = format!(
            "<header class=\"top\">
<div>
<h1>WebSocket opening handshake, side by side</h1>
<p>{differ} of {count} cases differ.</p>
</div>
{THEME}</header>\n"
        );
        self.table_of_targets(&mut body);
        let mut results = vec![
            ("differ", "differences"),
            ("", "all cases"),
            ("failed", "failed somewhere"),
            ("skipped", "skipped somewhere"),
        ];
        if all {
            results.swap(0, 1);
        }
        filters(&mut body, &results);
        body.push_str("<main>\n");
        for severity in SEVERITIES {
            let rows: Vec<_> = self.rows().iter().filter(|row| row.severity == severity).collect();
            if !rows.is_empty() {
                let _ = writeln!(body, "<section data-block><h2>{severity}</h2>");
                self.table_of_cases(&mut body, &rows);
                body.push_str("</section>\n");
            }
        }
        body.push_str("</main>\n");
        page("WebSocket opening handshake, side by side", &body)
    }

    fn table_of_targets(&self, body: &mut String) {
        body.push_str(
            "<section><h2>Passed of those that were run</h2>\n<div class=\"wide\" tabindex=\"0\"><table class=\"targets\">\
<thead><tr><th></th><th>target</th>",
        );
        for severity in SEVERITIES {
            let _ = write!(body, "<th class=\"number\">{severity}</th>");
        }
        body.push_str("</tr></thead><tbody>\n");
        for target in self.targets() {
            let report = target.report;
            let _ = write!(body, "<tr><td>{}</td><td>{}", target.letter, text(target.name));
            if report.target != target.name {
                let _ = write!(body, "<br><code class=\"muted\">{}</code>", text(&report.target));
            }
            let _ = write!(body, "<br><span class=\"muted\">{}</span></td>", report.way());
            for severity in SEVERITIES {
                let counts = report.counts_of(severity);
                let class = match (counts.failed, counts.passed) {
                    (0, 0) => "muted",
                    (0, _) => "good",
                    _ => "bad",
                };
                let _ = write!(
                    body,
                    "<td class=\"number {class}\" data-head=\"{severity}\">{}</td>",
                    counts.shown()
                );
            }
            body.push_str("</tr>\n");
        }
        body.push_str("</tbody></table></div></section>\n");
    }

    fn table_of_cases(&self, body: &mut String, rows: &[&Row<'_>]) {
        body.push_str("<div class=\"wide\" tabindex=\"0\"><table class=\"marks\"><thead><tr><th>case</th>");
        for target in self.targets() {
            let name = text(target.name);
            let _ = write!(
                body,
                "<th class=\"mark\" title=\"{name}\">{}<span class=\"name\">{name}</span></th>",
                target.letter
            );
        }
        body.push_str("</tr></thead><tbody>\n");
        for row in rows {
            self.row(body, row);
        }
        body.push_str("</tbody></table></div>\n");
    }

    fn row(&self, body: &mut String, row: &Row<'_>) {
        let id = text(row.id);
        let marks = row.marks();
        let results = [
            ("differ", row.differs()),
            ("failed", marks.contains(&"FAIL")),
            ("skipped", marks.contains(&"skip")),
        ];
        let results: Vec<_> = results.iter().filter_map(|(name, is)| is.then_some(*name)).collect();
        let _ = write!(
            body,
            "<tr id=\"{id}\" data-severity=\"{}\" data-result=\"{}\"><td><div class=\"facts\">\
<span class=\"id\">{}</span><span>",
            row.severity,
            results.join(" "),
            path(row.id),
        );
        section(body, row.section);
        let _ = write!(body, "</span></div><div class=\"muted\">{}</div>", text(row.why));
        self.details(body, row);
        body.push_str("</td>");
        for mark in marks {
            let class = match mark {
                "pass" => "good",
                "FAIL" => "bad",
                "skip" => "dull",
                _ => "muted",
            };
            let _ = write!(body, "<td class=\"mark {class}\">{mark}</td>");
        }
        body.push_str("</tr>\n");
    }

    /// Writes why the case failed or was skipped, to be opened.
    fn details(&self, body: &mut String, row: &Row<'_>) {
        let mut inside = String::new();
        for (target, outcome) in self.targets().iter().zip(&row.outcomes) {
            let name = text(target.name);
            match outcome.map(|outcome| &outcome.result) {
                Some(CaseResult::Failed { expected, got }) => {
                    let _ = writeln!(inside, "<p><b>{} {name}</b> failed</p>", target.letter);
                    expectation(&mut inside, expected, got);
                }
                Some(CaseResult::Skipped { reason }) => {
                    let reason = text(reason);
                    let _ = writeln!(inside, "<p><b>{} {name}</b> skipped: {reason}</p>", target.letter);
                }
                Some(CaseResult::Passed) | None => {}
            }
        }
        if !inside.is_empty() {
            let _ = write!(body, "<details><summary>what came</summary>\n{inside}</details>");
        }
    }
}
