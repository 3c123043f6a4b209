//! The writers of an extension's offers and answers.

use crate::rules::is_token;
use crate::write::Writer;

/// Writes the offers of one extension.
#[derive(Debug)]
pub struct OfferWriter<'w, 'd> {
    out: &'w mut Writer<'d>,
    name: &'w str,
    /// The number of offers in this list so far, including those of earlier extensions.
    written: usize,
    legal: bool,
}

impl<'w, 'd> OfferWriter<'w, 'd> {
    /// Continues a list of `written` offers with those of the extension `name`, which must be a token.
    pub(super) fn new(out: &'w mut Writer<'d>, name: &'w str, written: usize) -> Self {
        Self { out, name, written, legal: true }
    }

    /// Begins an offer (RFC 6455 §9.1). Write its parameters to the returned writer.
    pub fn offer(&mut self) -> ParamWriter<'_, 'd> {
        if self.written > 0 {
            self.out.put(b", ");
        }
        self.written += 1;
        self.out.put(self.name.as_bytes());
        ParamWriter::new(self.out, &mut self.legal)
    }

    /// Returns the number of offers in the list, or `None` if a parameter breaks the grammar.
    pub(super) fn finish(self) -> Option<usize> {
        self.legal.then_some(self.written)
    }
}

/// Writes the parameters of one offer or response.
#[derive(Debug)]
pub struct ParamWriter<'w, 'd> {
    out: &'w mut Writer<'d>,
    legal: &'w mut bool,
}

impl<'w, 'd> ParamWriter<'w, 'd> {
    /// Writes behind the name of an extension. Sets `legal` to `false` if a parameter breaks the grammar.
    pub(super) fn new(out: &'w mut Writer<'d>, legal: &'w mut bool) -> Self {
        Self { out, legal }
    }

    /// Writes a parameter without a value.
    pub fn flag(&mut self, name: &str) {
        self.put(name, &[]);
    }

    /// Writes a parameter with a decimal number.
    pub fn number(&mut self, name: &str, value: u8) {
        let digits = [b'0' + value / 100, b'0' + value / 10 % 10, b'0' + value % 10];
        let zeros = digits.iter().take(2).take_while(|&&digit| digit == b'0').count();
        self.put(name, digits.get(zeros..).unwrap_or_default());
    }

    /// Writes a parameter with a token. If it is not a token, the whole offer or answer is discarded.
    pub fn token(&mut self, name: &str, value: &str) {
        *self.legal &= !value.is_empty();
        self.put(name, value.as_bytes());
    }

    fn put(&mut self, name: &str, value: &[u8]) {
        *self.legal &= is_token(name.as_bytes()) && (value.is_empty() || is_token(value));
        let equals: &[u8] = if value.is_empty() { b"" } else { b"=" };
        self.out.put_all(&[b"; ", name.as_bytes(), equals, value]);
    }
}
