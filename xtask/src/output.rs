//! Output that is printed, or kept in a file by a thread whose checks run beside others.

use std::cell::RefCell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::process::{Command, Stdio};

use crate::tree::workspace;

thread_local! {
    /// Where the output of this thread is kept. `None` if it is printed at once.
    static KEPT: RefCell<Option<File>> = const { RefCell::new(None) };
}

/// The file of what is kept, below the folder `target`.
pub(crate) const FILE: &str = "beside.txt";

/// Makes a new file for what is kept.
pub(crate) fn new_file() -> io::Result<File> {
    let folder = workspace().join("target");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(FILE), "")?;
    OpenOptions::new().append(true).read(true).open(folder.join(FILE))
}

/// Keeps what this thread prints from now on.
pub(crate) fn keep(file: File) {
    KEPT.set(Some(file));
}

/// Returns whether the output of this thread is kept.
pub(crate) fn is_kept() -> bool {
    KEPT.with_borrow(Option::is_some)
}

/// Prints a line, or keeps it.
pub(crate) fn say(line: &str) {
    KEPT.with_borrow_mut(|kept| match kept {
        // There is no other place to say that the disk is full.
        Some(file) => drop(writeln!(file, "{line}")),
        None => println!("{line}"),
    });
}

/// Lets a command write where the output of this thread is kept, if it is.
pub(crate) fn keep_that_of(command: &mut Command) -> io::Result<()> {
    KEPT.with_borrow(|kept| {
        if let Some(file) = kept {
            command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file.try_clone()?);
        }
        Ok(())
    })
}

/// Returns how many bytes this thread has kept.
pub(crate) fn kept() -> io::Result<u64> {
    KEPT.with_borrow(|kept| kept.as_ref().map_or(Ok(0), |file| file.metadata().map(|file| file.len())))
}

/// Returns what this thread has kept behind so many bytes.
pub(crate) fn kept_since(bytes: u64) -> io::Result<Vec<u8>> {
    KEPT.with_borrow_mut(|kept| {
        let mut text = Vec::new();
        if let Some(file) = kept {
            file.seek(SeekFrom::Start(bytes))?;
            file.read_to_end(&mut text)?;
        }
        Ok(text)
    })
}
