//! The common decisions have the same results on every driver: redirects and what is sent along, the answer to a 401,
//! cookies.

use std::sync::{Arc, OnceLock};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use websocket_upgrade::cookies::MemoryJar;
use websocket_upgrade::{ClientOptions, Phase};

use crate::drivers::{DRIVERS, beside};
use crate::peers::{Servers, redirect, refuse};

#[test]
fn redirects_and_what_goes_along() {
    for (driver, connect) in DRIVERS {
        let elsewhere = Arc::new(OnceLock::new());
        let known = Arc::clone(&elsewhere);
        let servers = Servers::new(move |asked, count| match count {
            0 => redirect(302, "/same\r\nSet-Cookie: id=1"),
            1 => redirect(307, &format!("ws://{}/away", known.get().expect("an address"))),
            _ => asked.accept(""),
        });
        let (here, there) = (beside(&servers), beside(&servers));
        elsewhere.set(there.clone()).expect("once");
        let options = ClientOptions::new().no_proxy().redirects(2).cookies(Arc::new(MemoryJar::new()));
        let options = options.sensitive_header("X-Key", "s-key").and_then(|options| options.header("X", "y"));
        let report = connect(&format!("ws://user:s-password@{here}/start"), &options.expect("headers"));
        let report = report.unwrap_or_else(|error| panic!("{driver}: {error}"));

        let asked = servers.asked();
        let sent = |name: &str| asked.iter().map(|asked| asked.field(name).is_some()).collect::<Vec<_>>();
        assert_eq!(sent("Authorization"), [true, true, false], "{driver}");
        assert_eq!(sent("X-Key"), [true, true, false], "{driver}");
        assert_eq!(sent("X"), [true, true, true], "{driver}");
        // Ports of one host share their cookies (RFC 6265 §8.5).
        assert_eq!(sent("Cookie"), [false, true, true], "{driver}");

        let way: Vec<_> = report.redirects.iter().map(|step| (step.status, step.to.clone())).collect();
        assert_eq!(
            way,
            [(302, format!("ws://{here}/same")), (307, format!("ws://{there}/away"))],
            "{driver}"
        );
        assert_eq!(report.url, format!("ws://{there}/away"), "{driver}");
        assert_eq!(report.remote_address.map(|address| address.to_string()), Some(there), "{driver}");
        for phase in [Phase::Connect, Phase::Handshake] {
            assert!(report.times.of(phase).is_some(), "{driver}: {report}");
        }
        for phase in [Phase::Prepare, Phase::Proxy, Phase::Tls] {
            assert_eq!(report.times.of(phase), None, "{driver}: {report}");
        }
    }
}

#[test]
fn the_answer_to_a_401() {
    // The blocking driver has no hooks.
    for (driver, connect) in &DRIVERS[..2] {
        let servers = Servers::new(|asked, _| match asked.field("Authorization") {
            Some("Bearer new") => asked.accept(""),
            _ => refuse(401, "", ""),
        });
        let url = format!("ws://{}/", beside(&servers));
        let options = ClientOptions::new().no_proxy().on_unauthorized(|_| async {
            Some(HeaderMap::from_iter([(AUTHORIZATION, "Bearer new".parse().expect("a value"))]))
        });
        connect(&url, &options).unwrap_or_else(|error| panic!("{driver}: {error}"));
        assert_eq!(servers.asked().len(), 2, "{driver}");
    }
}

#[test]
fn a_refusal_behind_redirects() {
    for (driver, connect) in DRIVERS {
        let servers =
            Servers::in_order(&[redirect(301, "/next"), refuse(503, "Retry-After: 3\r\n", "later")]);
        let url = format!("ws://{}/", beside(&servers));
        let error = connect(&url, &ClientOptions::new().no_proxy().redirects(1)).expect_err("refused");
        let refused = error.refused().expect("refused");
        assert_eq!((refused.status(), &refused.body[..]), (503, &b"later"[..]), "{driver}");
        assert_eq!((error.report().redirects.len(), error.phase()), (1, Phase::Handshake), "{driver}");
        assert_eq!(error.retry().after().map(|time| time.as_secs()), Some(3), "{driver}");
    }
}
