//! A browser as a client. It runs a page that is served over HTTP, as an origin requires.
//!
//! The page runs `browser-api.mjs`, and finishes loading when it is done. The browser, without a window, then prints
//! the page with the lines that a client prints, and ends.

use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::driven::CHROMIUM;
use crate::process::Process;
use crate::relay::{self, Counters};
use crate::scratch::Scratch;

/// Runs the client, and returns the lines that it prints.
pub(crate) fn run(
    arguments: &[&str],
    message: &str,
    url: &str,
    deadline: Instant,
) -> Result<Vec<String>, String> {
    // A browser decides all other arguments of a client itself.
    let subprotocols =
        arguments.windows(2).filter_map(|pair| (pair[0] == "--subprotocol").then_some(pair[1]));
    let is_same_origin = arguments.contains(&"--same-origin");
    let wrong = |error: &dyn fmt::Display| format!("the page: {error}");
    let server = url.trim_start_matches("ws://").trim_end_matches('/');
    let server: SocketAddr = server.parse().map_err(|error| wrong(&error))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| wrong(&error))?;
    let page = listener.local_addr().map_err(|error| wrong(&error))?;
    let url = if is_same_origin { format!("ws://{page}{SOCKET}") } else { url.to_owned() };
    let task = json!({ "url": url, "subprotocol": subprotocols.collect::<Vec<_>>(), "message": message });
    serve(listener, server, &task);
    let profile = Scratch::new().map_err(|error| format!("a folder: {error}"))?;
    let mut command = CHROMIUM.command(profile.path());
    command.arg("--disable-quic");
    command.arg("--dump-dom").arg(format!("http://{page}/"));
    Process::start(&mut command, deadline)?.finish()
}

/// Serves the page as long as the process runs.
fn serve(listener: TcpListener, server: SocketAddr, task: &Value) {
    let task: Arc<str> = task.to_string().into();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let task = Arc::clone(&task);
            // A browser opens connections before it needs them, so each one has its own thread. The page's output
            // shows if one fails.
            thread::spawn(move || answer(&stream, server, &task));
        }
    });
}

/// Answers one request.
fn answer(mut stream: &TcpStream, server: SocketAddr, task: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream).lines();
    let mut head = String::new();
    // The whole head is read, because closing before that would reset the connection.
    while !head.ends_with("\r\n\r\n") {
        let Some(line) = lines.next().transpose()? else { return Ok(()) };
        head.push_str(&line);
        head.push_str("\r\n");
    }
    let (kind, body) = match head.split(' ').nth(1) {
        Some("/") => ("text/html", include_str!("../peers/browser.html")),
        Some("/browser-api.mjs") => ("text/javascript", include_str!("../peers/browser-api.mjs")),
        Some("/task") => ("application/json", task),
        // The page waits for this response: it does not come before the browser closes.
        Some("/held") => return lines.next().transpose().map(drop),
        // The WebSocket of the page's own origin. A browser sends nothing after the head before it is answered.
        Some(SOCKET) => return hand_on(stream, server, &head),
        _ => ("text/plain", ""),
    };
    let len = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Forwards a request unchanged, and then all further bytes.
fn hand_on(client: &TcpStream, server: SocketAddr, head: &str) -> io::Result<()> {
    let mut server = TcpStream::connect(server)?;
    server.write_all(head.as_bytes())?;
    relay::join(client, &server, &Counters::default());
    Ok(())
}

/// The path of the WebSocket at the page's own origin.
const SOCKET: &str = "/socket";

/// The wait for a browser that does not close a connection.
const PATIENCE: Duration = Duration::from_secs(30);
