//! `wsupgrade explain`: every rule that a head breaks, at which byte, and the answer that is due.

mod kit;

use kit::{Done, file, run, run_with};

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\r\n";

const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n";

fn explained(head: impl AsRef<[u8]>) -> Done {
    let done = run_with(["explain"], head.as_ref());
    for line in done.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(!done.err.contains("panicked") && !done.out.contains("another answer"), "{done:#?}");
    done
}

#[track_caller]
fn says(done: &Done, code: i32, texts: &[&str]) {
    for text in texts {
        assert!(done.out.contains(text), "{text:?} is not in {done:#?}");
    }
    assert_eq!((done.code, &*done.err), (code, ""), "{done:#?}");
}

#[test]
fn a_valid_request() {
    let done = explained(REQUEST);
    let value = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    says(&done, 0, &["due:          101", value, "this library: 101"]);
    assert!(!done.out.contains("FAIL"), "{}", done.out);
}

#[test]
fn every_broken_rule_has_its_place() {
    let done = explained(REQUEST.replace("Version: 13", "Version: 8").replace("Upgrade\r\n", "close\r\n"));
    says(
        &done,
        9,
        &[
            "FAIL request/connection                       RFC 6455",
            "     4 Connection: close\n                   ^^^^^ byte 61",
            "FAIL request/version-13",
            "     6 Sec-WebSocket-Version: 8\n                              ^ byte 136",
            "due:          400   by request/connection",
        ],
    );
}

#[test]
fn the_answer_that_is_due_has_its_fields() {
    let done = explained(REQUEST.replace("Version: 13", "Version: 8"));
    says(&done, 9, &["due:          426", "Sec-WebSocket-Version: 13", "this library: 426"]);
    let done = explained(REQUEST.replace("GET", "POST"));
    says(&done, 9, &["due:          405", "Allow: GET", "this library: 405"]);
}

#[test]
fn what_is_missing_at_the_end_is_added_and_said() {
    let note = "note: the empty line at the end is missing";
    says(&explained(REQUEST.trim_end()), 0, &[note, "due:          101"]);
    says(&explained(REQUEST.strip_suffix("\r\n").expect("an end")), 0, &[note, "due:          101"]);
}

#[test]
fn a_response_is_judged_by_its_request() {
    let done = explained(RESPONSE);
    says(&done, 0, &["takes the connection as established", "note: without --request"]);
    let request = file("request.txt", REQUEST);
    let response = |response: &str| {
        let response = file("response.txt", response);
        run(["explain".as_ref(), "--request".as_ref(), request.as_os_str(), response.as_os_str()])
    };
    let done = response(RESPONSE);
    says(&done, 0, &["a client:     takes", "this library: takes the connection as established"]);
    let done = response(&RESPONSE.replace("s3p", "S3p"));
    says(&done, 9, &["FAIL response/accept", "expected \"s3pPLM", "fails the connection by response/accept"]);
    let done = response(&RESPONSE.replace(": chat", ": other"));
    says(&done, 9, &["FAIL response/subprotocol-offered"]);
}

#[test]
fn interim_responses_come_first() {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let done = explained(format!("{hints}{RESPONSE}"));
    says(&done, 0, &["HTTP/1.1 103 Early Hints\n", "HTTP/1.1 101 Switching Protocols\n", "established"]);
}

#[test]
fn json_has_all_verdicts() {
    let done = run_with(["explain", "--json"], REQUEST.replace("Version: 13", "Version: 8").as_bytes());
    let json: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!((done.code, &json["kind"], &json["valid"]), (9, &"request".into(), &false.into()));
    assert_eq!((&json["due"]["status"], &json["library"]["agrees"]), (&426.into(), &true.into()));
    let verdicts = json["heads"][0]["verdicts"].as_array().expect("verdicts");
    let broken: Vec<_> = verdicts.iter().filter(|verdict| verdict["finding"]["broken"].is_object()).collect();
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert_eq!(broken[0]["rule"]["id"], "request/version-13");
    assert!(verdicts.len() > 30, "{}", verdicts.len());
}

/// Heads that are changed at random: the judge and this library come to the same, in lines of 80 columns.
#[test]
fn the_judge_and_this_library_agree() {
    const PIECES: [&[u8]; 14] = [
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b":",
        b",",
        b";",
        b"=",
        b"\"",
        b"\x00",
        b"\xff",
        b"13",
        b"HTTP/1.1 103 a\r\n\r\n",
    ];
    let request = file("changed-request.txt", REQUEST);
    let request = request.to_str().expect("UTF-8");
    // A generator of numbers that are the same in every run (xorshift).
    let mut state = 0x9e37_79b9_u32;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        usize::try_from(state).expect("32 bits") % below
    };
    for number in 0..120 {
        let mut head = if number % 2 == 0 { REQUEST } else { RESPONSE }.as_bytes().to_vec();
        for _ in 0..=random(5) {
            let place = random(head.len());
            match random(3) {
                0 => drop(head.splice(place..place, PIECES[random(PIECES.len())].iter().copied())),
                1 => drop(head.drain(place..(place + 1 + random(9)).min(head.len()))),
                _ => head[place] = u8::try_from(random(256)).expect("a byte"),
            }
        }
        let done = run_with(["explain", "--request", request], &head);
        let case = format!("{:?} {done:#?}", head.escape_ascii().to_string());
        assert!([0, 9].contains(&done.code) && !done.out.contains("another answer"), "{case}");
        assert!(done.out.lines().all(|line| line.chars().count() <= 80), "{case}");
    }
}

/// Whatever the input is, it is explained in lines of 80 columns.
#[test]
fn any_bytes_are_explained() {
    let long = format!("GET /{} HTTP/1.1\r\nX: {}\u{e9}\r\n\r\n", "a".repeat(9000), "b".repeat(9000));
    let inputs: [&[u8]; 12] = [
        b"GET",
        b"\x16\x03\x01\x02\x00\x01",
        b"HTTP/1.1",
        b"HTTP/1.1 101",
        b"http/1.1 101 a\n\n",
        b"HTTP/2 200\r\n\r\n",
        b"\x00\xff\r\n\r\n",
        b"a b c\nd\n\n",
        b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        b"GET / HTTP/1.1\rHost: a\r\r",
        b"HTTP/1.1 101 \x1b[2J\r\nUpgrade: \x1b[2J\r\n\r\n",
        long.as_bytes(),
    ];
    for input in inputs {
        let done = explained(input);
        assert_eq!(done.code, 9, "{done:#?}");
        assert!(!done.out.contains('\u{1b}'), "{done:#?}");
    }
    let done = explained("\r\n");
    assert!(done.code == 2 && done.err.starts_with("error: there is no head"), "{done:#?}");
}
