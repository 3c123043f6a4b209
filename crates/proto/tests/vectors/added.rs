//! `added_fields.json` and `rejections.json`: the added fields of an application, and its rejections.

use std::collections::BTreeMap;

use vectors::{Added, AddedFieldCase, AnswerExpect, RejectionCase};
use websocket_upgrade_proto::client::{self, ExtendedConnect};
use websocket_upgrade_proto::server::{Bootstrap, Entrance, Options, Rejection, Request, Target};
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{EncodeError, ExtraFields, Key};

use crate::answer::Answer;
use crate::report::{Outcome, run, same};

const BOOTSTRAPS: [Bootstrap; 2] = [Bootstrap::Upgrade, Bootstrap::ExtendedConnect];

/// Every line of a message, the name in lower case.
type Lines = Vec<(String, Vec<u8>)>;

#[test]
fn added_fields() {
    run(
        "added_fields.json",
        &vectors::added_fields(),
        |case| (&case.name, &case.rfc),
        |case| {
            by_client(case)?;
            by_server(case)
        },
    );
}

fn by_client(case: &AddedFieldCase) -> Outcome {
    let (name, value) = &case.field;
    let checked = ExtraFields::check_request(name, value);
    same("checked", &checked.is_err(), &(case.client == Added::Refused))?;
    if ExtraFields::check(name, value).is_err() {
        return Ok(());
    }
    let uri = Uri::parse("ws://server.example.com/").expect("a URI");
    let line = [name, &b": "[..], value, b"\r\n"].concat();
    let mut options = client::Options::new();
    options.fields = ExtraFields::from_lines(&line).map_err(|error| error.to_string())?;
    let request = match client::Request::new(&uri, &options) {
        Ok(request) => request,
        Err(error) => {
            same(
                "text",
                &error.to_string(),
                &checked.map_or_else(|error| error.to_string(), |()| String::new()),
            )?;
            return same("request", &Added::Refused, &case.client);
        }
    };
    let mut bytes = vec![0; 1024];
    let len = request.encode_h1(&Key::from_nonce(b"the sample nonce"), &mut bytes).expect("room for it");
    let sent = bytes.get(..len).expect("its length").windows(line.len()).any(|lines| lines == line);
    same("over HTTP/1.1", &sent, &true)?;
    let connect = ExtendedConnect::new(request).to_http().map_err(|error| error.to_string())?;
    let values =
        connect.headers().iter().map(|(name, value)| (name.as_str().into(), value.as_bytes().into()));
    same("over HTTP/2 and 3", &has(&values.collect(), case), &(case.client == Added::Sent))
}

fn by_server(case: &AddedFieldCase) -> Outcome {
    let (name, value) = &case.field;
    let checked = ExtraFields::check(name, value);
    same("checked", &checked.is_err(), &(case.server == Added::Refused))?;
    if checked.is_err() {
        return Ok(());
    }
    let line = [name, &b": "[..], value, b"\r\n"].concat();
    let fields = ExtraFields::from_lines(&line).map_err(|error| error.to_string())?;
    for bootstrap in BOOTSTRAPS {
        let expected = case.server == Added::Sent || bootstrap == Bootstrap::Upgrade;
        let rejection = Rejection::new(403).expect("a status").with_fields(fields).over(bootstrap);
        let lines = listed(|each| rejection.for_each_field(each));
        same("rejected", &has(&lines, case), &expected)?;
        same("rejected, of the http crate", &in_map(rejection.to_http().headers()), &lines)?;
        accepted(bootstrap, fields, |lines| same("accepted", &has(&lines, case), &expected))?;
    }
    Ok(())
}

/// Checks the fields of an accepting answer, in all its forms.
fn accepted(bootstrap: Bootstrap, fields: ExtraFields<'_>, judge: impl FnOnce(Lines) -> Outcome) -> Outcome {
    let upgrade = [
        ("Host", "server.example.com"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
    ];
    let connect = [("sec-websocket-version", "13")];
    let entrance = match bootstrap {
        Bootstrap::Upgrade => {
            Entrance::Upgrade { method: "GET", target: Target::parse("/"), minor_version: 1 }
        }
        Bootstrap::ExtendedConnect => Entrance::ExtendedConnect {
            method: "CONNECT",
            protocol: Some("websocket"),
            scheme: Some("https"),
            authority: Some("server.example.com"),
            path: Some("/"),
        },
    };
    let request: &[(&str, &str)] = if bootstrap == Bootstrap::Upgrade { &upgrade } else { &connect };
    let request = Request::from_fields(&entrance, &request).map_err(|error| error.to_string())?;
    let mut options = Options::new();
    options.fields = fields;
    let accepted = request.accept(&options).map_err(|error| error.to_string())?;
    let lines = listed(|each| accepted.for_each_field(each));
    same("accepted, of the http crate", &in_map(accepted.to_http().headers()), &lines)?;
    if bootstrap == Bootstrap::Upgrade {
        let mut bytes = vec![0; 1024];
        let len = accepted.encode_h1(&mut bytes).map_err(|error| error.to_string())?;
        let head = bytes.get(..len).expect("its length");
        let head = head.strip_prefix(b"HTTP/1.1 101 Switching Protocols\r\n").expect("a 101");
        let mut written = Vec::new();
        for (name, value) in &lines {
            written.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        same("as bytes", &head.to_ascii_lowercase(), &[&written[..], b"\r\n"].concat().to_ascii_lowercase())?;
    }
    judge(lines)
}

fn has(lines: &Lines, case: &AddedFieldCase) -> bool {
    let (name, value) = &case.field;
    lines.iter().any(|(n, v)| n.as_bytes().eq_ignore_ascii_case(name) && v[..] == value[..])
}

#[test]
fn rejections() {
    run("rejections.json", &vectors::rejections(), |case| (&case.name, &case.rfc), reject);
}

fn reject(case: &RejectionCase) -> Outcome {
    let lines: Vec<String> =
        case.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let lines = lines.concat();
    let checks =
        case.headers.iter().map(|(name, value)| ExtraFields::check(name.as_bytes(), value.as_bytes()));
    let legal = checks.fold(Rejection::new(case.status).is_ok(), |legal, checked| legal & checked.is_ok());
    same("legal", &legal, &!case.error)?;
    let (Ok(rejection), Ok(fields), Some(expect)) =
        (Rejection::new(case.status), ExtraFields::from_lines(lines.as_bytes()), &case.expect)
    else {
        return same("error", &true, &case.error);
    };
    let rejection = rejection.with_fields(fields);
    let connect = case.connect.as_ref().unwrap_or(expect);
    for (bootstrap, expect) in BOOTSTRAPS.into_iter().zip([expect, connect]) {
        let rejection = rejection.over(bootstrap);
        same("status", &rejection.status(), &expect.status)?;
        let lines = listed(|each| rejection.for_each_field(each));
        has_all(&lines, expect)?;
        let response = rejection.to_http();
        same("status, of the http crate", &response.status().as_u16(), &expect.status)?;
        has_all(&in_map(response.headers()), expect)?;
        let mut bytes = vec![0; 1024];
        if bootstrap == Bootstrap::ExtendedConnect {
            same("as bytes", &rejection.encode_h1(&mut bytes), &Err(EncodeError::ExtendedConnect))?;
            continue;
        }
        let len = rejection.encode_h1(&mut bytes).map_err(|error| error.to_string())?;
        let answer = Answer::parse(bytes.get(..len).expect("its length"))?;
        same("status, as bytes", &answer.status, &expect.status)?;
        let fields = answer.fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), (*value).into()));
        has_all(&fields.collect(), expect)?;
    }
    Ok(())
}

fn has_all(lines: &Lines, AnswerExpect { fields, .. }: &AnswerExpect) -> Outcome {
    let mut got: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in fields.keys() {
        let named = lines.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let values = named.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        got.insert(name.clone(), values.collect());
    }
    same("fields", &got, fields)
}

fn listed(for_each_field: impl FnOnce(&mut dyn FnMut(&str, &[u8]))) -> Lines {
    let mut lines = Vec::new();
    for_each_field(&mut |name, value| lines.push((name.to_ascii_lowercase(), value.to_vec())));
    lines
}

fn in_map(map: &http::HeaderMap) -> Lines {
    map.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
}
