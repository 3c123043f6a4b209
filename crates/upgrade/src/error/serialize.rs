//! A client's failure, written down: bytes as text, and no secrets.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeStruct, Serializer};
use websocket_upgrade_proto::Field;

use super::{ConnectError, Refused};
use crate::head::ResponseHead;

impl Serialize for ConnectError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let interim: Vec<_> = self.interim().iter().map(Head).collect();
        let mut fields = serializer.serialize_struct("ConnectError", 7)?;
        fields.serialize_field("phase", &self.phase())?;
        fields.serialize_field("reason", self.reason().label())?;
        fields.serialize_field("message", &self.reason().to_string())?;
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

/// Status and fields, without what is for the client alone.
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

/// The value of a field: of a cookie its name, of a location neither user information nor query, as of every URL.
fn shown(field: Field<'_>) -> Cow<'_, str> {
    let value = text(field.value);
    if field.name.eq_ignore_ascii_case(b"Set-Cookie") {
        let name = value.split_once('=').map_or("", |(name, _)| name);
        return Cow::Owned(format!("{name}=..."));
    }
    if !field.name.eq_ignore_ascii_case(b"Location") {
        return value;
    }
    let location = value.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = location.split_once("//") else { return Cow::Owned(location.into()) };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Cow::Owned(format!("{scheme}//{host}{path}"))
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
            ("Set-Cookie2", "kept", "kept"),
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
