//! Heads as frames: a base, what a case changes, and how it is framed.

use super::frame::{CONTINUATION, END_HEADERS, END_STREAM, Frame, HAS_PRIORITY, HEADERS};
use super::hpack::{Line, Tables, line};
use crate::case::http2::{Base, Head};
use crate::text::{self, Names, TextError};

/// The largest fragment that is sent in one frame.
const FRAGMENT: usize = 16_384;

/// A head in frames. What stands between HEADERS and the first CONTINUATION is up to the caller.
pub(crate) struct Framed {
    pub(crate) first: Frame,
    pub(crate) rest: Vec<Frame>,
}

/// Returns the lines of the request that a case changes.
pub(crate) fn request_base(base: Base, names: &Names) -> Vec<Line> {
    let scheme = if names.origin.starts_with("https:") { "https" } else { "http" };
    let place = [(":scheme", scheme), (":path", &names.path), (":authority", &names.host)];
    let (first, last) = match base {
        Base::Websocket => {
            (vec![(":method", "CONNECT"), (":protocol", "websocket")], Some(("sec-websocket-version", "13")))
        }
        Base::Get => (vec![(":method", "GET")], None),
        Base::Empty | Base::Silence => return Vec::new(),
    };
    first.into_iter().chain(place).chain(last).map(|(name, value)| (name.into(), value.into())).collect()
}

/// Returns the lines of the response that a case changes. A client that has sent a key gets the accept value, as a
/// proxy would relay it, so that one that demands it fails only where a case is about this field.
pub(crate) fn response_base(head: &Head, accept: Option<&str>) -> Vec<Line> {
    if !matches!(head.base, Base::Websocket | Base::Get) {
        return Vec::new();
    }
    let mut lines = vec![(b":status".to_vec(), b"200".to_vec())];
    let refuses = |line: &String| line.starts_with(":status: ") && !line.starts_with(":status: 2");
    if let Some(accept) = accept.filter(|_| !head.set.iter().any(refuses)) {
        lines.push((b"sec-websocket-accept".to_vec(), accept.into()));
    }
    lines
}

/// Returns the lines of a head.
///
/// # Errors
///
/// If a text of the case breaks the notation.
pub(crate) fn lines(head: &Head, base: Vec<Line>, names: &Names) -> Result<Vec<Line>, TextError> {
    let read = |texts: &[String]| -> Result<Vec<Line>, TextError> {
        texts.iter().map(|text| Ok(line(&text::bytes(text, names)?))).collect()
    };
    let mut lines = match &head.headers {
        Some(headers) => read(headers)?,
        None => base,
    };
    let mut done: Vec<Vec<u8>> = Vec::new();
    for set in read(&head.set)? {
        let before = lines.iter().rposition(|(name, _)| *name == set.0);
        let at = match before {
            // A further line for a name that was set before.
            Some(at) if done.contains(&set.0) => at + 1,
            Some(_) => {
                let first = lines.iter().position(|(name, _)| *name == set.0).unwrap_or_default();
                lines.retain(|(name, _)| *name != set.0);
                first
            }
            None => place(&lines, &set.0),
        };
        done.push(set.0.clone());
        lines.insert(at, set);
    }
    lines.retain(|(name, _)| !head.remove.iter().any(|removed| removed.as_bytes() == &name[..]));
    for added in read(&head.add)? {
        lines.insert(place(&lines, &added.0), added);
    }
    Ok(lines)
}

/// Returns where a new line belongs: pseudo-header fields stand in front of the others.
fn place(lines: &[Line], name: &[u8]) -> usize {
    let pseudo = |name: &[u8]| name.starts_with(b":");
    match lines.iter().position(|(known, _)| !pseudo(known)) {
        Some(first) if pseudo(name) => first,
        _ => lines.len(),
    }
}

/// Returns a head as frames.
///
/// # Errors
///
/// If a text of the case breaks the notation.
pub(crate) fn framed(
    head: &Head,
    base: Vec<Line>,
    stream: u32,
    tables: &mut Tables,
    names: &Names,
) -> Result<Framed, TextError> {
    let mut block = match &head.prefix {
        Some(prefix) => text::bytes(prefix, names)?,
        None => Vec::new(),
    };
    match &head.block {
        Some(whole) => block.extend(text::bytes(whole, names)?),
        None => block.extend(tables.encode(&lines(head, base, names)?, head.coding)),
    }
    let mut fragments = Vec::new();
    let mut rest = &block[..];
    for &size in &head.split {
        let (fragment, behind) = rest.split_at(size.min(rest.len()));
        fragments.push(fragment);
        rest = behind;
    }
    let chunks = rest.chunks(FRAGMENT);
    let is_empty = chunks.len() == 0;
    fragments.extend(chunks);
    if is_empty {
        fragments.push(&[]);
    }
    let mut frames: Vec<_> =
        fragments.into_iter().map(|part| Frame::new(CONTINUATION, 0, stream, part)).collect();
    if let Some(last) = frames.last_mut().filter(|_| !head.open) {
        last.flags |= END_HEADERS;
    }
    let mut rest = frames.split_off(1);
    let mut first = frames.pop().unwrap_or_else(|| Frame::new(HEADERS, END_HEADERS, stream, []));
    first.kind = HEADERS;
    if head.end_stream {
        first.flags |= END_STREAM;
    }
    if head.priority {
        first.flags |= HAS_PRIORITY;
        first.payload.splice(0..0, [0, 0, 0, 0, 16]);
    }
    first.pad(head.pad);
    rest.shrink_to_fit();
    Ok(Framed { first, rest })
}

/// Returns the frame of a trailer section.
///
/// # Errors
///
/// If a text of the case breaks the notation.
pub(crate) fn trailers(
    texts: &[String],
    open: bool,
    stream: u32,
    tables: &mut Tables,
    names: &Names,
) -> Result<Frame, TextError> {
    let head = Head { headers: Some(texts.to_vec()), ..Head::default() };
    let block = tables.encode(&lines(&head, Vec::new(), names)?, head.coding);
    let flags = END_HEADERS | if open { 0 } else { END_STREAM };
    Ok(Frame::new(HEADERS, flags, stream, block))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http2::frame::PADDED;

    fn names() -> Names {
        Names::new(true, "h:1", "/p?q", true)
    }

    fn shown(head: &Head) -> Vec<String> {
        let lines = lines(head, request_base(head.base, &names()), &names()).expect("the notation");
        lines
            .iter()
            .map(|(name, value)| {
                format!("{}: {}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
            })
            .collect()
    }

    fn head(text: &str) -> Head {
        toml::from_str(text).expect("a head")
    }

    #[test]
    fn a_base_is_changed_in_place() {
        let base =
            [":method: CONNECT", ":protocol: websocket", ":scheme: https", ":path: /p?q", ":authority: h:1"];
        assert_eq!(shown(&head(""))[..5], base);
        assert_eq!(shown(&head(""))[5..], ["sec-websocket-version: 13"]);
        let changed = head(
            "set = [':path: /a', ':path: /b', ':status: 200', 'x: 1']\nremove = [':scheme']\nadd = [':z: ', 'x: 2']",
        );
        assert_eq!(
            shown(&changed),
            [
                ":method: CONNECT",
                ":protocol: websocket",
                ":path: /a",
                ":path: /b",
                ":authority: h:1",
                ":status: 200",
                ":z: ",
                "sec-websocket-version: 13",
                "x: 1",
                "x: 2"
            ]
        );
        assert_eq!(shown(&head("headers = ['b: {host}', ':a: 1']")), ["b: h:1", ":a: 1"]);
        assert_eq!(shown(&head("base = 'get'")).len(), 4);
    }

    #[test]
    fn a_block_is_split_and_padded() {
        let text =
            "split = [3, 0]\npad = 2\npriority = true\nend-stream = true\nblock = 'abcdef'\nprefix = '-'";
        let framed = framed(&head(text), Vec::new(), 5, &mut Tables::new(), &names()).expect("the notation");
        let flags = PADDED | HAS_PRIORITY | END_STREAM;
        assert_eq!(framed.first, Frame::new(HEADERS, flags, 5, *b"\x02\0\0\0\0\x10-ab\0\0"));
        let rest = [Frame::new(CONTINUATION, 0, 5, []), Frame::new(CONTINUATION, END_HEADERS, 5, *b"cdef")];
        assert_eq!(framed.rest, rest);
        assert_eq!(framed.first.content(), Some(&b"-ab"[..]));
    }

    #[test]
    fn a_large_block_needs_more_frames() {
        let large = head("block = '{repeat:a:40000}'\nopen = true");
        let framed = framed(&large, Vec::new(), 1, &mut Tables::new(), &names()).expect("the notation");
        assert_eq!(framed.first.payload.len(), FRAGMENT);
        assert_eq!(framed.rest.len(), 2);
        assert!(framed.rest.iter().all(|frame| !frame.has(END_HEADERS)));
    }
}
