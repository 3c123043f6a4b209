//! `connects.json` and `connect_responses.json`: the same over HTTP/2.

use vectors::PseudoFields;
use websocket_upgrade_conformance::judge::{self, Sent};
use websocket_upgrade_proto::client::{ExtendedConnect, Request as ClientRequest, Verdict};
use websocket_upgrade_proto::server::{Entrance, Request};
use websocket_upgrade_proto::uri::Uri;

use crate::core::{URL, answer, established, failed, no_policy, with_handshake, without_limits};
use crate::differences::compare;
use crate::responses::show;

#[test]
fn connects() {
    let cases = vectors::connects();
    compare(
        "connects.json",
        cases.iter().map(|case| {
            let (judge, core) = both(&case.pseudo, &lines(&case.fields));
            (&*case.name, judge, core)
        }),
    );
}

/// The lines of a case.
pub(crate) fn lines(fields: &[(String, vectors::Bytes)]) -> Vec<(&str, &[u8])> {
    fields.iter().map(|(name, value)| (name.as_str(), &**value)).collect()
}

/// Shows the answer of both to an extended CONNECT.
pub(crate) fn both(pseudo: &PseudoFields, fields: &[(&str, &[u8])]) -> (String, String) {
    let PseudoFields { method, protocol, scheme, authority, path } = pseudo;
    let mut listed: Vec<(&str, &[u8])> = vec![(":method", method.as_bytes())];
    for (name, value) in
        [(":protocol", protocol), (":scheme", scheme), (":authority", authority), (":path", path)]
    {
        listed.extend(value.as_ref().map(|value| (name, value.as_bytes())));
    }
    listed.extend(fields);
    let due = judge::connect(&listed).due().map_or(0, |due| due.status);
    let entrance = Entrance::ExtendedConnect {
        method,
        protocol: protocol.as_deref(),
        scheme: scheme.as_deref(),
        authority: authority.as_deref(),
        path: path.as_deref(),
    };
    let core = answer(Request::from_fields(&entrance, &fields), &no_policy()).status;
    (due.to_string(), core.to_string())
}

#[test]
fn connect_responses() {
    let cases = vectors::connect_responses();
    compare(
        "connect_responses.json",
        cases.iter().map(|case| {
            let (judge, core) = case.client.with(|options| {
                let sent = with_handshake(options, |_, request| as_connect(judge::request(request).sent()));
                let uri = Uri::parse(URL).expect("a URI");
                let request = ClientRequest::new(&uri, &without_limits(options)).expect("legal options");
                let mut handshake = ExtendedConnect::new(request);
                let mut both = (String::new(), String::new());
                for response in &case.responses {
                    both = conclusions(&mut handshake, response.status, &lines(&response.fields), &sent);
                    if both.0 != both.1 {
                        break;
                    }
                }
                both
            });
            (&*case.name, judge, core)
        }),
    );
}

/// The same offers, in an extended CONNECT.
fn as_connect(sent: Sent) -> Sent {
    let mut connect = Sent::connect();
    connect.subprotocols = sent.subprotocols;
    connect.extensions = sent.extensions;
    connect
}

/// Shows the conclusion of both from a response.
fn conclusions(
    handshake: &mut ExtendedConnect<'_, '_>,
    status: u16,
    fields: &[(&str, &[u8])],
    sent: &Sent,
) -> (String, String) {
    let text = status.to_string();
    let mut listed: Vec<(&str, &[u8])> = vec![(":status", text.as_bytes())];
    listed.extend(fields);
    let core = match handshake.receive(status, &fields) {
        Ok(Verdict::Interim) => "interim".to_owned(),
        Ok(Verdict::Accepted { settings }) => established(&settings),
        Ok(Verdict::Refused) => format!("refused with {status}"),
        Err(error) => failed(&error),
    };
    (show(&judge::connect_response(&listed, sent)), core)
}
