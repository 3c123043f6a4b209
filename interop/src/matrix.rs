//! The result: a row for every peer in every role and a column for every kind of case; then a row for every trip of
//! our client; then the rolling restarts; then pages in a browser.

use std::array;
use std::fmt;

use crate::case::{Column, Traffic};
use crate::network::{Journey, Made};
use crate::pages::{self, Shown};
use crate::rolling::Restarted;

/// All results.
#[derive(Default)]
pub(crate) struct Matrix {
    rows: Vec<Row>,
    journeys: Vec<Journey>,
    restarts: Vec<Restart>,
    pages: Option<Shown>,
}

/// A peer in a role.
pub(crate) struct Row {
    /// The peer, with its version if that is known.
    pub(crate) peer: String,
    /// Its role in words.
    pub(crate) role: String,
    /// The results of the cases in each column, or the reason why there are none.
    pub(crate) cells: Result<[Cell; Column::ALL.len()], String>,
}

/// A restart of servers behind a proxy.
pub(crate) struct Restart {
    /// The proxy, with its version if that is known.
    pub(crate) proxy: String,
    pub(crate) outcome: Outcome,
}

/// The result of a restart.
pub(crate) enum Outcome {
    Ok(Restarted),
    Failed(String),
    /// It was not run, for this reason.
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

    pub(crate) fn push_journey(&mut self, journey: Journey) {
        self.journeys.push(journey);
    }

    pub(crate) fn push_restart(&mut self, restart: Restart) {
        self.restarts.push(restart);
    }

    pub(crate) fn push_pages(&mut self, pages: Shown) {
        self.pages = Some(pages);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.journeys.is_empty() && self.restarts.is_empty() && self.pages.is_none()
    }

    pub(crate) fn has_failures(&self) -> bool {
        let mut cells = self.rows.iter().filter_map(|row| row.cells.as_ref().ok()).flatten();
        let mut trips = self.journeys.iter().filter_map(|journey| journey.trips.as_ref().ok()).flatten();
        cells.any(|cell| cell.failed > 0)
            || trips.any(|made| made.came.is_err())
            || self.restarts.iter().any(|restart| matches!(restart.outcome, Outcome::Failed(_)))
            || matches!(self.pages, Some(Shown::Failed(_)))
    }

    pub(crate) fn has_gaps(&self) -> bool {
        self.rows.iter().any(|row| row.cells.is_err())
            || self.journeys.iter().any(|journey| journey.trips.is_err())
            || self.restarts.iter().any(|restart| matches!(restart.outcome, Outcome::NotRun(_)))
            || matches!(self.pages, Some(Shown::NotRun(_)))
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["peer", "its role", "plain", "subprotocol", "deflate", "origin", "page"];
        let mut rows = vec![head.map(str::to_owned)];
        for Row { peer, role, cells } in &self.rows {
            let [plain, subprotocol, deflate, origin, page] = match cells {
                Ok(cells) => cells.map(|cell| cell.to_string()),
                Err(_) => ["not run"; Column::ALL.len()].map(str::to_owned),
            };
            rows.push([peer.clone(), role.clone(), plain, subprotocol, deflate, origin, page]);
        }
        if !self.rows.is_empty() {
            table(f, &rows)?;
        }
        let mut rows = vec![["our client", "asked for", "what came"].map(str::to_owned)];
        for Journey { meets, trips } in &self.journeys {
            let meets = meets.trim_start_matches("our client ").to_owned();
            match trips {
                Ok(trips) => rows.extend(trips.iter().map(|Made { asked, came }| {
                    let came = match came {
                        Ok(came) => format!("ok: {}", short(came)),
                        Err(error) => format!("FAILED: {}", short(error)),
                    };
                    [meets.clone(), (*asked).to_owned(), came]
                })),
                Err(_) => rows.push([meets, "-".to_owned(), "not run".to_owned()]),
            }
        }
        if !self.journeys.is_empty() {
            writeln!(f)?;
            table(f, &rows)?;
        }
        for Restart { proxy, outcome } in &self.restarts {
            writeln!(f, "\nrolling restart behind {proxy}: {outcome}")?;
        }
        if let Some(shown) = &self.pages {
            writeln!(f, "\n{}: {shown}", pages::NAME)?;
        }
        Ok(())
    }
}

/// Makes columns as wide as their widest cell.
fn table<const COLUMNS: usize>(f: &mut fmt::Formatter<'_>, rows: &[[String; COLUMNS]]) -> fmt::Result {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let widths: [usize; COLUMNS] = array::from_fn(width);
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(text, width)| format!("{text:width$}")).collect();
        writeln!(f, "{}", cells.join(" | ").trim_end())?;
    }
    Ok(())
}

/// Returns as much of the first line of a text as fits into a table.
fn short(text: &str) -> String {
    const WIDTH: usize = 120;
    let line = text.lines().next().unwrap_or_default();
    let start: String = line.chars().take(WIDTH).collect();
    if start.len() < line.len() { start + "..." } else { start }
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
