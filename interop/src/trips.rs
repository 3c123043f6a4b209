//! The requests of our client in the network, and their expected results.

use crate::certificate::Certificate;
use crate::environment;
use crate::forward::{
    self, DANTE, MICROSOCKS, MICROSOCKS_WITH_PASSWORD, SQUID, TINYPROXY, TINYPROXY_WITH_PASSWORD,
};
use crate::fronts::{APACHE, CADDY, ENVOY, HAPROXY, LIGHTTPD, NGHTTPX, NGINX};
use crate::http::Http;
use crate::network::{Meets, Route};
use crate::trip::{Expect, Trip, WS, WSS};

use Expect::{Fails, Straight, StraightOverHttp2, StraightOverHttp3, Through, ThroughOverHttp2};

/// All routes.
pub(crate) const ROUTES: &[Route] = &[
    Route {
        meets: Meets::Proxy(&SQUID),
        trips: &[
            Trip::to("ws", WS, Through).by("http://{open_proxy}"),
            Trip::to("wss", WSS, Through).by("http://{open_proxy}"),
            Trip::to("wss over HTTP/2", WSS, ThroughOverHttp2).by("http://{open_proxy}").over_http2(),
            Trip::to("ws, a name that only the proxy knows", FAR_WS, Through).by("http://{open_proxy}"),
            Trip::to("wss, a name that only the proxy knows", FAR_WSS, Through).by("http://{open_proxy}"),
            Trip::to("a port that it forbids", FORBIDDEN, Fails(&[SAID, "403", PAGE]))
                .by("http://{open_proxy}"),
            Trip::to("ws, the password", WS, Through).by("http://alice:open-sesame@{proxy}"),
            Trip::to("wss, the password", WSS, Through).by("http://alice:open-sesame@{proxy}"),
            Trip::to("a wrong password", WS, Fails(&[SAID, "407", PAGE])).by("http://alice:sesame@{proxy}"),
            Trip::to("no password", WS, Fails(&[SAID, "407", PAGE])).by("http://{proxy}"),
        ],
    },
    Route {
        meets: Meets::Proxy(&TINYPROXY),
        trips: &[
            Trip::to("ws", WS, Through).by("http://{proxy}"),
            Trip::to("wss", WSS, Through).by("http://{proxy}"),
            Trip::to("a port that it forbids", FORBIDDEN, Fails(&[SAID, "403", PAGE])).by("http://{proxy}"),
        ],
    },
    Route {
        meets: Meets::Proxy(&TINYPROXY_WITH_PASSWORD),
        trips: &[
            Trip::to("ws, the password", WS, Through).by("http://alice:open-sesame@{proxy}"),
            Trip::to("wss, the password", WSS, Through).by("http://alice:open-sesame@{proxy}"),
            // This is the proxy's status for a wrong password.
            Trip::to("a wrong password", WS, Fails(&[SAID, "401", PAGE])).by("http://alice:sesame@{proxy}"),
            Trip::to("no password", WS, Fails(&[SAID, "407", PAGE])).by("http://{proxy}"),
        ],
    },
    Route {
        meets: Meets::TlsProxy(&TINYPROXY_WITH_PASSWORD),
        trips: &[
            Trip::to("ws, the password", WS, Through).by("https://alice:open-sesame@{proxy}"),
            Trip::to("wss, the password", WSS, Through).by("https://alice:open-sesame@{proxy}"),
            Trip::to("wss over HTTP/2", WSS, ThroughOverHttp2)
                .by("https://alice:open-sesame@{proxy}")
                .over_http2(),
            Trip::to("no password", WS, Fails(&[SAID, "407", PAGE])).by("https://{proxy}"),
            Trip::to("a certificate of the proxy which it does not trust", WS, Fails(PROXY_UNTRUSTED))
                .by("https://alice:open-sesame@{proxy}")
                .trusting(None),
        ],
    },
    Route {
        meets: Meets::Proxy(&DANTE),
        trips: &[
            Trip::to("ws", WS, Through).by("socks5h://{open_proxy}"),
            Trip::to("wss", WSS, Through).by("socks5h://{open_proxy}"),
            Trip::to("wss over HTTP/2", WSS, ThroughOverHttp2).by("socks5h://{open_proxy}").over_http2(),
            Trip::to("ws, a name that only the proxy knows", FAR_WS, Through).by("socks5h://{open_proxy}"),
            Trip::to("wss, a name that only the proxy knows", FAR_WSS, Through).by("socks5://{open_proxy}"),
            Trip::to("a port that it forbids", FORBIDDEN, Fails(NOT_ALLOWED)).by("socks5h://{open_proxy}"),
            Trip::to("the password", WS, Through).by("socks5h://alice:open-sesame@{proxy}"),
            Trip::to("a wrong password", WS, Fails(WRONG_PASSWORD)).by("socks5h://alice:sesame@{proxy}"),
            Trip::to("no password", WS, Fails(&[NO_WAY])).by("socks5h://{proxy}"),
            // It accepts SOCKS 4, which is SOCKS 4a without names.
            Trip::to("ws, SOCKS 4", WS, Through).by("socks4://{open_proxy}"),
            Trip::to("wss, SOCKS 4", WSS, Through).by("socks4a://{open_proxy}"),
            Trip::to("SOCKS 4, a forbidden port", FORBIDDEN, Fails(&[NO_WAY])).by("socks4a://{open_proxy}"),
        ],
    },
    Route {
        meets: Meets::Proxy(&MICROSOCKS),
        trips: &[
            Trip::to("ws", WS, Through).by("socks5h://{proxy}"),
            Trip::to("wss", WSS, Through).by("socks5h://{proxy}"),
            Trip::to("ws, a name that only the proxy knows", FAR_WS, Through).by("socks5h://{proxy}"),
            Trip::to("wss, a name that only the proxy knows", FAR_WSS, Through).by("socks5://{proxy}"),
            Trip::to("a server that refuses", DEAD, Fails(&[NO_WAY, "connection refused"]))
                .by("socks5h://{proxy}"),
            Trip::to("a proxy that refuses", WS, Fails(&["can't be reached: Connection refused"]))
                .by("socks5h://127.0.0.1:{dead_port}"),
            Trip::to("ws, ALL_PROXY", WS, Through).with(&[("ALL_PROXY", "socks5h://{proxy}")]),
            Trip::to("wss, all_proxy", WSS, Through).with(&[("all_proxy", "socks5h://{proxy}")]),
        ],
    },
    Route {
        meets: Meets::Proxy(&MICROSOCKS_WITH_PASSWORD),
        trips: &[
            Trip::to("ws, the password", WS, Through).by("socks5h://alice:open-sesame@{proxy}"),
            Trip::to("wss, the password", WSS, Through).by("socks5h://alice:open-sesame@{proxy}"),
            Trip::to("a wrong password", WS, Fails(WRONG_PASSWORD)).by("socks5h://alice:sesame@{proxy}"),
            Trip::to("no password", WS, Fails(&[NO_WAY])).by("socks5h://{proxy}"),
        ],
    },
    Route { meets: Meets::Proxy(&TINYPROXY), trips: environment::TRIPS },
    Route {
        meets: Meets::Certificate("of an authority", Certificate::Good),
        trips: &[
            Trip::to("which it is told to trust", HERE, Straight),
            Trip::to("when it trusts another one", HERE, Fails(UNKNOWN_ISSUER)).trusting(Some("{other_ca}")),
            Trip::to("which it knows nothing of", HERE, Fails(UNKNOWN_ISSUER)).trusting(None),
            Trip::to("whatever it is", HERE, Straight).insecure(),
        ],
    },
    Route {
        meets: Meets::Certificate("for another name", Certificate::OtherName),
        trips: &[
            Trip::to("which it does not ask for", HERE, Fails(&[BAD, "\"localhost\"", "other.test"])),
            Trip::to("nor for the address", HERE_4, Fails(&[BAD, "127.0.0.1", "other.test"])),
            Trip::to("whatever it is", HERE, Straight).insecure(),
        ],
    },
    Route {
        meets: Meets::Certificate("that has expired", Certificate::Expired),
        trips: &[
            Trip::to("from an authority that it trusts", HERE, Fails(&[BAD, "has expired on", "2021"])),
            Trip::to("whatever it is", HERE, Straight).insecure(),
        ],
    },
    Route {
        meets: Meets::Certificate("that is not valid yet", Certificate::TooEarly),
        trips: &[
            Trip::to("from an authority that it trusts", HERE, Fails(&[BAD, "not valid before", "2999"])),
            Trip::to("whatever it is", HERE, Straight).insecure(),
        ],
    },
    Route {
        meets: Meets::Certificate("that is self-signed", Certificate::SelfSigned),
        trips: &[
            Trip::to("which it is told to trust", HERE, Straight).trusting(Some("{itself}")),
            Trip::to("which it knows nothing of", HERE, Fails(&[BAD, "self-signed"])).trusting(None),
            Trip::to("whatever it is", HERE, Straight).insecure(),
        ],
    },
    Route {
        meets: Meets::Addresses,
        trips: &[
            Trip::to("an address of IPv6", "ws://[::1]:{port_6}/", Straight).with(NAMES),
            Trip::to("an address of IPv4", "ws://127.0.0.1:{port_4}/", Straight).with(NAMES),
            Trip::to("a name with IPv6 alone", "ws://six.test:{port_6}/", Straight).with(NAMES),
            Trip::to("a name with IPv4 alone", "ws://four.test:{port_4}/", Straight).with(NAMES),
            Trip::to("a name with both, IPv4 refuses", "ws://both.test:{port_6}/", Straight).with(NAMES),
            Trip::to("a name with both, IPv6 refuses", "ws://both.test:{port_4}/", Straight).with(NAMES),
            Trip::to("a name with both, IPv4 is silent", "ws://both.test:{port_6_else_silent}/", Straight)
                .with(NAMES),
            Trip::to("a name with both, IPv6 is silent", "ws://both.test:{port_4_else_silent}/", Straight)
                .with(NAMES),
            Trip::to(
                "a name with the dead one alone",
                "ws://four.test:{port_6}/",
                Fails(&["could not connect"]),
            )
            .with(NAMES),
        ],
    },
    Route {
        meets: Meets::Ours,
        trips: &[
            Trip::to("ws over HTTP/2, by prior knowledge", WS, StraightOverHttp2).over_http2(),
            Trip::to("wss over HTTP/2, by ALPN", OWN_TLS, StraightOverHttp2).over_http2().insecure(),
            Trip::to("wss over HTTP/3, where there is none", OWN_TLS, StraightOverHttp2)
                .over_http3()
                .insecure(),
        ],
    },
    Route { meets: Meets::Front(&HAPROXY, Http::One), trips: BOTH },
    Route { meets: Meets::Front(&HAPROXY, Http::Two), trips: BOTH },
    Route { meets: Meets::Front(&NGHTTPX, Http::One), trips: CLEAR },
    Route { meets: Meets::Front(&NGHTTPX, Http::Two), trips: CLEAR },
    Route { meets: Meets::Front(&LIGHTTPD, Http::One), trips: CLEAR },
    Route { meets: Meets::Front(&APACHE, Http::One), trips: CLEAR },
    Route {
        meets: Meets::Front(&CADDY, Http::One),
        trips: &[
            Trip::to("ws over HTTP/2, by prior knowledge", CLEAR_HERE, StraightOverHttp2).over_http2(),
            Trip::to("wss over HTTP/2, by ALPN", HERE, StraightOverHttp2).over_http2(),
            Trip::to("wss over HTTP/3", HERE, StraightOverHttp3).over_http3(),
            Trip::to("wss over HTTP/3, when it trusts another one", HERE, Fails(UNKNOWN_ISSUER))
                .over_http3()
                .trusting(Some("{other_ca}")),
        ],
    },
    Route { meets: Meets::Front(&ENVOY, Http::Two), trips: BOTH },
    Route {
        meets: Meets::Front(&NGINX, Http::One),
        trips: &[
            Trip::to("wss over HTTP/2, where there is none for WebSockets", HERE, Straight).over_http2(),
            Trip::to("wss over HTTP/3, where there is neither", HERE, Straight).over_http3(),
            // The client assumes HTTP/2, and the server does not speak it.
            Trip::to("ws over HTTP/2, where there is none", CLEAR_HERE, Fails(&["HTTP/2"])).over_http2(),
        ],
    },
];

/// Over HTTP/2, in clear text and over TLS.
const BOTH: &[Trip] = &[
    Trip::to("ws over HTTP/2, by prior knowledge", CLEAR_HERE, StraightOverHttp2).over_http2(),
    Trip::to("wss over HTTP/2, by ALPN", HERE, StraightOverHttp2).over_http2(),
];

/// The same without TLS.
const CLEAR: &[Trip] =
    &[Trip::to("ws over HTTP/2, by prior knowledge", CLEAR_HERE, StraightOverHttp2).over_http2()];

/// The URLs of an address without a server, and of a server that the proxies must not allow.
const DEAD: &str = "ws://127.0.0.1:{dead_port}/";
const FORBIDDEN: &str = "ws://127.0.0.1:{forbidden_port}/";

/// Our own server over TLS, which makes its certificate itself.
const OWN_TLS: &str = "wss://127.0.0.1:{own_tls_port}/";

/// A name that only proxies know.
const FAR_WS: &str = "ws://proxy-only.test:{ws_port}/";
const FAR_WSS: &str = "wss://proxy-only.test:{wss_port}/";

/// The server of the route, or the proxy before it.
const CLEAR_HERE: &str = "ws://127.0.0.1:{clear_port}/";
const HERE: &str = "wss://localhost:{port}/";
const HERE_4: &str = "wss://127.0.0.1:{port}/";

/// With these variables, names are looked up in the file of the addresses.
const NAMES: &[(&str, &str)] = &[forward::PRELOADED, forward::NAMES];

/// How our client reports a proxy's answer, and the start of the page in that answer.
const SAID: &str = "the proxy refused with status ";
const PAGE: &str = "<!DOCTYPE html";

/// How our client reports a proxy's certificate.
const PROXY_UNTRUSTED: &[&str] = &["no way through the proxy", "issued by CN=authority of interop"];

/// How our client reports a failure of a proxy without a status.
const NO_WAY: &str = "no way through the proxy: SOCKS error: ";
const NOT_ALLOWED: &[&str] = &[NO_WAY, "connection not allowed"];
const WRONG_PASSWORD: &[&str] = &[NO_WAY, "credentials not accepted"];

/// How our client reports a server's certificate.
const BAD: &str = "TLS handshake failed: the server's certificate (CN=server of interop)";
const UNKNOWN_ISSUER: &[&str] = &[BAD, "issued by CN=authority of interop"];
