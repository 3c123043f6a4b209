//! Lets a server judge a request and answer it.

use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::permessage_deflate::Agreement;
use websocket_upgrade_proto::server::{self, Deviation, Options, Request, RequestError};

use super::Text;

/// The result of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    More,
    Accepted(Accepted),
    Rejected { error: RequestError, answer: Text },
}

/// An accepted request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Accepted {
    pub(crate) answer: Text,
    pub(crate) subprotocol: Option<String>,
    pub(crate) extensions: String,
    pub(crate) deflate: Option<Agreement>,
    pub(crate) head_len: usize,
}

/// Reads prefixes of these lengths until there is a verdict.
pub(crate) fn deliver(
    bytes: &[u8],
    ends: impl IntoIterator<Item = usize>,
    options: &Options<'_, '_>,
) -> Verdict {
    let mut scan = Scan::default();
    for end in ends {
        match server::read(&bytes[..end], &mut scan, &options.limits) {
            Ok(None) => {}
            Ok(Some(request)) => return answer(&Ok(request), options),
            Err(error) => return answer(&Err(error), options),
        }
    }
    Verdict::More
}

/// Decides on a request and answers it.
pub(crate) fn answer(request: &Result<Request<'_>, RequestError>, options: &Options<'_, '_>) -> Verdict {
    let mut answer = [0; 4096];
    let head_len = request.as_ref().map_or(0, Request::head_len);
    let valid = request.as_ref().map_err(|error| *error);
    let accepted = valid.and_then(|request| request.accept(options));
    assert_eq!(
        valid.and_then(|request| request.check(options)),
        accepted.as_ref().map(|_| ()).map_err(|error| *error)
    );
    match accepted {
        Ok(accepted) => {
            let len = accepted.encode_h1(&mut answer).expect("an answer is short");
            assert_same_fields(&answer[..len], |each| accepted.for_each_field(each));
            let has_key = request.as_ref().is_ok_and(|request| request.key().is_some());
            assert_eq!(accepted.tolerated(), (!has_key).then_some(Deviation::KeyMissing));
            let settings = accepted.settings();
            Verdict::Accepted(Accepted {
                answer: Text(answer[..len].to_vec()),
                subprotocol: settings.subprotocol().map(str::to_owned),
                extensions: settings.extensions().as_str().to_owned(),
                deflate: settings.permessage_deflate(),
                head_len,
            })
        }
        Err(error) => {
            let len = error.rejection().encode_h1(&mut answer).expect("a rejection is short");
            assert_same_fields(&answer[..len], |each| error.rejection().for_each_field(each));
            Verdict::Rejected { error, answer: Text(answer[..len].to_vec()) }
        }
    }
}

/// Checks that the fields for an HTTP server are the same as those in the bytes of the answer.
fn assert_same_fields(answer: &[u8], for_each_field: impl FnOnce(&mut dyn FnMut(&str, &[u8]))) {
    let head = answer.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(answer);
    let lines = head.split(|&byte| byte == b'\n').skip(1).take_while(|line| *line != b"\r");
    let sent: Vec<(Text, Text)> = lines
        .map(|line| {
            let colon = line.iter().position(|&byte| byte == b':').expect("a field line");
            (Text(line[..colon].to_vec()), Text(line[colon + 1..].trim_ascii().to_vec()))
        })
        .collect();
    let mut told = Vec::new();
    for_each_field(&mut |name, value| told.push((Text(name.as_bytes().to_vec()), Text(value.to_vec()))));
    assert_eq!(sent, told);
}
