//! The grammar of `Sec-WebSocket-Extensions` (RFC 6455 §9.1), for both directions.
//!
//! ```text
//! extension-list  = 1#extension
//! extension       = extension-token *( ";" extension-param )
//! extension-param = token [ "=" (token | quoted-string) ]
//!                 ; the value after quoted-string unescaping MUST conform to the 'token' ABNF
//! ```
//!
//! White space may stand around every part (the implied LWS of RFC 2616). Empty list members are ignored (RFC 9110
//! §5.6.1). Tokens keep their case.

use core::fmt;

use crate::error::{Error, Reason};
use crate::rules::{TCHARS, is_tchar, trim};
use crate::scanners::behind;

/// The error for a list that breaks the grammar, with the line and the offset in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed<'a> {
    line: &'a [u8],
    at: usize,
}

impl Malformed<'_> {
    /// Makes the error of a message, with the first wrong byte and its offset in the line.
    pub(crate) fn error<R: Reason>(self, reason: R) -> Error<R> {
        Error::new(reason).with_byte(self.line.get(self.at..).unwrap_or_default()).at(self.at)
    }
}

/// Visits the members of one list that spans all lines, and checks the grammar on the way. If it returns an error,
/// discard what was visited.
pub(crate) fn visit<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    mut visit: impl FnMut(Member<'a>),
) -> Result<(), Malformed<'a>> {
    let mut any = false;
    let mut last: &[u8] = b"";
    for line in lines {
        let mut at = 0;
        while let Some((found, next)) = member(line, at).map_err(|at| Malformed { line, at })? {
            visit(found);
            any = true;
            at = next;
        }
        last = line;
    }
    if any { Ok(()) } else { Err(Malformed { line: last, at: 0 }) }
}

/// Returns the members of one list that spans all lines, up to the place where the grammar breaks.
pub(crate) fn members<'a, L: Iterator<Item = &'a [u8]>>(
    mut lines: L,
) -> impl Iterator<Item = Member<'a>> + use<'a, L> {
    let (mut line, mut at): (&[u8], usize) = (b"", 0);
    core::iter::from_fn(move || {
        loop {
            if let Some((member, next)) = member(line, at).ok()? {
                at = next;
                return Some(member);
            }
            (line, at) = (lines.next()?, 0);
        }
    })
}

/// Returns the members of a line, up to the place where the grammar breaks.
pub(crate) fn list(line: &[u8]) -> impl Iterator<Item = Member<'_>> {
    members(core::iter::once(line))
}

/// One extension of a list, in an offer or a response: its name and parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Member<'a> {
    name: &'a [u8],
    params: Params<'a>,
}

impl<'a> Member<'a> {
    /// Parses the list of a field (RFC 6455 §9.1), such as `x-test, x-a; b=1`. It may be empty. Returns `None` if it
    /// breaks the grammar.
    pub fn parse_list(value: &'a str) -> Option<impl Iterator<Item = Self> + use<'a>> {
        let mut at = 0;
        while let Some((_, next)) = member(value.as_bytes(), at).ok()? {
            at = next;
        }
        Some(list(value.as_bytes()))
    }

    /// Returns the name.
    pub fn name(&self) -> &'a str {
        core::str::from_utf8(self.name).unwrap_or_default()
    }

    pub(crate) fn name_bytes(&self) -> &'a [u8] {
        self.name
    }

    /// Returns the parameters.
    pub fn params(&self) -> Params<'a> {
        self.params
    }
}

/// Writes tokens only, without quotation marks.
impl fmt::Display for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        for param in self.params {
            write!(f, "; {}", param.name())?;
            if let Some(value) = param.value() {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

/// Does not show the values of parameters.
impl fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(self.name()).field(&self.params).finish()
    }
}

/// The parameters of one offer or response, in order. Their grammar has been checked.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Params<'a>(&'a [u8]);

impl<'a> Params<'a> {
    /// Parses parameters as they follow the name of an extension (RFC 6455 §9.1), such as `a; b=1`. They may be
    /// empty. Returns `None` if they break the grammar.
    pub fn parse(params: &'a str) -> Option<Self> {
        let bytes = params.trim_matches([' ', '\t']).as_bytes();
        if bytes.is_empty() {
            return Some(Self::default());
        }
        let end = params_end(bytes, param(bytes, 0).ok()?.1).ok()?;
        (end == bytes.len()).then_some(Self(bytes))
    }

    /// Returns whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for Params<'a> {
    type Item = Param<'a>;
    type IntoIter = ParamIter<'a>;

    fn into_iter(self) -> ParamIter<'a> {
        ParamIter(self.0)
    }
}

/// Does not show values.
impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// The iterator of [`Params`].
#[derive(Clone)]
pub struct ParamIter<'a>(&'a [u8]);

impl<'a> Iterator for ParamIter<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        let start = self.0.iter().take_while(|&&byte| is_space(byte) || byte == b';').count();
        if start == self.0.len() {
            return None;
        }
        let (param, end) = param(self.0, start).ok()?;
        self.0 = self.0.get(end..).unwrap_or_default();
        Some(param)
    }
}

impl fmt::Debug for ParamIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// One parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Param<'a> {
    name: &'a [u8],
    value: Option<Value<'a>>,
}

impl<'a> Param<'a> {
    /// Returns the name.
    pub fn name(&self) -> &'a str {
        core::str::from_utf8(self.name).unwrap_or_default()
    }

    pub(crate) fn name_bytes(&self) -> &'a [u8] {
        self.name
    }

    /// Returns the value, if there is one.
    pub fn value(&self) -> Option<Value<'a>> {
        self.value
    }
}

/// Shows only the name.
impl fmt::Debug for Param<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if self.value.is_some() { f.write_str("=..") } else { Ok(()) }
    }
}

/// The value of a parameter: a token, written plainly or as a quoted string.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    /// The text without the quotation marks, with the backslashes.
    escaped: &'a [u8],
}

impl<'a> Value<'a> {
    /// Returns the unescaped characters (RFC 9110 §5.6.4), which are ASCII. A token never contains a backslash, so
    /// each one is an escape.
    pub fn chars(&self) -> impl Iterator<Item = char> + use<'a> {
        self.bytes().map(char::from)
    }

    pub(crate) fn bytes(&self) -> impl Iterator<Item = u8> + use<'a> {
        self.escaped.iter().copied().filter(|&byte| byte != b'\\')
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl Eq for Value<'_> {}

impl PartialEq<str> for Value<'_> {
    fn eq(&self, other: &str) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars().try_for_each(|char| fmt::Write::write_char(f, char))
    }
}

/// Shows only the length.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({} bytes)", self.bytes().count())
    }
}

/// Returns the next member at or after `at`, and its end: a comma or the end of the line. `Err` is the offset where
/// the grammar breaks.
fn member(line: &[u8], mut at: usize) -> Result<Option<(Member<'_>, usize)>, usize> {
    while let Some(&byte) = line.get(at) {
        if byte != b',' && !is_space(byte) {
            break;
        }
        at += 1;
    }
    if at >= line.len() {
        return Ok(None);
    }
    let (name, end) = token(line, at)?;
    let next = params_end(line, end)?;
    let params = Params(trim(line.get(end..next).unwrap_or_default()));
    Ok(Some((Member { name, params }, next)))
}

/// Returns the end of the parameters that begin at `at` with a semicolon: a comma or the end of the line.
fn params_end(line: &[u8], mut at: usize) -> Result<usize, usize> {
    loop {
        at = skip_space(line, at);
        match line.get(at) {
            Some(b';') => at = param(line, skip_space(line, at + 1))?.1,
            None | Some(b',') => return Ok(at),
            Some(_) => return Err(at),
        }
    }
}

/// Reads `token [ "=" (token | quoted-string) ]`, and returns its end too.
fn param(line: &[u8], at: usize) -> Result<(Param<'_>, usize), usize> {
    let (name, end) = token(line, at)?;
    let equals = skip_space(line, end);
    if line.get(equals) != Some(&b'=') {
        return Ok((Param { name, value: None }, end));
    }
    let at = skip_space(line, equals + 1);
    let (escaped, end) = if line.get(at) == Some(&b'"') { quoted(line, at)? } else { token(line, at)? };
    Ok((Param { name, value: Some(Value { escaped }) }, end))
}

/// Reads `1*tchar`, and returns its end too.
fn token(line: &[u8], at: usize) -> Result<(&[u8], usize), usize> {
    let rest = line.get(at..).unwrap_or_default();
    let len = rest.len() - behind(rest, &TCHARS).len();
    if len == 0 { Err(at) } else { Ok((rest.get(..len).unwrap_or_default(), at + len)) }
}

/// Reads a quoted string. Its unescaped content must be a token, so it has only token characters and backslashes.
fn quoted(line: &[u8], at: usize) -> Result<(&[u8], usize), usize> {
    let start = at + 1;
    let mut end = start;
    loop {
        match line.get(end) {
            Some(b'"') if end > start => return Ok((line.get(start..end).unwrap_or_default(), end + 1)),
            Some(b'\\') => {
                end += 1;
                if !line.get(end).copied().is_some_and(is_tchar) {
                    return Err(end);
                }
            }
            Some(&byte) if is_tchar(byte) => {}
            _ => return Err(end),
        }
        end += 1;
    }
}

fn skip_space(line: &[u8], at: usize) -> usize {
    at + line.get(at..).unwrap_or_default().iter().take_while(|&&byte| is_space(byte)).count()
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn a_list_is_parsed_whole_or_not_at_all() {
        let parsed =
            |list| Some(Member::parse_list(list)?.map(|member| member.to_string()).collect::<Vec<_>>());
        assert_eq!(parsed(""), Some(Vec::new()));
        assert_eq!(
            parsed("x-a, , x-b ;c; d = \"e\""),
            Some(Vec::from(["x-a", "x-b; c; d=e"].map(str::to_string)))
        );
        assert_eq!(parsed("x-a, x b"), None);
        assert_eq!(parsed("x-a; b=\"c d\""), None);
    }

    #[test]
    fn members_end_where_the_grammar_breaks() {
        let names = |lines: &[&'static str]| {
            let mut members = members(lines.iter().map(|line| line.as_bytes()));
            let names: Vec<_> = members.by_ref().map(|member| member.name()).collect();
            assert_eq!(members.next(), None, "and stay there");
            names
        };
        assert_eq!(names(&[]), [""; 0]);
        assert_eq!(names(&["", " ,", "x-a", "", "x-b, x-c"]), ["x-a", "x-b", "x-c"]);
        assert_eq!(names(&["x-a, x b, x-c", "x-d"]), ["x-a"]);
        assert_eq!(names(&["x-a", "x-b; =1", "x-c"]), ["x-a"]);
    }

    #[test]
    fn values_compare_by_what_they_say() {
        let mut members = Member::parse_list("x; a=b; c=\"b\"; d=\"\\b\"; e=bc; f").expect("a list");
        let params = members.next().expect("one").params();
        assert_eq!(std::format!("{:?}", params.into_iter()), "[a=.., c=.., d=.., e=.., f]");
        let values: Vec<Value<'_>> = params.into_iter().filter_map(|param| param.value()).collect();
        let equal = |one: &Value<'_>| values.iter().map(|other| one == other).collect::<Vec<_>>();
        assert_eq!(
            values.iter().map(equal).collect::<Vec<_>>().concat(),
            [
                [true, true, true, false],
                [true, true, true, false],
                [true, true, true, false],
                [false, false, false, true],
            ]
            .concat()
        );
        let are_b: Vec<bool> = values.iter().map(|value| value == "b").collect();
        assert_eq!(are_b, [true, true, true, false]);
    }
}
