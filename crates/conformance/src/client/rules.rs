//! Rules for the client's own request: those of the judge, and some that look at more than the head.

use crate::case::ClientExchange;
use crate::judge::{self, Finding, Judgement, Start};

/// Keys that stand in specifications and examples, so that they are not random.
const KNOWN_KEYS: [&str; 5] = [
    "dGhlIHNhbXBsZSBub25jZQ==",
    "AQIDBAUGBwgJCgsMDQ4PEC==",
    "AQIDBAUGBwgJCgsMDQ4PEA==",
    "x3JJHMbDL1EzLkh9GBhXDw==",
    "AAAAAAAAAAAAAAAAAAAAAA==",
];

/// Fields that have one value, so that a second line of them contradicts the first.
const SINGLE: [&str; 14] = [
    "Authorization",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Date",
    "Expect",
    "From",
    "Host",
    "Max-Forwards",
    "Origin",
    "Referer",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "User-Agent",
];

/// Every rule of this file, with what it says.
const RULES: [(&str, &str); 10] = [
    ("exchange/host-of-url", "Host is the authority of the URL."),
    (KEY_FRESH, "A second connection has another key."),
    ("exchange/key-unknown", "The key is none of those in specifications and examples."),
    ("exchange/no-fragment", "The target has no fragment."),
    (
        "exchange/no-injection",
        "What the client was asked for makes no field of its own, and no second request.",
    ),
    ("exchange/no-repeated-fields", "No field that has one value stands in several lines."),
    (NOTHING_BEFORE, "Nothing is sent behind the request until there is a response."),
    ("exchange/server-name", "The TLS handshake has the name of the server."),
    ("exchange/subprotocols-in-order", "The subprotocols are offered in the order that was asked for."),
    ("exchange/target-of-url", "The target is path and query of the URL."),
];

/// The rule that needs a second connection.
pub(super) const KEY_FRESH: &str = "exchange/key-fresh";

/// The rule for which the suite waits a while before it answers.
pub(super) const NOTHING_BEFORE: &str = "exchange/nothing-before-response";

/// Returns what a rule says, or `None` if there is no rule with this id.
pub(super) fn text(id: &str) -> Option<&'static str> {
    let own = RULES.iter().find(|(own, _)| *own == id).map(|(_, text)| *text);
    own.or_else(|| judge::rule(id).map(|rule| rule.text))
}

/// What a request is compared with.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) exchange: &'a ClientExchange,
    /// Of the URL.
    pub(super) authority: &'a str,
    /// What stands behind the authority in the URL.
    pub(super) path: &'a str,
    /// How many bytes came behind the request before there was a response.
    pub(super) behind: usize,
    /// The name that the client has asked for in its TLS handshake.
    pub(super) server_name: Option<&'a str>,
}

/// Returns how a request breaks a rule, or `None` if it keeps it.
pub(super) fn broken(id: &str, request: &Judgement, asked: Asked<'_>) -> Option<String> {
    match id {
        "exchange/host-of-url" => {
            let host = first(request, "Host");
            let fits = host.as_deref().is_some_and(|host| host.eq_ignore_ascii_case(asked.authority));
            (!fits).then(|| format!("Host is {}, and not \"{}\"", shown(host.as_deref()), asked.authority))
        }
        KEY_FRESH => None,
        "exchange/key-unknown" => {
            let key = request.sent().key?;
            KNOWN_KEYS.contains(&&*key).then(|| format!("the key is \"{key}\", which is known to everyone"))
        }
        "exchange/no-fragment" => {
            let target = target(request)?;
            target.contains('#').then(|| format!("the target is {}", shown(Some(&target))))
        }
        "exchange/no-injection" => {
            let injected = request.fields.iter().any(|field| field.is("X-Injected"));
            if injected {
                return Some("the request has the field X-Injected".to_owned());
            }
            (asked.behind > 0).then(|| format!("{} bytes came behind the request", asked.behind))
        }
        "exchange/no-repeated-fields" => {
            let lines = |name: &str| request.fields.iter().filter(|field| field.is(name)).count();
            let name = SINGLE.iter().find(|name| lines(name) > 1)?;
            Some(format!("there are {} lines of {name}", lines(name)))
        }
        NOTHING_BEFORE => {
            (asked.behind > 0).then(|| format!("{} bytes came behind the request", asked.behind))
        }
        "exchange/server-name" => {
            let (host, name) = (asked.exchange.host.as_deref(), asked.server_name);
            (name != host).then(|| format!("the name in the TLS handshake is {}", shown(name)))
        }
        "exchange/subprotocols-in-order" => {
            let offered = request.sent().subprotocols;
            let wanted = &asked.exchange.offer.subprotocols;
            let ours: Vec<_> = offered.iter().filter(|name| wanted.contains(name)).collect();
            (!ours.iter().copied().eq(wanted)).then(|| format!("the offer is {}", offered.join(", ")))
        }
        "exchange/target-of-url" => {
            let target = target(request)?;
            let absolute = ["http://", "https://", "ws://", "wss://"]
                .iter()
                .find_map(|scheme| target.strip_prefix(scheme)?.strip_prefix(asked.authority));
            let sent = absolute.unwrap_or(&target);
            let slash = if asked.path.starts_with('/') { "" } else { "/" };
            let expected = format!("{slash}{}", asked.path);
            // Whether an empty query keeps its question mark is left open (RFC 6455 §3, RFC 3986 §6.2.3).
            let fits = sent == expected || Some(sent) == expected.strip_suffix('?');
            (!fits)
                .then(|| format!("the target is {}, and not {}", shown(Some(sent)), shown(Some(&expected))))
        }
        _ => match request.finding(id)? {
            Finding::Broken { evidence, .. } => Some(evidence.clone()),
            _ => None,
        },
    }
}

fn first(request: &Judgement, name: &str) -> Option<String> {
    let field = request.fields.iter().find(|field| field.is(name))?;
    Some(String::from_utf8_lossy(&field.value).into_owned())
}

fn target(request: &Judgement) -> Option<String> {
    match &request.start {
        Start::Request { target, .. } => Some(target.text()),
        _ => None,
    }
}

fn shown(text: Option<&str>) -> String {
    match text {
        None => "missing".to_owned(),
        Some(text) => match text.get(..80) {
            Some(start) if text.len() > 80 => format!("\"{}\"...", start.escape_default()),
            _ => format!("\"{}\"", text.escape_default()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Exchange, Http, Role, cases};

    fn exchanges() -> impl Iterator<Item = (&'static str, &'static ClientExchange)> {
        cases(Role::Client, Http::Http1).iter().filter_map(|case| match &case.exchange {
            Exchange::Client(exchange) => Some((&*case.id, &**exchange)),
            _ => None,
        })
    }

    #[test]
    fn every_rule_of_a_case_is_known() {
        let mut named = Vec::new();
        for (id, exchange) in exchanges() {
            if let Some(rule) = &exchange.rule {
                assert!(text(rule).is_some(), "{id}: there is no rule {rule}");
                named.push(&**rule);
            }
        }
        for (rule, _) in RULES {
            assert!(named.contains(&rule), "no case is about {rule}");
        }
    }

    #[test]
    fn rules_that_are_broken() {
        let good = "GET /chat?a HTTP/1.1\r\nHost: h:1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: q83vEjRWeJCrze8SNFZ4kA==\r\nSec-WebSocket-Version: 13\r\n\
            Sec-WebSocket-Protocol: c, a, b\r\n\r\n";
        let (_, exchange) =
            exchanges().find(|(id, _)| *id == "client/request/subprotocols-in-order").unwrap();
        let asked = Asked { exchange, authority: "H:1", path: "/chat?a", behind: 0, server_name: None };
        let judge = |head: &str| judge::request(head.as_bytes());
        for (rule, _) in RULES {
            assert_eq!(broken(rule, &judge(good), asked), None, "{rule}");
        }
        let absolute = good.replace("/chat?a", "http://H:1/chat?a");
        assert_eq!(broken("exchange/target-of-url", &judge(&absolute), asked), None);
        for (rule, from, to) in [
            ("exchange/host-of-url", "Host: h:1", "Host: h"),
            ("exchange/host-of-url", "Host: h:1", "X: h:1"),
            ("exchange/key-unknown", "q83vEjRWeJCrze8SNFZ4kA==", KNOWN_KEYS[0]),
            ("exchange/no-fragment", "/chat?a", "/chat#a"),
            ("exchange/no-injection", "Connection: Upgrade", "Connection: Upgrade\r\nx-injected: 1"),
            ("exchange/no-repeated-fields", "Host: h:1", "Host: h:1\r\nhost: h:1"),
            ("exchange/subprotocols-in-order", "c, a, b", "a, b, c"),
            ("exchange/subprotocols-in-order", "c, a, b", "c, a"),
            ("exchange/target-of-url", "/chat?a", "/chat"),
            ("exchange/target-of-url", "/chat?a", "/chat%3Fa"),
            ("request/upgrade", "Upgrade: websocket", "Upgrade: h2c"),
        ] {
            assert!(good.contains(from));
            assert!(broken(rule, &judge(&good.replacen(from, to, 1)), asked).is_some(), "{rule}: {to}");
        }
        assert!(broken(NOTHING_BEFORE, &judge(good), Asked { behind: 1, ..asked }).is_some());
        let name = Asked { server_name: Some("other"), ..asked };
        assert!(broken("exchange/server-name", &judge(good), name).is_some());
    }
}
