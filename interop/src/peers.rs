//! The rows of the matrix: the peer at the other end, the proxy between, and the server of ours.

use crate::examples::Server;
use crate::fronts::{APACHE, CADDY, ENVOY, ENVOY_HTTP3, HAPROXY, LIGHTTPD, NGHTTPX, NGINX};
use crate::http::Http;
use crate::peer::{Parameters, Peer, Side};
use crate::runtime::Runtime;
use crate::skill::Skill;

/// All rows.
pub(crate) const PEERS: &[Peer] = &[
    // Over HTTP/1.1, to the driver itself.
    WS,
    UNDICI,
    WEBSOCKETS,
    AIOHTTP,
    GORILLA,
    PAGE,
    // Over HTTP/1.1, to servers on frameworks.
    WS.meets(Server::HyperEcho, Http::One),
    UNDICI.meets(Server::HyperEcho, Http::One),
    WEBSOCKETS.meets(Server::HyperEcho, Http::One),
    AIOHTTP.meets(Server::HyperEcho, Http::One),
    GORILLA.meets(Server::HyperEcho, Http::One),
    CHROMIUM.meets(Server::HyperEcho, Http::One),
    CHROMIUM.over_tls().meets(Server::HyperEcho, Http::One),
    FIREFOX.meets(Server::HyperEcho, Http::One),
    FIREFOX.over_tls().meets(Server::HyperEcho, Http::One),
    WS.meets(Server::AxumEcho, Http::One),
    UNDICI.meets(Server::AxumEcho, Http::One),
    WEBSOCKETS.meets(Server::AxumEcho, Http::One),
    AIOHTTP.meets(Server::AxumEcho, Http::One),
    GORILLA.meets(Server::AxumEcho, Http::One),
    WS.meets(Server::Serve, Http::One),
    // Over HTTP/2.
    H2.meets(Server::HyperEcho, Http::Two),
    H2.over_tls().meets(Server::HyperEcho, Http::Two),
    H2.meets(Server::AxumEcho, Http::Two),
    H2.over_tls().meets(Server::Serve, Http::Two),
    CHROMIUM.over_http2().meets(Server::HyperEcho, Http::Two),
    CHROMIUM.over_http2().meets(Server::AxumEcho, Http::Two),
    FIREFOX.over_http2().meets(Server::HyperEcho, Http::Two),
    FIREFOX.over_http2().meets(Server::AxumEcho, Http::Two),
    // Our client over HTTP/2, to a server.
    HYPERCORN,
    HYPERCORN.asked_over_http2(),
    HYPERCORN.asked_over_http2().over_tls(),
    // Our client over HTTP/2, to a proxy that speaks HTTP/1.1 to the server.
    WS.behind(&HAPROXY).asked_over_http2(),
    WS.behind(&HAPROXY).asked_over_http2().over_tls(),
    WS.behind(&NGHTTPX).asked_over_http2(),
    WS.behind(&LIGHTTPD).asked_over_http2(),
    WS.behind(&APACHE).asked_over_http2(),
    WS.behind(&CADDY).asked_over_http2(),
    WS.behind(&CADDY).asked_over_http2().over_tls(),
    // Our client over HTTP/2, to a proxy that speaks HTTP/2 to the server. Over HTTP/1.1 it would have no key to send.
    HYPERCORN.behind(&ENVOY).reached_over_http2().asked_over_http2(),
    HYPERCORN.behind(&ENVOY).reached_over_http2().asked_over_http2().over_tls(),
    // Our client over HTTP/2, to a proxy that has HTTP/2, but no WebSockets over it.
    WS.behind(&NGINX).asked_over_http2().over_tls().which_falls_back(),
    // Behind a proxy, over HTTP/1.1 on both sides.
    WS.behind(&NGINX).before(Server::Serve),
    WS.behind(&HAPROXY).before(Server::Serve),
    WS.behind(&CADDY).before(Server::Serve),
    WS.behind(&ENVOY).before(Server::Serve),
    CHROMIUM.over_tls().behind(&NGINX).before(Server::HyperEcho),
    // Behind a proxy that accepts HTTP/2 and speaks HTTP/1.1 to us.
    H2.behind(&HAPROXY).before(Server::Serve),
    H2.behind(&NGHTTPX),
    H2.behind(&LIGHTTPD),
    H2.behind(&APACHE),
    H2.behind(&CADDY).before(Server::Serve),
    H2.over_tls().behind(&CADDY).before(Server::Serve),
    H2.behind(&ENVOY).without_key().meets(Server::HyperEcho, Http::One),
    H2.over_tls().behind(&ENVOY).without_key().before(Server::Serve),
    CHROMIUM.over_http2().behind(&HAPROXY).before(Server::HyperEcho),
    // Behind a proxy that accepts HTTP/1.1 and speaks HTTP/2 to us.
    WS.behind(&HAPROXY).meets(Server::HyperEcho, Http::Two),
    WS.behind(&NGHTTPX).meets(Server::HyperEcho, Http::Two),
    WS.behind(&ENVOY).meets(Server::HyperEcho, Http::Two),
    // Behind a proxy, over HTTP/2 on both sides.
    H2.behind(&HAPROXY).meets(Server::HyperEcho, Http::Two),
    H2.behind(&NGHTTPX).meets(Server::HyperEcho, Http::Two),
    H2.behind(&ENVOY).meets(Server::HyperEcho, Http::Two),
    // Over HTTP/3.
    AIOQUIC.meets(Server::H3Echo, Http::Three),
    CHROMIUM.over_http3().meets(Server::H3Echo, Http::Three),
    // Our client over HTTP/3, to servers.
    AIOQUIC.asked_over_http3(),
    HYPERCORN.asked_over_http3().reached_over_http3().with_fewest_parameters(),
    // Our client over HTTP/3, to proxies.
    AIOQUIC.behind(&ENVOY_HTTP3).asked_over_http3().with_fewest_parameters(),
    WS.behind(&CADDY).asked_over_http3().with_fewest_parameters(),
    // Behind a proxy that speaks HTTP/3 to us.
    WS.behind(&ENVOY_HTTP3).meets(Server::H3Echo, Http::Three).with_fewest_parameters(),
    AIOQUIC.behind(&ENVOY_HTTP3).meets(Server::H3Echo, Http::Three).with_fewest_parameters(),
    // Behind a proxy that accepts HTTP/3 and speaks HTTP/1.1 to us.
    AIOQUIC.behind(&CADDY).meets(Server::HyperEcho, Http::One).with_fewest_parameters(),
];

const WS: Peer = Peer {
    name: "ws",
    runtime: Runtime::Node,
    server: Some(Side { script: "ws-server.mjs", lacks: &[] }),
    client: Some(Side { script: "ws-client.mjs", lacks: &[] }),
    http: Http::One,
    tls: false,
    falls_back: false,
    front: None,
    ours: Server::Echo,
    reaches: Http::One,
    sends_key: true,
    parameters: Parameters::All,
};

const UNDICI: Peer = Peer {
    name: "undici",
    server: None,
    // Its offer can't be changed, and it does not compress what it sends.
    client: Some(Side {
        script: "undici-client.mjs",
        lacks: &[
            Skill::NoOffer,
            Skill::ServerWindow,
            Skill::ClientWindow,
            Skill::NoServerContext,
            Skill::NoClientContext,
            Skill::Compression,
        ],
    }),
    ..WS
};

const WEBSOCKETS: Peer = Peer {
    name: "websockets",
    runtime: Runtime::Python,
    server: Some(Side { script: "websockets-server.py", lacks: &[] }),
    client: Some(Side { script: "websockets-client.py", lacks: &[] }),
    ..WS
};

const AIOHTTP: Peer = Peer {
    name: "aiohttp",
    runtime: Runtime::Python,
    // It does not answer parameters for the client's side.
    server: Some(Side { script: "aiohttp-server.py", lacks: &[Skill::ClientWindow, Skill::NoClientContext] }),
    client: Some(Side {
        script: "aiohttp-client.py",
        lacks: &[Skill::ClientWindow, Skill::NoServerContext, Skill::NoClientContext],
    }),
    ..WS
};

const GORILLA: Peer = Peer {
    name: "gorilla",
    runtime: Runtime::Go,
    server: Some(Side { script: "gorilla.go", lacks: &[Skill::ServerWindow, Skill::ClientWindow] }),
    client: Some(Side { script: "gorilla.go", lacks: &[Skill::ServerWindow, Skill::ClientWindow] }),
    ..WS
};

/// It always offers permessage-deflate without changes, and over HTTP/3 it fails at the end of a stream.
const HYPERCORN: Peer = Peer {
    name: "hypercorn",
    runtime: Runtime::Python,
    server: Some(Side { script: "hypercorn-server.py", lacks: &[Skill::NoDeflate, Skill::Goodbye] }),
    client: None,
    ..WS
};

/// A client for RFC 8441.
const H2: Peer = Peer {
    name: "h2",
    runtime: Runtime::Python,
    server: None,
    client: Some(Side { script: "h2-client.py", lacks: &[] }),
    http: Http::Two,
    ..WS
};

/// Both sides of RFC 9220.
const AIOQUIC: Peer = Peer {
    name: "aioquic",
    runtime: Runtime::Python,
    server: Some(Side { script: "aioquic-server.py", lacks: &[] }),
    client: Some(Side { script: "aioquic-client.py", lacks: &[] }),
    http: Http::Three,
    tls: true,
    reaches: Http::Three,
    ..WS
};

/// Chromium with a page of ours.
const PAGE: Peer = Peer {
    name: "chromium",
    runtime: Runtime::Page,
    server: None,
    client: Some(Side { script: "browser.html", lacks: BROWSERS_LACK }),
    ..WS
};

/// Chromium with the page of the server.
const CHROMIUM: Peer = Peer {
    name: "chromium",
    runtime: Runtime::Chromium,
    server: None,
    client: Some(Side { script: "browser-client.py", lacks: BROWSERS_LACK }),
    ..WS
};

/// Firefox with the page of the server.
const FIREFOX: Peer = Peer {
    name: "firefox",
    runtime: Runtime::Firefox,
    client: Some(Side { script: "browser-client.py", lacks: FIREFOX_LACKS }),
    ..CHROMIUM
};

/// A page can't choose the offer.
const BROWSERS_LACK: &[Skill] = &[
    Skill::NoOffer,
    Skill::ServerWindow,
    Skill::ClientWindow,
    Skill::NoServerContext,
    Skill::NoClientContext,
];

const FIREFOX_LACKS: &[Skill] = &[
    Skill::NoOffer,
    Skill::ServerWindow,
    Skill::ClientWindow,
    Skill::NoServerContext,
    Skill::NoClientContext,
    Skill::NoneChosen,
];
