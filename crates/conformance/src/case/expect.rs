//! Helpers to read expectations: a word, a table with one key, or an array of these.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};

/// A value, or an array of values of which one must fit.
#[derive(Clone, Debug)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::Array(values) if values.is_empty() => Err(D::Error::custom("an empty array")),
            toml::Value::Array(values) => {
                values.into_iter().map(|value| value.try_into().map_err(D::Error::custom)).collect()
            }
            value => value.try_into().map(|value| vec![value]).map_err(D::Error::custom),
        }
        .map(Self)
    }
}

/// Reads a word, or a table whose only key is the word. The word alone means the same as with an empty table.
///
/// # Errors
///
/// If it is neither.
pub(super) fn word_and_table<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<(String, toml::Table), D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(word) => Ok((word, toml::Table::new())),
        toml::Value::Table(table) if table.len() == 1 => match table.into_iter().next() {
            Some((word, toml::Value::Table(table))) => Ok((word, table)),
            _ => Err(D::Error::custom("the value of an expectation's only key must be a table")),
        },
        _ => Err(D::Error::custom("an expectation is a word, or a table with one key")),
    }
}

/// Refuses a table that has keys, behind a word that takes none.
///
/// # Errors
///
/// If the table has a key.
pub(super) fn no_keys<E: Error>(word: &str, table: &toml::Table) -> Result<(), E> {
    match table.keys().next() {
        Some(key) => Err(E::custom(format!("\"{word}\" has no key \"{key}\""))),
        None => Ok(()),
    }
}
