//! Several reports side by side, as text for a terminal.

use std::fmt::{self, Display, Formatter, Write as _};

use super::columns::{Paint, wrapped};
use super::comparison::{Comparison, Row};
use super::escape::Visible;
use super::summary::{SEVERITIES, column};

/// A comparison as text: the reports with their counts, and a line for each case.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ComparisonText<'a> {
    comparison: &'a Comparison<'a>,
    all: bool,
    width: usize,
    paint: Paint,
}

impl Comparison<'_> {
    /// Returns the differences as text for a terminal of 80 columns, without colours.
    pub fn text(&self) -> ComparisonText<'_> {
        ComparisonText { comparison: self, all: false, width: 80, paint: Paint::plain() }
    }
}

impl ComparisonText<'_> {
    /// Sets whether cases are shown that came to the same in all reports.
    pub fn all(mut self, all: bool) -> Self {
        self.all = all;
        self
    }

    /// Sets the number of columns; it is 60 at least. More reports than fit make longer lines.
    pub fn width(mut self, width: usize) -> Self {
        self.width = width.max(60);
        self
    }

    /// Sets whether there are escape sequences for colours.
    pub fn colours(mut self, colours: bool) -> Self {
        self.paint = Paint::new(colours);
        self
    }

    /// Writes the reports, with the failed cases of each severity.
    fn targets(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let targets = self.comparison.targets();
        let letter = targets.iter().map(|target| target.letter.len()).max().unwrap_or_default();
        let numbers: usize = SEVERITIES.map(|severity| 1 + column(severity)).iter().sum();
        let first = self.width - letter - 1 - numbers;
        write!(
            f,
            "{}",
            self.paint.bold(&format!("{:letter$} {:first$}", "", "passed of those that were run"))
        )?;
        for severity in SEVERITIES {
            let column = column(severity);
            write!(f, "{}", self.paint.bold(&format!(" {severity:>column$}")))?;
        }
        writeln!(f)?;
        for target in targets {
            for (index, line) in wrapped(target.name, first).iter().enumerate() {
                let shown = if index == 0 { target.letter.as_str() } else { "" };
                write!(f, "{}", self.paint.bold(&format!("{shown:letter$}")))?;
                if index > 0 {
                    writeln!(f, " {line}")?;
                    continue;
                }
                write!(f, " {line:first$}")?;
                for severity in SEVERITIES {
                    let counts = target.report.counts_of(severity);
                    let column = column(severity);
                    let shown = format!(" {:>column$}", counts.shown());
                    write!(f, "{}", self.paint.counts(counts, &shown))?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }

    /// Writes the rows, by severity.
    fn rows(&self, f: &mut Formatter<'_>, rows: &[&Row<'_>]) -> fmt::Result {
        let targets = self.comparison.targets();
        let id = rows.iter().map(|row| row.id.chars().count()).max().unwrap_or_default();
        let column = |head: &str| head.chars().count().max("pass".len());
        let width = |heads: &[String]| heads.iter().map(|head| 2 + column(head)).sum::<usize>();
        let mut heads: Vec<_> = targets.iter().map(|target| Visible(target.name).to_string()).collect();
        if id + width(&heads) > self.width {
            heads = targets.iter().map(|target| target.letter.clone()).collect();
        }
        let first = self.width.saturating_sub(width(&heads)).clamp(30, id.max(30));
        for severity in SEVERITIES {
            let mut rows = rows.iter().filter(|row| row.severity == severity).peekable();
            if rows.peek().is_none() {
                continue;
            }
            let mut head = format!("{severity:first$}");
            for name in &heads {
                let width = column(name);
                let _ = write!(head, "  {name:>width$}");
            }
            writeln!(f, "\n{}", self.paint.bold(&head))?;
            for (name, row) in self.named(rows.copied()) {
                let mut lines = wrapped(&name, first).into_iter();
                let last = lines.next_back().unwrap_or_default();
                for line in lines {
                    writeln!(f, "{line}")?;
                }
                write!(f, "{last:first$}")?;
                for (mark, head) in row.marks().into_iter().zip(&heads) {
                    let shown = format!("  {mark:>width$}", width = column(head));
                    let shown = match mark {
                        "pass" => self.paint.green(&shown),
                        "FAIL" => self.paint.red(&shown),
                        "skip" => self.paint.yellow(&shown),
                        _ => shown,
                    };
                    write!(f, "{shown}")?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }

    /// Returns the rows with their names. Neighbours of a group that some reports skipped and others passed are one
    /// row, since such differences come in dozens: one report is of a server without compression.
    fn named<'r>(&self, rows: impl Iterator<Item = &'r Row<'r>>) -> Vec<(String, &'r Row<'r>)> {
        let mut named: Vec<(String, &Row<'_>, usize)> = Vec::new();
        for row in rows {
            let marks = row.marks();
            match named.last_mut() {
                Some((name, last, count))
                    if !self.all
                        && !marks.contains(&"FAIL")
                        && last.group() == row.group()
                        && last.marks() == marks =>
                {
                    *count += 1;
                    *name = format!("{}/ ({count})", row.group());
                }
                _ => named.push((row.id.to_owned(), row, 1)),
            }
        }
        named.into_iter().map(|(name, row, _)| (name, row)).collect()
    }
}

impl Display for ComparisonText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = self.comparison.rows().iter().filter(|row| self.all || row.differs()).collect();
        self.targets(f)?;
        self.rows(f, &rows)?;
        let (differ, all) = (self.comparison.differences().count(), self.comparison.rows().len());
        writeln!(f, "\n{differ} of {all} cases differ")
    }
}

impl Display for Comparison<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}
