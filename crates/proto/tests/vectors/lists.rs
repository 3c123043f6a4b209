//! `extensions.json`, `deflate.json` and `subprotocols.json`: the lists of both sides.

use vectors::{
    AgreementExpect, DeflateCase, ExtensionsCase, MemberExpect, SubprotocolExpect, SubprotocolsCase,
};
use websocket_upgrade_proto::client::{self, Event, Handshake, ResponseError, ResponseReason};
use websocket_upgrade_proto::extension::Extension;
use websocket_upgrade_proto::server::{self, Entrance, Request, RequestError, RequestReason, Target};
use websocket_upgrade_proto::subprotocol::Subprotocols;
use websocket_upgrade_proto::uri::Uri;

use crate::report::{Outcome, run, same};

const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

#[test]
fn extensions() {
    run(
        "extensions.json",
        &vectors::extensions(),
        |case| (&case.name, &case.rfc),
        |case| {
            offered(case)?;
            answered(case)
        },
    );
}

#[test]
fn deflate() {
    run("deflate.json", &vectors::deflate(), name_and_rule, |case| match case {
        DeflateCase::Server { config, offer, answer, .. } => {
            let deflate = config.build();
            let mut options = server::Options::new();
            let extensions: [&dyn Extension; 1] = [&deflate];
            options.extensions = &extensions;
            let got = accept(&[(EXTENSIONS, offer.as_bytes())], &options);
            let got = got.map_err(|error| error.to_string())?;
            same("answer", &got, &answer.clone().unwrap_or_default())
        }
        DeflateCase::Client { config, response, agreement, error, .. } => {
            let deflate = config.build();
            let verdict = client_reads(&[response.as_bytes()], &[&deflate]);
            match (verdict, agreement) {
                (Ok(Agreed { deflate: Some(got), .. }), Some(expected)) => same("agreement", &got, expected),
                (Err(_), None) if *error => Ok(()),
                (verdict, expected) => {
                    let verdict = verdict.map(|agreed| agreed.deflate).map_err(|error| error.to_string());
                    Err(format!("got {verdict:?}\n    expected {expected:?}, error: {error}"))
                }
            }
        }
    });
}

#[test]
fn subprotocols() {
    run("subprotocols.json", &vectors::subprotocols(), |case| (&case.name, &case.rfc), choice);
}

fn name_and_rule(case: &DeflateCase) -> (&str, &str) {
    let (DeflateCase::Server { name, rfc, .. } | DeflateCase::Client { name, rfc, .. }) = case;
    (name, rfc)
}

fn choice(case: &SubprotocolsCase) -> Outcome {
    let supported = case.supported.join(",");
    let mut options = server::Options::new();
    options.subprotocols = Subprotocols::parse(&supported).map_err(|error| error.to_string())?;
    options.require_subprotocol = case.require;
    let lines: Vec<(&str, &[u8])> =
        case.offer.iter().map(|line| ("Sec-WebSocket-Protocol", &**line)).collect();
    let fields = with_lines(&lines);
    let fields = fields.as_slice();
    let read = Request::from_fields(&ENTRANCE, &fields);
    if let Ok(request) = &read {
        // This must work before the list is judged.
        let offered: Vec<&str> = request.subprotocols().collect();
        same("tokens alone", &offered, &tokens(&case.offer))?;
    }
    match (read.and_then(|request| request.accept(&options)), &case.expect) {
        (Ok(accepted), SubprotocolExpect::Chosen(expected)) => {
            same("subprotocol", &accepted.settings().subprotocol(), &expected.as_deref())
        }
        (Err(error), SubprotocolExpect::Rejected { status }) => {
            same("status", &error.rejection().status(), status)?;
            let text = error.to_string();
            same("names the field", &text.contains("Sec-WebSocket-Protocol"), &true).map_err(|_| text)
        }
        (got, expected) => Err(format!("got {got:?}\n    expected {expected:?}")),
    }
}

/// Returns the names of a list, up to the first one that is not a token.
fn tokens(lines: &[vectors::Bytes]) -> Vec<&str> {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let names = lines.iter().flat_map(|line| line.split(|&byte| byte == b',')).map(<[u8]>::trim_ascii);
    let tokens = names.filter(|name| !name.is_empty()).take_while(|name| name.iter().copied().all(is_tchar));
    tokens.map(|name| std::str::from_utf8(name).expect("a token is ASCII")).collect()
}

/// Checks the list in a request.
fn offered(case: &ExtensionsCase) -> Outcome {
    let lines: Vec<(&str, &[u8])> = case.lines.iter().map(|line| (EXTENSIONS, &**line)).collect();
    let fields = with_lines(&lines);
    let fields = fields.as_slice();
    let members = Request::from_fields(&ENTRANCE, &fields).and_then(|request| {
        let _ = request.accept(&server::Options::new())?;
        Ok(request.extensions().map(member).collect::<Vec<_>>())
    });
    match (members, &case.members) {
        (Ok(members), Some(expected)) => same("a request's members", &members, expected),
        (Err(error), None) if case.error => {
            let reason = error.reason();
            let expected = matches!(reason, RequestReason::ExtensionsMalformed | RequestReason::Syntax(_));
            same("the list is wrong", &expected, &true).map_err(|_| error.to_string())
        }
        (got, expected) => Err(format!("as a request's: got {got:?}\n    expected {expected:?}")),
    }
}

/// Checks the list in a response. Nothing was offered, so a legal list fails with its first member.
fn answered(case: &ExtensionsCase) -> Outcome {
    let lines: Vec<&[u8]> = case.lines.iter().map(|line| &**line).collect();
    let Err(error) = client_reads(&lines, &[]) else {
        return same("a response without a list", &case.lines.len(), &0);
    };
    let reason = error.reason();
    let expected = match &case.members {
        Some(_) => reason == ResponseReason::ExtensionNotOffered,
        None => matches!(reason, ResponseReason::ExtensionsMalformed | ResponseReason::Syntax(_)),
    };
    if expected { Ok(()) } else { Err(format!("as a response's: {error}")) }
}

fn member(member: websocket_upgrade_proto::extension::Member<'_>) -> MemberExpect {
    let params = member.params().into_iter();
    let params = params.map(|param| (param.name().to_owned(), param.value().map(|value| value.to_string())));
    MemberExpect { name: member.name().to_owned(), params: params.collect() }
}

const ENTRANCE: Entrance<'_> =
    Entrance::Upgrade { method: "GET", target: Target::Origin { path_and_query: "/chat" }, minor_version: 1 };

/// Returns a legal request's fields, with these lines among them.
fn with_lines<'a>(lines: &[(&'a str, &'a [u8])]) -> Vec<(&'a str, &'a [u8])> {
    let mut fields: Vec<(&str, &[u8])> = vec![
        ("Host", b"server.example.com"),
        ("Upgrade", b"websocket"),
        ("Connection", b"Upgrade"),
        ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", b"13"),
    ];
    fields.extend_from_slice(lines);
    fields
}

/// Returns the extensions that a server with these options agrees to.
fn accept(lines: &[(&str, &[u8])], options: &server::Options<'_, '_>) -> Result<String, RequestError> {
    let fields = with_lines(lines);
    let fields = fields.as_slice();
    let accepted = Request::from_fields(&ENTRANCE, &fields)?.accept(options)?;
    Ok(accepted.settings().extensions().as_str().to_owned())
}

struct Agreed {
    deflate: Option<AgreementExpect>,
}

/// Returns how a client with these extensions judges a response with these lines.
fn client_reads(lines: &[&[u8]], extensions: &[&dyn Extension]) -> Result<Agreed, ResponseError> {
    let uri = Uri::parse("ws://server.example.com/chat").expect("a URI");
    let mut options = client::Options::new();
    options.extensions = extensions;
    let request = client::Request::new(&uri, &options).expect("legal options");
    let mut response = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        .to_vec();
    for line in lines {
        response.extend_from_slice(EXTENSIONS.as_bytes());
        response.extend_from_slice(b": ");
        response.extend_from_slice(line);
        response.extend_from_slice(b"\r\n");
    }
    response.extend_from_slice(b"\r\n");
    match Handshake::new(request, b"the sample nonce").receive(&mut response)? {
        Event::Accepted { settings, .. } => Ok(Agreed {
            deflate: settings.permessage_deflate().map(|agreement| AgreementExpect {
                server_no_context_takeover: agreement.server_no_context_takeover,
                client_no_context_takeover: agreement.client_no_context_takeover,
                server_max_window_bits: agreement.server_max_window_bits.get(),
                client_max_window_bits: agreement.client_max_window_bits.get(),
                must_not_compress: agreement.must_not_compress,
            }),
        }),
        event => panic!("a 101 gives {event:?}"),
    }
}
