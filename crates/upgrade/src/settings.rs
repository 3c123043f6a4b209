//! What both sides agreed on, owned.

use std::fmt;

use websocket_upgrade_proto as proto;
use websocket_upgrade_proto::extension::Announced;
use websocket_upgrade_proto::permessage_deflate::Agreement;
use websocket_upgrade_proto::settings::Extensions;

/// What both sides agreed on; empty where they share nothing. One allocation, and none when empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The subprotocol, which is not empty if there is one, and behind it the value of the extensions.
    text: Box<str>,
    /// The length of that value. The core limits it to a few hundred bytes.
    extensions: u16,
    announced: Announced,
}

impl Settings {
    /// Whether nothing was agreed.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The subprotocol in use (RFC 6455 §4.1).
    pub fn subprotocol(&self) -> Option<&str> {
        Some(self.parts().0).filter(|name| !name.is_empty())
    }

    /// The extensions in use, in the response's order.
    pub fn extensions(&self) -> Extensions<'_> {
        Extensions::from_parts(self.parts().1, self.announced)
    }

    fn parts(&self) -> (&str, &str) {
        let behind = self.text.len().saturating_sub(self.extensions.into());
        self.text.split_at_checked(behind).unwrap_or_default()
    }

    /// permessage-deflate's parameters, if it is in use (RFC 7692 §7.1).
    ///
    /// Its text is the value that codecs take, with the client's own announcements merged in. A client must obey
    /// [`must_not_compress`](Agreement::must_not_compress) too.
    pub fn permessage_deflate(&self) -> Option<Agreement> {
        self.extensions().permessage_deflate()
    }
}

impl From<&proto::Settings<'_>> for Settings {
    fn from(settings: &proto::Settings<'_>) -> Self {
        if settings.subprotocol().is_none() && settings.extensions().is_empty() {
            return Self::default();
        }
        let subprotocol = settings.subprotocol().unwrap_or_default();
        let (extensions, announced) = (settings.extensions().as_str(), settings.extensions().announced());
        let text = match (subprotocol, extensions) {
            (one, "") | ("", one) => one.into(),
            (subprotocol, extensions) => [subprotocol, extensions].concat().into(),
        };
        Self { text, extensions: extensions.len().try_into().unwrap_or(u16::MAX), announced }
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

#[cfg(test)]
mod tests {
    use proto::extension::Extension;
    use proto::head::Scan;
    use proto::permessage_deflate::{Codec, PermessageDeflate};
    use proto::server::{self, Options};
    use proto::subprotocol::Subprotocols;

    use super::*;

    #[test]
    fn settings_are_those_of_the_core() {
        let request = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
            Sec-WebSocket-Protocol: chat\r\n\
            Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10\r\n\r\n";
        let deflate = PermessageDeflate::new(Codec::ZLIB);
        let deflate: [&dyn Extension; 1] = [&deflate];
        let none = &deflate[..0];
        for (subprotocols, extensions) in [("", none), ("chat", none), ("", &deflate), ("chat", &deflate)] {
            let mut options = Options::new();
            options.subprotocols = Subprotocols::parse(subprotocols).expect("a list");
            options.extensions = extensions;
            let request = server::read(request, &mut Scan::default(), &options.limits);
            let accepted = request.expect("valid").expect("whole").accept(&options).expect("allowed");
            let (settings, expected) = (Settings::from(accepted.settings()), accepted.settings());
            assert_eq!(settings.subprotocol(), expected.subprotocol());
            assert_eq!(settings.extensions(), expected.extensions());
            assert_eq!(settings.permessage_deflate(), expected.permessage_deflate());
            assert_eq!(settings.permessage_deflate().is_some(), !extensions.is_empty());
            assert_eq!(settings.is_empty(), subprotocols.is_empty() && extensions.is_empty());
            assert_eq!(format!("{settings:?}"), format!("{expected:?}"));
        }
        assert!(Settings::default().is_empty());
    }
}
