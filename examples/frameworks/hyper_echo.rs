//! A server on hyper that echoes messages at `/`, over HTTP/1.1 and HTTP/2, and answers plain HTTP at `/health`.
//!
//! ```sh
//! cargo run --release -p frameworks --example hyper_echo -- --listen 127.0.0.1:9001 --subprotocol chat --deflate
//! --tls
//! ```

use std::convert::Infallible;
use std::process::ExitCode;

use bytes::Bytes;
use clap::Parser;
use http::{Request, Response};
use http_body_util::Full;
use websocket_upgrade::ServerOptions;
use websocket_upgrade::hyper::{Upgrading, handle_upgrade_request};

mod kit;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run(&kit::Arguments::parse()).await;
    eprintln!("{error}");
    ExitCode::FAILURE
}

async fn run(arguments: &kit::Arguments) -> kit::Result<Infallible> {
    let options = arguments.options()?;
    let service = tower::service_fn(move |request| {
        let response = respond(request, &options).map(Full::new);
        async { Ok(response) }
    });
    arguments.serve(service).await
}

fn respond<B>(mut request: Request<B>, options: &ServerOptions) -> Response<Bytes> {
    if request.uri().path() != "/" {
        return kit::plain(request.uri().path(), true);
    }
    let version = request.version();
    match handle_upgrade_request(&mut request, options) {
        Ok((response, upgrading)) => {
            eprintln!("accepted over {version:?}");
            tokio::spawn(async move {
                if let Err(error) = echo(upgrading).await {
                    eprintln!("{error}");
                }
            });
            response
        }
        Err(rejected) => {
            kit::say_why(&rejected);
            rejected.into_http()
        }
    }
}

async fn echo(upgrading: Upgrading) -> kit::Result {
    Ok(kit::echo(upgrading.await?).await?)
}
