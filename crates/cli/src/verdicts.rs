//! What the judge of the conformance suite finds about a head, as text of 80 columns.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::ops::Range;

use anstyle::Style;
use websocket_upgrade_conformance::case::Severity;
use websocket_upgrade_conformance::judge::{Finding, Judgement, Verdict};

use crate::output::{BAD, FAINT, GOOD, HINT, OneLine, painted};

/// The columns of a line.
pub(crate) const WIDTH: usize = 80;

/// Which rules have a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Those that are broken.
    Broken,
    /// Those of RFC 6455 that are kept, too.
    Handshake,
    /// All of them, with their texts.
    All,
}

/// Writes a line for each rule that the head breaks, with the place, and how many it keeps.
pub(crate) fn write(
    out: &mut impl Write,
    judgement: &Judgement,
    head: &[u8],
    detail: Detail,
) -> io::Result<()> {
    let (mut kept, mut without) = (0, 0);
    for verdict in &judgement.verdicts {
        match &verdict.finding {
            Finding::Kept => kept += 1,
            Finding::NotApplicable => without += 1,
            Finding::Broken { .. } => {}
        }
        let is_shown = match detail {
            Detail::Broken => false,
            Detail::Handshake => {
                verdict.finding == Finding::Kept && verdict.rule.section.starts_with("RFC 6455")
            }
            Detail::All => true,
        };
        if is_shown || verdict.finding.is_broken() {
            line(out, verdict, verdict.finding.is_broken() || detail == Detail::All)?;
        }
        if let Finding::Broken { at, evidence } = &verdict.finding {
            let marked = at.clone().and_then(|at| head.get(at)).unwrap_or_default();
            if let Some(place) = at.clone().and_then(|at| Place::of(head, at)) {
                writeln!(out, "{place}")?;
            }
            // What is marked need not be said again.
            if marked.is_empty() || *evidence != format!("\"{}\"", marked.escape_ascii()) {
                for text in wrapped(evidence, WIDTH - INDENT) {
                    writeln!(out, "{:INDENT$}{}", "", painted(FAINT, OneLine(&text)))?;
                }
            }
        }
    }
    let rules = if kept == 1 { "rule" } else { "rules" };
    writeln!(out, "{}   {kept} {rules} kept, {without} about something that is not here", painted(GOOD, "ok"))
}

/// A line with the rule, and the section that says so.
fn line(out: &mut impl Write, verdict: &Verdict, with_text: bool) -> io::Result<()> {
    let (mark, style) = mark(verdict);
    let rule = verdict.rule;
    let mark = format!("{mark:<4}");
    let (mark, section) = (painted(style, mark), painted(FAINT, rule.section));
    writeln!(out, "{mark} {:<40} {section}", rule.id)?;
    if with_text {
        for text in wrapped(rule.text, WIDTH - 5) {
            writeln!(out, "     {text}")?;
        }
    }
    Ok(())
}

/// How a finding is marked: what breaks a MUST is worse than the rest.
fn mark(verdict: &Verdict) -> (&'static str, Style) {
    match (&verdict.finding, verdict.rule.severity) {
        (Finding::Kept, _) => ("ok", GOOD),
        (Finding::NotApplicable, _) => ("-", FAINT),
        (Finding::Broken { .. }, Severity::Must) => ("FAIL", BAD),
        (Finding::Broken { .. }, _) => ("warn", HINT),
    }
}

/// Splits a text into lines of at most so many characters, at its spaces.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    // A word that is too long for a line is cut into pieces.
    let pieces = text.split_whitespace().flat_map(|word| {
        let chars: Vec<char> = word.chars().collect();
        chars.chunks(width.max(1)).map(|piece| piece.iter().collect::<String>()).collect::<Vec<_>>()
    });
    for word in pieces {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Writes a text behind a name. It goes on below itself where it is too long for one line.
pub(crate) fn beside(out: &mut impl Write, name: impl Display, width: usize, text: &str) -> io::Result<()> {
    let mut lines = wrapped(text, WIDTH - width).into_iter();
    writeln!(out, "{name}{}", OneLine(&lines.next().unwrap_or_default()))?;
    lines.try_for_each(|line| writeln!(out, "{:width$}{}", "", OneLine(&line)))
}

/// Where the text of a line begins, behind its number.
const INDENT: usize = 7;

/// The line of a head in which some bytes stand, with a mark below them.
pub(crate) struct Place {
    /// Counted from 1.
    number: usize,
    /// The part of the line that is shown.
    text: String,
    /// Where the mark begins in it, and how long it is.
    mark: [usize; 2],
    /// The offset of the first byte in the head.
    at: usize,
}

impl Place {
    /// Returns `None` if the bytes are not in the head.
    pub(crate) fn of(head: &[u8], at: Range<usize>) -> Option<Self> {
        /// Characters of a line that are shown.
        const SHOWN: usize = WIDTH - INDENT - 2 * "...".len();
        let before = head.get(..at.start)?;
        let begin = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |feed| feed + 1);
        let rest = head.get(begin..)?;
        let len = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        let line = rest.get(..len)?;
        // The end of a line is not shown, unless it is what is pointed at.
        let line = if at.start < begin + len { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        let width = |bytes: &[u8]| shown(bytes).chars().count();
        let start = width(line.get(..at.start - begin).unwrap_or(line));
        let marked =
            line.get(at.start - begin..at.end.saturating_sub(begin).min(line.len())).unwrap_or_default();
        let length = width(marked).max(1);
        // A long line is cut at both sides of the mark.
        let text = shown(line);
        let skip = if start + length.min(20) > SHOWN { start.saturating_sub(SHOWN / 2) } else { 0 };
        let cut: String = text.chars().skip(skip).take(SHOWN).collect();
        let (front, back) = (skip > 0, text.chars().count() > skip + SHOWN);
        let text = format!("{}{cut}{}", if front { "..." } else { "" }, if back { "..." } else { "" });
        let start = start - skip + if front { 3 } else { 0 };
        let number = before.split(|&byte| byte == b'\n').count();
        let length = length.min(text.len().saturating_sub(start).max(1));
        Some(Self { number, text, mark: [start, length], at: at.start })
    }
}

/// Two lines: the text behind its number, and the mark with the offset.
impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [start, length] = self.mark;
        let number = format!("{:>width$}", self.number, width = INDENT - 1);
        writeln!(f, "{} {}", painted(FAINT, number), self.text)?;
        let at = format!("byte {}", self.at);
        let (column, rest) = (INDENT + start, WIDTH.saturating_sub(INDENT + start));
        let mark = |most: usize| painted(BAD, "^".repeat(length.min(most).max(1)));
        // The offset stands where there is room for it.
        if length + 1 + at.len() > rest && column > at.len() {
            write!(f, "{at:>width$} {}", mark(rest), width = column - 1)
        } else {
            write!(f, "{:column$}{} {at}", "", mark(rest.saturating_sub(1 + at.len())))
        }
    }
}

/// Bytes of a line, as many as are shown in one.
pub(crate) fn shortened(bytes: &[u8]) -> String {
    let text = shown(bytes);
    match text.get(..WIDTH - 3) {
        Some(start) if text.len() > WIDTH => format!("{start}..."),
        _ => text,
    }
}

/// Bytes of a line: those that are not ASCII, and control characters, are escaped.
fn shown(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, &byte| {
        match byte {
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.extend(byte.escape_ascii().map(char::from)),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(head: &[u8], at: Range<usize>) -> String {
        let place = Place::of(head, at).expect("a place");
        anstream::adapter::strip_str(&place.to_string()).to_string()
    }

    #[test]
    fn a_mark_is_below_its_bytes() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\nX: \xffy\r\n\r\n";
        assert_eq!(place(head, 22..23), "     2 Host: a\n             ^ byte 22");
        assert_eq!(place(head, 29..30), "     3 X: \\xffy\n              ^ byte 29");
        assert_eq!(place(head, 0..3), "     1 GET / HTTP/1.1\n       ^^^ byte 0");
        assert_eq!(place(head, 23..24), "     2 Host: a\n              ^ byte 23");
        // Behind the end.
        assert_eq!(place(b"GET", 3..3), "     1 GET\n          ^ byte 3");
        assert!(Place::of(b"GET", 4..5).is_none());
    }

    #[test]
    fn a_long_line_is_cut_around_its_mark() {
        let mut head = vec![b'a'; 1000];
        head[500] = b'b';
        let text = place(&head, 500..501);
        let (line, mark) = text.split_once('\n').expect("two lines");
        assert!(line.chars().count() <= WIDTH && mark.chars().count() <= WIDTH, "{text}");
        assert_eq!(line.find('b'), mark.find('^'), "{text}");
        for range in [0..1000, 0..70, 10..80, 60..70, 72..74, 900..1000, 999..1000, 1000..1000] {
            let text = place(&head, range.clone());
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{range:?} {text}");
            assert!(
                text.contains('^') && text.contains(&format!("byte {}", range.start)),
                "{range:?} {text}"
            );
        }
    }

    #[test]
    fn words_are_wrapped() {
        assert_eq!(wrapped("a bc  def g", 4), ["a bc", "def", "g"]);
        assert_eq!(wrapped("abcdefghi j", 4), ["abcd", "efgh", "i j"]);
        assert!(wrapped("", 4).is_empty());
    }
}
