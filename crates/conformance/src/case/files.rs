//! The files of `cases/`. Each is a group of cases.

/// A file: its name, and its text.
pub(super) type File = (&'static str, &'static str);

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../cases/", $name, ".toml")))),*]
    };
}

/// Cases for servers over HTTP/1.1.
pub(super) const SERVER: &[File] = files![
    "server_request_line",
    "server_target",
    "server_fields",
    "server_host",
    "server_upgrade",
    "server_key",
    "server_version",
    "server_framing",
    "server_origin",
    "server_subprotocol",
    "server_extensions",
    "server_deflate",
    "server_deflate_declined",
    "server_deflate_window",
    "server_deflate_fallback",
    "server_delivery",
    "server_limits",
    "server_refusal",
];

/// Cases for clients over HTTP/1.1.
pub(super) const CLIENT: &[File] = files![
    "client_status_line",
    "client_upgrade",
    "client_accept",
    "client_fields",
    "client_subprotocol",
    "client_extension",
    "client_deflate",
    "client_deflate_window",
    "client_interim",
    "client_refusal",
    "client_refusal_body",
    "client_delivery",
    "client_ending",
    "client_limits",
    "client_request",
    "client_request_target",
    "client_tls",
];

/// Cases for servers over HTTP/2.
pub(super) const HTTP2_SERVER: &[File] = files![
    "http2_server_pseudo",
    "http2_server_fields",
    "http2_server_handshake",
    "http2_server_deflate",
    "http2_server_framing",
    "http2_server_settings",
    "http2_server_streams",
];

/// Cases for clients over HTTP/2.
pub(super) const HTTP2_CLIENT: &[File] = files![
    "http2_client_request",
    "http2_client_settings",
    "http2_client_response",
    "http2_client_agreed",
    "http2_client_streams",
];
