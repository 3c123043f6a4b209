//! The files of the project.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Folders that hold build output, or files that others wrote.
const LEFT_OUT: [&str; 5] = ["artifacts", "corpus", "node_modules", "target", "venv"];

/// Returns the project's folder.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Removes a folder below `target`, if it is there. What is built for another platform or by another compiler is
/// used by one check alone, and a clone should stay small.
pub(crate) fn remove_output(folder: &str) -> Result<(), String> {
    match fs::remove_dir_all(workspace().join("target").join(folder)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(format!("target/{folder}: {error}")),
        _ => Ok(()),
    }
}

/// Reads a file below a folder. The error names the file.
pub(crate) fn read(root: &Path, path: &str) -> Result<String, String> {
    fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))
}

/// Returns the files with this extension below a folder, by their paths from there. Hidden folders are left out.
pub(crate) fn files(root: &Path, extension: &str) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = folder.join(&name);
            if entry.path().is_dir() {
                if !name.starts_with('.') && !LEFT_OUT.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                files.insert(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_removed_if_it_is_there() {
        let folder = workspace().join("target/output-of-a-test");
        fs::create_dir_all(folder.join("below")).expect("a folder");
        for _ in 0..2 {
            assert_eq!(remove_output("output-of-a-test"), Ok(()));
            assert!(!folder.exists());
        }
    }
}
