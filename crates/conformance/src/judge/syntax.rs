//! Checks of a head's syntax (RFC 9112 §2 to §5), for requests and responses.

use std::ops::Range;

use super::grammar::{is_tchar, is_token};
use super::head::{Part, Start};
use super::rule::Finding;
use super::subject::{Line, Subject};

fn broken(part: &Part) -> Finding {
    Finding::at(Some(part.range()), &part.bytes)
}

fn part(kept: bool, part: &Part) -> Finding {
    if kept { Finding::Kept } else { broken(part) }
}

/// Points at the first line for which a check fails.
fn each_line<'s>(
    subject: &Subject<'s>,
    lines: impl Iterator<Item = Line>,
    kept: impl Fn(&'s [u8], &Line) -> bool,
) -> Finding {
    let text = |line: &Line| subject.bytes.get(line.at.clone()).unwrap_or_default();
    for line in lines {
        if !kept(text(&line), &line) {
            return Finding::at(Some(line.at.clone()), text(&line));
        }
    }
    Finding::Kept
}

pub(super) fn complete(subject: &Subject<'_>) -> Finding {
    Finding::kept_if(subject.whole, "the empty line is missing")
}

pub(super) fn no_empty_lines_before(subject: &Subject<'_>) -> Finding {
    each_line(subject, subject.lines.iter().take(subject.empty_before).cloned(), |_, _| false)
}

pub(super) fn line_ends(subject: &Subject<'_>) -> Finding {
    each_line(subject, subject.lines.iter().cloned(), |_, line| line.crlf)
}

pub(super) fn no_bare_cr(subject: &Subject<'_>) -> Finding {
    each_line(subject, subject.lines.iter().cloned(), |text, _| !text.contains(&b'\r'))
}

pub(super) fn no_fold(subject: &Subject<'_>) -> Finding {
    let field_lines = subject.lines.iter().skip(subject.empty_before + 1).cloned();
    each_line(subject, field_lines, |text, _| !matches!(text, [b' ' | b'\t', ..]))
}

pub(super) fn nothing_behind(subject: &Subject<'_>) -> Finding {
    match subject.behind() {
        [] => Finding::Kept,
        behind => Finding::at(Some(subject.len..subject.bytes.len()), behind),
    }
}

/// The method is judged before its line is complete: no more bytes could mend it.
pub(super) fn method_token(subject: &Subject<'_>) -> Finding {
    if let Start::Request { method, .. } = &subject.start {
        return part(is_token(&method.bytes), method);
    }
    let line = subject.behind();
    let method = line.split(|&byte| byte == b' ').next().unwrap_or_default();
    let begun = method.iter().all(|&byte| is_tchar(byte)) && !line.starts_with(b" ");
    if begun || line == b"\r" {
        return Finding::NotApplicable;
    }
    Finding::at(Some(subject.len..subject.len + method.len()), method)
}

pub(super) fn request_line(subject: &Subject<'_>) -> Finding {
    let Start::Request { method, target, version } = &subject.start else {
        return Finding::NotApplicable;
    };
    let all: Range<usize> = method.at..version.range().end;
    let line = subject.bytes.get(all.clone()).unwrap_or_default();
    let pieces = line.split(|&byte| byte == b' ').count();
    let parts = [method, target, version].iter().all(|part| !part.bytes.is_empty());
    if pieces == 3 && parts { Finding::Kept } else { Finding::at(Some(all), line) }
}

/// A target has visible characters of ASCII, and no fragment (RFC 9112 §3.2).
pub(super) fn target_characters(subject: &Subject<'_>) -> Finding {
    match &subject.start {
        Start::Request { target, .. } => {
            let legal = |byte: &u8| byte.is_ascii_graphic() && *byte != b'#';
            part(target.bytes.iter().all(legal), target)
        }
        _ => Finding::NotApplicable,
    }
}

pub(super) fn version_form(subject: &Subject<'_>) -> Finding {
    match &subject.start {
        Start::Request { version, .. } | Start::Response { version, .. } => {
            part(subject.version().is_some(), version)
        }
        Start::None => Finding::NotApplicable,
    }
}

pub(super) fn version_major(subject: &Subject<'_>) -> Finding {
    match (&subject.start, subject.version()) {
        (Start::Request { version, .. } | Start::Response { version, .. }, Some((major, _))) => {
            part(major == 1, version)
        }
        _ => Finding::NotApplicable,
    }
}

/// A response is judged before its line is complete, as far as its major version goes.
pub(super) fn status_line(subject: &Subject<'_>) -> Finding {
    let Start::Response { version, status, reason } = &subject.start else {
        let line = subject.behind();
        let begun = line.iter().zip(b"HTTP/1.").all(|(byte, wanted)| byte == wanted);
        return if begun { Finding::NotApplicable } else { Finding::at(Some(0..line.len()), line) };
    };
    let all = version.at..reason.range().end;
    let line = subject.bytes.get(all.clone()).unwrap_or_default();
    if version.bytes.is_empty() || status.bytes.is_empty() {
        return Finding::at(Some(all), line);
    }
    Finding::Kept
}

pub(super) fn status_digits(subject: &Subject<'_>) -> Finding {
    match &subject.start {
        Start::Response { status, .. } => part(subject.status().is_some(), status),
        _ => Finding::NotApplicable,
    }
}

/// The space behind the status stands there even if there is no reason phrase (RFC 9112 §4).
pub(super) fn space_behind_status(subject: &Subject<'_>) -> Finding {
    match &subject.start {
        Start::Response { status, .. } => part(subject.bytes.get(status.range().end) == Some(&b' '), status),
        _ => Finding::NotApplicable,
    }
}

/// `reason-phrase = 1*( HTAB / SP / VCHAR / obs-text )`
pub(super) fn reason_characters(subject: &Subject<'_>) -> Finding {
    match &subject.start {
        Start::Response { reason, .. } => {
            part(reason.bytes.iter().all(|&byte| byte == b'\t' || !byte.is_ascii_control()), reason)
        }
        _ => Finding::NotApplicable,
    }
}

/// Each field line is read by httparse, alone: the name here, the value below.
pub(super) fn field_names(subject: &Subject<'_>) -> Finding {
    for field in &subject.fields {
        if !field.colon || !is_read(&[&field.name, b":"]) {
            return Finding::at(field.name_at.clone(), &field.name);
        }
    }
    Finding::Kept
}

pub(super) fn no_space_before_colon(subject: &Subject<'_>) -> Finding {
    match subject.fields.iter().find(|field| field.gap > 0) {
        Some(field) => Finding::at(field.range(), &field.name),
        None => Finding::Kept,
    }
}

pub(super) fn field_values(subject: &Subject<'_>) -> Finding {
    for field in &subject.fields {
        if !is_read(&[b"a:", &field.value]) {
            return Finding::at(field.value_at.clone(), &field.value);
        }
    }
    Finding::Kept
}

fn is_read(line: &[&[u8]]) -> bool {
    let line = [&line.concat(), &b"\r\n\r\n"[..]].concat();
    let mut headers = [httparse::EMPTY_HEADER; 1];
    matches!(
        httparse::parse_headers(&line, &mut headers),
        Ok(httparse::Status::Complete((len, [_]))) if len == line.len()
    )
}
