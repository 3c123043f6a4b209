//! The page of a report.

use std::fmt::Write as _;

use super::case::{failed, listed};
use super::page::{THEME, filters, page};
use super::text::{path, text};
use crate::report::results::Report;
use crate::report::summary::{Counts, SEVERITIES};

impl Report {
    /// Returns the report as a page: one file that needs no network, light or dark, for wide and narrow windows.
    ///
    /// What a peer has sent is only text in it.
    pub fn html(&self) -> String {
        let mut body = String::new();
        self.head(&mut body);
        self.tables(&mut body);
        filters(
            &mut body,
            &[("", "any result"), ("failed", "failed"), ("skipped", "skipped"), ("passed", "passed")],
        );
        body.push_str("<main>\n");
        self.cases(&mut body);
        body.push_str("</main>\n");
        let _ = writeln!(body, "<footer>websocket-upgrade-conformance {}</footer>", text(&self.suite));
        page(&format!("Conformance of {}", self.title()), &body)
    }

    fn head(&self, body: &mut String) {
        let role = self.role;
        let Counts { passed, failed, skipped } = self.counts();
        let _ = write!(
            body,
            "<header class=\"top\">
<div>
<h1>WebSocket opening handshake of a {role}</h1>
<p><code>{}</code> <span class=\"muted\">over {}</span></p>
<p>",
            text(&self.target),
            self.way(),
        );
        let [must, should, ..] = SEVERITIES.map(|severity| self.counts_of(severity).failed);
        let _ = if self.holds() {
            write!(body, "<span class=\"verdict good\">Holds: no MUST and no SHOULD failed.</span>")
        } else if !self.was_run() {
            write!(body, "<span class=\"verdict bad\">Does not hold: no case was run.</span>")
        } else {
            write!(
                body,
                "<span class=\"verdict bad\">Does not hold: {must} MUST and {should} SHOULD failed.</span>"
            )
        };
        let _ = writeln!(
            body,
            " {passed} passed, {failed} failed, {skipped} skipped.</p>\n</div>\n{THEME}</header>"
        );
    }

    fn tables(&self, body: &mut String) {
        body.push_str("<div class=\"tables\">\n<section><h2>By severity</h2>\n");
        table_head(body, "severity");
        for severity in SEVERITIES {
            row(body, &severity.to_string(), self.counts_of(severity));
        }
        table_end(body, self.counts());
        body.push_str("</section>\n<section><h2>By group</h2>\n");
        table_head(body, "group");
        for (group, outcomes) in self.groups() {
            row(body, group, Counts::of(outcomes));
        }
        table_end(body, self.counts());
        body.push_str("</section>\n</div>\n");
    }

    fn cases(&self, body: &mut String) {
        let all = self.failed_by_severity();
        if !all.is_empty() {
            let _ = writeln!(body, "<section data-block><h2>Failed ({})</h2>", all.len());
            for outcome in all {
                failed(body, outcome);
            }
            body.push_str("</section>\n");
        }
        let reasons = self.skipped_by_reason();
        if !reasons.is_empty() {
            let _ = writeln!(body, "<section data-block><h2>Skipped ({})</h2>", self.counts().skipped);
            for (reason, outcomes) in reasons {
                let (reason, count) = (text(reason), outcomes.len());
                let _ =
                    writeln!(body, "<section data-block><h3>{reason} ({count})</h3>\n<ul class=\"list\">");
                for outcome in outcomes {
                    listed(body, outcome);
                }
                body.push_str("</ul>\n</section>\n");
            }
            body.push_str("</section>\n");
        }
        let passed: Vec<_> = self.results.iter().filter(|outcome| outcome.is_passed()).collect();
        if !passed.is_empty() {
            let count = passed.len();
            let _ = writeln!(body, "<section data-block><h2>Passed ({count})</h2>\n<ul class=\"list\">");
            for outcome in passed {
                listed(body, outcome);
            }
            body.push_str("</ul>\n</section>\n");
        }
    }
}

fn table_head(body: &mut String, first: &str) {
    let _ = writeln!(
        body,
        "<table><thead><tr><th>{first}</th><th class=\"number\">passed</th><th class=\"number\">failed</th>\
<th class=\"number\">skipped</th></tr></thead><tbody>"
    );
}

fn row(body: &mut String, first: &str, counts: Counts) {
    let _ = write!(body, "<tr><td>{}</td>", path(first));
    numbers(body, counts);
    body.push_str("</tr>\n");
}

fn table_end(body: &mut String, counts: Counts) {
    body.push_str("</tbody><tfoot><tr><th>all</th>");
    numbers(body, counts);
    body.push_str("</tr></tfoot></table>\n");
}

fn numbers(body: &mut String, counts: Counts) {
    let Counts { passed, failed, skipped } = counts;
    for (count, class) in [(passed, "good"), (failed, "bad"), (skipped, "dull")] {
        let class = if count == 0 { "muted" } else { class };
        let _ = write!(body, "<td class=\"number {class}\">{count}</td>");
    }
}
