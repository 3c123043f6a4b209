//! Files that results are written to.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::failure::{Failure, plain};

/// A file for a result, if one is wanted. It can be written to before there is a result.
#[derive(Debug)]
pub(crate) struct Output<'a>(Option<Place<'a>>);

#[derive(Debug)]
struct Place<'a> {
    path: &'a Path,
    file: File,
    /// Whether nothing was there before: then nothing is left behind without a result.
    is_new: bool,
}

impl<'a> Output<'a> {
    /// Creates the file, or opens the one that is there.
    pub(crate) fn open(path: Option<&'a PathBuf>) -> Result<Self, Failure> {
        path.map(|path| Place::open(path).map_err(|error| failure(path, &error))).transpose().map(Self)
    }

    /// Writes the result, which is made only if it is wanted.
    pub(crate) fn write(mut self, text: impl FnOnce() -> String) -> Result<(), Failure> {
        let Some(place) = &mut self.0 else { return Ok(()) };
        let written = place.file.set_len(0).and_then(|()| place.file.write_all(text().as_bytes()));
        written.map_err(|error| failure(place.path, &error))?;
        place.is_new = false;
        Ok(())
    }
}

impl<'a> Place<'a> {
    fn open(path: &'a Path) -> io::Result<Self> {
        let (file, is_new) = match File::create_new(path) {
            Ok(file) => (file, true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                (OpenOptions::new().write(true).open(path)?, false)
            }
            Err(error) => return Err(error),
        };
        Ok(Self { path, file, is_new })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.is_new {
            // If this fails, an empty file is left.
            let _ = std::fs::remove_file(self.path);
        }
    }
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Local, format_args!("{} can't be written: {}", path.display(), plain(error)))
        .hint("check that the folder exists, and who may write to it")
}
