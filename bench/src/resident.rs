//! Measures the resident memory of a server for each connection that waits: with what its heap holds, how full its
//! pages are, and what its threads have on their stacks. What the kernel holds for the sockets is not in it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

use crate::files;
use crate::load::Served;
use crate::memory::Waiting;
use crate::serve::Server;
use crate::table::{Markdown, number};

/// Connections at a time. The server is a process of its own.
const CONNECTIONS: usize = 10_000;

/// Connections that wait to be accepted; it is below the length of a listener's queue.
const BATCH: usize = 100;

/// What the connections of one server hold in each state, in bytes for one of them.
struct Row {
    server: Server,
    held: Vec<f64>,
}

/// Measures all servers, and returns a table and JSON. Both say so if there can't be as many connections.
pub(crate) fn measure() -> io::Result<(String, Value)> {
    if let Err(reason) = files::allow(CONNECTIONS) {
        return Ok((format!("resident bytes for a connection: left out, {reason}\n"), Value::Null));
    }
    let mut rows = Vec::new();
    for server in Server::ALL {
        let held = Waiting::ALL.into_iter().map(|waiting| held(server, waiting));
        rows.push(Row { server, held: held.collect::<io::Result<_>>()? });
    }
    Ok((table(&rows).to_string(), rows.iter().map(to_json).collect()))
}

/// Returns the resident bytes of a new server for one connection.
fn held(server: Server, waiting: Waiting) -> io::Result<f64> {
    let process = Served::start(server.name(), &[])?;
    // The first connections make what is made only once.
    let first = connect(process.address(), waiting, 1)?;
    pass(process.address())?;
    let before = process.resident()?;
    let mut clients = Vec::with_capacity(CONNECTIONS);
    while clients.len() < CONNECTIONS {
        clients.extend(connect(process.address(), waiting, BATCH)?);
        pass(process.address())?;
    }
    let resident = process.resident()?.saturating_sub(before);
    clients.iter().chain(&first).try_for_each(waits)?;
    process.end()?;
    Ok(number(resident) / number(CONNECTIONS as u64))
}

/// Opens connections, and brings them into this state together, so that the processes take turns less often.
fn connect(address: SocketAddr, waiting: Waiting, count: usize) -> io::Result<Vec<TcpStream>> {
    let open = || {
        let mut client = TcpStream::connect(address)?;
        client.write_all(waiting.sent())?;
        Ok(client)
    };
    let mut clients: Vec<_> = (0..count).map(|_| open()).collect::<io::Result<_>>()?;
    if waiting == Waiting::Frame {
        clients.iter_mut().try_for_each(upgraded)?;
    }
    Ok(clients)
}

/// Reads the 101.
fn upgraded(client: &mut TcpStream) -> io::Result<()> {
    let (mut answer, mut len) = ([0; 1024], 0);
    while !answer[..len].ends_with(b"\r\n\r\n") {
        match client.read(&mut answer[len..])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => len += more,
        }
    }
    if answer.starts_with(b"HTTP/1.1 101 ") { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// Waits until the server has seen all connections, and all that was sent on them. It works in order.
fn pass(address: SocketAddr) -> io::Result<()> {
    for _ in 0..3 {
        connect(address, Waiting::Frame, 1)?;
    }
    Ok(())
}

/// Fails if the server has closed a connection, or has sent more.
fn waits(client: &TcpStream) -> io::Result<()> {
    client.set_nonblocking(true)?;
    match client.peek(&mut [0]) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(io::Error::other("the server has not waited")),
    }
}

fn table(rows: &[Row]) -> Markdown {
    let mut titles = vec!["resident bytes for a connection".to_owned()];
    for waiting in Waiting::ALL {
        titles.extend([waiting.name().to_owned(), "- constant".to_owned()]);
    }
    let mut table = Markdown::new(&titles);
    let constant: &[f64] = rows.first().map_or(&[], |row| &row.held);
    for row in rows {
        let mut cells = vec![row.server.name().to_owned()];
        for (held, least) in row.held.iter().zip(constant) {
            cells.extend([format!("{held:.0}"), format!("{:.0}", held - least)]);
        }
        table.push(&cells);
    }
    table
}

fn to_json(row: &Row) -> Value {
    let mut figures = json!({ "name": row.server.name(), "connections": CONNECTIONS });
    for (waiting, held) in Waiting::ALL.into_iter().zip(&row.held) {
        figures[waiting.name()] = (*held).into();
    }
    figures
}
