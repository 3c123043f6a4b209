//! Where a client's proxies are configured: in the environment, in the options, or nowhere. `connect/proxy.rs`
//! connects through one. Drivers without proxy support need this too, to report that a proxy is configured.

use std::env;
use std::ffi::OsString;
use std::fmt;
#[cfg(feature = "proxy")]
use std::io;
use std::sync::{Arc, OnceLock};

use websocket_upgrade_proto as proto;

use proto::uri::Uri;

#[cfg(feature = "proxy")]
use super::proxy::Proxy;
#[cfg(feature = "proxy")]
use super::reason::ConnectReason;
#[cfg(feature = "proxy")]
use crate::text::cause::Explained;

/// Where a client's proxies are configured.
#[derive(Clone)]
pub(crate) enum Proxies {
    /// In the environment, which is read when it is needed first.
    Environment(Arc<OnceLock<Environment>>),
    /// In the options, with exceptions as in `NO_PROXY`.
    #[cfg(feature = "proxy")]
    Explicit(Arc<(Proxy, String)>),
    /// There is none.
    None,
}

impl Proxies {
    /// The proxy that is on the way to the URI.
    ///
    /// # Errors
    ///
    /// If the environment names one that can't be used.
    #[cfg(feature = "proxy")]
    pub(crate) fn through(&self, uri: &Uri<'_>) -> Result<Option<Proxy>, ConnectReason> {
        if let Self::Explicit(explicit) = self {
            let (proxy, except) = &**explicit;
            return Ok((!proto::proxy::is_excepted(except, uri)).then(|| proxy.clone()));
        }
        let Some((name, value)) = self.of_environment(uri) else { return Ok(None) };
        let proxy = value.to_str().ok_or("not UTF-8").and_then(|value| Proxy::parse(value.trim()));
        proxy.map(Some).map_err(|problem| {
            let text = format!("the environment's {name}: {problem}");
            ConnectReason::Proxy(Explained::error(io::ErrorKind::InvalidInput, text))
        })
    }

    /// The environment's variable that names a proxy for the URI, and its value.
    pub(crate) fn of_environment(&self, uri: &Uri<'_>) -> Option<&(&'static str, OsString)> {
        let Self::Environment(environment) = self else { return None };
        environment.get_or_init(Environment::read).named(uri)
    }
}

impl Default for Proxies {
    fn default() -> Self {
        Self::Environment(Arc::default())
    }
}

/// Shows no credentials.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(_) => f.write_str("Environment"),
            #[cfg(feature = "proxy")]
            Self::Explicit(proxy) => write!(f, "{}, except {:?}", proxy.0, proxy.1),
            Self::None => f.write_str("None"),
        }
    }
}

/// What the environment says.
pub(crate) struct Environment {
    ws: Option<(&'static str, OsString)>,
    wss: Option<(&'static str, OsString)>,
    except: String,
}

impl Environment {
    fn read() -> Self {
        let is_cgi = env::var_os(proto::proxy::CGI).is_some();
        let first = |secure| {
            let mut set = proto::proxy::variables(secure, is_cgi).iter();
            set.find_map(|&name| Some((name, env::var_os(name).filter(|value| !value.is_empty())?)))
        };
        let except = proto::proxy::EXCEPTIONS.into_iter().find_map(env::var_os);
        // A list that is not UTF-8 excepts no host.
        let except = except.map(|list| list.to_string_lossy().into_owned()).unwrap_or_default();
        Self { ws: first(false), wss: first(true), except }
    }

    fn named(&self, uri: &Uri<'_>) -> Option<&(&'static str, OsString)> {
        let named = if uri.secure() { &self.wss } else { &self.ws };
        named.as_ref().filter(|_| !proto::proxy::is_excepted(&self.except, uri))
    }
}
