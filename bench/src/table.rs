//! Tables in Markdown.

use std::fmt;

/// A table in Markdown, with names on the left and figures on the right.
pub(crate) struct Markdown {
    columns: usize,
    lines: Vec<String>,
}

impl Markdown {
    pub(crate) fn new(titles: &[impl AsRef<str>]) -> Self {
        let rule = "|---".to_owned() + &"|--:".repeat(titles.len() - 1) + "|";
        Self { columns: titles.len(), lines: vec![line(titles, titles.len()), rule] }
    }

    /// Adds a row. Columns without a figure stay empty.
    pub(crate) fn push(&mut self, cells: &[String]) {
        self.lines.push(line(cells, self.columns));
    }
}

impl fmt::Display for Markdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn line(cells: &[impl AsRef<str>], columns: usize) -> String {
    let cells = cells.iter().map(AsRef::as_ref).chain(std::iter::repeat(""));
    cells.take(columns).fold("|".to_owned(), |line, cell| line + " " + cell + " |")
}

/// Returns the ratio of `part` to `whole`, if both are known.
pub(crate) fn ratio(part: Option<f64>, whole: Option<f64>) -> String {
    part.zip(whole).map(|(part, whole)| format!("{:.2}", part / whole)).unwrap_or_default()
}

/// Writes a count with a comma after each thousand.
pub(crate) fn grouped(count: f64) -> String {
    let digits = format!("{count:.0}");
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |digits| ("-", digits));
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    sign.to_owned() + &groups.join(",")
}

/// Converts a count that is far below 2^52.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        let cases =
            [(0.0, "0"), (999.4, "999"), (1000.0, "1,000"), (-12345.0, "-12,345"), (1e6, "1,000,000")];
        for (count, expected) in cases {
            assert_eq!(grouped(count), expected);
        }
    }
}
