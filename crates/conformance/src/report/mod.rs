//! What a run found, and its forms: a table, JSON, `JUnit`, a page.

mod beside;
mod columns;
mod comparison;
mod escape;
mod event;
mod hidden;
mod html;
mod json;
mod junit;
mod outcome;
mod results;
mod section;
mod summary;
mod terminal;
#[cfg(test)]
mod tests;

pub use self::beside::ComparisonText;
pub use self::comparison::{Comparison, Row, Target};
pub use self::escape::Visible;
pub use self::event::{Event, Side};
pub use self::json::ReadReportError;
pub use self::outcome::{CaseResult, Outcome};
pub use self::results::Report;
pub use self::summary::Counts;
pub use self::terminal::Text;
