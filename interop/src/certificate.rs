//! A certificate for proxies that take TLS.

/// A new certificate and its key, in one text. Nobody knows who has signed it.
pub(crate) fn with_key() -> Result<String, String> {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made =
        rcgen::generate_simple_self_signed(names).map_err(|error| format!("a certificate: {error}"))?;
    Ok(made.cert.pem() + &made.signing_key.serialize_pem())
}
