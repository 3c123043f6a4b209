//! A report as JSON, to be kept and compared.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use super::results::Report;

impl Report {
    /// The version of the format that [`Report::to_json`] writes.
    pub const FORMAT: u32 = 1;

    /// Returns the report as JSON, which ends with a line feed.
    ///
    /// The object has the member `format`, and the fields of the report.
    pub fn to_json(&self) -> String {
        let versioned = Versioned { format: Self::FORMAT, report: self };
        let json = serde_json::to_string_pretty(&versioned);
        // The types have no maps, and no `Serialize` of their own that fails.
        json.map_or_else(|error| error.to_string(), |json| json + "\n")
    }

    /// Reads what [`Report::to_json`] has written.
    ///
    /// # Errors
    ///
    /// Fails if the text is not JSON, not a report, or one of a later format.
    pub fn from_json(json: &str) -> Result<Self, ReadReportError> {
        // The version comes first, since a later format may have other fields.
        let Format { format } = serde_json::from_str(json).map_err(ReadReportError::NotAReport)?;
        if format > Self::FORMAT {
            return Err(ReadReportError::LaterFormat(format));
        }
        let Versioned { report, .. } =
            serde_json::from_str::<Versioned<Self>>(json).map_err(ReadReportError::NotAReport)?;
        Ok(report)
    }
}

/// Why a text is not a report.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadReportError {
    /// It is not JSON, or a field of a report is missing or wrong.
    NotAReport(serde_json::Error),
    /// A later version of the suite has written it, in this format.
    LaterFormat(u32),
}

impl Display for ReadReportError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAReport(_) => f.write_str("not a report of the conformance suite"),
            Self::LaterFormat(format) => {
                write!(f, "the report has format {format}, and this version reads up to {}", Report::FORMAT)
            }
        }
    }
}

impl Error for ReadReportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotAReport(error) => Some(error),
            Self::LaterFormat(_) => None,
        }
    }
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

#[derive(Serialize, Deserialize)]
struct Versioned<R> {
    format: u32,
    #[serde(flatten)]
    report: R,
}
