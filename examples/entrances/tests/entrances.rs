//! Runs every example with clients of this library and of another, and with bad ones.

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, protocol::Role};
use tokio_tungstenite::{WebSocketStream, connect_async};
use websocket_upgrade::{ClientOptions, create_upgrade_request};

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const EXAMPLES: [&str; 4] = ["actix_web", "poem", "salvo", "warp"];

/// A running example. It is stopped at the end of the test.
struct Server {
    name: &'static str,
    process: Child,
    address: String,
}

impl Server {
    async fn start(name: &'static str) -> Result<Self> {
        let test = env::current_exe()?;
        let builds = test.parent().and_then(Path::parent).ok_or("no folder of builds")?;
        let example = builds.join("examples").join(name).with_extension(env::consts::EXE_EXTENSION);
        let mut command = Command::new(example);
        command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line).await?;
        let address =
            line.trim_end().strip_prefix("listening on http://").and_then(|rest| rest.strip_suffix('/'));
        let address = address.ok_or_else(|| format!("{name}: {line:?}"))?.to_owned();
        Ok(Self { name, process, address })
    }

    /// Connects a client that sends this.
    async fn client(&self, sent: &[u8]) -> Result<TcpStream> {
        let mut client = TcpStream::connect(&self.address).await?;
        client.write_all(sent).await?;
        Ok(client)
    }

    fn request(&self, fields: &str) -> String {
        format!(
            "GET /chat?room=1 HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{fields}\r\n",
            self.address
        )
    }

    /// Returns what the server sends up to the end of the connection, in lower case.
    async fn answer(&self, request: &str) -> Result<String> {
        let mut answer = Vec::new();
        self.client(request.as_bytes()).await?.read_to_end(&mut answer).await?;
        Ok(String::from_utf8(answer)?.to_lowercase())
    }

    /// Checks that the next client is served.
    async fn serves(&mut self) -> Result {
        let url = format!("ws://{}/chat?room=1", self.address);
        let ours = create_upgrade_request(&url, &ClientOptions::new()).await?;
        echoes(WebSocketStream::from_raw_socket(ours.into_stream(), Role::Client, None).await).await?;
        echoes(connect_async(&url).await?.0).await?;
        let ended = self.process.try_wait()?;
        ended.map_or(Ok(()), |status| Err(format!("{}: {status}", self.name).into()))
    }
}

/// Sends messages, closes, and reads to the end.
async fn echoes<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>) -> Result {
    for message in [Message::text("hello"), Message::binary(vec![7; 100_000]), Message::text("")] {
        socket.send(message.clone()).await?;
        assert_eq!(socket.next().await.ok_or("no echo")??, message);
    }
    socket.close(None).await?;
    while let Some(message) = socket.next().await {
        assert!(message?.is_close());
    }
    Ok(())
}

#[tokio::test]
async fn messages_come_back() -> Result {
    for name in EXAMPLES {
        Server::start(name).await?.serves().await?;
    }
    Ok(())
}

/// Nothing is lost of what a client sends with its request.
#[tokio::test]
async fn a_frame_behind_the_head_comes_back() -> Result {
    const HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    for name in EXAMPLES {
        let server = Server::start(name).await?;
        let mut client = server.client(&[server.request("").as_bytes(), HELLO].concat()).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n\x81\x05Hello") {
            assert!(client.read_buf(&mut answer).await? > 0, "{name}: {}", answer.escape_ascii());
        }
        let answer = String::from_utf8_lossy(&answer).to_lowercase();
        assert!(answer.starts_with("http/1.1 101 "), "{name}: {answer}");
        for line in [
            "connection: upgrade",
            "upgrade: websocket",
            "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=",
        ] {
            assert_eq!(answer.matches(&format!("\r\n{line}\r\n")).count(), 1, "{name}: {answer}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn plain_http_gets_the_frameworks_answer() -> Result {
    for name in EXAMPLES {
        let server = Server::start(name).await?;
        for fields in ["", "Upgrade: h2c\r\nConnection: close, Upgrade\r\n"] {
            let request = format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n");
            let answer = server.answer(&request).await?;
            assert!(answer.starts_with("http/1.1 200 "), "{name}: {answer}");
            assert!(answer.ends_with("\r\n\r\nplain http\n"), "{name}: {answer}");
        }
    }
    Ok(())
}

/// A refusal says why, and closes the connection. What is behind it is not read as a request.
#[tokio::test]
async fn a_refusal_closes_the_connection() -> Result {
    for name in EXAMPLES {
        let server = Server::start(name).await?;
        let request = server.request("");
        let behind = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for (request, status, says) in [
            (server.request("Origin: https://elsewhere.example\r\n"), "403", "origin: not allowed"),
            (request.replace("Version: 13", "Version: 8"), "426", "\r\nsec-websocket-version: 13\r\n"),
            (request.replace("Key: dG", "Key: "), "400", "sec-websocket-key: "),
            (request.replace("Connection: Upgrade\r\n", ""), "400", "connection: "),
            (request.replace("GET", "POST"), "405", "\r\nallow: get\r\n"),
            (format!("{}{behind}", server.request("Origin: null\r\n")), "403", "origin: "),
        ] {
            let answer = server.answer(&request).await?;
            assert!(answer.starts_with(&format!("http/1.1 {status} ")), "{name}: {answer}");
            assert!(answer.contains("\r\nconnection: close"), "{name}: {answer}");
            assert!(answer.contains(says) && !answer.contains("plain http"), "{name}: {answer}");
        }
        // A page of the same origin is served.
        let same = format!("Origin: http://{}\r\n", server.address);
        let mut client = server.client(server.request(&same).as_bytes()).await?;
        let mut status = [0; 12];
        client.read_exact(&mut status).await?;
        assert_eq!(&status, b"HTTP/1.1 101", "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn none_holds_a_server_up_or_brings_it_down() -> Result {
    for name in EXAMPLES {
        let mut server = Server::start(name).await?;
        let request = server.request("");
        let half = &request.as_bytes()[..request.len() / 2];
        // These clients stay while the other ones are served.
        let mut held = Vec::new();
        for sent in [b"", &b"G"[..], half, request.as_bytes()] {
            held.push(server.client(sent).await?);
        }
        for sent in [b"", half, request.as_bytes()] {
            let client = server.client(sent).await?;
            client.set_zero_linger()?;
            drop(client);
        }
        server.serves().await?;
        drop(held);
        server.serves().await?;
    }
    Ok(())
}

/// The deadlines of the examples are 10 seconds. poem has one only for the first byte, and warp has none.
#[tokio::test]
async fn one_that_waits_is_given_up() -> Result {
    let mut servers = Vec::new();
    let mut waiting = JoinSet::<Result>::new();
    for (name, whole_heads) in [("actix_web", true), ("poem", false), ("salvo", true)] {
        let server = Server::start(name).await?;
        let request = server.request("");
        let half = Some(&request.as_bytes()[..request.len() / 2]).filter(|_| whole_heads);
        for sent in Some(&b""[..]).into_iter().chain(half) {
            let mut client = server.client(sent).await?;
            waiting.spawn(async move {
                let mut answer = Vec::new();
                let ended = timeout(Duration::from_secs(30), client.read_to_end(&mut answer)).await;
                ended.map_err(|_| format!("{name} waits"))??;
                Ok(())
            });
        }
        servers.push(server);
    }
    while let Some(given_up) = waiting.join_next().await {
        given_up??;
    }
    Ok(())
}
