//! Checks that no secret of a malformed text is in an error, in a rejection, or in the output of `Debug`.

use std::fmt::{Debug, Display};

use proptest::prelude::*;
use websocket_upgrade_proto::client::{self, ExtendedConnect, Handshake};
use websocket_upgrade_proto::extension::{Extension, Member, Plain};
use websocket_upgrade_proto::head::{Scan, read_request};
use websocket_upgrade_proto::origin::{OriginError, OriginPolicy, Origins};
use websocket_upgrade_proto::server::{self, Entrance, Rejection, Request, RequestError, Target};
use websocket_upgrade_proto::subprotocol::{SubprotocolError, Subprotocols};
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{ExtraFields, Key, Limits, ShownUrl};

use crate::config;

/// The secret in every place. It is a token, so that it is legal where tokens are.
const SECRET: &str = "s3cr3t-T0ken";

/// Characters that separate a secret from shown text. They are not changed: without them, a secret can't be
/// recognised.
const KEPT: [char; 3] = ['@', '?', '#'];

/// A change of a text at a place outside of secrets and [`KEPT`].
#[derive(Clone, Debug)]
enum Change {
    Remove,
    Insert(char),
    Replace(char),
}

type Changes = Vec<(prop::sample::Index, Change)>;

/// No change, one or two.
fn changes() -> impl Strategy<Value = Changes> {
    let nasty = prop::sample::select(" \t\r\n:;,=\"'\\/@?#%[]()<>|{}\0\u{e9}a0".chars().collect::<Vec<_>>());
    let change = prop_oneof![
        1 => Just(Change::Remove),
        2 => nasty.clone().prop_map(Change::Insert),
        1 => nasty.prop_map(Change::Replace),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), change), 0..=2)
}

fn changed(text: &str, changes: &Changes) -> String {
    let mut text = text.to_owned();
    for (place, change) in changes {
        let is_free = |&(at, char): &(usize, char)| {
            let in_secret =
                text.match_indices(SECRET).any(|(start, _)| (start..start + SECRET.len()).contains(&at));
            !in_secret && !KEPT.contains(&char)
        };
        let free: Vec<(usize, char)> = text.char_indices().filter(is_free).collect();
        let Some((at, old)) = free.get(place.index(free.len().max(1))).copied() else { continue };
        match change {
            Change::Remove => drop(text.remove(at)),
            Change::Insert(new) => text.insert(at, *new),
            Change::Replace(new) => text.replace_range(at..at + old.len_utf8(), new.encode_utf8(&mut [0; 4])),
        }
    }
    text
}

fn hidden(what: &str, text: &str) -> Result<(), TestCaseError> {
    prop_assert!(!text.contains(SECRET), "{} shows it: {}", what, text);
    Ok(())
}

fn no_debug(what: &str, value: &impl Debug) -> Result<(), TestCaseError> {
    hidden(what, &format!("{value:?}"))?;
    hidden(what, &format!("{value:#?}"))
}

/// Checks Display, Debug, and the causes.
fn no_error<E: std::error::Error + Display>(what: &str, error: &E) -> Result<(), TestCaseError> {
    hidden(what, &error.to_string())?;
    no_debug(what, error)?;
    prop_assert!(error.source().is_none(), "{} has a source", what);
    Ok(())
}

/// Checks what a client receives.
fn no_rejection(error: &RequestError) -> Result<(), TestCaseError> {
    no_error("a request's error", error)?;
    no_debug("a rejection", &error.rejection())?;
    let response = error.rejection().to_http();
    hidden("a rejection's fields", &format!("{:?}", response.headers()))?;
    hidden("a rejection's text", &String::from_utf8_lossy(response.body()))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn of_a_url(
        url in prop::sample::select(vec![
            "wss://user:s3cr3t-T0ken@example.com:8443/chat?token=s3cr3t-T0ken",
            "ws://s3cr3t-T0ken@example.com/chat?s3cr3t-T0ken",
            "ws://s3cr3t-T0ken:s3cr3t-T0ken@[::1]:80?s3cr3t-T0ken=a&b=s3cr3t-T0ken",
            "wss://example.com/chat?a=b&token=s3cr3t-T0ken#s3cr3t-T0ken",
            "https://user:s3cr3t-T0ken@example.com/",
            "user:s3cr3t-T0ken@example.com/?s3cr3t-T0ken",
            "?s3cr3t-T0ken",
        ]),
        changes in changes(),
    ) {
        let url = changed(url, &changes);
        // Path and host are not secret.
        let is_path = |path: &str| path.split(['?', '#']).next().is_some_and(|path| path.contains(SECRET));
        match Uri::parse(&url) {
            Ok(uri) if is_path(&uri.target().to_string()) || uri.host().contains(SECRET) => {}
            Ok(uri) => {
                no_debug("a URI", &uri)?;
                hidden("a URL", &ShownUrl::new(&url).to_string())?;
                let request = client::Request::new(&uri, &client::Options::new()).expect("legal options");
                no_debug("a request", &request)?;
                no_debug("a handshake", &Handshake::new(request, b"the sample nonce"))?;
            }
            Err(error) => no_error("a URI's error", &error)?,
        }
    }

    #[test]
    fn of_a_request(changes in changes(), accepts in any::<bool>()) {
        const REQUEST: &str = "GET /chat?token=s3cr3t-T0ken HTTP/1.1\r\nHost: example.com\r\n\
            Cookie: id=s3cr3t-T0ken; b=s3cr3t-T0ken\r\nUpgrade: websocket\r\n\
            Connection: keep-alive, Upgrade\r\n\
            Authorization: Bearer s3cr3t-T0ken\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
            Origin: https://user:s3cr3t-T0ken@example.com?s3cr3t-T0ken\r\nSec-WebSocket-Version: 13\r\n\
            Sec-WebSocket-Protocol: chat, s3cr3t-T0ken, b.s3cr3t-T0ken\r\nX-Token: s3cr3t-T0ken\r\n\
            Sec-WebSocket-Extensions: x-test; a=s3cr3t-T0ken; b=\"s3cr3t-T0ken\", x-b\r\n\
            Proxy-Authorization: Basic s3cr3t-T0ken\r\n\r\n";
        let bytes = changed(REQUEST, &changes).into_bytes();
        let limits = Limits::new();
        let head = match read_request(&bytes, &mut Scan::default(), &limits) {
            Ok(Some(head)) => head,
            Ok(None) => return Ok(()),
            Err(error) => {
                no_error("a head's error", &error)?;
                return no_rejection(&RequestError::of_head(error, &bytes, &limits));
            }
        };
        // A name or a path is not secret.
        let named = head.fields().iter().any(|field| String::from_utf8_lossy(field.name).contains(SECRET));
        if named || head.target().split('?').next().is_some_and(|path| path.contains(SECRET)) {
            return Ok(());
        }
        no_debug("a head", &head)?;
        no_debug("its fields", &head.fields())?;
        no_debug("its target", &Target::parse(head.target()))?;
        let mut options = server::Options::new();
        options.subprotocols = Subprotocols::parse("chat").expect("a token");
        let plain = Plain::new("x-b").expect("a token");
        let extensions: [&dyn Extension; 1] = [&plain];
        options.extensions = &extensions;
        if accepts {
            options.origins = OriginPolicy::DangerAny;
        }
        match Request::try_from(&head) {
            Ok(request) => {
                no_debug("a request", &request)?;
                for member in request.extensions() {
                    let mut names = member.params().into_iter().map(|param| param.name());
                    if !member.name().contains(SECRET) && !names.any(|name| name.contains(SECRET)) {
                        no_debug("an offer", &member)?;
                        no_debug("its parameters", &member.params().into_iter().collect::<Vec<_>>())?;
                    }
                }
                match request.accept(&options) {
                    Ok(accepted) => no_debug("an answer", &accepted)?,
                    Err(error) => no_rejection(&error)?,
                }
            }
            Err(error) => no_rejection(&error)?,
        }
    }

    #[test]
    fn of_parsed_fields(
        changes in changes(),
        name in prop::sample::select(vec![
            "Host", "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions",
            "Cookie",
        ]),
        value in prop::sample::select(vec![
            "s3cr3t-T0ken", "a, s3cr3t-T0ken b", "user:s3cr3t-T0ken@example.com",
            "https://a:s3cr3t-T0ken@b?c", "x; a=s3cr3t-T0ken", "https://example.com/?s3cr3t-T0ken",
        ]),
        target in prop::sample::select(vec![
            "/?s3cr3t-T0ken", "chat?s3cr3t-T0ken", "http://a:s3cr3t-T0ken@b/?c", "http:/a:s3cr3t-T0ken@b/",
            "a@b?x=://s3cr3t-T0ken",
        ]),
        connect in any::<bool>(),
    ) {
        // A name without `@` or `?` would be read as a host.
        let value = if name == "Host" && !value.contains(['@', '?']) { "?s3cr3t-T0ken" } else { value };
        let (value, target) = (changed(value, &changes), changed(target, &changes));
        let mut fields: Vec<(String, &str)> = [
            ("Host", "example.com"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
        ].into_iter().filter(|(other, _)| *other != name && (!connect || *other == "Sec-WebSocket-Version"))
            .map(|(name, value)| (name.to_owned(), value)).collect();
        fields.push((name.to_owned(), &value));
        if connect {
            for (name, _) in &mut fields {
                *name = name.to_ascii_lowercase();
            }
        }
        let fields = fields.as_slice();
        let entrances = if connect {
            let connect = |authority, path| Entrance::ExtendedConnect {
                method: "CONNECT",
                protocol: Some("websocket"),
                scheme: Some("https"),
                authority: Some(authority),
                path: Some(path),
            };
            // A name without `@` or `?` would be read as a host.
            let authority = if value.contains(['@', '?']) { value.as_str() } else { "example.com" };
            [connect("example.com", target.as_str()), connect(authority, "/")]
        } else {
            let upgrade = |target| Entrance::Upgrade { method: "GET", target, minor_version: 1 };
            [upgrade(Target::parse(&target)), upgrade(Target::parse("/"))]
        };
        for entrance in &entrances {
            let shows = |path: &str| path.split('?').next().is_some_and(|path| path.contains(SECRET));
            // The path is not secret.
            if shows(Target::parse(&target).path_and_query()) {
                continue;
            }
            no_debug("an entrance", entrance)?;
            match Request::from_fields(entrance, &fields) {
                Ok(request) => {
                    let path = shows(request.target().path_and_query());
                    if !path && !request.authority().contains(SECRET) {
                        no_debug("a request", &request)?;
                        no_debug("a target", &request.target())?;
                        if let Err(error) = request.accept(&server::Options::new()) {
                            no_rejection(&error)?;
                        }
                    }
                }
                Err(error) => no_rejection(&error)?,
            }
        }
    }

    #[test]
    fn of_a_response(changes in changes(), accept in any::<bool>()) {
        const RESPONSE: &str = "HTTP/1.1 101 s3cr3t-T0ken\r\nUpgrade: websocket\r\n\
            Set-Cookie: id=s3cr3t-T0ken\r\n\
            Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
            Location: /?s3cr3t-T0ken\r\nSec-WebSocket-Protocol: chat, s3cr3t-T0ken\r\n\
            Sec-WebSocket-Extensions: x-test; a=s3cr3t-T0ken\r\nX-Token: s3cr3t-T0ken\r\n\r\n";
        let mut whole = RESPONSE.to_owned();
        if accept {
            whole = whole.replace("chat, s3cr3t-T0ken", "chat").replace("; a=s3cr3t-T0ken", "");
        }
        let mut bytes = changed(&whole, &changes).into_bytes();
        let uri = Uri::parse("ws://user:s3cr3t-T0ken@example.com/?s3cr3t-T0ken").expect("a URI");
        let mut options = client::Options::new();
        options.subprotocols = Subprotocols::parse("chat, s3cr3t-T0ken").expect("tokens");
        let plain = Plain::new("x-test").expect("a token");
        let extensions: [&dyn Extension; 1] = [&plain];
        options.extensions = &extensions;
        let lines = b"Cookie: id=s3cr3t-T0ken\r\nX-Token: s3cr3t-T0ken\r\n";
        options.fields = ExtraFields::from_lines(lines).expect("legal");
        no_debug("options", &options)?;
        let request = client::Request::new(&uri, &options).expect("legal options");
        let mut handshake = Handshake::new(request, b"the sample nonce");
        no_debug("a handshake", &handshake)?;
        no_debug("one over HTTP/2", &ExtendedConnect::new(request))?;
        match handshake.receive(&mut bytes) {
            Ok(event) => {
                let text = format!("{event:?}");
                // A name is not secret.
                let named = text.contains("s3cr3t-T0ken: ..");
                prop_assert!(named || !text.contains(SECRET), "an event shows it: {}", text);
            }
            Err(error) => no_error("a response's error", &error)?,
        }
    }

    #[test]
    fn of_what_an_application_says(
        lines in prop::sample::select(vec![
            "Cookie: id=s3cr3t-T0ken\r\n", "X: a\r\nAuthorization: Bearer s3cr3t-T0ken\r\n",
            "Trailer: s3cr3t-T0ken\r\n",
        ]),
        list in prop::sample::select(vec![
            "chat, s3cr3t-T0ken", "s3cr3t-T0ken,s3cr3t-T0ken", "Bearer s3cr3t-T0ken",
        ]),
        origin in prop::sample::select(vec![
            "https://user:s3cr3t-T0ken@example.com", "https://example.com?s3cr3t-T0ken",
        ]),
        changes in changes(),
    ) {
        let lines = changed(lines, &changes);
        match ExtraFields::from_lines(lines.as_bytes()) {
            Ok(fields) => {
                let named = fields.iter().any(|field| String::from_utf8_lossy(field.name).contains(SECRET));
                if !named {
                    no_debug("fields", &fields)?;
                    let rejection = Rejection::new(403).expect("a status").with_fields(fields);
                    no_debug("a rejection", &rejection.with_body(SECRET.as_bytes()))?;
                }
            }
            Err(error) => {
                let text = error.to_string();
                prop_assert!(!text.contains(SECRET) || lines.contains(&format!("{SECRET}:")), "{}", text);
            }
        }
        let list = changed(list, &changes);
        match Subprotocols::parse(&list) {
            Ok(subprotocols) => no_debug("subprotocols", &subprotocols)?,
            Err(error) => no_error("a subprotocol's error", &error)?,
        }
        if let Err(error) = SubprotocolError::check(&list) {
            no_error("a subprotocol's error", &error)?;
        }
        let origin = changed(origin, &changes);
        if let Err(error) = OriginError::check(&origin) {
            no_error("an origin's error", &error)?;
        }
        // White space would begin another member, which may be a host.
        if let Err(error) = Origins::parse(&origin.replace(char::is_whitespace, "/")) {
            no_error("an origin's error", &error)?;
        }
        let mut options = client::Options::new();
        options.origin = Some(&origin);
        let uri = Uri::parse("ws://example.com/").expect("a URI");
        if let Err(error) = client::Request::new(&uri, &options) {
            no_error("an option's error", &error)?;
            no_debug("options", &options)?;
        }
    }
}

#[test]
fn of_what_is_one() {
    let key = Key::from_nonce(b"the sample nonce");
    assert!(!format!("{key:?}").contains("dGhlIHNhbXBsZSBub25jZQ=="));
    let members: Vec<_> = Member::parse_list("x; a=s3cr3t-T0ken").into_iter().flatten().collect();
    assert!(!format!("{members:?}").contains(SECRET), "{members:?}");
}
