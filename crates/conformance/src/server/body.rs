//! Reads the body of a response, by its framing.

use crate::judge::Body;
use crate::wire::{Arrival, Connection};

/// Reads a body to its end, and consumes it.
///
/// # Errors
///
/// If it is cut short, or its chunks are wrong.
pub(super) async fn read(connection: &mut Connection, body: Body) -> Result<(), String> {
    match body {
        Body::None => Ok(()),
        Body::Length(length) => {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            while connection.received().len() < length {
                more(connection, || format!("a body of {length} bytes")).await?;
            }
            connection.consume(length);
            Ok(())
        }
        Body::Chunked => chunks(connection).await,
        Body::UntilClose => loop {
            match connection.receive().await {
                Arrival::More => {}
                // Whether a server closes in stages, so that nothing is lost, is a question of its own.
                Arrival::End | Arrival::Broken => {
                    connection.consume(usize::MAX);
                    return Ok(());
                }
                arrival => return Err(format!("a body until the connection closes, and then {arrival}")),
            }
        },
    }
}

async fn chunks(connection: &mut Connection) -> Result<(), String> {
    let mut is_last = false;
    while !is_last {
        let (start, length) = match httparse::parse_chunk_size(connection.received()) {
            Ok(httparse::Status::Complete(chunk)) => chunk,
            Ok(httparse::Status::Partial) => {
                more(connection, || "a body in chunks".to_owned()).await?;
                continue;
            }
            Err(_) => return Err("a chunk whose size is no number".to_owned()),
        };
        is_last = length == 0;
        connection.consume(start);
        if is_last {
            break;
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(2);
        while connection.received().len() < length {
            more(connection, || "a body in chunks".to_owned()).await?;
        }
        if connection.received().get(length - 2..length) != Some(b"\r\n") {
            return Err("a chunk that does not end where its size says".to_owned());
        }
        connection.consume(length);
    }
    // Trailer fields, up to an empty line.
    loop {
        let line = connection.received().iter().position(|&byte| byte == b'\n');
        match line {
            Some(end) => {
                let is_empty = matches!(connection.received().get(..end), Some([] | [b'\r']));
                connection.consume(end + 1);
                if is_empty {
                    return Ok(());
                }
            }
            None => more(connection, || "the trailer of a body in chunks".to_owned()).await?,
        }
    }
}

async fn more(connection: &mut Connection, what: impl Fn() -> String) -> Result<(), String> {
    match connection.receive().await {
        Arrival::More => Ok(()),
        arrival => {
            Err(format!("{}, of which {} bytes came before {arrival}", what(), connection.received().len()))
        }
    }
}
