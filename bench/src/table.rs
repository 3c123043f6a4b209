//! The figures, as a table for people and as JSON for programs.

use std::fmt;
use std::time::Duration;

use serde_json::json;

/// What one of them needs for one handshake.
pub(crate) struct Measured {
    pub(crate) who: &'static str,
    /// Whether it accepts the request at all.
    pub(crate) works: bool,
    pub(crate) time: Duration,
    pub(crate) allocations: u64,
    pub(crate) instructions: Option<u64>,
}

#[derive(Default)]
pub(crate) struct Table(Vec<Group>);

struct Group {
    role: &'static str,
    what: &'static str,
    bytes: usize,
    rows: Vec<Measured>,
}

impl Table {
    pub(crate) fn push(&mut self, role: &'static str, what: &'static str, bytes: usize, rows: Vec<Measured>) {
        self.0.push(Group { role, what, bytes, rows });
    }

    pub(crate) fn to_json(&self) -> String {
        let rows = self.0.iter().flat_map(|group| {
            group.rows.iter().map(|row| {
                json!({
                    "role": group.role,
                    "request": group.what,
                    "bytes": group.bytes,
                    "name": row.who,
                    "accepted": row.works,
                    "nanoseconds": row.works.then_some(row.time.as_nanos()),
                    "instructions": row.instructions,
                    "allocations": row.works.then_some(row.allocations),
                })
            })
        });
        serde_json::Value::Array(rows.collect()).to_string()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Group { role, what, bytes, rows } in &self.0 {
            writeln!(
                f,
                "| {role}, {what}, {bytes} B | time | x floor | instructions | x floor | allocations |"
            )?;
            writeln!(f, "|---|--:|--:|--:|--:|--:|")?;
            let Some(floor) = rows.first() else { continue };
            for row in rows {
                if !row.works {
                    writeln!(f, "| {} | refused | | | | |", row.who)?;
                    continue;
                }
                let time = row.time.as_secs_f64() / floor.time.as_secs_f64();
                write!(f, "| {} | {:?} | {time:.2} |", row.who, row.time)?;
                match (row.instructions, floor.instructions) {
                    (Some(count), Some(least)) => {
                        // Both are far below 2^52.
                        #[allow(clippy::cast_precision_loss)]
                        let ratio = count as f64 / least as f64;
                        write!(f, " {count} | {ratio:.2} |")?;
                    }
                    _ => write!(f, " | |")?,
                }
                writeln!(f, " {} |", row.allocations)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
