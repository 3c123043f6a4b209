//! The settings that both sides agreed on.

use core::fmt;

use crate::extension::{Announced, InUse, Member, list};
use crate::permessage_deflate::{self, Agreement, Response};

/// What both sides agreed on; empty where they share nothing. It borrows the subprotocol's name from the options, and
/// nothing else.
#[derive(Clone, Copy)]
pub struct Settings<'p> {
    pub(crate) subprotocol: Option<&'p str>,
    pub(crate) in_use: InUse,
}

impl<'p> Settings<'p> {
    pub(crate) const EMPTY: Self = Self { subprotocol: None, in_use: InUse::NONE };

    /// Returns the subprotocol in use (RFC 6455 §4.1).
    pub fn subprotocol(&self) -> Option<&'p str> {
        self.subprotocol
    }

    /// Returns the extensions in use, in the order of the response (RFC 6455 §4.1, §9.1).
    pub fn extensions(&self) -> Extensions<'_> {
        Extensions { value: self.in_use.as_bytes(), announced: self.in_use.announced }
    }

    /// Returns the parameters of permessage-deflate, if it is in use.
    pub fn permessage_deflate(&self) -> Option<Agreement> {
        self.extensions().permessage_deflate()
    }
}

impl fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("subprotocol", &self.subprotocol)
            .field("extensions", &self.extensions().as_str())
            .finish()
    }
}

/// The extensions in use: the value of the response's `Sec-WebSocket-Extensions`, in tokens only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions<'a> {
    value: &'a [u8],
    announced: Announced,
}

impl<'a> Extensions<'a> {
    /// Restores extensions from the value of a negotiation and what was announced beside it, for callers that store
    /// them.
    ///
    /// If the value breaks the grammar, only the members before the error count.
    pub fn from_parts(value: &'a str, announced: Announced) -> Self {
        Self { value: value.as_bytes(), announced }
    }

    /// Returns the value. It is empty if no extension is in use.
    pub fn as_str(&self) -> &'a str {
        core::str::from_utf8(self.value).unwrap_or_default()
    }

    /// Returns what the client keeps beside the response, such as what it announced in its offer.
    pub fn announced(&self) -> Announced {
        self.announced
    }

    /// Returns whether no extension is in use.
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// Returns the extensions, in order.
    pub fn iter(&self) -> impl Iterator<Item = Member<'a>> + use<'a> {
        list(self.value)
    }

    /// Returns whether an extension of this name is in use.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|member| member.name() == name)
    }

    /// Returns the parameters of permessage-deflate, if it is in use.
    pub fn permessage_deflate(&self) -> Option<Agreement> {
        let member = self.iter().find(|member| member.name() == permessage_deflate::NAME)?;
        Some(Agreement::new(&Response::from_params(member.params())?, self.announced.into()))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::{String, ToString};
    use std::vec::Vec;

    use super::*;
    use crate::client::{self, Event, Handshake};
    use crate::extension::Extension;
    use crate::field::ExtraFields;
    use crate::head::Scan;
    use crate::permessage_deflate::{Codec, Hints, PermessageDeflate, WindowBits};
    use crate::server;
    use crate::subprotocol::Subprotocols;
    use crate::uri::Uri;

    #[test]
    fn extensions_are_what_their_parts_say() {
        let hints = Hints {
            client_no_context_takeover: true,
            client_max_window_bits: WindowBits::new(10),
            must_not_compress: true,
        };
        for (value, hints, names, agreement) in [
            ("", Hints::default(), &[][..], None),
            ("x-a; b=c, x-b", hints, &["x-a", "x-b"], None),
            ("permessage-deflate", Hints::default(), &["permessage-deflate"], Some("permessage-deflate")),
            (
                "x-a, permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
                hints,
                &["x-a", "permessage-deflate"],
                Some(
                    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                     server_max_window_bits=9; client_max_window_bits=10",
                ),
            ),
            // The members before the error count.
            ("x-a, x b, x-c", hints, &["x-a"], None),
        ] {
            let extensions = Extensions::from_parts(value, hints.into());
            assert_eq!((extensions.as_str(), extensions.announced()), (value, hints.into()));
            assert_eq!(extensions.is_empty(), value.is_empty());
            assert_eq!(extensions.iter().map(|member| member.name()).collect::<Vec<_>>(), names);
            for name in ["x-a", "x-b", "X-A", "x-c", "permessage-deflate"] {
                assert_eq!(extensions.contains(name), names.contains(&name), "{name} in {value}");
            }
            let agreed = extensions.permessage_deflate();
            assert!(
                agreed.is_none_or(|agreed| agreed.must_not_compress == hints.must_not_compress),
                "{value}"
            );
            let shown = agreed.map(|agreement| agreement.to_string());
            assert_eq!(shown.as_deref(), agreement, "{value}");
        }
        let settings = Settings { subprotocol: Some("chat"), ..Settings::EMPTY };
        assert_eq!(
            std::format!("{settings:?}"),
            "Settings { subprotocol: Some(\"chat\"), extensions: \"\" }"
        );
    }

    #[test]
    fn settings_outlive_everything_but_the_names_of_the_subprotocols() {
        let names = String::from("chat");
        let subprotocols = Subprotocols::parse(&names).expect("a token");
        let (server, client) = {
            let deflate = PermessageDeflate::new(Codec::ZLIB);
            let extensions: [&dyn Extension; 1] = [&deflate];
            let lines = String::from("X-A: b\r\n");
            let fields = ExtraFields::from_lines(lines.as_bytes()).expect("a line");
            let url = String::from("ws://server.example.com/");
            let uri = Uri::parse(&url).expect("a URI");

            let mut options = client::Options::new();
            (options.subprotocols, options.extensions, options.fields) = (subprotocols, &extensions, fields);
            let request = client::Request::new(&uri, &options).expect("legal options");
            let mut handshake = Handshake::new(request, b"the sample nonce");
            let (mut sent, mut answer) = ([0; 512], [0; 512]);
            let len = handshake.encode_h1(&mut sent).expect("room for it");

            let mut options = server::Options::new();
            (options.subprotocols, options.extensions, options.fields) = (subprotocols, &extensions, fields);
            let request = server::read(&sent[..len], &mut Scan::default(), &options.limits);
            let request = request.expect("valid").expect("whole");
            let accepted = request.accept(&options).expect("allowed");
            let len = accepted.encode_h1(&mut answer).expect("room for it");
            let Ok(Event::Accepted { settings, .. }) = handshake.receive(&mut answer[..len]) else {
                panic!("accepted");
            };
            (*accepted.settings(), settings)
        };
        for settings in [server, client] {
            assert_eq!(settings.subprotocol(), Some("chat"));
            assert_eq!(settings.extensions().as_str(), "permessage-deflate");
        }
    }
}
