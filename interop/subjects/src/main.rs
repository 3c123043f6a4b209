//! Echo servers and clients of libraries in Rust, ours on each driver among them. `cargo xtask conformance` runs the
//! conformance suite against them.
//!
//! A server prints `listening on ws://HOST:PORT/`. A client opens the WebSocket at its URL, echoes messages until the
//! server closes, and ends with success. The environment says what to offer, as the suite describes it.

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use crate::offer::Offer;
use crate::outcome::Result;

mod echo;
mod offer;
mod others;
mod ours;
mod outcome;

/// An echo server or client.
#[derive(Parser)]
enum Arguments {
    /// Listen, and echo
    Server {
        library: Server,
        /// A subprotocol to support
        #[arg(long)]
        subprotocol: Vec<String>,
    },
    /// Connect, and echo
    Client { library: Client, url: String },
}

/// The servers: a library, or an entrance of ours.
#[derive(Clone, Copy, ValueEnum)]
enum Server {
    OurTokio,
    OurSmol,
    OurThreads,
    OurHyper,
    OurAxum,
    Axum,
    Fastwebsockets,
    TokioTungstenite,
    TokioWebsockets,
}

/// The clients: a library, or a driver of ours.
#[derive(Clone, Copy, ValueEnum)]
enum Client {
    OurTokio,
    OurSmol,
    OurThreads,
    OurHttp2,
    Fastwebsockets,
    TokioTungstenite,
    TokioWebsockets,
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse() {
        Arguments::Server { library, subprotocol } => serve(library, subprotocol).await,
        Arguments::Client { library, url } => connect(library, &url).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(library: Server, subprotocols: Vec<String>) -> Result {
    match library {
        Server::OurTokio => ours::tokio::serve(&subprotocols).await,
        Server::OurSmol => smol::unblock(move || smol::block_on(ours::smol::serve(&subprotocols))).await,
        Server::OurThreads => smol::unblock(move || ours::threads::serve(&subprotocols)).await,
        Server::OurHyper => ours::hyper::serve(&subprotocols).await,
        Server::OurAxum => ours::axum::serve(&subprotocols).await,
        Server::Axum => others::axum::serve(subprotocols).await,
        Server::Fastwebsockets => others::fastwebsockets::serve().await,
        Server::TokioTungstenite => others::tokio_tungstenite::serve().await,
        Server::TokioWebsockets => others::tokio_websockets::serve().await,
    }
}

async fn connect(library: Client, url: &str) -> Result {
    let offer = Offer::from_environment()?;
    match library {
        Client::OurTokio => ours::tokio::connect(url, offer.options()?).await,
        Client::OurHttp2 => ours::tokio::connect(url, offer.options()?.http2()).await,
        Client::OurSmol => ours::smol::connect(url, offer.without_deflate().options()?).await,
        Client::OurThreads => {
            let (url, options) = (url.to_owned(), offer.without_deflate().options()?);
            smol::unblock(move || ours::threads::connect(&url, &options)).await
        }
        Client::Fastwebsockets => others::fastwebsockets::connect(url, &offer).await,
        Client::TokioTungstenite => others::tokio_tungstenite::connect(url, &offer).await,
        Client::TokioWebsockets => others::tokio_websockets::connect(url, &offer).await,
    }
}
