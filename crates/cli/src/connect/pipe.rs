//! Standard input that is no terminal.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, stdin};
use tokio::sync::mpsc;

use super::input::Input;
use super::terminal::Reading;

/// How many messages are read ahead.
const AHEAD: usize = 16;

/// Most bytes of a message of raw input.
const CHUNK: usize = 64 * 1024;

/// Each line is a text message, without its end.
pub(super) fn lines() -> Reading {
    let (sender, messages) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let mut stdin = BufReader::new(stdin());
        let mut number = 0_u64;
        loop {
            let mut line = Vec::new();
            number += 1;
            let input = match stdin.read_until(b'\n', &mut line).await {
                Ok(0) => Input::End,
                Ok(_) => {
                    let line = line.strip_suffix(b"\n").unwrap_or(&line);
                    let line = line.strip_suffix(b"\r").unwrap_or(line);
                    match String::from_utf8(line.to_vec()) {
                        Ok(line) => Input::Text(line),
                        Err(_) => Input::NotText(number),
                    }
                }
                Err(error) => Input::Broken(format!("standard input: {error}")),
            };
            let ends = !matches!(input, Input::Text(_));
            if sender.send(input).await.is_err() || ends {
                return;
            }
        }
    });
    Reading { messages, reader: None }
}

/// What is there at a time is a binary message.
pub(super) fn chunks() -> Reading {
    let (sender, messages) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let mut stdin = stdin();
        let mut chunk = vec![0; CHUNK];
        loop {
            let input = match stdin.read(&mut chunk).await {
                Ok(0) => Input::End,
                Ok(len) => Input::Binary(chunk.get(..len).unwrap_or_default().to_vec().into()),
                Err(error) => Input::Broken(format!("standard input: {error}")),
            };
            let ends = !matches!(input, Input::Binary(_));
            if sender.send(input).await.is_err() || ends {
                return;
            }
        }
    });
    Reading { messages, reader: None }
}
