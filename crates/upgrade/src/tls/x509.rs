//! Reading what a certificate says of itself. Compiled with the feature `certificate-details`.

use std::borrow::Cow;
use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::certificate::Certificate;

/// Bytes of a name or of a list of names that are shown.
const SHOWN: usize = 200;

impl Certificate {
    /// Reads a certificate, if it is one.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let mut names = Line::default();
        if let Ok(Some(extension)) = certificate.subject_alternative_name() {
            for name in &extension.value.general_names {
                names.list(name);
            }
        }
        let names = names.0;
        let mut subject = distinguished(certificate.subject());
        if subject.is_empty() {
            subject = if names.is_empty() { "no subject".into() } else { format!("subjectAltName={names}") };
        }
        let validity = certificate.validity();
        Some(Self {
            subject,
            issuer: distinguished(certificate.issuer()),
            names,
            self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
            authority: certificate.is_ca(),
            valid: [validity.not_before.timestamp(), validity.not_after.timestamp()],
        })
    }
}

/// A name such as `CN=example.com, O=Example`, in the order in which it stands in the certificate.
fn distinguished(name: &X509Name<'_>) -> String {
    let mut line = Line::default();
    for attribute in name.iter_attributes() {
        let kind = oid2abbrev(attribute.attr_type(), oid_registry())
            .map_or_else(|_| Cow::Owned(attribute.attr_type().to_id_string()), Cow::Borrowed);
        let separator = if line.0.is_empty() { "" } else { ", " };
        let value = String::from_utf8_lossy(attribute.as_slice());
        if !line.push(separator) || !line.push(&kind) || !line.push("=") || !line.escaped(&value) {
            break;
        }
    }
    line.0
}

/// A text that ends where it gets too long.
#[derive(Default)]
struct Line(String);

impl Line {
    fn list(&mut self, name: &GeneralName<'_>) {
        let name = match name {
            GeneralName::DNSName(name) => Cow::Borrowed(*name),
            GeneralName::IPAddress(address) => match address_of(address) {
                Some(address) => Cow::Owned(address.to_string()),
                None => return,
            },
            // Other kinds of names are not used for servers.
            _ => return,
        };
        let separator = if self.0.is_empty() { "" } else { ", " };
        let _ = self.push(separator) && self.escaped(&name);
    }

    /// Whether there is room for more.
    fn push(&mut self, text: &str) -> bool {
        if self.0.ends_with("...") {
            return false;
        }
        if self.0.len() + text.len() > SHOWN {
            self.0.push_str("...");
            return false;
        }
        self.0.push_str(text);
        true
    }

    /// Adds text of others, escaped: it can't look like another attribute, and can't control a terminal.
    fn escaped(&mut self, text: &str) -> bool {
        text.chars().all(|char| match char {
            ',' | '=' | '\\' => self.push(&format!("\\{char}")),
            // Marks that change the direction of writing are not control characters, but can mislead a reader.
            _ if char.is_control() || matches!(char, '\u{200E}'..='\u{202E}' | '\u{2066}'..='\u{2069}') => {
                self.push(&char.escape_unicode().to_string())
            }
            _ => self.push(char.encode_utf8(&mut [0; 4])),
        })
    }
}

fn address_of(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}
