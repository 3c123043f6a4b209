//! The redirects that a client follows, and those that it does not.

use websocket_upgrade::{ClientOptions, ConnectReason, Phase, RedirectProblem, create_upgrade_request};

use crate::peers::{Servers, redirect, refuse};
use crate::report::{Outcome, holds, same};

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

#[tokio::test]
async fn a_redirect_is_a_refusal_unless_asked_for() {
    for status in STATUSES {
        let servers = Servers::in_order(&[redirect(status, "/next")]);
        let error = create_upgrade_request("ws://a.example/", &servers.client()).await.expect_err("refused");
        let ConnectReason::Refused(refused) = error.reason() else { panic!("{error:?}") };
        assert_eq!((refused.status(), refused.head.field("Location")), (status, Some(&b"/next"[..])));
        assert_eq!((error.phase(), servers.asked().len()), (Phase::Handshake, 1));
        assert!(error.report().redirects.is_empty(), "{error}");
    }
}

#[tokio::test]
async fn every_status_that_keeps_the_method_is_followed() {
    for status in STATUSES {
        let servers = Servers::in_order(&[redirect(status, "/next")]);
        let options = servers.client().redirects(1);
        create_upgrade_request("ws://a.example/", &options).await.expect("accepted");
        let asked = servers.asked();
        assert_eq!((asked.len(), asked[1].line()), (2, "GET /next HTTP/1.1"), "{status}");
        assert_ne!(asked[0].field("Sec-WebSocket-Key"), asked[1].field("Sec-WebSocket-Key"), "{status}");
    }
}

#[tokio::test]
async fn no_other_status_is_followed() {
    for status in [200, 201, 204, 300, 304, 305, 306, 309, 310, 400, 401, 404, 426, 500, 503] {
        let servers = Servers::in_order(&[redirect(status, "/next")]);
        let options = servers.client().redirects(9);
        let error = create_upgrade_request("ws://a.example/", &options).await.expect_err("refused");
        assert_eq!(error.refused().map(websocket_upgrade::Refused::status), Some(status), "{error:?}");
        assert_eq!((error.reason().label(), servers.asked().len()), ("refused", 1), "{status}");
    }
}

/// The URL, the location, the server that the next request reaches, and its target.
const LOCATIONS: [(&str, &str, &str, &str); 37] = [
    ("ws://a.example/dir/page?q=1", "/x", "http://a.example:80", "/x"),
    ("ws://a.example/dir/page?q=1", "x", "http://a.example:80", "/dir/x"),
    ("ws://a.example/dir/page?q=1", "../x?y=z", "http://a.example:80", "/x?y=z"),
    ("ws://a.example/dir/page?q=1", "?y=z", "http://a.example:80", "/dir/page?y=z"),
    ("ws://a.example/dir/page?q=1", "", "http://a.example:80", "/dir/page?q=1"),
    ("ws://a.example/dir/page?q=1", "/x#part", "http://a.example:80", "/x"),
    ("ws://a.example:8080/", "/x", "http://a.example:8080", "/x"),
    ("ws://a.example:8080/", "//a.example/x", "http://a.example:80", "/x"),
    ("ws://a.example/", "//b.example/x", "http://b.example:80", "/x"),
    ("ws://a.example/", "ws://b.example:8080/x", "http://b.example:8080", "/x"),
    ("ws://a.example/", "http://b.example", "http://b.example:80", "/"),
    ("ws://a.example/", "HTTP://B.Example/X", "http://b.example:80", "/X"),
    ("ws://a.example/", "http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080", "/"),
    ("ws://a.example/", "https://b.example/x", "https://b.example:443", "/x"),
    ("ws://a.example/", "wss://a.example:8443/x", "https://a.example:8443", "/x"),
    ("wss://a.example/dir/", "x", "https://a.example:443", "/dir/x"),
    ("wss://a.example/", "https://b.example:80/", "https://b.example:80", "/"),
    // A location may have everything that a URL may have.
    ("ws://a.example/[dir]/page?x[]=1", "", "http://a.example:80", "/[dir]/page?x[]=1"),
    ("ws://a.example/[dir]/page?x[]=1", "next", "http://a.example:80", "/[dir]/next"),
    ("ws://a.example/page?x[]=1", "?y[]=2", "http://a.example:80", "/page?y[]=2"),
    ("ws://a.example?x[]=1", "#part", "http://a.example:80", "/?x[]=1"),
    ("ws://a.example?x[]=1", "/x", "http://a.example:80", "/x"),
    ("ws://a.example/caf\u{e9}/{id}?q=|", "x", "http://a.example:80", "/caf%C3%A9/x"),
    ("ws://a.example/", "/caf\u{e9}?q=\u{20ac}", "http://a.example:80", "/caf%C3%A9?q=%E2%82%AC"),
    (
        "ws://a.example/",
        "/{a}|b^`\"<>?{a}|b",
        "http://a.example:80",
        "/%7Ba%7D%7Cb%5E%60%22%3C%3E?%7Ba%7D%7Cb",
    ),
    ("ws://a.example/", "/x?y[]=[1]", "http://a.example:80", "/x?y[]=[1]"),
    ("ws://a.example/", "/a b?c d#e f", "http://a.example:80", "/a%20b?c%20d"),
    ("ws://a.example/", "/a%20b%2Fc%c3%a9", "http://a.example:80", "/a%20b%2Fc%c3%a9"),
    ("ws://a.example/", "\\b.example\\x", "http://a.example:80", "/%5Cb.example%5Cx"),
    ("ws://a.example/", "http://b.example?x", "http://b.example:80", "/?x"),
    ("ws://a.example/", "http://b.example?x?", "http://b.example:80", "/?x?"),
    ("ws://a.example/", "http://b.example:/x", "http://b.example:80", "/x"),
    ("ws://a.example/", "http://eve:s-eve@b.example/x", "http://b.example:80", "/x"),
    ("ws://a.example/", "/./x/../y//z/.", "http://a.example:80", "/y//z/"),
    ("ws://a.example/a/", "../../..//b.example/", "http://a.example:80", "//b.example/"),
    ("ws://a.example/a/", "./x:y", "http://a.example:80", "/a/x:y"),
    ("ws://[::1]/", "x", "http://[::1]:80", "/x"),
];

#[tokio::test]
async fn where_a_location_leads() {
    let mut failed = Vec::new();
    for (url, location, at, target) in LOCATIONS {
        let servers = Servers::in_order(&[redirect(307, location)]);
        let connected = create_upgrade_request(url, &servers.client().redirects(1)).await;
        let asked = servers.asked();
        let outcome: Outcome = (|| {
            let upgraded = connected.map_err(|error| error.to_string())?;
            same("accepted by", asked[1].at.as_str(), at)?;
            same("target", asked[1].target(), target)?;
            let authority = at.split_once("://").map_or(at, |(_, authority)| authority);
            let default = if at.starts_with("https") { ":443" } else { ":80" };
            let host = authority.strip_suffix(default).unwrap_or(authority);
            same("Host", &asked[1].field("Host"), &Some(host))?;
            same("redirects", &upgraded.report().redirects.len(), &1)?;
            same("TLS", &upgraded.get_ref().is_tls(), &at.starts_with("https"))
        })();
        failed.extend(outcome.err().map(|error| format!("{url} to {location:?}: {error}")));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Redirects that are not followed: the URL, the lines of the answer, and the label of the reason.
const DEAD_ENDS: [(&str, &str, &str); 26] = [
    ("wss://a.example/", "Location: ws://a.example/\r\n", "redirect_downgrade"),
    ("wss://a.example/", "Location: ws://b.example/\r\n", "redirect_downgrade"),
    ("wss://a.example/", "Location: http://a.example/\r\n", "redirect_downgrade"),
    ("wss://a.example/", "Location: http://a.example:443/\r\n", "redirect_downgrade"),
    ("wss://a.example/", "Location: HTTP://a.example:443/\r\n", "redirect_downgrade"),
    ("ws://a.example/", "", "redirect_location"),
    ("ws://a.example/", "Location: /x\r\nLocation: /x\r\n", "redirect_location"),
    ("ws://a.example/", "Location: ftp://a.example/\r\n", "redirect_location"),
    ("ws://a.example/", "Location: javascript:x\r\n", "redirect_location"),
    ("ws://a.example/", "Location: http://\r\n", "redirect_location"),
    ("ws://a.example/", "Location: http:///x\r\n", "redirect_location"),
    ("ws://a.example/", "Location: http://a.example:99999/\r\n", "redirect_location"),
    ("ws://a.example/", "Location: /%zz\r\n", "redirect_location"),
    ("ws://a.example/", "Location: /a\tb\r\n", "redirect_location"),
    ("ws://a.example/", "Location: x:y\r\n", "redirect_location"),
    ("ws://a.example/", "Location: wss:x\r\n", "redirect_location"),
    ("ws://a.example/", "Location: http:/x\r\n", "redirect_location"),
    ("ws://a.example/", "Location: ://x\r\n", "redirect_location"),
    ("ws://a.example/", "Location: //\r\n", "redirect_location"),
    ("ws://a.example/", "Location: //b .example/\r\n", "redirect_location"),
    ("ws://a.example/", "Location: //b\\x/\r\n", "redirect_location"),
    ("ws://a.example/", "Location: //b\u{fc}.example/\r\n", "redirect_location"),
    ("ws://a.example/", "Location: //[::1/\r\n", "redirect_location"),
    ("ws://a.example/", "Location: //eve@:80/\r\n", "redirect_location"),
    ("ws://a.example/", "Location: http://a.example:80x/\r\n", "redirect_location"),
    ("ws://a.example/", "Location: ws+unix://a.example/\r\n", "redirect_location"),
];

#[tokio::test]
async fn where_no_location_leads() {
    for (url, lines, label) in DEAD_ENDS {
        let servers = Servers::in_order(&[refuse(302, lines, "moved")]);
        let options = servers.client().redirects(5);
        let error = create_upgrade_request(url, &options).await.expect_err(lines);
        assert_eq!(error.reason().label(), label, "{url} {lines:?}: {error}");
        let refused = error.refused().expect("the answer is kept");
        assert_eq!((refused.status(), &refused.body[..]), (302, &b"moved"[..]), "{lines:?}");
        assert_eq!((error.phase(), servers.asked().len()), (Phase::Handshake, 1), "{lines:?}");
        assert!(!error.retry().is_worthwhile(), "{error}");
    }
}

#[tokio::test]
async fn a_loop_ends_at_the_limit() {
    for limit in [1, 2, 5, 20] {
        let servers = Servers::new(|_, count| redirect(302, &format!("/{count}?token=s-query")));
        let options = servers.client().redirects(limit);
        let url = "ws://user:s-password@a.example/start?token=s-query";
        let error = create_upgrade_request(url, &options).await.expect_err("a loop");
        let ConnectReason::Redirect(RedirectProblem::TooMany, refused) = error.reason() else {
            panic!("{error:?}")
        };
        assert_eq!((refused.status(), servers.asked().len()), (302, limit + 1));
        let report = error.report();
        assert_eq!(report.redirects.len(), limit);
        assert_eq!(report.url, format!("ws://a.example/{}", limit - 1));
        for (at, redirect) in report.redirects.iter().enumerate() {
            let page = |at: usize| match at {
                0 => "ws://a.example/start".to_owned(),
                at => format!("ws://a.example/{}", at - 1),
            };
            assert_eq!((redirect.status, &redirect.from, &redirect.to), (302, &page(at), &page(at + 1)));
        }
        let text = format!("{error}\n{error:?}");
        holds(!text.contains("s-query") && !text.contains("s-password"), || text).expect("no secrets");
    }
}

#[tokio::test]
async fn the_way_is_kept_where_it_ends_well() {
    let servers = Servers::in_order(&[
        redirect(301, "/there?token=s-query"),
        redirect(307, "ws://eve:s-eve@b.example/end?token=s-query"),
    ]);
    let options = servers.client().redirects(2);
    let url = "ws://user:s-password@a.example/?token=s-query";
    let upgraded = create_upgrade_request(url, &options).await.expect("accepted");
    let report = upgraded.report();
    let way: Vec<_> =
        report.redirects.iter().map(|step| (step.status, step.from.as_str(), step.to.as_str())).collect();
    let expected = [
        (301, "ws://a.example/", "ws://a.example/there"),
        (307, "ws://a.example/there", "ws://b.example/end"),
    ];
    assert_eq!(way, expected);
    assert_eq!(report.url, "ws://b.example/end");
    let (line, asked) = (report.to_string(), servers.asked());
    assert!(line.starts_with("ws://b.example/end, redirected by ws://a.example/ (301), "), "{line}");
    assert!(!format!("{line}{report:?}").contains("s-"), "{line}");
    assert_eq!(asked[2].target(), "/end?token=s-query");
    assert_eq!(asked[2].field("Authorization"), None);
}

/// A redirect on the caller's own stream is a refusal, because there is only one stream.
#[tokio::test]
async fn on_a_stream_of_the_callers_a_redirect_is_a_refusal() {
    let servers = Servers::in_order(&[redirect(302, "/next")]);
    let stream = tokio::net::TcpStream::connect(servers.listen().await).await.expect("a server");
    let options = ClientOptions::new().redirects(5);
    let connected = websocket_upgrade::upgrade_on(stream, "ws://a.example/", &options).await;
    let error = connected.expect_err("refused");
    assert_eq!((error.reason().label(), servers.asked().len()), ("refused", 1), "{error}");
}
