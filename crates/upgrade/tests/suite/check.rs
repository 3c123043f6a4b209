//! Requests that are checked against the options before an application is asked.

use std::time::Duration;

use websocket_upgrade::{HandleError, Rejection, ServerOptions};

use super::answer::{Answer, undated};
use super::collector::events;
use super::model::{Client, Decided, Decision, End, FRAME, REQUEST, Served};
use super::report::{run, same};
use crate::driver;

const COOKIE: [(&str, &str); 1] = [("Set-Cookie", "a=1")];

/// The options that each case asks for.
fn options() -> ServerOptions {
    let options = ServerOptions::new().subprotocol("chat").expect("a token").require_subprotocol();
    options.authorities(["server.example.com"]).expect("an authority").secure(false)
}

/// The field lines of a request that passes.
const PASSING: &str = "Origin: http://server.example.com\r\nSec-WebSocket-Protocol: chat\r\n";

/// What is changed in a request that passes: the old text, the new one, and the status and the text of the refusal.
const REFUSED: [(&str, &str, u16, &str); 12] = [
    ("Origin: http://server", "Origin: http://elsewhere", 403, "Origin: not allowed"),
    ("Origin: http:", "Origin: https:", 403, "Origin: not allowed"),
    ("Origin: ", "Origin: http://a\r\nOrigin: ", 403, "Origin: more than one line"),
    ("Host: server", "Host: elsewhere", 421, "authority: "),
    ("GET /", "GET https://server.example.com/", 421, "scheme: "),
    ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400, "Sec-WebSocket-Key: missing"),
    ("Sec-WebSocket-Protocol: chat\r\n", "", 400, "Sec-WebSocket-Protocol: "),
    ("Protocol: chat", "Protocol: chat chat", 400, "Sec-WebSocket-Protocol: "),
    ("Protocol: chat", "Protocol: chat\r\nSec-WebSocket-Extensions: =a", 400, "Sec-WebSocket-Extensions: "),
    // These are refused with any options.
    ("Version: 13", "Version: 8", 426, "Sec-WebSocket-Version: "),
    ("Upgrade: websocket\r\n", "", 426, "Upgrade: "),
    ("Host: server.example.com\r\n", "", 400, "Host: missing"),
];

fn request() -> String {
    format!("{REQUEST}{PASSING}\r\n")
}

/// Calls `receive` with this decision, and again with a check before it.
fn both(bytes: &[u8], decision: impl Fn() -> Decision) -> [(Vec<String>, Served<Decided>); 2] {
    let client = Client::new(bytes);
    [decision(), Decision::Check(Box::new(decision()))]
        .map(|decision| events(|| driver::receive(&client, &options(), &COOKIE, decision)))
}

#[test]
fn what_accept_would_refuse_is_refused_before_anyone_is_asked() {
    let name = |case: &(&str, &str, u16, &str)| format!("{:?} as {:?}", case.0, case.1);
    run("requests", &REFUSED, name, |(from, to, status, text)| {
        let request = request().replacen(from, to, 1);
        let [(accepting, accept), (checking, check)] = both(request.as_bytes(), || Decision::Accept);
        let answer = Answer::parse(&check.answer)?;
        same("status", &answer.status, status)?;
        same("text", &answer.text().starts_with(text), &true).map_err(|_| answer.text())?;
        same("its own field", &answer.all("Set-Cookie"), &["a=1"])?;
        // It is what `accept` does, with one event.
        same("the answer", &undated(&check.answer), &undated(&accept.answer))?;
        same("writes", &check.writes, &accept.writes)?;
        same("time", &check.elapsed, &accept.elapsed)?;
        same("events", &checking, &accepting)?;
        same("number of events", &checking.len(), &1)?;
        match check.outcome.map(|decided| decided.end) {
            Ok(End::Unasked(HandleError::Rejected(error))) => {
                same("the error's status", &error.reason().status(), status)
            }
            other => Err(format!("{other:?}")),
        }
    });
}

#[test]
fn what_passes_is_decided_as_if_it_was_not_checked() {
    let decisions: [(fn() -> Decision, u16); 3] = [
        (|| Decision::Accept, 101),
        (|| Decision::Reject(Rejection::unauthorized("Bearer")), 401),
        (|| Decision::Drop, 503),
    ];
    let name = |case: &(fn() -> Decision, u16)| case.1.to_string();
    run("decisions", &decisions, name, |(decision, status)| {
        let request = [request().as_bytes(), FRAME].concat();
        let [(plain, decided), (checking, checked)] = both(&request, decision);
        same("the answer", &undated(&checked.answer), &undated(&decided.answer))?;
        same("status", &Answer::parse(&checked.answer)?.status, status)?;
        same("writes", &checked.writes, &1)?;
        same("events", &checking, &plain)?;
        same("number of events", &checking.len(), &1)?;
        let ends =
            [decided, checked].map(|served| served.outcome.map(|decided| format!("{:?}", decided.end)));
        let [plain, checked] = ends.map(|end| end.map_err(|error| error.to_string()));
        same("end", &checked?, &plain?)
    });
}

#[test]
fn each_check_has_its_own_options() {
    let bytes = request().replace("Sec-WebSocket-Protocol: chat\r\n", "");
    let client = Client::new(bytes.as_bytes());
    let twice = Decision::Check(Box::new(Decision::Check(Box::new(Decision::Accept))));
    let served = driver::receive(&client, &ServerOptions::new(), &[], twice);
    assert!(matches!(served.outcome.map(|decided| decided.end), Ok(End::Accepted(_))));
    let refused = driver::receive(&client, &options(), &[], Decision::Check(Box::new(Decision::Accept)));
    assert!(matches!(refused.outcome.map(|decided| decided.end), Ok(End::Unasked(_))));
}

/// The deadline of a check is that of the request: a client that does not leave is left at it.
#[test]
fn a_refused_client_that_stays_is_left_at_the_deadline() {
    let bytes = request().replacen("http://server", "http://elsewhere", 1);
    let client = Client { bytes: &[bytes.as_bytes(), &b"x".repeat(1000)].concat(), ..Client::new(b"") };
    let client = Client { piece: 100, pause: Duration::from_secs(1), ..client };
    let outcomes = [Decision::Accept, Decision::Check(Box::new(Decision::Accept))].map(|decision| {
        let served = driver::receive(&client, &options().deadline(Duration::from_secs(9)), &[], decision);
        (served.elapsed, undated(&served.answer))
    });
    assert_eq!(outcomes[0], outcomes[1]);
    assert_eq!(outcomes[0].0, Duration::from_secs(9));
}
