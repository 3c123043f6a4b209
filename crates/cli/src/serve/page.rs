//! The page at `/`: it opens a WebSocket to its own server and shows what was agreed, or why not.

/// Page, style and script.
const PAGE: &str = include_str!("page.html");

/// What the page may do: run what is in it, and connect to this server (<https://www.w3.org/TR/CSP3/>).
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
    connect-src 'self' ws: wss:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page of a server that supports these subprotocols.
pub(crate) fn page(subprotocols: &[String]) -> String {
    // A name of a subprotocol is a token, in which nothing means anything in a string of JavaScript.
    PAGE.replace("[/* supported */]", &format!("{subprotocols:?}"))
}
