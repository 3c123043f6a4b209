//! The origins that a server accepts.

use std::net::IpAddr;

use ipnet::IpNet;
use websocket_upgrade_proto as proto;

use proto::origin::{OriginError, OriginPolicy};
use proto::server::Request;

use super::forwarded::Forwarded;
use crate::options::OptionsError;

/// Which origins a server accepts (RFC 6455 §10.2): the same origin, those of a list, or both.
///
/// Browsers let every page open a WebSocket to every server, and send cookies along; the origin is what tells a
/// server's own pages from others. A request without `Origin` is not a browser's, and is accepted.
///
/// The same origin alone does not protect from DNS rebinding: a page that was loaded from a name of its author's,
/// which leads to this server's address since, is of the same origin as its request. What does is to name the
/// authorities that the server answers for: [`ServerOptions::authorities`](crate::ServerOptions::authorities).
///
/// ```
/// use websocket_upgrade::{Origins, ServerOptions};
/// // A proxy at 10.0.0.1 rewrites `Host`, and says in `Forwarded` what the request was sent to.
/// let origins = Origins::same().trusted_proxy("10.0.0.1")?.allow("https://*.example.com")?;
/// let options = ServerOptions::new().origins(origins);
/// # Ok::<(), websocket_upgrade::OptionsError>(())
/// ```
///
/// # Behind a proxy
///
/// The same origin is compared with what the request was sent to: the authority of `Host` or `:authority`. A proxy
/// that passes `Host` on needs nothing. For one that rewrites it there are two ways: name the origins under which the
/// service is known ([`Origins::allow`]), or trust the proxy ([`Origins::trusted_proxy`]) to say which host and scheme
/// it was asked for:
///
/// - `host` and `proto` of `Forwarded` (RFC 7239 §5.3, §5.4), or `X-Forwarded-Host` and `X-Forwarded-Proto`; where
///   both kinds say something and not the same, neither counts.
/// - Of several members the last one of the last line counts, the one that the peer itself has added (RFC 7239 §4);
///   those before it may be anyone's (§8.1). Where a chain of proxies rewrites `Host`, each has to hand on what it was
///   asked for.
/// - `Forwarded` that breaks the grammar of RFC 7239 §4 in that line does not count at all. `proto` may be `ws` or
///   `wss`.
/// - What does not count, or is not said, leaves `Host` and [`Origins::secure`] as they are.
///
/// From any other peer none of these fields is read. The peer is the connection's other end: what
/// `gate::Gate::accept` or [`ServerOptions::peer`](crate::ServerOptions::peer) say, or what an
/// HTTP server has put into the request's extensions.
#[derive(Clone, Debug)]
pub struct Origins {
    same: bool,
    any: bool,
    /// Separated by spaces.
    listed: String,
    secure: Option<bool>,
    proxies: Vec<IpNet>,
}

impl Origins {
    /// The same origin: the scheme, host and port that the request was sent to.
    #[must_use]
    pub fn same() -> Self {
        Self { same: true, any: false, listed: String::new(), secure: None, proxies: Vec::new() }
    }

    /// None but those that are added.
    #[must_use]
    pub fn listed() -> Self {
        Self { same: false, ..Self::same() }
    }

    /// Every origin: any web page can connect in the name of its visitors, with their cookies.
    #[must_use]
    pub fn danger_any() -> Self {
        Self { any: true, ..Self::same() }
    }

    /// Accepts this one too: `https://example.com`, a pattern such as `https://*.example.com` (any host below
    /// `example.com`), `https://example.com:*` (any port) or `moz-extension://*` (any host of a scheme that is not the
    /// web's, such as those of extensions, which differ in every installation), `file://`, or `null`, which every
    /// sandboxed page can have.
    ///
    /// # Errors
    ///
    /// If it is neither a serialised origin (RFC 6454 §6.2) nor such a pattern.
    pub fn allow(mut self, origin: &str) -> Result<Self, OptionsError> {
        OriginError::check(origin)?;
        if !self.listed.is_empty() {
            self.listed.push(' ');
        }
        self.listed.push_str(origin);
        Ok(self)
    }

    /// Whether clients come over TLS: then the same origin must be `https`, otherwise `http`. Where it is not said, as
    /// behind a proxy that ends TLS, both are taken.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = Some(secure);
        self
    }

    /// Trusts the peers of this network, `10.0.0.0/8` or a single address, to say which host and scheme they were
    /// asked for.
    ///
    /// An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is the IPv4 address that it has in it, of a peer and of a
    /// network: a socket for both versions shows its IPv4 peers so. `::ffff:10.0.0.0/104` is `10.0.0.0/8`, and no
    /// other IPv6 network has IPv4 peers.
    ///
    /// Name only proxies that set or remove `Forwarded` and `X-Forwarded-*` themselves.
    ///
    /// # Errors
    ///
    /// If it is neither an address nor a network, or one that is wider than all IPv4-mapped addresses and has one in
    /// its text. An address has no zone (RFC 4007 §11) here.
    pub fn trusted_proxy(mut self, network: &str) -> Result<Self, OptionsError> {
        let parsed = network.parse::<IpAddr>().map(IpNet::from).or_else(|_| network.parse::<IpNet>());
        let canonical = parsed.ok().and_then(canonical);
        self.proxies.push(canonical.ok_or_else(|| OptionsError::network(network))?);
        Ok(self)
    }

    /// The listed origins alone.
    pub(crate) fn without_same(self) -> Self {
        Self { same: false, any: false, ..self }
    }

    /// Every origin.
    pub(crate) fn with_any(self) -> Self {
        Self { any: true, listed: String::new(), ..self }
    }
}

impl Origins {
    /// The core's policy for one request, with what a trusted proxy says of it.
    pub(crate) fn policy<'p>(
        &'p self,
        request: &Request<'_>,
        forwarded: &'p Forwarded<'_>,
    ) -> OriginPolicy<'p> {
        if self.any {
            return OriginPolicy::DangerAny;
        }
        let Some(origin) = request.origin() else {
            return OriginPolicy::default();
        };
        let list = OriginPolicy::List(proto::origin::Origins::parse(&self.listed).unwrap_or_default());
        // If the list allows the origin, the list decides. Otherwise the comparison with the authority decides, whose
        // error says more.
        if !self.same || (!self.listed.is_empty() && list.allows(origin, request.authority())) {
            return list;
        }
        let secure = forwarded.secure.or(self.secure);
        OriginPolicy::Same { secure, authority: forwarded.host.as_deref() }
    }

    /// Whether clients come over TLS, if that is known.
    pub(crate) fn secured(&self) -> Option<bool> {
        self.secure
    }

    /// Whether a peer is a proxy that is trusted.
    pub(crate) fn is_trusted(&self, peer: Option<IpAddr>) -> bool {
        let peer = peer.map(|peer| peer.to_canonical());
        peer.is_some_and(|peer| self.proxies.iter().any(|network| network.contains(&peer)))
    }
}

/// The network with IPv4-mapped addresses turned into IPv4. `None` for a network that is wider than all IPv4-mapped
/// addresses and contains some.
fn canonical(network: IpNet) -> Option<IpNet> {
    /// Bits in front of the IPv4 address.
    const MAPPED: u8 = 96;
    match network.addr().to_canonical() {
        address @ IpAddr::V4(_) if network.addr().is_ipv6() => {
            IpNet::new(address, network.prefix_len().checked_sub(MAPPED)?).ok()
        }
        _ => Some(network),
    }
}

impl Default for Origins {
    fn default() -> Self {
        Self::same()
    }
}
