//! What all pages share: the frame, the style, the script.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::SupportedCipherSuite;
use rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;

use super::text::{Escaped, text};
use crate::report::summary::SEVERITIES;

/// Returns a whole page. The body is markup.
pub(super) fn page(title: &str, body: &str) -> String {
    let title = text(title);
    let script = sha256(SCRIPT);
    format!(
        "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action 'none'; \
style-src 'unsafe-inline'; script-src 'sha256-{script}'\">
<title>{title}</title>
<style>
{STYLE}</style>
</head>
<body>
{body}<script>{SCRIPT}</script>
</body>
</html>
"
    )
}

/// The button that chooses between light and dark. The script shows it.
pub(super) const THEME: &str = "<button type=\"button\" id=\"theme\" hidden>Theme: auto</button>\n";

/// Writes the filters. The script shows them.
///
/// Results have a name for the script, one for people, and the first one is chosen at first.
pub(super) fn filters(page: &mut String, results: &[(&str, &str)]) {
    page.push_str(
        "<form id=\"filters\" class=\"filters\" hidden>
<label><input type=\"search\" name=\"text\" placeholder=\"Text or id\" aria-label=\"Text or id\"></label>
<select name=\"severity\" aria-label=\"Severity\"><option value=\"\">any severity</option>",
    );
    for severity in SEVERITIES {
        let _ = write!(page, "<option>{severity}</option>");
    }
    page.push_str("</select>\n<select name=\"result\" aria-label=\"Result\">");
    for (value, shown) in results {
        let _ = write!(page, "<option value=\"{}\">{}</option>", Escaped(value), Escaped(shown));
    }
    page.push_str("</select>\n<output></output>\n</form>\n");
}

/// Returns the digest that allows the script to run, and no other: not one of a peer either, if it got into the page.
fn sha256(script: &str) -> String {
    let SupportedCipherSuite::Tls13(suite) = TLS13_AES_128_GCM_SHA256 else { return String::new() };
    STANDARD.encode(suite.common.hash_provider.hash(script.as_bytes()))
}

const STYLE: &str = include_str!("style.css");

const SCRIPT: &str = include_str!("page.js");

#[cfg(test)]
mod tests {
    use super::sha256;

    #[test]
    fn the_digest_is_sha256() {
        assert_eq!(sha256("abc"), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }
}
