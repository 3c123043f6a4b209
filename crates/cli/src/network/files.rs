//! Files that flags name.

use std::path::Path;

use crate::failure::Failure;

/// Reads the file of a flag.
pub(super) fn read(flag: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        let mut failure = Failure::file(path, &error);
        failure.message.insert_str(0, &format!("{flag} "));
        failure
    })
}
