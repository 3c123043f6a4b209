//! The README's two programs are those of this package, and they work.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_readme_has_both_programs() {
    let readme = read("../../README.md");
    let blocks: Vec<&str> =
        readme.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    for program in ["src/bin/server.rs", "src/bin/client.rs"] {
        let source = read(program);
        let (_, code) = source.split_once("\n\n").expect("a header");
        assert!(blocks.contains(&code), "{program} is not what the README shows");
    }
}

/// The server, and its address.
async fn server() -> Result<(Child, String)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    let mut server = command.arg("127.0.0.1:0").stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut line = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut line).await?;
    let url = line.trim().strip_prefix("listening on ").ok_or("no address")?;
    Ok((server, url.to_owned()))
}

#[tokio::test]
async fn the_client_hears_its_message_from_the_server() -> Result {
    let (_server, url) = server().await?;
    let output = Command::new(env!("CARGO_BIN_EXE_client")).arg(&url).output().await?;
    let (out, err) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    assert_eq!((out.as_str(), err.as_str()), ("agreed on Some(\"chat\")\nreceived hello\n", ""));
    assert!(output.status.success());
    Ok(())
}

#[tokio::test]
async fn clients_that_misbehave_hold_nobody_up() -> Result {
    let (_server, url) = server().await?;
    let address = url.trim_start_matches("ws://").trim_end_matches('/');
    let _silent = TcpStream::connect(address).await?;
    let mut reset = TcpStream::connect(address).await?;
    reset.write_all(b"GET / HTTP/1.1\r\nHost:").await?;
    reset.set_zero_linger()?;
    drop(reset);
    let mut elsewhere = TcpStream::connect(address).await?;
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Origin: https://elsewhere.example\r\n\r\n"
    );
    elsewhere.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    elsewhere.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    let output = Command::new(env!("CARGO_BIN_EXE_client")).arg(&url).output().await?;
    assert!(output.status.success());
    Ok(())
}

#[tokio::test]
async fn a_client_without_a_server_says_so() -> Result {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = gone.local_addr()?;
    drop(gone);
    let output = Command::new(env!("CARGO_BIN_EXE_client")).arg(format!("ws://{address}/")).output().await?;
    let error = String::from_utf8(output.stderr)?;
    assert!(error.contains("refused") && !output.status.success(), "{error}");
    Ok(())
}
