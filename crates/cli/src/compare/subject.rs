//! What is compared: a saved report, or a server that is tested now.

use std::path::Path;

use websocket_upgrade_conformance::report::Report;

use crate::failure::Failure;
use crate::suite;

/// A report with its name.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) report: Report,
}

impl Subject {
    /// Reads the report in a file, or tests the server at a URL. A name may stand in front: `NAME=WHAT`.
    pub(super) async fn new(text: &str, flags: &suite::Flags) -> Result<Self, Failure> {
        let (name, what) = split(text);
        let path = Path::new(what);
        if !what.contains("://") && (path.exists() || path.extension().is_some_and(|kind| kind == "json")) {
            let json = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
            let report = Report::from_json(&json).map_err(|error| {
                Failure::usage(format_args!("{}: {error}", path.display()))
                    .hint("`wsupgrade check URL --json FILE` saves a report")
            })?;
            let stem = || path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            return Ok(Self { name: name.map_or_else(stem, str::to_owned), report });
        }
        let report = suite::server(what, flags).await.map_err(|mut failure| {
            failure.message.insert_str(0, &format!("{what}: "));
            failure
        })?;
        Ok(Self { name: name.unwrap_or(what).to_owned(), report })
    }
}

/// Splits a name from what it names. A URL may have `=`, but not in front of its scheme.
fn split(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((name, what)) if !name.is_empty() && !name.contains(['/', ':', '?']) => (Some(name), what),
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_name_stands_in_front_of_an_equals_sign() {
        for (text, expected) in [
            ("ws://a/?b=c", (None, "ws://a/?b=c")),
            ("ours=ws://a/?b=c", (Some("ours"), "ws://a/?b=c")),
            ("a b=c.json", (Some("a b"), "c.json")),
            ("dir/a=b.json", (None, "dir/a=b.json")),
            ("=a", (None, "=a")),
            ("a.json", (None, "a.json")),
        ] {
            assert_eq!(split(text), expected, "{text}");
        }
    }
}
