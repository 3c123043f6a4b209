//! `responses.json`: what a client concludes, and what is agreed.

use websocket_upgrade_conformance::judge::{self, Conclusion, Judgement, Sent};

use crate::core::{conclusion, show_established, with_handshake};
use crate::differences::compare;

#[test]
fn responses() {
    let cases = vectors::responses();
    compare(
        "responses.json",
        cases.iter().map(|case| {
            let (judge, core) = case.client.with(|options| {
                with_handshake(options, |handshake, request| {
                    let request = judge::request(request);
                    assert_eq!(request.broken().count(), 0, "{}: {:?}", case.name, request.verdicts);
                    let judge = concluded(&case.response, &request.sent());
                    (judge, conclusion(handshake, &case.response))
                })
            });
            (&*case.name, judge, core)
        }),
    );
}

/// Shows the judge's conclusion from all bytes of a server.
pub(crate) fn concluded(bytes: &[u8], sent: &Sent) -> String {
    let judgements = judge::responses(bytes, sent);
    show(judgements.last().expect("at least one"))
}

pub(crate) fn show(judgement: &Judgement) -> String {
    match judgement.conclusion() {
        Conclusion::Unfinished => "unfinished".to_owned(),
        Conclusion::Interim => "interim".to_owned(),
        Conclusion::Established => {
            let agreed = &judgement.agreed;
            show_established(agreed.subprotocol.as_deref(), &agreed.extensions, agreed.deflate)
        }
        Conclusion::Refused => format!("refused with {}", judgement.status.unwrap_or_default()),
        Conclusion::Failed(_) => "failed".to_owned(),
    }
}
