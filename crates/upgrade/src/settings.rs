//! What both sides agreed on, owned.

use std::fmt;

use websocket_upgrade_proto as proto;
use websocket_upgrade_proto::extension::Announced;
use websocket_upgrade_proto::permessage_deflate::Agreement;
use websocket_upgrade_proto::settings::Extensions;

/// What both sides agreed on; empty where they share nothing. One pointer, nothing allocated when empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings(Option<Box<Agreed>>);

#[derive(Clone, PartialEq, Eq)]
struct Agreed {
    subprotocol: Option<Box<str>>,
    extensions: Box<str>,
    announced: Announced,
}

impl Settings {
    /// Whether nothing was agreed.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The subprotocol in use (RFC 6455 §4.1).
    pub fn subprotocol(&self) -> Option<&str> {
        self.0.as_ref()?.subprotocol.as_deref()
    }

    /// The extensions in use, in the response's order.
    pub fn extensions(&self) -> Extensions<'_> {
        match &self.0 {
            Some(agreed) => Extensions::from_parts(&agreed.extensions, agreed.announced),
            None => Extensions::default(),
        }
    }

    /// permessage-deflate's parameters, if it is in use (RFC 7692 §7.1).
    ///
    /// Its text is the value that codecs take, with the client's own announcements merged in.
    pub fn permessage_deflate(&self) -> Option<Agreement> {
        self.extensions().permessage_deflate()
    }
}

impl From<&proto::Settings<'_>> for Settings {
    fn from(settings: &proto::Settings<'_>) -> Self {
        let extensions = settings.extensions();
        if settings.subprotocol().is_none() && extensions.is_empty() {
            return Self(None);
        }
        Self(Some(Box::new(Agreed {
            subprotocol: settings.subprotocol().map(Box::from),
            extensions: extensions.as_str().into(),
            announced: extensions.announced(),
        })))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("subprotocol", &self.subprotocol())
            .field("extensions", &self.extensions().as_str())
            .finish()
    }
}
