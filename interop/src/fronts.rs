//! The reverse proxies: their programs and configurations. Five of the configurations are those in `deploy`.

use crate::debian::Debian;
use crate::front::{Front, Program};

/// nginx. It has no extended CONNECT on either side. It runs as one process, so that killing it leaves none behind.
pub(crate) const NGINX: Front = Front {
    program: Program::Debian(Debian { program: "nginx", folder: None, packages: &["nginx-light"] }),
    says_version: "-v",
    arguments: &[
        "-p",
        "{folder}",
        "-e",
        "stderr",
        "-c",
        "{configuration}",
        "-g",
        "daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr warn;",
    ],
    environment: &[],
    configuration: ("nginx.conf", include_str!("../../deploy/nginx.conf")),
    over_http1: "",
    over_http2: None,
    ..Front::USUAL
};

/// `HAProxy`, over TLS as well. It may not share a port (`-dR`): if another program has taken the port, this must be
/// an error, so that it is started again at another port, and not get half of the connections.
pub(crate) const HAPROXY: Front = Front {
    program: Program::Debian(Debian { program: "haproxy", folder: None, packages: &["haproxy"] }),
    says_version: "-v",
    arguments: &["-db", "-dR", "-f", "{configuration}"],
    environment: &[],
    configuration: ("haproxy.cfg", include_str!("../../deploy/haproxy.cfg")),
    over_http1: "",
    over_http2: Some("proto h2 ws h2"),
    ..Front::USUAL
};

/// nghttpx.
pub(crate) const NGHTTPX: Front = Front {
    program: Program::Debian(Debian { program: "nghttpx", folder: None, packages: &["nghttp2-proxy"] }),
    says_version: "--version",
    arguments: &["--conf={configuration}"],
    environment: &[],
    configuration: ("nghttpx.conf", include_str!("../peers/nghttpx.conf")),
    over_http1: "",
    over_http2: Some(";;proto=h2"),
    ..Front::USUAL
};

/// lighttpd.
pub(crate) const LIGHTTPD: Front = Front {
    program: Program::Debian(Debian { program: "lighttpd", folder: None, packages: &["lighttpd"] }),
    says_version: "-v",
    arguments: &["-D", "-f", "{configuration}"],
    environment: &[],
    configuration: ("lighttpd.conf", include_str!("../peers/lighttpd.conf")),
    over_http1: "",
    over_http2: None,
    ..Front::USUAL
};

/// Apache, as one process, so that killing it leaves none behind.
pub(crate) const APACHE: Front = Front {
    program: Program::Debian(Debian {
        program: "apache2",
        folder: Some("/usr/lib/apache2/modules"),
        packages: &["apache2-bin"],
    }),
    says_version: "-v",
    arguments: &["-X", "-f", "{configuration}"],
    environment: &[],
    configuration: ("apache.conf", include_str!("../peers/apache.conf")),
    over_http1: "",
    over_http2: None,
    ..Front::USUAL
};

/// Envoy. It has no parent process that hands over to it, and several may run at a time.
pub(crate) const ENVOY: Front = Front {
    program: Program::Wheel("envoy"),
    says_version: "--version",
    arguments: &[
        "--config-path",
        "{configuration}",
        "--disable-hot-restart",
        "--concurrency",
        "1",
        "--log-level",
        "warn",
    ],
    environment: &[],
    configuration: ("envoy.yaml", include_str!("../../deploy/envoy.yaml")),
    over_http1: "http_protocol_options: {}",
    over_http2: Some("http2_protocol_options: { allow_connect: true }"),
    ..Front::USUAL
};

/// Envoy for HTTP/3: to servers, and also from clients.
pub(crate) const ENVOY_HTTP3: Front = Front {
    configuration: ("envoy-http3.yaml", include_str!("../../deploy/envoy-http3.yaml")),
    over_http2: None,
    over_http3: Some(""),
    ..ENVOY
};

/// Caddy, with the setting for extended CONNECT over HTTP/2, which Go disables by default.
pub(crate) const CADDY: Front = Front {
    program: Program::Wheel("caddy"),
    says_version: "version",
    arguments: &["run", "--adapter", "caddyfile", "--config", "{configuration}"],
    environment: &[("GODEBUG", "http2xconnect=1")],
    configuration: ("Caddyfile", include_str!("../../deploy/Caddyfile")),
    over_http1: "",
    over_http2: None,
    ..Front::USUAL
};
