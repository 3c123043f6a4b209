//! The cases for clients, held against the judge: both must say the same of each response.

use websocket_upgrade_conformance::case::{
    Case, Certificate, ClientExchange, ClientExpect, Deflate, Exchange, Http, Role, Then, cases,
};
use websocket_upgrade_conformance::judge::{self, Conclusion, Sent};
use websocket_upgrade_conformance::text::{self, Names};

const KEY: &str = "q83vEjRWeJCrze8SNFZ4kA==";

/// Returns the request that a case is about.
fn sent(exchange: &ClientExchange) -> Sent {
    let names: Vec<_> = exchange.offer.subprotocols.iter().map(String::as_str).collect();
    let sent = Sent::with_key(KEY).subprotocols(&names);
    match &exchange.offer.deflate {
        Deflate::No => sent,
        Deflate::Usual => sent.extensions("permessage-deflate; client_max_window_bits"),
        Deflate::Params(params) if params.is_empty() => sent.extensions("permessage-deflate"),
        Deflate::Params(params) => sent.extensions(&format!("permessage-deflate; {params}")),
    }
}

/// Returns what the judge concludes from the response of a case.
fn concluded(exchange: &ClientExchange) -> Conclusion {
    let names = Names::new(false, "127.0.0.1:9001", "/", false).with_key(KEY);
    let mut bytes =
        exchange.before.as_deref().map_or(Vec::new(), |before| text::bytes(before, &names).unwrap());
    bytes.extend(exchange.response.head(&ClientExchange::GOOD, &names).unwrap());
    bytes.extend(exchange.response.behind(&names).unwrap());
    judge::responses(&bytes, &sent(exchange)).last().expect("one judgement").conclusion()
}

fn exchanges() -> impl Iterator<Item = (&'static Case, &'static ClientExchange)> {
    cases(Role::Client, Http::Http1).iter().filter_map(|case| match &case.exchange {
        Exchange::Client(exchange) => Some((case, &**exchange)),
        _ => None,
    })
}

#[test]
fn the_judge_agrees_with_every_case() {
    let mut differences = Vec::new();
    // A certificate decides before there is a response.
    for (case, exchange) in exchanges().filter(|(_, exchange)| exchange.certificate == Certificate::Good) {
        let concluded = concluded(exchange);
        let established = concluded == Conclusion::Established;
        let fits = match exchange.expect.as_slice() {
            [ClientExpect::Established] => established,
            expect if expect.contains(&ClientExpect::Established) => true,
            _ => !established,
        };
        if !fits {
            differences.push(format!("{}: {concluded:?}", case.id));
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn what_is_left_open_is_open() {
    // A MUST that allows both would pass whatever a client does, unless something stands behind the head.
    for (case, exchange) in exchanges() {
        let open = exchange.expect.len() == 2 && exchange.expect.contains(&ClientExpect::Established);
        let looks_further = exchange.response.behind.is_some()
            || exchange.before.is_some()
            || exchange.rule.is_some()
            || exchange.then != Then::Prove
            || exchange.offer.deflate != Deflate::No
            || case.section == "RFC 9110 §5.5";
        assert!(
            !open || !case.severity.is_required() || looks_further || case.id.ends_with("none-chosen"),
            "{}",
            case.id
        );
    }
}
