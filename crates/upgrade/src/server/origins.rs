//! The origins that a server accepts.

use std::net::IpAddr;

use websocket_upgrade_proto as proto;

use proto::Network;
use proto::origin::{OriginError, OriginPolicy};
use proto::server::Request;

use super::forwarded::Forwarded;
use crate::options::OptionsError;

/// The origins that a server accepts (RFC 6455 §10.2): the same origin, those of a list, or both.
///
/// A browser lets every page open a WebSocket to every server, and sends the user's cookies. The origin tells a server
/// which page it was. A request without `Origin` does not come from a browser, and is accepted.
///
/// The same origin alone does not protect against DNS rebinding: a page is loaded from its author's host name, and
/// then this name is changed to the address of this server. Such a page has the same origin as its request. Against
/// this, name the authorities that the server serves:
/// [`ServerOptions::authorities`](crate::ServerOptions::authorities).
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
/// The origin is the same if it has the authority that the request was sent to, in `Host` or `:authority`. A proxy
/// that does not change `Host` needs no option. For a proxy that changes `Host` there are two ways: name the origins
/// of the service ([`Origins::allow`]), or trust the proxy ([`Origins::trusted_proxy`]) to report the original host
/// and scheme:
///
/// - It reports them in `host` and `proto` of `Forwarded` (RFC 7239 §5.3, §5.4), or in `X-Forwarded-Host` and
///   `X-Forwarded-Proto`. If both kinds are there and differ, neither counts.
/// - Only the last member of the last line counts: the trusted peer has added it (RFC 7239 §4). Anyone may have added
///   the members before it (§8.1). In a chain of proxies that change `Host`, each proxy has to forward the original
///   value.
/// - `Forwarded` is ignored if its last line breaks the grammar of RFC 7239 §4. `proto` can be `ws` or `wss`.
/// - If nothing counts, `Host` and [`Origins::secure`] decide.
///
/// These fields of any other peer are not read. The peer's address comes from `gate::Gate::accept`, from
/// [`ServerOptions::peer`](crate::ServerOptions::peer), or from the request's extensions, where an HTTP server puts
/// it.
#[derive(Clone, Debug)]
pub struct Origins {
    same: bool,
    any: bool,
    /// Separated by spaces.
    listed: String,
    secure: Option<bool>,
    proxies: Vec<Network>,
}

impl Origins {
    /// Accepts the same origin: the scheme, host and port that the request was sent to.
    #[must_use]
    pub fn same() -> Self {
        Self { same: true, any: false, listed: String::new(), secure: None, proxies: Vec::new() }
    }

    /// Accepts only the origins that are added.
    #[must_use]
    pub fn listed() -> Self {
        Self { same: false, ..Self::same() }
    }

    /// Accepts every origin: any web page can connect in the name of its visitors, with their cookies.
    #[must_use]
    pub fn danger_any() -> Self {
        Self { any: true, ..Self::same() }
    }

    /// Accepts this origin too, such as `https://example.com`. It can be:
    ///
    /// - `https://*.example.com`: any host below `example.com`.
    /// - `https://example.com:*`: any port.
    /// - `moz-extension://*`: any host of a scheme that is not `http` or `https`. The hosts of extensions differ in
    ///   every installation.
    /// - `file://`, or `null`, which every sandboxed page can have.
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

    /// Sets whether clients connect over TLS. With `true` the same origin must be `https`, with `false` it must be
    /// `http`. By default both are accepted, as is needed behind a proxy that ends TLS.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = Some(secure);
        self
    }

    /// Trusts the peers of this network, such as `10.0.0.0/8` or a single address, to report the host and scheme of
    /// the original request.
    ///
    /// An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) counts as its IPv4 address, because a socket for both
    /// versions shows IPv4 peers in this form. `::ffff:10.0.0.0/104` is `10.0.0.0/8`. No other IPv6 network contains
    /// IPv4 peers.
    ///
    /// Name only proxies that set or remove `Forwarded` and `X-Forwarded-*` themselves.
    ///
    /// # Errors
    ///
    /// If it is neither an address nor a network, if it has a zone (RFC 4007 §11), or if it is written with an
    /// IPv4-mapped address and is wider than all of these.
    pub fn trusted_proxy(mut self, network: &str) -> Result<Self, OptionsError> {
        let parsed = Network::parse(network).filter(|network| !network.is_wider_than_mapped());
        self.proxies.push(parsed.ok_or_else(|| OptionsError::network(network))?);
        Ok(self)
    }

    /// Accepts only the listed origins.
    pub(crate) fn without_same(self) -> Self {
        Self { same: false, any: false, ..self }
    }

    /// Accepts every origin.
    pub(crate) fn with_any(self) -> Self {
        Self { any: true, listed: String::new(), ..self }
    }
}

impl Origins {
    /// Returns the core's policy for one request, with what a trusted proxy reports.
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
        let same = OriginPolicy::Same {
            secure: forwarded.secure.or(self.secure),
            authority: forwarded.host.as_deref(),
        };
        if self.same && self.listed.is_empty() {
            return same;
        }
        let list = OriginPolicy::List(proto::origin::Origins::parse(&self.listed).unwrap_or_default());
        // If the list allows the origin, the list decides. Otherwise the comparison with the authority decides, whose
        // error says more.
        if !self.same || list.allows(origin, request.authority()) { list } else { same }
    }

    /// Returns whether clients connect over TLS, if that is known.
    pub(crate) fn secured(&self) -> Option<bool> {
        self.secure
    }

    /// Returns whether there are trusted proxies.
    pub(crate) fn trusts_any(&self) -> bool {
        !self.proxies.is_empty()
    }

    /// Returns whether a peer is a trusted proxy.
    pub(crate) fn is_trusted(&self, peer: Option<IpAddr>) -> bool {
        peer.is_some_and(|peer| self.proxies.iter().any(|network| network.contains(peer)))
    }
}

impl Default for Origins {
    fn default() -> Self {
        Self::same()
    }
}
