//! The result: a row for every peer in every role, a column for what was tried; and below it the rolling restarts.

use std::fmt;

use crate::case::{Column, Traffic};
use crate::rolling::Restarted;

/// What came of it all.
#[derive(Default)]
pub(crate) struct Matrix {
    rows: Vec<Row>,
    restarts: Vec<Restart>,
}

/// A peer in a role.
pub(crate) struct Row {
    /// The peer, with its version if that is known.
    pub(crate) peer: String,
    /// Its role, in words.
    pub(crate) role: String,
    /// What came of the cases of each column, or why there are none.
    pub(crate) cells: Result<[Cell; Column::ALL.len()], String>,
}

/// A restart of servers behind a proxy.
pub(crate) struct Restart {
    /// The proxy, with its version if that is known.
    pub(crate) proxy: String,
    pub(crate) outcome: Outcome,
}

/// What came of a restart.
pub(crate) enum Outcome {
    Ok(Restarted),
    Failed(String),
    /// And why.
    NotRun(String),
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
        self.rows.push(row);
    }

    pub(crate) fn push_restart(&mut self, restart: Restart) {
        self.restarts.push(restart);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.restarts.is_empty()
    }

    pub(crate) fn has_failures(&self) -> bool {
        let mut cells = self.rows.iter().filter_map(|row| row.cells.as_ref().ok()).flatten();
        cells.any(|cell| cell.failed > 0)
            || self.restarts.iter().any(|restart| matches!(restart.outcome, Outcome::Failed(_)))
    }

    pub(crate) fn has_gaps(&self) -> bool {
        self.rows.iter().any(|row| row.cells.is_err())
            || self.restarts.iter().any(|restart| matches!(restart.outcome, Outcome::NotRun(_)))
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["peer", "its role", "plain", "subprotocol", "deflate", "origin", "page"];
        let mut table = vec![head.map(str::to_owned)];
        for Row { peer, role, cells } in &self.rows {
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
        for Restart { proxy, outcome } in &self.restarts {
            writeln!(f, "\nrolling restart behind {proxy}: {outcome}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok(restarted) => write!(f, "ok: {restarted}"),
            Self::Failed(error) => write!(f, "FAILED: {error}"),
            Self::NotRun(error) => write!(f, "not run: {error}"),
        }
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
