//! The name that a server's certificate has to be for.

use ::rustls::pki_types::ServerName;

use super::unusable::Unusable;
use crate::options::OptionsError;

/// The host as rustls takes it; the brackets around an IPv6 address are the URI's.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, Unusable> {
    parse_name(host).ok_or_else(|| {
        Unusable::contradiction(&OptionsError::tls(format!(
            "no certificate can be for the host {host:?}: it is neither a DNS name nor an address; \
             say another with server_name"
        )))
    })
}

pub(super) fn parse_name(name: &str) -> Option<ServerName<'static>> {
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    match ServerName::try_from(address.unwrap_or(name).to_owned()) {
        Ok(ServerName::DnsName(_)) if address.is_some() => None,
        name => name.ok(),
    }
}
