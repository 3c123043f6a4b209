//! TLS: a self-signed certificate made on the spot, or the user's own from files.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::exit::Exit;
use crate::failure::Failure;

/// A chain of certificates with its key.
type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// A certificate for the loopback names and this host, written into a file if one is named.
pub(crate) fn self_signed(host: &str, save: Option<&Path>) -> Result<Identity, Failure> {
    let mut names = vec![String::from("localhost"), String::from("127.0.0.1"), String::from("::1")];
    let host = host.trim_start_matches('[').trim_end_matches(']');
    // A server that listens on all addresses has no name of its own.
    if !names.iter().any(|name| name == host) && !host.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified()) {
        names.push(host.to_owned());
    }
    let local = |error: rcgen::Error| Failure::new(Exit::Local, format_args!("no certificate: {error}"));
    let certified = rcgen::generate_simple_self_signed(names).map_err(local)?;
    if let Some(path) = save {
        fs::write(path, certified.cert.pem()).map_err(|error| Failure::file(path, &error))?;
    }
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der());
    let key = key.map_err(|error| Failure::new(Exit::Local, error))?;
    Ok((vec![certified.cert.der().clone()], key))
}

/// The certificates and the key of two files in PEM.
pub(crate) fn from_files(cert: &Path, key: &Path) -> Result<Identity, Failure> {
    let read = |path: &Path| fs::read(path).map_err(|error| Failure::file(path, &error));
    let (certs, keys) = (read(cert)?, read(key)?);
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&certs).collect();
    let pem = "expected PEM, which begins with -----BEGIN";
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| {
        Failure::usage(format_args!("{}: there is no certificate in this file", cert.display())).hint(pem)
    })?;
    let key = PrivateKeyDer::from_pem_slice(&keys).map_err(|_| {
        Failure::usage(format_args!("{}: there is no private key in this file", key.display())).hint(pem)
    })?;
    Ok((chain, key))
}

/// TLS with this identity, which offers these protocols by ALPN (RFC 7301).
pub(crate) fn acceptor((chain, key): Identity, protocols: &[&str]) -> Result<TlsAcceptor, Failure> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => Failure::usage("the key does not fit the certificate")
            .hint("--key has to be the key of the first certificate of --cert"),
        _ => Failure::usage(format_args!("the certificate or its key can't be used: {error}")),
    })?;
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(TlsAcceptor::from(Arc::new(config)))
}
