//! Certificates that are made for one run.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, Error, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};

use crate::process::Process;
use crate::runtime::Runtime;
use crate::scratch::{Scratch, write};

/// Makes a self-signed certificate and its key, in one text.
pub(crate) fn with_key() -> Result<String, String> {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made =
        rcgen::generate_simple_self_signed(names).map_err(|error| format!("a certificate: {error}"))?;
    Ok(made.cert.pem() + &made.signing_key.serialize_pem())
}

/// Returns the certificate and key of all servers over HTTP/3. It is one for the whole run, since a proxy and a browser
/// must know it before they start.
pub(crate) fn of_http3() -> Result<&'static str, String> {
    static MADE: OnceLock<Result<String, String>> = OnceLock::new();
    MADE.get_or_init(with_key).as_deref().map_err(Clone::clone)
}

/// Returns the hash of its public key, in the form that Chromium takes.
pub(crate) fn key_of_http3() -> Result<&'static str, String> {
    static MADE: OnceLock<Result<String, String>> = OnceLock::new();
    let hash = || {
        let file = CertificateFile::new(of_http3()?)?;
        let mut script = Runtime::Python.command("public_key.py");
        let lines = Process::start(script.arg(file.path()), Instant::now() + PATIENCE)?.finish()?;
        Ok(lines.concat())
    };
    MADE.get_or_init(hash).as_deref().map_err(Clone::clone)
}

/// A certificate and its key in a file. Dropping it removes the file.
pub(crate) struct CertificateFile(Scratch);

impl CertificateFile {
    pub(crate) fn new(pem: &str) -> Result<Self, String> {
        let folder = Scratch::new().map_err(|error| format!("a folder: {error}"))?;
        let file = Self(folder);
        write(file.path(), pem)?;
        Ok(file)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("certificate.pem")
    }
}

/// The certificates that a server may show.
#[derive(Clone, Copy)]
pub(crate) enum Certificate {
    /// One of the authority, for names of this machine and one that only proxies know.
    Good,
    /// One for another name.
    OtherName,
    /// One that has expired.
    Expired,
    /// One that is not valid yet.
    TooEarly,
    /// One that is self-signed.
    SelfSigned,
}

/// A certificate authority that is trusted only where it is configured.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate.
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        Self::named(name).map_err(|error| format!("an authority: {error}"))
    }

    fn named(name: &str) -> Result<Self, Error> {
        let mut params = params(name, &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// Makes a certificate and its key, in one text.
    pub(crate) fn issue(&self, certificate: Certificate) -> Result<String, String> {
        self.made(certificate).map_err(|error| format!("a certificate: {error}"))
    }

    fn made(&self, certificate: Certificate) -> Result<String, Error> {
        let names: &[&str] = match certificate {
            Certificate::OtherName => &["other.test"],
            _ => &["localhost", "127.0.0.1", "::1", "proxy-only.test"],
        };
        let mut params = params("server of interop", names)?;
        match certificate {
            Certificate::Expired => {
                (params.not_before, params.not_after) =
                    (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
            }
            Certificate::TooEarly => params.not_before = date_time_ymd(2999, 1, 1),
            Certificate::Good | Certificate::OtherName | Certificate::SelfSigned => {}
        }
        let key = KeyPair::generate()?;
        let signed = match certificate {
            Certificate::SelfSigned => params.self_signed(&key)?,
            _ => params.signed_by(&key, &self.issuer)?,
        };
        Ok(signed.pem() + &key.serialize_pem())
    }
}

fn params(subject: &str, names: &[&str]) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, subject);
    Ok(params)
}

/// The time for a script that reads a certificate.
const PATIENCE: Duration = Duration::from_secs(30);
