//! The width of tables.

/// Returns the width of the terminal, or 80 columns where there is none.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))
}
