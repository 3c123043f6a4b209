//! The lines of a terminal, with editing and a history, on a thread of their own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor, ExternalPrinter};
use tokio::signal;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{interval, timeout};

use super::input::Input;

/// What is in front of the line that is edited.
const PROMPT: &str = "> ";

/// What reads the input.
pub(super) struct Reading {
    pub(super) messages: mpsc::Receiver<Input>,
    /// The thread that reads a terminal.
    pub(super) reader: Option<Reader>,
}

/// Prints above the line that is edited.
pub(super) type Printer = Box<dyn ExternalPrinter + Send>;

/// The thread that reads a terminal. It has to end before the program does, or the terminal stays as it is while a
/// line is edited.
pub(super) struct Reader {
    over: Arc<AtomicBool>,
    ended: oneshot::Receiver<()>,
}

/// Starts to read the terminal.
pub(super) fn start() -> io::Result<(Printer, Reading)> {
    let config = Config::builder().max_history_size(1000).map_err(io::Error::other)?.build();
    let mut editor = DefaultEditor::with_config(config).map_err(io::Error::other)?;
    let printer = editor.create_external_printer().map_err(io::Error::other)?;
    let (sender, messages) = mpsc::channel(1);
    let (tell, ended) = oneshot::channel();
    let over = Arc::new(AtomicBool::new(false));
    let is_over = Arc::clone(&over);
    thread::spawn(move || {
        while !is_over.load(Ordering::Acquire) {
            let input = match editor.readline(PROMPT) {
                Ok(line) => {
                    // Messages may be secrets, so the history is kept in memory alone.
                    let _ = editor.add_history_entry(line.as_str());
                    Input::of_line(&line)
                }
                // Nobody at a terminal waits for what may still come.
                Err(ReadlineError::Eof) => Input::Close { code: 1000, reason: String::new() },
                Err(ReadlineError::Interrupted) => Input::Interrupt,
                Err(error) => Input::Broken(format!("the terminal can't be read: {error}")),
            };
            let ends = matches!(input, Input::Close { .. } | Input::Interrupt | Input::Broken(_));
            if sender.blocking_send(input).is_err() || ends {
                break;
            }
        }
        drop(editor);
        // The session may have ended before.
        let _ = tell.send(());
    });
    Ok((Box::new(printer), Reading { messages, reader: Some(Reader { over, ended }) }))
}

impl Reader {
    /// Ends the thread, also while it waits for a line.
    pub(super) async fn stop(mut self) {
        /// A line that is not interrupted in this time never is.
        const PATIENCE: Duration = Duration::from_secs(1);
        self.over.store(true, Ordering::Release);
        // With this, the signal means nothing where no line is waited for.
        let Ok(_own) = interrupts() else { return };
        let mut again = interval(Duration::from_millis(10));
        let stopped = async {
            loop {
                tokio::select! {
                    biased;
                    _ = &mut self.ended => return,
                    _ = again.tick() => interrupt(),
                }
            }
        };
        // Otherwise the terminal stays as it is.
        let _ = timeout(PATIENCE, stopped).await;
    }
}

#[cfg(unix)]
fn interrupts() -> io::Result<impl Sized> {
    signal::unix::signal(signal::unix::SignalKind::interrupt())
}

#[cfg(not(unix))]
fn interrupts() -> io::Result<impl Sized> {
    signal::windows::ctrl_c()
}

/// Sends this process the signal of Ctrl-C, which ends the editing of a line.
#[cfg(unix)]
fn interrupt() {
    // It fails for no process that exists.
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT);
}

#[cfg(not(unix))]
fn interrupt() {}
