//! Serialisation of a client's failure: bytes as text, and no secrets.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeStruct, Serializer};
use websocket_upgrade_proto::{Field, ShownUrl};

use super::error::ConnectError;
use super::refused::Refused;
use crate::head::ResponseHead;

impl Serialize for ConnectError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let interim: Vec<_> = self.interim().iter().map(Head).collect();
        let mut fields = serializer.serialize_struct("ConnectError", 7)?;
        fields.serialize_field("phase", &self.phase())?;
        fields.serialize_field("reason", self.reason().label())?;
        fields.serialize_field("message", &format!("{:#}", self.reason()))?;
        fields.serialize_field("retry", &self.retry().is_worthwhile())?;
        fields.serialize_field("refused", &self.refused())?;
        fields.serialize_field("interim", &interim)?;
        fields.serialize_field("report", self.report())?;
        fields.end()
    }
}

impl Serialize for Refused {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let truncation = self.truncation().map(|truncation| truncation.to_string());
        let mut fields = serializer.serialize_struct("Refused", 3 + usize::from(truncation.is_some()))?;
        fields.serialize_field("head", &Head(&self.head))?;
        fields.serialize_field("body", &text(&self.body))?;
        fields.serialize_field("truncated", &self.truncated)?;
        match truncation {
            Some(why) => fields.serialize_field("truncation", &why)?,
            None => fields.skip_field("truncation")?,
        }
        fields.end()
    }
}

/// Status and fields, without values that may be secrets.
struct Head<'h>(&'h ResponseHead);

impl Serialize for Head<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let headers: Vec<_> = self.0.fields().map(|field| (text(field.name), shown(field))).collect();
        let mut fields = serializer.serialize_struct("Head", 2)?;
        fields.serialize_field("status", &self.0.status())?;
        fields.serialize_field("headers", &headers)?;
        fields.end()
    }
}

/// The value of a field as far as it is shown: the name of a cookie, a URL without user information and query, and
/// nothing of a field whose name sounds like a secret. A challenge is shown, since everyone can get it.
fn shown(field: Field<'_>) -> Cow<'_, str> {
    const URLS: [&str; 4] = ["location", "content-location", "referer", "origin"];
    const CHALLENGES: [&str; 2] = ["www-authenticate", "proxy-authenticate"];
    /// Parts of the names of fields that carry secrets.
    const SECRETS: [&str; 11] = [
        "auth",
        "cookie",
        "credential",
        "csrf",
        "key",
        "passw",
        "secret",
        "session",
        "signature",
        "ticket",
        "token",
    ];
    let (name, value) = (text(field.name).to_ascii_lowercase(), text(field.value));
    if name == "set-cookie" {
        let name = value.split_once('=').map_or("", |(name, _)| name);
        Cow::Owned(format!("{name}=..."))
    } else if URLS.contains(&name.as_str()) {
        Cow::Owned(ShownUrl::new(&value).to_string())
    } else if name == "link" || name == "refresh" {
        // A URL among parameters: the text before its query, if there is no user information.
        match value.find(['?', '#']) {
            _ if value.contains('@') => Cow::Borrowed("..."),
            Some(end) => Cow::Owned(format!("{}...", value.get(..end).unwrap_or_default())),
            None => value,
        }
    } else if !CHALLENGES.contains(&name.as_str()) && SECRETS.iter().any(|word| name.contains(word)) {
        Cow::Borrowed("...")
    } else {
        value
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out() {
        let cases = [
            ("Set-Cookie", "id=secret; Path=/", "id=..."),
            ("set-cookie", "secret", "=..."),
            ("Set-Cookie2", "secret", "..."),
            ("X-Auth-Token", "secret", "..."),
            ("Authentication-Info", "secret", "..."),
            ("x-api-key", "secret", "..."),
            ("WWW-Authenticate", "Bearer realm=\"a\"", "Bearer realm=\"a\""),
            ("Content-Location", "/a?secret", "/a"),
            ("Link", "</a?secret>; rel=preload", "</a..."),
            ("Link", "</a>; rel=preload", "</a>; rel=preload"),
            ("Refresh", "0; url=https://user:secret@a.example/", "..."),
            ("Location", "wss//user:secret@a.example/", "..."),
            ("Location", "/login?token=secret", "/login"),
            ("Location", "//user:secret@a.example/x@y?z", "//a.example/x@y"),
            ("location", "https://user:secret@a.example", "https://a.example"),
            ("Location", "https://a.example#secret", "https://a.example"),
            ("X-Other", "/a?b=c", "/a?b=c"),
        ];
        for (name, value, expected) in cases {
            let field = Field { name: name.as_bytes(), value: value.as_bytes() };
            assert_eq!(shown(field), expected, "{name}: {value}");
        }
    }
}
