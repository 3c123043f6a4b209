//! A server with what one in production has around its handshakes, to be copied: hyper-util for HTTP/1.1 and HTTP/2,
//! rustls, tokens, the PROXY protocol, the gate, metrics, and an end that cuts nothing off. Messages at `/` are
//! echoed. `/health` says whether new handshakes are welcome. With `--metrics`, `/metrics` has the counts for
//! Prometheus.
//!
//! ```sh
//! cargo run --release -p frameworks --example serve -- --listen 127.0.0.1:9001 --tls --proxy-protocol --drain 30
//! ```

use std::collections::HashSet;
use std::convert::Infallible;
use std::fs;
use std::future::ready;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clap::Parser;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use proxy_header::io::ProxiedStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Layer, ServiceExt, service_fn};
use websocket_upgrade::gate::{Gate, GateOptions};
use websocket_upgrade::tower::{Decision, HandshakeRequest, RefusalLayer, UpgradeLayer};
use websocket_upgrade::{Rejection, ServerOptions, metrics};

mod kit;

/// Echoes every text and binary message.
#[derive(Parser)]
struct Serving {
    #[command(flatten)]
    common: kit::Arguments,
    /// Accept only clients that send a token of this file, one per line, as `Authorization: Bearer TOKEN`
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// Expect a header of the PROXY protocol on every connection; only behind a balancer that sends it
    #[arg(long)]
    proxy_protocol: bool,
    /// Seconds that established connections have to end after SIGTERM
    #[arg(long, value_name = "SECONDS", default_value = "10")]
    drain: u64,
    /// Answer `/metrics`, for Prometheus; a proxy in front must not let clients ask for it
    #[arg(long)]
    metrics: bool,
}

/// The state that all connections share.
struct Server {
    gate: Gate,
    options: Arc<ServerOptions>,
    tokens: Option<HashSet<String>>,
    tls: Option<TlsAcceptor>,
    proxied: bool,
    deadline: Duration,
    drain: Duration,
    metrics: Option<PrometheusHandle>,
    established: TaskTracker,
    connections: TaskTracker,
    end: CancellationToken,
}

impl Server {
    /// Decides on a request whose origin is allowed already, so that no page of a foreign origin can try tokens (RFC
    /// 6750 §2.1). A lookup in a database would be here.
    fn decide(&self, request: &HandshakeRequest) -> Decision {
        let Some(tokens) = &self.tokens else { return Decision::Accept };
        let credentials = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        match credentials.and_then(|credentials| credentials.split_once(' ')) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && tokens.contains(token) => {
                Decision::Accept
            }
            _ => Decision::Reject(Rejection::unauthorized("Bearer")),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run(&Serving::parse()).await else { return ExitCode::SUCCESS };
    eprintln!("{error}");
    ExitCode::FAILURE
}

async fn run(arguments: &Serving) -> kit::Result {
    let (proxied, drain) = (arguments.proxy_protocol, Duration::from_secs(arguments.drain));
    let (options, deadline) = (arguments.common.options()?, arguments.common.deadline);
    let tokens = arguments.tokens.as_deref().map(read_tokens).transpose()?;
    let gate = Gate::new(GateOptions::new().total(10_000).deadline(deadline));
    let mut told = signal(SignalKind::terminate())?;
    let metrics = if arguments.metrics { Some(record()?) } else { None };
    let (listener, tls) = arguments.common.listen().await?;
    let (established, connections, end) = Default::default();
    let server = Arc::new(Server {
        gate,
        options,
        tokens,
        tls,
        proxied,
        deadline,
        drain,
        metrics,
        established,
        connections,
        end,
    });
    let mut end = pin!(async {
        told.recv().await;
        eprintln!("draining: {} established", server.established.len());
        server.gate.drain();
        server.gate.drained().await;
        server.established.close();
        // A client that is told has a second to answer.
        timeout(server.drain + Duration::from_secs(2), server.established.wait()).await.is_ok()
    });
    let in_time = loop {
        // While it drains, it listens: to turn away those that the balancer still sends.
        tokio::select! {
            in_time = &mut end => break in_time,
            (socket, peer) = kit::serving::accept(&listener, deadline) => {
                let to_connection = Arc::clone(&server);
                server.connections.spawn(async move {
                    let ended = connection(&to_connection, socket, peer).await;
                    let _ = ended.inspect_err(|error| kit::serving::log(peer, &**error));
                });
            }
        }
    };
    server.end.cancel();
    server.connections.close();
    let _ = timeout(Duration::from_secs(1), server.connections.wait()).await;
    eprintln!("drained{}", if in_time { "" } else { ", not all in time" });
    Ok(())
}

fn read_tokens(file: &Path) -> kit::Result<HashSet<String>> {
    let lines = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(lines.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// Records what happens to handshakes from now on.
fn record() -> kit::Result<PrometheusHandle> {
    let seconds = [0.001, 0.01, 0.1, 1.0, 10.0];
    let recorded = PrometheusBuilder::new().set_buckets(&seconds)?.install_recorder()?;
    metrics::describe();
    let upkeep = recorded.clone();
    tokio::spawn(async move {
        // Sorts the times that have been recorded into the buckets, whether anyone asks or not.
        loop {
            sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    Ok(recorded)
}

impl Server {
    /// The answer to plain HTTP.
    fn plain(&self, path: &str) -> Response<Bytes> {
        match &self.metrics {
            Some(metrics) if path == "/metrics" => {
                let mut response = Response::new(metrics.render().into());
                let kind = HeaderValue::from_static("text/plain; version=0.0.4");
                response.headers_mut().insert(CONTENT_TYPE, kind);
                response
            }
            _ => kit::plain(path, !self.gate.is_draining()),
        }
    }
}

async fn connection(server: &Arc<Server>, io: kit::serving::Socket, peer: SocketAddr) -> kit::Result {
    let mut io = ProxiedStream::unproxied(io);
    if server.proxied {
        let header = ProxiedStream::create_from_tokio(io.into_inner(), proxy_header::ParseConfig::default());
        io = timeout(server.deadline, header).await??;
    }
    let peer = io.proxy_header().proxied_address().map_or(peer, |address| address.source);
    let admitted = match server.gate.admit(io, peer.ip()) {
        Ok(admitted) => admitted,
        // With one too many, TLS is not even begun.
        Err(one_too_many) if server.tls.is_some() => return Err(one_too_many.why().into()),
        Err(one_too_many) => return Err(one_too_many.answer().await.into()),
    };
    let first_head = admitted.first_head();
    let io = match &server.tls {
        Some(tls) => Either::Left(tls.accept(admitted).await?),
        None => Either::Right(admitted),
    };
    let (to_echo, to_decide, to_answer) = (Arc::clone(server), Arc::clone(server), Arc::clone(server));
    let upgrades = UpgradeLayer::new(move |upgraded, request: HandshakeRequest| {
        eprintln!("{peer}: accepted over {:?}", request.version());
        let (server, established) = (Arc::clone(&to_echo), to_echo.established.clone());
        let end = async move {
            server.gate.draining().await;
            sleep(server.drain).await;
        };
        established.track_future(async move {
            let _ = kit::echo_until(upgraded, end).await.inspect_err(|error| eprintln!("{peer}: {error}"));
        })
    });
    let upgrades = upgrades.options(Arc::clone(&server.options)).when(|head| head.uri.path() == "/");
    let upgrades = upgrades.decide(move |request| ready(to_decide.decide(&request)));
    let http = service_fn(move |request: Request<Incoming>| {
        ready(Ok::<_, Infallible>(to_answer.plain(request.uri().path()).map(Full::new)))
    });
    let service = server.gate.layer().layer(upgrades.layer(http)).map_response(kit::watch);
    let asked = Arc::new(Notify::new());
    let asks = Arc::clone(&asked);
    let service = service.map_request(move |mut request: Request<Incoming>| {
        asks.notify_one();
        request.extensions_mut().insert(peer);
        request
    });
    // Nothing that is sent behind a refused upgrade is read as a request.
    let service = first_head.layer(RefusalLayer::new().layer(service));
    let http = kit::serving::http(server.deadline);
    let connection = http.serve_connection_with_upgrades(TokioIo::new(io), TowerToHyperService::new(service));
    kit::serving::drive(connection, &asked, server.deadline, server.end.cancelled()).await
}
