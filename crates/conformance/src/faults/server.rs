//! The server: it reads a request, judges it, answers, and echoes messages.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::choice::{Choice, Manner};
use super::codec::Codec;
use super::echo::Echo;
use super::fault::Fault;
use super::passed_over::is_passed_over;
use super::respond::{Answer, accept, refusal, refuse};
use super::stream::{Buffered, PATIENCE};
use crate::case::Role;
use crate::judge::{self, Due, Judgement, Start};

/// The most bytes of a head, and of its first line.
const LARGEST_HEAD: usize = 32 * 1024;
const LONGEST_LINE: usize = 16 * 1024;

/// Serves every connection to a listener, until that fails.
///
/// # Errors
///
/// The listener's error.
pub async fn server(listener: TcpListener, manner: impl Into<Manner>) -> io::Result<()> {
    let manner = manner.into();
    loop {
        let (stream, _) = listener.accept().await?;
        // A failed connection is the business of its peer.
        tokio::spawn(async move { drop(serve(stream, manner).await) });
    }
}

/// Serves one connection: it speaks the subprotocols `chat` and `superchat`, and permessage-deflate, and takes
/// requests of its own origin only.
///
/// # Errors
///
/// If the stream fails, the peer is silent for 10 seconds, or its request takes as long.
pub async fn serve<S>(stream: S, manner: impl Into<Manner>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let manner = manner.into();
    let mut stream = Buffered::new(stream);
    // One deadline for a request, however it drips.
    while let Some((request, len, answer)) = timeout(PATIENCE, receive(&mut stream, manner)).await?? {
        match answer {
            Answer::Refuse(_) if manner.has(Fault::NoAnswer) => break,
            Answer::Refuse(_) if manner.has(Fault::NeverAnswers) => while stream.more().await? {},
            Answer::Refuse(bytes) => stream.write(&bytes).await?,
            Answer::Accept(bytes, agreed) => {
                stream.consume(len);
                if manner.has(Fault::EarlyBytesLost) {
                    stream.read.clear();
                }
                stream.write(&bytes).await?;
                let codec = agreed.map(|agreed| Codec::new(agreed, Role::Server, manner.fault));
                // The peer has been told what it did wrong by a close frame.
                let _ = Echo::new(&mut stream, Role::Server, codec, manner).run().await;
                break;
            }
        }
        if !manner.has(Fault::RefusedAndGoesOn) || !request.whole {
            break;
        }
        stream.consume(len);
    }
    stream.end().await
}

/// Reads a request, and decides. `None`: the peer has closed before its request was complete.
async fn receive<S>(
    stream: &mut Buffered<S>,
    manner: Manner,
) -> io::Result<Option<(Judgement, usize, Answer)>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut judged = 0;
    loop {
        if manner.has(Fault::NoLimit) && !stream.read.ends_with(b"\r\n\r\n") && stream.more().await? {
            continue;
        }
        // Nothing is decided between the ends of lines, but for the first bytes.
        let new = stream.read.get(judged..).unwrap_or_default();
        if new.contains(&b'\n') || !new.is_empty() && judged < 16 {
            judged = stream.read.len();
            let request = judge::request(&as_it_is_read(&stream.read, manner));
            if request.len.max(if request.whole { 0 } else { judged }) > LARGEST_HEAD {
                return Ok(Some(too_large(&stream.read, manner)));
            }
            let len = request.len;
            let request = match manner.fault {
                Some(Fault::FirstLineOnly) => first_lines(&request),
                Some(Fault::ObsFoldTaken) => without_folds(&stream.read, &request),
                _ => request,
            };
            if let Some(due) = request.due_without(|rule| is_passed_over(manner, rule, &request)) {
                let answer = decide(&request, &due, manner);
                return Ok(Some((request, len, answer)));
            }
            if manner.has(Fault::SplitHeadLost) {
                let bytes = refusal(400, &[], "The head is not complete.", &request, manner);
                return Ok(Some((request, len, Answer::Refuse(bytes))));
            }
        } else if new.len() > LARGEST_HEAD {
            return Ok(Some(too_large(&stream.read, manner)));
        }
        if !stream.more().await? {
            if !manner.has(Fault::IncompleteHeadTaken) || stream.read.ends_with(b"\r\n\r\n") {
                return Ok(None);
            }
            stream.read.extend(b"\r\n\r\n");
        }
    }
}

/// Refuses a head that is too large, or a target that is.
fn too_large(bytes: &[u8], manner: Manner) -> (Judgement, usize, Answer) {
    let request = judge::request(b"");
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let (status, text) = match line.len() {
        LONGEST_LINE.. => (414, "The target is too long."),
        _ => (431, "The head is too large."),
    };
    let bytes = refusal(status, &[], text, &request, manner);
    (request, 0, Answer::Refuse(bytes))
}

/// Returns the bytes of a head as a server with a fault reads them. It replaces no byte by several: the offsets stay.
fn as_it_is_read(bytes: &[u8], manner: Manner) -> Vec<u8> {
    let request = judge::request(bytes);
    let head_len = if request.whole { request.len } else { bytes.len() };
    let mut read = bytes.to_vec();
    for (at, byte) in read.iter_mut().enumerate().take(head_len) {
        let bare_cr = *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        match (manner.fault, manner.choice, *byte) {
            (Some(Fault::CrEndsLine), ..) if bare_cr => *byte = b'\n',
            (Some(Fault::ControlCharactersTrimmed), _, 0..=8 | 11 | 12 | 14..=31) => *byte = b' ',
            (_, Some(Choice::CrBecomesSpace), _) if bare_cr => *byte = b' ',
            (_, Some(Choice::NulBecomesSpace), 0) => *byte = b' ',
            _ => {}
        }
    }
    read
}

fn decide(request: &Judgement, due: &Due, manner: Manner) -> Answer {
    if manner.chooses(Choice::LfRefused)
        && request.broken().any(|verdict| verdict.rule.id == "request/line-ends")
    {
        return Answer::Refuse(refusal(400, &[], "A line ends in LF.", request, manner));
    }
    if due.status != 101 {
        return Answer::Refuse(refuse(request, due, manner));
    }
    let all = |name: &str| request.fields.iter().filter(|field| field.is(name)).collect::<Vec<_>>();
    let refused = match manner.fault {
        Some(Fault::UpgradeCaseSensitive) => {
            let members = all("Upgrade");
            let mut members = members.iter().flat_map(|field| field.value.split(|&byte| byte == b','));
            !members.any(|member| member.trim_ascii() == b"websocket")
        }
        Some(Fault::ConnectionWhole) => {
            !matches!(&*all("Connection"), [field] if field.value.eq_ignore_ascii_case(b"upgrade"))
        }
        _ => false,
    };
    if refused {
        return Answer::Refuse(refusal(400, &[], "It is not a list for this server.", request, manner));
    }
    if !manner.chooses(Choice::EveryOrigin) && !is_same_origin(request, manner) {
        return Answer::Refuse(refusal(403, &[], "The origin is another one.", request, manner));
    }
    accept(request, due, manner)
}

/// Returns whether the first `Origin`, if any, is that of the authority which the request was sent to.
fn is_same_origin(request: &Judgement, manner: Manner) -> bool {
    let Some(origin) = request.get("Origin") else {
        return true;
    };
    let origin = String::from_utf8_lossy(origin);
    let Some((scheme @ ("http" | "https"), origin)) = origin.split_once("://") else {
        return false;
    };
    let target = match &request.start {
        Start::Request { target, .. } => target.text(),
        _ => return false,
    };
    let host = String::from_utf8_lossy(request.get("Host").unwrap_or_default());
    let authority = match target.split_once("://") {
        Some((_, rest)) if !target.starts_with('/') => rest.split(['/', '?']).next().unwrap_or_default(),
        _ => &host,
    };
    let default = if scheme == "http" { ":80" } else { ":443" };
    let place = |text: &str| text.strip_suffix(default).unwrap_or(text).to_ascii_lowercase();
    let same = place(origin) == place(authority);
    same || manner.has(Fault::OriginPrefix) && origin.starts_with(authority)
}

/// Judges a request again, without the further lines of its lists.
fn first_lines(request: &Judgement) -> Judgement {
    const LISTS: [&str; 4] = ["Connection", "Upgrade", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"];
    let Start::Request { method, target, version } = &request.start else {
        return request.clone();
    };
    if !request.whole {
        return request.clone();
    }
    let mut head = [&*method.bytes, b" ", &target.bytes, b" ", &version.bytes, b"\r\n"].concat();
    let mut seen: Vec<&str> = Vec::new();
    for field in &request.fields {
        if let Some(list) = LISTS.iter().find(|list| field.is(list)) {
            if seen.contains(list) {
                continue;
            }
            seen.push(list);
        }
        head.extend([&*field.name, b": ", &field.value, b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    judge::request(&head)
}

/// Judges a request again, with each line that goes on with a value as a field of its own.
fn without_folds(bytes: &[u8], request: &Judgement) -> Judgement {
    let mut head = Vec::new();
    for line in bytes.get(..request.len).unwrap_or_default().split_inclusive(|&byte| byte == b'\n') {
        let text = if head.is_empty() { line } else { line.trim_ascii_start() };
        head.extend(if text.is_empty() { line } else { text });
    }
    judge::request(&head)
}
