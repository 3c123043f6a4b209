//! What the environment says about proxies, and how our client follows it. The variables are set only for the client.

use crate::trip::Expect::{Fails, Straight, Through};
use crate::trip::{Trip, WS, WSS};

/// The trips with a proxy for every host.
pub(crate) const TRIPS: &[Trip] = &[
    Trip::to("ws, HTTP_PROXY", WS, Through).with(&[("HTTP_PROXY", PROXY)]),
    Trip::to("wss, HTTP_PROXY", WSS, Straight).with(&[("HTTP_PROXY", PROXY)]),
    Trip::to("ws, http_proxy", WS, Through).with(&[("http_proxy", PROXY)]),
    Trip::to("ws, HTTPS_PROXY", WS, Straight).with(&[("HTTPS_PROXY", PROXY)]),
    Trip::to("wss, HTTPS_PROXY", WSS, Through).with(&[("HTTPS_PROXY", PROXY)]),
    Trip::to("wss, https_proxy", WSS, Through).with(&[("https_proxy", PROXY)]),
    Trip::to("ws, ALL_PROXY", WS, Through).with(&[("ALL_PROXY", PROXY)]),
    Trip::to("wss, ALL_PROXY", WSS, Through).with(&[("ALL_PROXY", PROXY)]),
    Trip::to("ws, HTTP_PROXY for a CGI script", WS, Straight)
        .with(&[("HTTP_PROXY", PROXY), ("REQUEST_METHOD", "GET")]),
    Trip::to("ws, NO_PROXY: its address", WS, Straight)
        .with(&[("HTTP_PROXY", PROXY), ("NO_PROXY", "other.test, 127.0.0.1")]),
    Trip::to("ws, NO_PROXY: another address", WS, Through)
        .with(&[("HTTP_PROXY", PROXY), ("NO_PROXY", "127.0.0.2")]),
    Trip::to("ws, NO_PROXY: its address and port", WS, Straight)
        .with(&[("HTTP_PROXY", PROXY), ("NO_PROXY", "127.0.0.1:{ws_port}")]),
    Trip::to("ws, NO_PROXY: its address and another port", WS, Through)
        .with(&[("HTTP_PROXY", PROXY), ("NO_PROXY", "127.0.0.1:{wss_port}")]),
    Trip::to("wss, NO_PROXY: its address and port", WSS, Straight)
        .with(&[("HTTPS_PROXY", PROXY), ("NO_PROXY", "127.0.0.1:{wss_port}")]),
    Trip::to("ws, no_proxy: its network", WS, Straight)
        .with(&[("ALL_PROXY", PROXY), ("no_proxy", "127.0.0.0/8")]),
    Trip::to("ws, NO_PROXY: everything", WS, Straight).with(&[("ALL_PROXY", PROXY), ("NO_PROXY", "*")]),
    Trip::to("ws, NO_PROXY: its name", NAMED, Straight)
        .with(&[("ALL_PROXY", PROXY), ("NO_PROXY", "localhost")]),
    Trip::to("ws, NO_PROXY: its name and port", NAMED, Straight)
        .with(&[("ALL_PROXY", PROXY), ("NO_PROXY", "localhost:{ws_port}")]),
    Trip::to("ws, NO_PROXY: its name and another port", NAMED, Through)
        .with(&[("ALL_PROXY", PROXY), ("NO_PROXY", "localhost:{wss_port}")]),
    Trip::to(
        "ws, ALL_PROXY: one that refuses",
        WS,
        Fails(&["the proxy http", "can't be reached: Connection refused"]),
    )
    .with(&[("ALL_PROXY", DEAD)]),
    Trip::to("ws, the same and --proxy", WS, Through).with(&[("ALL_PROXY", DEAD)]).by(PROXY),
];

const PROXY: &str = "http://{proxy}";
const DEAD: &str = "http://127.0.0.1:{dead_port}";

/// The server by its name.
const NAMED: &str = "ws://localhost:{ws_port}/";
