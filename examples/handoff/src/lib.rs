//! The parts that all hand-off examples share: two connections, and a client that does not wait.

use std::error::Error;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The result of a part that may fail.
pub type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// A request with the frame "Hello" in the same segment. RFC 6455 §4.1 forbids to send before the 101 arrives; some
/// clients do.
pub const EAGER: &[u8] =
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\
    \x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";

/// The same with permessage-deflate: the frame is compressed.
pub const EAGER_DEFLATED: &[u8] =
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: \
    permessage-deflate\r\n\r\n\xc1\x87\x37\xfa\x21\x3d\xc5\xb2\xec\xf4\xfe\xfd\x21";

/// Runs an example. `serve` first gets the connection of `connect`, and then one of a client that sends `eager`. Its
/// second argument is the message to expect.
///
/// # Errors
///
/// The first error of a part.
pub async fn run(
    serve: impl AsyncFn(TcpStream, &str) -> Result,
    connect: impl AsyncFn(&str) -> Result,
    eager: &[u8],
) -> Result {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    tokio::try_join!(async { serve(accept(&listener).await?, "round trip").await }, connect(&url))?;
    tokio::try_join!(async { serve(accept(&listener).await?, "Hello").await }, send(&listener, eager))?;
    Ok(())
}

async fn accept(listener: &TcpListener) -> Result<TcpStream> {
    let (socket, _) = listener.accept().await?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

async fn send(listener: &TcpListener, eager: &[u8]) -> Result {
    let mut socket = TcpStream::connect(listener.local_addr()?).await?;
    socket.write_all(eager).await?;
    socket.shutdown().await?;
    socket.read_to_end(&mut Vec::new()).await?;
    Ok(())
}

/// Prints a message, and compares it with the expected one.
///
/// # Errors
///
/// If it is another one.
pub fn check(side: &str, message: &str, expected: &str) -> Result {
    println!("{side}: received {message:?}");
    if message == expected { Ok(()) } else { Err(format!("expected {expected:?}").into()) }
}
