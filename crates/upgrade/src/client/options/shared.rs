//! The options of a request on a connection that several requests share.

use std::borrow::Cow;

use super::ClientOptions;
use crate::client::network::{Family, Network};
use crate::client::proxies::Proxies;

/// The error text for an option of a request that only the connection can have.
macro_rules! of_connection {
    ($option:literal) => {
        concat!(
            $option,
            " for one request of a session: it shapes the connection, which Session::connect has made"
        )
    };
}

impl ClientOptions {
    /// The part of these options that determines how a shared connection is made: network, TLS and limits.
    pub(crate) fn of_connection(&self) -> Self {
        let mut shared = Self::new().limits(self.limits);
        shared.network.clone_from(&self.network);
        #[cfg(feature = "rustls")]
        {
            shared.tls = self.tls.clone();
        }
        shared
    }

    /// These options with the network and TLS options of a shared connection. Their own must be unset, or be the same
    /// as the connection's, as those of a clone are.
    ///
    /// # Errors
    ///
    /// The option that is set and differs.
    pub(crate) fn on_connection_of(&self, shared: &Self) -> Result<Cow<'_, Self>, &'static str> {
        let same = self.network.compare(&shared.network)?;
        #[cfg(feature = "rustls")]
        let same = {
            let same_tls = self.tls.is(&shared.tls);
            if !same_tls && !self.tls.is_default() {
                return Err(of_connection!("tls"));
            }
            same && same_tls
        };
        if same {
            return Ok(Cow::Borrowed(self));
        }
        let mut options = self.clone();
        options.network.clone_from(&shared.network);
        #[cfg(feature = "rustls")]
        {
            options.tls = shared.tls.clone();
        }
        Ok(Cow::Owned(options))
    }
}

impl Network {
    /// Whether both are the same. `http2` is not compared, because the connection is made already.
    ///
    /// # Errors
    ///
    /// The option that is set here and differs there.
    fn compare(&self, shared: &Self) -> Result<bool, &'static str> {
        let same_proxies = match (&self.proxies, &shared.proxies) {
            #[cfg(feature = "proxy")]
            (Proxies::Explicit(one), Proxies::Explicit(other)) if one.0.is(&other.0) && one.1 == other.1 => {
                true
            }
            (Proxies::Environment(_), Proxies::Environment(_)) | (Proxies::None, Proxies::None) => true,
            (Proxies::Environment(_), _) => false,
            #[cfg(feature = "proxy")]
            (Proxies::Explicit(_), _) => return Err(of_connection!("proxy")),
            (Proxies::None, _) => return Err(of_connection!("no_proxy")),
        };
        #[cfg(feature = "proxy")]
        let same_custom = self.compare_custom(shared)?;
        #[cfg(not(feature = "proxy"))]
        let same_custom = true;
        let same_places = self.connect_to == shared.connect_to;
        if !same_places && !self.connect_to.is_empty() {
            return Err(of_connection!("connect_to"));
        }
        let same_family = self.family == shared.family;
        if !same_family && self.family != Family::Any {
            return Err(of_connection!("ipv4_only or ipv6_only"));
        }
        #[cfg(feature = "proxy")]
        let same_lines = self.compare_proxy_lines(shared)?;
        #[cfg(not(feature = "proxy"))]
        let same_lines = true;
        Ok(same_proxies && same_custom && same_places && same_family && same_lines)
    }

    #[cfg(feature = "proxy")]
    fn compare_custom(&self, shared: &Self) -> Result<bool, &'static str> {
        match (&self.custom, &shared.custom) {
            (None, None) => Ok(true),
            (None, Some(_)) => Ok(false),
            (Some(one), Some(other)) if one.is(other) => Ok(true),
            (Some(one), _) if one.includes_tls() => Err(of_connection!("connector")),
            (Some(_), _) => Err(of_connection!("transport")),
        }
    }

    #[cfg(feature = "proxy")]
    fn compare_proxy_lines(&self, shared: &Self) -> Result<bool, &'static str> {
        let same = self.proxy_lines == shared.proxy_lines;
        if same || self.proxy_lines.is_empty() { Ok(same) } else { Err(of_connection!("proxy_header")) }
    }
}
