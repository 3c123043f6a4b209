//! Heads of the vectors with small random changes: judge and core agree on them too.

use websocket_upgrade_conformance::judge;

use crate::connects;
use crate::core::{conclusion, with_handshake};
use crate::differences::is_known;
use crate::requests::both;
use crate::responses::concluded;

/// The bytes that are put in: those that mean something somewhere, and some that are never legal.
const BYTES: &[u8] = b" \t\r\n,;:=\"\\/?#@%[]()<>.-+_*~0189aAgGzZ\0\x7f\x80\xff";

/// A small generator of pseudo-random numbers (xorshift), so that each run makes the same changes.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap_or_default()
    }

    /// Changes one to three places: a byte is put in, taken out or replaced, or a line is repeated or taken out.
    fn change(&mut self, head: &[u8]) -> Vec<u8> {
        let mut bytes = head.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len().max(1));
            let byte = BYTES[self.below(BYTES.len())];
            match self.below(5) {
                0 => bytes.insert(at.min(bytes.len()), byte),
                1 if !bytes.is_empty() => {
                    bytes.remove(at);
                }
                2 if !bytes.is_empty() => bytes[at] = byte,
                kind => {
                    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
                    if lines.is_empty() {
                        continue;
                    }
                    let line = self.below(lines.len());
                    if kind == 3 {
                        let copy = lines[line];
                        let to = self.below(lines.len());
                        lines.insert(to, copy);
                    } else {
                        lines.remove(line);
                    }
                    bytes = lines.concat();
                }
            }
        }
        bytes
    }
}

const EACH: usize = 40;

#[test]
fn requests_with_changes() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut wrong = Vec::new();
    for case in vectors::requests().iter().filter(|case| case.request.len() < 1500) {
        for _ in 0..EACH {
            let head = random.change(&case.request);
            let (judge, core) = both(&head);
            if judge != core {
                wrong.push(format!("{}\n    judge: {judge}\n    core:  {core}", head.escape_ascii()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
}

#[test]
fn responses_with_changes() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut wrong = Vec::new();
    for case in vectors::responses().iter().filter(|case| case.response.len() < 1500) {
        if is_known("responses.json", &case.name) {
            continue;
        }
        for _ in 0..EACH {
            let head = random.change(&case.response);
            let (judge, core) = case.client.with(|options| {
                with_handshake(options, |handshake, request| {
                    let sent = judge::request(request).sent();
                    (concluded(&head, &sent), conclusion(handshake, &head))
                })
            });
            // The core judges the field lines when the head ends, the judge each line that is complete.
            let early = judge == "failed" && core == "unfinished";
            // The judge knows no parameters of these extensions.
            let mut agreed = judge.split('"');
            let unknown = core == "failed" && agreed.any(|name| name.starts_with("x-") && name.contains(';'));
            if judge != core && !early && !unknown {
                wrong.push(format!("{}\n    judge: {judge}\n    core:  {core}", head.escape_ascii()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
}

#[test]
fn connects_with_changes() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut wrong = Vec::new();
    for mut case in vectors::connects() {
        let original: Vec<(String, Vec<u8>)> =
            case.fields.iter().map(|(name, value)| (name.clone(), value.to_vec())).collect();
        let pseudo = |case: &vectors::ConnectCase| {
            let pseudo = &case.pseudo;
            [&pseudo.protocol, &pseudo.scheme, &pseudo.authority, &pseudo.path].map(Clone::clone)
        };
        let unchanged = pseudo(&case);
        for _ in 0..EACH {
            let mut fields = original.clone();
            let mut changed = unchanged.clone();
            match random.below(4) {
                0 => {
                    let which = random.below(4);
                    let text = changed[which].take().unwrap_or_default();
                    // The core takes pseudo-header fields as text.
                    changed[which] = String::from_utf8(random.change(text.as_bytes())).ok();
                }
                1 if !fields.is_empty() => {
                    let copy = fields[random.below(fields.len())].clone();
                    fields.insert(random.below(fields.len()), copy);
                }
                2 if !fields.is_empty() => {
                    let which = random.below(fields.len());
                    let name = random.change(fields[which].0.as_bytes());
                    fields[which].0 = String::from_utf8_lossy(&name).into_owned();
                }
                _ if !fields.is_empty() => {
                    let which = random.below(fields.len());
                    fields[which].1 = random.change(&fields[which].1);
                }
                _ => {}
            }
            let [protocol, scheme, authority, path] = changed;
            case.pseudo =
                vectors::PseudoFields { method: "CONNECT".to_owned(), protocol, scheme, authority, path };
            let lines: Vec<(&str, &[u8])> =
                fields.iter().map(|(name, value)| (name.as_str(), &**value)).collect();
            let (judge, core) = connects::both(&case.pseudo, &lines);
            // To the core a `:protocol` with a control character is another protocol, and so is one beside a `:scheme`
            // that is malformed: it refuses both all the same.
            let mut values = [&case.pseudo.protocol, &case.pseudo.scheme].into_iter().flatten();
            let malformed =
                values.any(|value| value.bytes().any(|byte| byte == b' ' || byte.is_ascii_control()));
            let known = malformed && (judge.as_str(), core.as_str()) == ("400", "501");
            if judge != core && !known {
                wrong.push(format!("{:?} {fields:?}\n    judge: {judge}\n    core:  {core}", case.pseudo));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
}
