//! The rules that a fault passes over.

use super::choice::{Choice, Manner};
use super::fault::Fault;
use crate::judge::{Judgement, Rule};

/// Returns whether a peer with this fault does not look at a rule. Most faults of this kind pass over it always; some
/// only where a weaker check holds.
pub(super) fn is_passed_over(manner: Manner, rule: &Rule, judgement: &Judgement) -> bool {
    use Fault as F;
    if manner.chooses(Choice::FoldsUnfolded) {
        return rule.id == "request/fold";
    }
    let Some(fault) = manner.fault else {
        return false;
    };
    let rules: &[&str] = match fault {
        F::SpaceBeforeColonTaken => &["request/space-before-colon"],
        F::FieldNamesUnchecked => &["request/field-name"],
        F::TargetUnchecked => &["request/target-characters"],
        F::HostOptional => &["request/host-present"],
        F::TwoHosts => &["request/host-once"],
        F::HostUnchecked => &["request/host"],
        F::LengthUnchecked => &["request/content-length", "request/body"],
        F::FramedTwiceTaken => &["request/framed-once", "request/body"],
        F::BodyTaken => &["request/body"],
        F::Http10Taken => &["request/http-11"],
        F::MethodAny => &["request/method-get"],
        F::UpgradeSubstring if has_text(judgement, "upgrade", "websocket") => {
            &["request/upgrade", "request/upgrade-members"]
        }
        F::UpgradeUnchecked => &["request/upgrade", "request/upgrade-members"],
        F::ConnectionSubstring if has_text(judgement, "connection", "upgrade") => {
            &["request/connection", "request/connection-members"]
        }
        F::KeyUnchecked => &["request/key-length", "request/key-base64"],
        F::KeyOptional => &["request/key-present"],
        F::KeyTwiceTaken => &["request/key-once"],
        F::VersionUnchecked => &["request/version", "request/version-13"],
        F::OriginFirstLineOnly => &["request/origin-once"],
        F::SubprotocolsUnchecked => &["request/subprotocols"],
        F::QuotedCommaSplits if has_text(judgement, "sec-websocket-extensions", "\"") => {
            &["request/extensions"]
        }
        F::ExtensionsUnchecked => &["request/extensions"],
        F::ResponseHttp10Taken => &["response/http-11"],
        F::ResponseBodySkipped => &["response/body"],
        F::ResponseUpgradeUnchecked => &["response/upgrade"],
        F::ResponseUpgradeSubstring if has_text(judgement, "upgrade", "websocket") => &["response/upgrade"],
        F::ResponseConnectionUnchecked => &["response/connection", "response/connection-members"],
        F::ResponseConnectionSubstring if has_text(judgement, "connection", "upgrade") => {
            &["response/connection", "response/connection-members"]
        }
        F::AcceptUnchecked => &["response/accept"],
        F::AcceptComparedWithoutCase if accept_is(judgement, <[u8]>::eq_ignore_ascii_case) => {
            &["response/accept"]
        }
        F::AcceptPrefix if accept_is(judgement, <[u8]>::starts_with) => &["response/accept"],
        F::AcceptOptional => &["response/accept-present"],
        F::AcceptTwiceTaken => &["response/accept-once"],
        F::SubprotocolUnchecked => &["response/subprotocol-offered", "response/subprotocol"],
        F::SubprotocolComparedWithoutCase if subprotocol_is_alike(judgement) => {
            &["response/subprotocol-offered"]
        }
        F::ExtensionUnchecked => &["response/extensions-offered"],
        F::ResponseParametersUnchecked => return rule.id.starts_with("response/deflate-"),
        _ => &[],
    };
    rules.contains(&rule.id)
}

/// Returns whether a field has a text somewhere, without case.
fn has_text(judgement: &Judgement, name: &str, text: &str) -> bool {
    let mut lines = judgement.fields.iter().filter(|field| field.is(name));
    lines
        .any(|field| field.value.windows(text.len()).any(|piece| piece.eq_ignore_ascii_case(text.as_bytes())))
}

/// Compares the accept value with the expected one in another way.
fn accept_is(judgement: &Judgement, alike: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    let expected = judgement.sent().key.map(crate::key::accept_value).unwrap_or_default();
    judgement.get("Sec-WebSocket-Accept").is_some_and(|value| alike(value, expected.as_bytes()))
}

fn subprotocol_is_alike(judgement: &Judgement) -> bool {
    let value = judgement.get("Sec-WebSocket-Protocol").unwrap_or_default();
    judgement.sent().subprotocols.iter().any(|offer| offer.as_bytes().eq_ignore_ascii_case(value))
}
