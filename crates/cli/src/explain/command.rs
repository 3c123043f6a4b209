//! The command: reads a head, and shows what the judge and our own core say about it.

use std::io::{IsTerminal, Read, Write, stdin, stdout};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use websocket_upgrade_conformance::judge::{self, Conclusion, Judgement, Sent};

use super::ours::{self, Ours};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{BAD, FAINT, HEADING, painted};
use crate::verdicts::{self, Detail};

/// Show every rule that the head of a request or a response breaks, at which byte, and the answer that is due.
#[derive(Args, Debug)]
pub(crate) struct Flags {
    /// A file with the head as it was sent (standard input if there is none, or for "-")
    file: Option<PathBuf>,
    /// The request that the response answers: its key and its offers decide what the response may have
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// Show the rules that are kept, too
    #[arg(short, long)]
    verbose: bool,
    /// Write the judgement as JSON
    #[arg(long)]
    json: bool,
}

/// Most bytes that are read.
const MOST: u64 = 1024 * 1024;

pub(crate) fn run(flags: &Flags) -> Result<Exit, Failure> {
    let bytes = read(flags.file.as_deref())?;
    if bytes.trim_ascii().is_empty() {
        return Err(Failure::usage("there is no head: the input is empty")
            .hint("pipe a request or a response into the command, or name a file"));
    }
    let request = flags.request.as_deref().map(|path| read(Some(path))).transpose()?;
    let explained = Explained::new(&bytes, request.as_deref());
    if flags.json {
        let mut out = stdout().lock();
        serde_json::to_writer_pretty(&mut out, &explained.to_json()).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        explained.write(&mut anstream::stdout().lock(), flags.verbose)?;
    }
    Ok(if explained.heads.iter().all(|head| head.judgement.is_valid()) {
        Exit::Success
    } else {
        Exit::Invalid
    })
}

fn read(path: Option<&std::path::Path>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    if let Some(path) = path.filter(|path| *path != "-") {
        let file = std::fs::File::open(path).map_err(|error| Failure::file(path, &error))?;
        file.take(MOST).read_to_end(&mut bytes).map_err(|error| Failure::file(path, &error))?;
    } else {
        if stdin().is_terminal() {
            writeln!(anstream::stderr().lock(), "{}", painted(FAINT, "paste a head, then Ctrl-D"))?;
        }
        stdin().lock().take(MOST).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// What there is to say about an input.
struct Explained {
    is_response: bool,
    /// Whether the empty line at the end was missing, and has been added.
    ended: bool,
    /// One head, or interim responses and the one behind them.
    heads: Vec<Head>,
    ours: Option<Ours>,
}

struct Head {
    bytes: Vec<u8>,
    judgement: Judgement,
}

impl Explained {
    fn new(bytes: &[u8], request: Option<&[u8]>) -> Self {
        let is_response = bytes.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"HTTP/"));
        let sent = request.map(|request| judge::request(request).sent());
        let judged = |bytes: &[u8]| {
            if is_response {
                judge::responses(bytes, &sent.clone().unwrap_or_else(|| likely(bytes)))
            } else {
                vec![judge::request(bytes)]
            }
        };
        // Heads that were copied from somewhere often lack the empty line.
        let (mut bytes, mut ended, mut judgements) = (bytes.to_vec(), false, judged(bytes));
        if judgements.last().is_some_and(|last| !last.whole) {
            let end: &[u8] = if bytes.ends_with(b"\n") { b"\r\n" } else { b"\r\n\r\n" };
            let with_end = [&*bytes, end].concat();
            let again = judged(&with_end);
            if again.last().is_some_and(|last| last.whole) {
                (bytes, ended, judgements) = (with_end, true, again);
            }
        }
        let ours = match (is_response, request) {
            (false, _) => Some(ours::answer(&bytes)),
            (true, Some(request)) => ours::verdict(&bytes, request),
            (true, None) => None,
        };
        let mut rest = &*bytes;
        let heads = judgements.into_iter().map(|judgement| {
            let head = rest.get(..judgement.len).filter(|head| !head.is_empty()).unwrap_or(rest);
            rest = rest.get(head.len()..).unwrap_or_default();
            Head { bytes: head.to_vec(), judgement }
        });
        Self { is_response, ended, heads: heads.collect(), ours }
    }

    fn write(&self, out: &mut impl Write, all: bool) -> Result<(), Failure> {
        for Head { bytes, judgement } in &self.heads {
            let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
            let line = verdicts::shortened(line.strip_suffix(b"\r").unwrap_or(line));
            writeln!(out, "{}", painted(HEADING, line))?;
            verdicts::write(out, judgement, bytes, if all { Detail::All } else { Detail::Broken })?;
        }
        if self.ended {
            writeln!(out, "{}", painted(FAINT, "note: the empty line at the end is missing, and was added"))?;
        }
        let Some(Head { judgement, .. }) = self.heads.last() else { return Ok(()) };
        if self.is_response {
            writeln!(out, "\na client:     {}", conclusion(judgement))?;
        } else {
            match judgement.due() {
                None => writeln!(out, "\ndue:          nothing yet, the head is not complete")?,
                Some(due) => {
                    let why = due.rule.map(|rule| format!("   by {}", rule.id)).unwrap_or_default();
                    writeln!(out, "\ndue:          {}{}", due.status, painted(FAINT, why))?;
                    for (name, value) in &due.fields {
                        writeln!(out, "              {name}: {value}")?;
                    }
                }
            }
        }
        if let Some(ours) = &self.ours {
            verdicts::beside(out, "this library: ", 14, &ours.text)?;
            if self.agrees() == Some(false) {
                writeln!(out, "{:14}{}", "", painted(BAD, "this is another answer"))?;
            }
        }
        if self.is_response && self.ours.is_none() {
            let note = "note: without --request the accept value and the offers are not known";
            writeln!(out, "{}", painted(FAINT, note))?;
        }
        Ok(())
    }

    /// Whether our core comes to the same as the judge.
    fn agrees(&self) -> Option<bool> {
        let judgement = &self.heads.last()?.judgement;
        let ours = self.ours.as_ref()?;
        let theirs = if self.is_response {
            match judgement.conclusion() {
                Conclusion::Established => ours::Kind::Established,
                Conclusion::Failed(_) => ours::Kind::Failed,
                Conclusion::Refused => ours::Kind::Refused,
                _ => ours::Kind::Unfinished,
            }
        } else {
            judgement.due().map_or(ours::Kind::Unfinished, |due| ours::Kind::Status(due.status))
        };
        (ours.kind != ours::Kind::Limit).then_some(ours.kind == theirs)
    }

    fn to_json(&self) -> Value {
        let last = self.heads.last();
        let heads: Vec<_> = self.heads.iter().map(|head| &head.judgement).collect();
        json!({
            "kind": if self.is_response { "response" } else { "request" },
            "valid": self.heads.iter().all(|head| head.judgement.is_valid()),
            "heads": heads,
            "due": last.filter(|_| !self.is_response).and_then(|head| head.judgement.due()),
            "conclusion": last.filter(|_| self.is_response).map(|head| conclusion(&head.judgement)),
            "library": self.ours.as_ref().map(|ours| json!({ "text": ours.text, "agrees": self.agrees() })),
        })
    }
}

/// A request that the response fits to, as nobody knows the one that it answers: with the offers that it agrees to,
/// and with a key that is not known.
fn likely(response: &[u8]) -> Sent {
    let mut sent = Sent::default();
    sent.method = "GET".into();
    for judgement in judge::responses(response, &sent) {
        for field in &judgement.fields {
            let value = String::from_utf8_lossy(&field.value).into_owned();
            if field.is("Sec-WebSocket-Protocol") {
                sent.subprotocols.push(value);
            } else if field.is("Sec-WebSocket-Extensions") {
                sent = sent.extensions(&value);
            }
        }
    }
    sent
}

/// What a client concludes, in words.
fn conclusion(judgement: &Judgement) -> String {
    match judgement.conclusion() {
        Conclusion::Unfinished => "waits for the rest of the head".into(),
        Conclusion::Interim => "waits for another response".into(),
        Conclusion::Established => "takes the connection as established".into(),
        Conclusion::Refused => "is refused".into(),
        Conclusion::Failed(rule) => format!("fails the connection by {}", rule.id),
    }
}
