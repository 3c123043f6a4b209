//! The events of a connection, on every driver that dials.

use std::sync::{Arc, Mutex, PoisonError};

use websocket_upgrade::http::{HeaderMap, Uri};
use websocket_upgrade::{ClientEvent, ClientOptions, Phase};

use crate::drivers::{DRIVERS, beside};
use crate::peers::{Servers, redirect};

/// What an event tells, as text.
fn text(event: ClientEvent<'_>) -> String {
    match event {
        ClientEvent::Attempt(url) => format!("attempt {url}"),
        ClientEvent::Phase(phase) => format!("phase {phase}"),
        ClientEvent::Request(bytes) => {
            let head = String::from_utf8_lossy(bytes);
            assert!(head.ends_with("\r\n\r\n"), "{head}");
            format!("request {}", head.lines().next().unwrap_or_default())
        }
        ClientEvent::Sent => String::from("sent"),
        ClientEvent::Received(bytes) => format!("received {}", bytes.escape_ascii()),
        other => format!("{other:?}"),
    }
}

#[test]
fn every_event_is_told_in_its_order_with_all_bytes() {
    for (driver, connect) in DRIVERS {
        let moved = redirect(302, "/next?secret");
        let servers = Servers::new({
            let moved = moved.clone();
            move |asked, count| match count {
                0 => moved.clone(),
                _ => asked.accept("") + "hello",
            }
        });
        let address = beside(&servers);
        let told = Arc::new(Mutex::new(Vec::new()));
        let options = ClientOptions::new().no_proxy().redirects(1).watch({
            let told = Arc::clone(&told);
            move |event| told.lock().unwrap_or_else(PoisonError::into_inner).push(text(event))
        });
        connect(&format!("ws://{address}/?secret"), &options).expect(driver);
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // tokio looks up no name that is an address.
        told.retain(|event| event != &format!("phase {}", Phase::Resolve));
        // What is received may come in pieces.
        let received = |event: &String| event.starts_with("received ");
        let answers: Vec<_> = told
            .chunk_by(|one, other| received(one) == received(other))
            .filter(|events| events.first().is_some_and(received))
            .map(|events| events.iter().map(|event| &event["received ".len()..]).collect::<String>())
            .collect();
        assert_eq!(answers.len(), 2, "{driver}: {told:?}");
        assert_eq!(answers[0], moved.as_bytes().escape_ascii().to_string(), "{driver}");
        assert!(answers[1].starts_with("HTTP/1.1 101") && answers[1].ends_with("hello"), "{driver}");
        told.retain(|event| !received(event));
        let attempt = |url: &str, target: &str| {
            [
                format!("attempt {url}"),
                format!("phase {}", Phase::Connect),
                format!("request GET {target} HTTP/1.1"),
                format!("phase {}", Phase::Handshake),
                String::from("sent"),
            ]
        };
        let mut expected = attempt(&format!("ws://{address}/"), "/?secret").to_vec();
        expected.extend(attempt(&format!("ws://{address}/next"), "/next?secret"));
        // Where the request is encoded depends on the driver.
        for events in [&mut told, &mut expected] {
            events.sort();
        }
        assert_eq!(told, expected, "{driver}");
    }
}

#[test]
fn nothing_secret_is_in_the_debug_text() {
    let events = [
        ClientEvent::Request(b"Authorization: secret"),
        ClientEvent::Received(b"Set-Cookie: secret"),
        ClientEvent::Http2Request {
            uri: &Uri::from_static("https://a.example/?secret"),
            headers: &HeaderMap::new(),
        },
    ];
    for event in events {
        assert!(!format!("{event:?}").contains("secret"), "{event:?}");
    }
}
