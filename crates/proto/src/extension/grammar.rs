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
use crate::rules::{TCHARS, is_tchar};
use crate::scanners::behind;

/// The error for a list that breaks the grammar: the line, and its bytes from the first wrong one on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed<'a> {
    line: &'a [u8],
    wrong: &'a [u8],
}

impl Malformed<'_> {
    /// Makes the error of a message, with the first wrong byte and its offset in the line.
    pub(crate) fn error<R: Reason>(self, reason: R) -> Error<R> {
        Error::new(reason).with_byte(self.wrong).at(self.line.len() - self.wrong.len())
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
        let mut rest = skip_separators(line);
        while !rest.is_empty() {
            let (found, next) = member(rest).map_err(|wrong| Malformed { line, wrong })?;
            visit(found);
            any = true;
            rest = skip_separators(next);
        }
        last = line;
    }
    if any { Ok(()) } else { Err(Malformed { line: last, wrong: last }) }
}

/// Returns the members of one list that spans all lines, up to the place where the grammar breaks.
pub(crate) fn members<'a, L: Iterator<Item = &'a [u8]>>(
    mut lines: L,
) -> impl Iterator<Item = Member<'a>> + use<'a, L> {
    let mut rest: &[u8] = b"";
    core::iter::from_fn(move || {
        while rest.is_empty() {
            rest = skip_separators(lines.next()?);
        }
        let (member, next) = member(rest).ok()?;
        rest = skip_separators(next);
        Some(member)
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
        let mut rest = skip_separators(value.as_bytes());
        while !rest.is_empty() {
            rest = skip_separators(member(rest).ok()?.1);
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
///
/// Two are equal if they have the same names and values in the same order.
#[derive(Clone, Copy, Default)]
pub struct Params<'a> {
    /// Kept as it was read when the grammar was checked: few offers have another one.
    first: Option<Param<'a>>,
    /// The other parameters, each behind a semicolon.
    others: &'a [u8],
}

impl<'a> Params<'a> {
    /// Parses parameters as they follow the name of an extension (RFC 6455 §9.1), such as `a; b=1`. They may be
    /// empty. Returns `None` if they break the grammar.
    pub fn parse(params: &'a str) -> Option<Self> {
        let text = skip_space(params.as_bytes());
        if text.is_empty() {
            return Some(Self::default());
        }
        let (first, rest) = param(text).ok()?;
        let (others, end) = others(rest).ok()?;
        skip_space(end).is_empty().then_some(Self { first: Some(first), others })
    }

    /// Returns whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }
}

impl PartialEq for Params<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.into_iter().eq(*other)
    }
}

impl Eq for Params<'_> {}

impl<'a> IntoIterator for Params<'a> {
    type Item = Param<'a>;
    type IntoIter = ParamIter<'a>;

    fn into_iter(self) -> ParamIter<'a> {
        ParamIter(self)
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
pub struct ParamIter<'a>(Params<'a>);

impl<'a> Iterator for ParamIter<'a> {
    type Item = Param<'a>;

    #[inline]
    fn next(&mut self) -> Option<Param<'a>> {
        let first = self.0.first.take();
        if first.is_some() || self.0.others.is_empty() {
            return first;
        }
        let (param, rest) = other_param(self.0.others)?;
        self.0.others = rest;
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

/// Reads the first member of a list. Returns the rest too, which is empty or begins with a comma. `Err` has the bytes
/// from the first one on that breaks the grammar.
#[inline(always)]
#[allow(clippy::inline_always)] // measured, like `next_param`
fn member(list: &[u8]) -> Result<(Member<'_>, &[u8]), &[u8]> {
    let (name, rest) = token(list)?;
    let (params, rest) = match next_param(rest)? {
        None => (Params::default(), rest),
        // Most lists end here.
        Some((first, rest @ [])) => (Params { first: Some(first), others: rest }, rest),
        Some((first, rest)) => {
            let (others, rest) = others(rest)?;
            (Params { first: Some(first), others }, rest)
        }
    };
    match skip_space(rest) {
        next @ ([] | [b',', ..]) => Ok((Member { name, params }, next)),
        wrong => Err(wrong),
    }
}

/// Reads `*( ";" extension-param )`. Returns these bytes and the rest.
#[inline]
fn others(text: &[u8]) -> Result<(&[u8], &[u8]), &[u8]> {
    let mut rest = text;
    while let Some((_, next)) = next_param(rest)? {
        rest = next;
    }
    Ok((text.get(..text.len() - rest.len()).unwrap_or_default(), rest))
}

/// Reads `[ ";" extension-param ]`. Returns the rest too.
#[inline(always)]
#[allow(clippy::inline_always)] // measured: otherwise its large result is moved
fn next_param(text: &[u8]) -> Result<Option<(Param<'_>, &[u8])>, &[u8]> {
    match skip_space(text) {
        [b';', text @ ..] => param(skip_space(text)).map(Some),
        _ => Ok(None),
    }
}

/// As [`next_param`], for parameters whose grammar has been checked.
#[cold]
fn other_param(text: &[u8]) -> Option<(Param<'_>, &[u8])> {
    next_param(text).ok()?
}

/// Reads `token [ "=" (token | quoted-string) ]`. Returns the rest too.
#[inline(always)]
#[allow(clippy::inline_always)] // measured, like `next_param`
fn param(text: &[u8]) -> Result<(Param<'_>, &[u8]), &[u8]> {
    let (name, rest) = token(text)?;
    let [b'=', value @ ..] = skip_space(rest) else {
        return Ok((Param { name, value: None }, rest));
    };
    let (escaped, rest) = match skip_space(value) {
        [b'"', text @ ..] => quoted(text)?,
        text => token(text)?,
    };
    Ok((Param { name, value: Some(Value { escaped }) }, rest))
}

/// Reads `1*tchar`. Returns the rest too.
#[inline]
fn token(text: &[u8]) -> Result<(&[u8], &[u8]), &[u8]> {
    let rest = behind(text, &TCHARS);
    match text.get(..text.len() - rest.len()) {
        None | Some([]) => Err(text),
        Some(token) => Ok((token, rest)),
    }
}

/// Reads a quoted string after its first quotation mark. Its unescaped content must be a token, so it has only token
/// characters and backslashes. Returns the rest too.
fn quoted(text: &[u8]) -> Result<(&[u8], &[u8]), &[u8]> {
    let mut rest = text;
    loop {
        rest = match rest {
            [b'"', behind @ ..] if rest.len() < text.len() => {
                let escaped = text.get(..text.len() - rest.len()).unwrap_or_default();
                return Ok((escaped, behind));
            }
            [b'\\', escaped @ ..] => match escaped {
                [byte, behind @ ..] if is_tchar(*byte) => behind,
                wrong => return Err(wrong),
            },
            [byte, behind @ ..] if is_tchar(*byte) => behind,
            wrong => return Err(wrong),
        };
    }
}

/// Skips what stands between two members, and empty members.
#[inline]
fn skip_separators(mut list: &[u8]) -> &[u8] {
    while let [b',' | b' ' | b'\t', rest @ ..] = list {
        list = rest;
    }
    list
}

#[inline]
fn skip_space(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    text
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
    fn parameters_are_equal_if_they_say_the_same() {
        let params = |text| Params::parse(text).expect("parameters");
        assert!(params(" a ; b=\"c\";d ") == params("a;b = c; d"));
        for other in ["", "a", "a; b=c", "a; d; b=c", "a; b=c; e", "a; b; d", "a; b=c; d; e"] {
            assert!(params("a; b=c; d") != params(other), "{other}");
        }
        for wrong in [";", "a;", "a; b c", "a b", "a=", "a, b", "a; b=\"c d\""] {
            assert_eq!(Params::parse(wrong), None, "{wrong}");
        }
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
