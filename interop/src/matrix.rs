//! The result: a row for every peer in every role, a column for what was tried.

use std::fmt;

use crate::case::{Column, Traffic};

/// What came of it all.
#[derive(Default)]
pub(crate) struct Matrix(Vec<Row>);

/// A peer in a role.
pub(crate) struct Row {
    /// The peer, with its version if that is known.
    pub(crate) peer: String,
    /// Its role, in words.
    pub(crate) role: String,
    /// What came of the cases of each column, or why there are none.
    pub(crate) cells: Result<[Cell; Column::ALL.len()], String>,
}

/// The cases of one column.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cell {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) traffic: Traffic,
}

impl Matrix {
    pub(crate) fn push(&mut self, row: Row) {
        self.0.push(row);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has_failures(&self) -> bool {
        self.0.iter().filter_map(|row| row.cells.as_ref().ok()).flatten().any(|cell| cell.failed > 0)
    }

    pub(crate) fn has_gaps(&self) -> bool {
        self.0.iter().any(|row| row.cells.is_err())
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["peer", "its role", "plain", "subprotocol", "deflate", "origin", "page"];
        let mut table = vec![head.map(str::to_owned)];
        for Row { peer, role, cells } in &self.0 {
            let [plain, subprotocol, deflate, origin, page] = match cells {
                Ok(cells) => cells.map(|cell| cell.to_string()),
                Err(_) => ["not run"; Column::ALL.len()].map(str::to_owned),
            };
            table.push([peer.clone(), role.clone(), plain, subprotocol, deflate, origin, page]);
        }
        let width = |column: usize| table.iter().map(|row| row[column].len()).max().unwrap_or_default();
        let widths = [0, 1, 2, 3, 4, 5, 6].map(width);
        for row in &table {
            let cells: Vec<String> =
                row.iter().zip(widths).map(|(text, width)| format!("{text:width$}")).collect();
            writeln!(f, "{}", cells.join(" | ").trim_end())?;
        }
        Ok(())
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, traffic: Traffic { messages, wire } } = self;
        if *failed > 0 {
            write!(f, "{failed} of {} FAILED", passed + failed)
        } else if *passed == 0 {
            f.write_str("-")
        } else {
            write!(f, "ok ({passed})")?;
            if *messages > 0 { write!(f, ": {messages} B in {wire} B") } else { Ok(()) }
        }
    }
}
