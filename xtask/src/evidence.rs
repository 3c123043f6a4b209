//! Finds the vectors and tests that documents name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::tree::read;

/// The existing vectors and tests, which verify requirements and claims.
pub(crate) struct Evidence {
    root: PathBuf,
    /// The names of the cases in each file of vectors.
    vectors: BTreeMap<String, BTreeSet<String>>,
}

impl Evidence {
    /// Reads the vectors of the project in this folder.
    pub(crate) fn of(root: &Path) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Case {
            name: String,
        }
        let mut vectors = BTreeMap::new();
        let entries = fs::read_dir(root.join("vectors")).map_err(|error| format!("vectors: {error}"))?;
        for entry in entries.flatten() {
            let file = entry.file_name().to_string_lossy().into_owned();
            if Path::new(&file).extension().is_some_and(|extension| extension == "json") {
                let text = read(root, &format!("vectors/{file}"))?;
                let cases: Vec<Case> =
                    serde_json::from_str(&text).map_err(|error| format!("vectors/{file}: {error}"))?;
                vectors.insert(file, cases.into_iter().map(|case| case.name).collect());
            }
        }
        Ok(Self { root: root.to_owned(), vectors })
    }

    /// Returns whether a case exists. It is written `file.json: name`.
    pub(crate) fn has_vector(&self, vector: &str) -> bool {
        let cases = |(file, name)| self.vectors.get(file).is_some_and(|names| names.contains(name));
        vector.split_once(": ").is_some_and(cases)
    }

    /// Returns whether a test exists. It is written `path/from/the/root.rs: function`, or `path.mjs: title` for
    /// Node.js.
    pub(crate) fn has_test(&self, test: &str) -> bool {
        let Some((path, name)) = test.split_once(": ") else { return false };
        let source = read(&self.root, path).unwrap_or_default();
        // The name must be complete, and not the end of another one.
        let declared = [format!("fn {name}("), format!("test('{name}'")];
        source.lines().any(|line| {
            let line = line.trim_start().trim_start_matches("async ");
            declared.iter().any(|declared| line.starts_with(declared))
        })
    }
}
