//! A browser as a client: a page for it to run, over HTTP, as an origin wants it.
//!
//! The page does what `browser-api.mjs` does. It has loaded when it is done, and the browser, without a window, then
//! prints it with the lines that a client prints, and ends.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::debian::Debian;
use crate::process::Process;
use crate::scratch::Scratch;

/// Chromium.
pub(crate) const CHROMIUM: Debian = Debian { program: "chromium", folder: None, packages: &["chromium"] };

/// Runs the client; the lines are what it says.
pub(crate) fn run(
    arguments: &[&str],
    message: &str,
    url: &str,
    deadline: Instant,
) -> Result<Vec<String>, String> {
    // All else is for it to decide.
    let subprotocols =
        arguments.windows(2).filter_map(|pair| (pair[0] == "--subprotocol").then_some(pair[1]));
    let task = json!({ "url": url, "subprotocol": subprotocols.collect::<Vec<_>>(), "message": message });
    let page = serve(&task).map_err(|error| format!("the page: {error}"))?;
    let profile = Scratch::new().map_err(|error| format!("a folder: {error}"))?;
    let mut command = command(profile.path());
    command.arg("--dump-dom").arg(format!("http://{page}/"));
    Process::start(&mut command, deadline)?.finish()
}

/// The browser without a window, and without any wish of its own to be connected.
fn command(profile: &Path) -> Command {
    let mut command = Command::new(CHROMIUM.path());
    command.args([
        "--headless",
        // Without this it does not run as root; it sees nothing but our own page.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-proxy-server",
    ]);
    command.arg(format!("--user-data-dir={}", profile.display()));
    // What it would leave behind there goes with the profile.
    command.env("TMPDIR", profile);
    command
}

/// Serves the page for as long as we run.
fn serve(task: &Value) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let task: Arc<str> = task.to_string().into();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let task = Arc::clone(&task);
            // A browser opens connections before it needs them: none may wait for another. One that fails is seen by
            // what the page does not say.
            thread::spawn(move || answer(&stream, &task));
        }
    });
    Ok(address)
}

/// Answers one request.
fn answer(mut stream: &TcpStream, task: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // The fields do not matter, but a connection that is closed before all is read is reset.
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let (kind, body) = match request.split(' ').nth(1) {
        Some("/") => ("text/html", include_str!("../peers/browser.html")),
        Some("/browser-api.mjs") => ("text/javascript", include_str!("../peers/browser-api.mjs")),
        Some("/task") => ("application/json", task),
        // What the page waits for: nothing comes until the browser is no longer interested.
        Some("/held") => return lines.next().transpose().map(drop),
        _ => ("text/plain", ""),
    };
    let len = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// For a browser that does not close a connection.
const PATIENCE: Duration = Duration::from_secs(30);
