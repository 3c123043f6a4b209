//! The times of the phases, drawn.

use std::io::{self, Write};
use std::time::Duration;

use super::recording::Span;
use crate::output::{FAINT, HINT, painted};

/// Columns of the bars, of the names and of the times.
const BAR: usize = 52;
const NAME: usize = 10;
const TIME: usize = 12;

/// Writes a line for each span of an attempt, 80 columns wide at most.
pub(super) fn write(out: &mut impl Write, spans: &[Span], begun: Duration) -> io::Result<()> {
    let total = spans.iter().map(|span| span.end).max().unwrap_or(begun).saturating_sub(begun);
    for span in spans {
        let (start, len) = place(*span, begun, total);
        let time = ms(span.end.saturating_sub(span.begin));
        writeln!(
            out,
            "  {:<NAME$} {:start$}{}{:rest$} {time:>TIME$}",
            span.name,
            "",
            painted(HINT, "\u{2588}".repeat(len)),
            "",
            rest = BAR - start - len,
        )?;
    }
    writeln!(out, "  {}", painted(FAINT, format_args!("{:<NAME$} {:BAR$} {:>TIME$}", "total", "", ms(total))))
}

/// Where a bar begins, and how long it is. Every span is seen.
fn place(span: Span, begun: Duration, total: Duration) -> (usize, usize) {
    let column = |at: Duration| -> usize {
        let part = at.saturating_sub(begun).as_nanos().saturating_mul(BAR as u128) / total.as_nanos().max(1);
        usize::try_from(part).unwrap_or(BAR).min(BAR)
    };
    let start = column(span.begin).min(BAR - 1);
    (start, column(span.end).saturating_sub(start).clamp(1, BAR - start))
}

pub(super) fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    if ms < 10.0 { format!("{ms:.2} ms") } else { format!("{ms:.1} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fit_into_eighty_columns() {
        let at = Duration::from_millis;
        let span = |name, begin, end| Span { name, begin: at(begin), end: at(end) };
        let spans = [
            span("resolve", 5, 5),
            span("connect", 5, 30),
            span("handshake", 30, 105),
            span("response", 105, 105),
        ];
        let mut text = Vec::new();
        write(&mut anstream::StripStream::new(&mut text), &spans, at(5)).expect("a vector");
        let text = String::from_utf8(text).expect("UTF-8");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 5);
        for line in &lines {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let bars: Vec<_> = lines.iter().map(|line| line.matches('\u{2588}').count()).collect();
        assert_eq!(bars, [1, 13, 39, 1, 0]);
        assert!(lines[1].ends_with("25.0 ms") && lines[4].ends_with("100.0 ms"), "{text}");
        assert_eq!(place(spans[0], at(5), Duration::ZERO), (0, 1));
    }
}
