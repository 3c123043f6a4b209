//! A client's failure, written down: bytes as text.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeStruct, Serializer};

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
        let mut fields = serializer.serialize_struct("Refused", 3)?;
        fields.serialize_field("head", &Head(&self.head))?;
        fields.serialize_field("body", &text(&self.body))?;
        fields.serialize_field("truncated", &self.truncated)?;
        fields.end()
    }
}

/// Status and fields.
struct Head<'h>(&'h ResponseHead);

impl Serialize for Head<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let headers: Vec<_> = self.0.fields().map(|field| (text(field.name), text(field.value))).collect();
        let mut fields = serializer.serialize_struct("Head", 2)?;
        fields.serialize_field("status", &self.0.status())?;
        fields.serialize_field("headers", &headers)?;
        fields.end()
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
