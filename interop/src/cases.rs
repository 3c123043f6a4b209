//! The cases that are run with every peer in every role, and their expected results.

use crate::case::{Case, Column, Ends, Expect};
use crate::skill::Skill;

/// All cases.
pub(crate) const CASES: [Case; 15] = [
    Case {
        column: Column::Plain,
        name: "nothing offered",
        needs: Some(Skill::NoOffer),
        peer_serves: Ends { server: &[], client: &[] },
        peer_connects: Ends { server: &[], client: &[] },
        expect: Expect::Agreed { subprotocol: None, deflate: None },
    },
    Case {
        column: Column::Plain,
        name: "permessage-deflate offered, not supported",
        needs: Some(Skill::NoDeflate),
        peer_serves: Ends { server: &[], client: &["--deflate", "client_max_window_bits"] },
        peer_connects: Ends { server: &[], client: &["--deflate"] },
        expect: Expect::Agreed { subprotocol: None, deflate: None },
    },
    Case {
        column: Column::Plain,
        name: "a refusal",
        needs: None,
        peer_serves: Ends { server: &["--refuse"], client: &[] },
        peer_connects: Ends { server: &["--same-origin"], client: &["--other-origin"] },
        expect: Expect::RefusedWith(403),
    },
    Case {
        column: Column::Subprotocol,
        name: "the second of those offered",
        needs: None,
        peer_serves: Ends { server: &["--subprotocol", "chat"], client: SUPERCHAT_CHAT },
        peer_connects: Ends { server: &["--subprotocol", "chat"], client: SUPERCHAT_CHAT },
        expect: Expect::Agreed { subprotocol: Some("chat"), deflate: None },
    },
    Case {
        column: Column::Deflate,
        name: "the largest windows",
        needs: None,
        peer_serves: Ends { server: &["--deflate"], client: &["--deflate", "client_max_window_bits"] },
        peer_connects: Ends { server: &["--deflate"], client: &["--deflate"] },
        expect: Expect::Agreed { subprotocol: None, deflate: Some(&[]) },
    },
    Case {
        column: Column::Deflate,
        name: "a small window for the server",
        needs: Some(Skill::ServerWindow),
        peer_serves: Ends {
            server: &["--deflate", "--server-window", "9"],
            client: &["--deflate", "server_max_window_bits=9"],
        },
        peer_connects: Ends { server: &["--deflate"], client: &["--deflate", "--server-window", "9"] },
        expect: Expect::Agreed { subprotocol: None, deflate: Some(&["server_max_window_bits=9"]) },
    },
    Case {
        column: Column::Deflate,
        name: "a small window for the client",
        needs: Some(Skill::ClientWindow),
        peer_serves: Ends {
            server: &["--deflate", "--client-window", "9"],
            client: &["--deflate", "client_max_window_bits=9"],
        },
        peer_connects: Ends { server: &["--deflate"], client: &["--deflate", "--client-window", "9"] },
        expect: Expect::Agreed { subprotocol: None, deflate: Some(&["client_max_window_bits=9"]) },
    },
    Case {
        column: Column::Deflate,
        name: "the server takes no context over",
        needs: Some(Skill::NoServerContext),
        peer_serves: Ends {
            server: &["--deflate", "--no-server-context"],
            client: &["--deflate", "server_no_context_takeover"],
        },
        peer_connects: Ends { server: &["--deflate"], client: &["--deflate", "--no-server-context"] },
        expect: Expect::Agreed { subprotocol: None, deflate: Some(&["server_no_context_takeover"]) },
    },
    Case {
        column: Column::Deflate,
        name: "the client takes no context over",
        needs: Some(Skill::NoClientContext),
        peer_serves: Ends {
            server: &["--deflate", "--no-client-context"],
            client: &["--deflate", "client_no_context_takeover"],
        },
        peer_connects: Ends { server: &["--deflate"], client: &["--deflate", "--no-client-context"] },
        expect: Expect::Agreed { subprotocol: None, deflate: Some(&["client_no_context_takeover"]) },
    },
    Case {
        column: Column::Deflate,
        name: "with a subprotocol",
        needs: None,
        peer_serves: Ends {
            server: &["--deflate", "--subprotocol", "chat"],
            client: &["--deflate", "", "--subprotocol", "chat"],
        },
        peer_connects: Ends {
            server: &["--deflate", "--subprotocol", "chat"],
            client: &["--deflate", "--subprotocol", "chat"],
        },
        expect: Expect::Agreed { subprotocol: Some("chat"), deflate: Some(&[]) },
    },
    Case {
        column: Column::Origin,
        name: "a page of the server's origin",
        needs: None,
        peer_serves: Ends { server: &[], client: &[] },
        peer_connects: Ends { server: &["--same-origin"], client: &["--same-origin"] },
        expect: Expect::Agreed { subprotocol: None, deflate: None },
    },
    Case {
        column: Column::Origin,
        name: "a page of another origin",
        needs: None,
        peer_serves: Ends { server: &[], client: &[] },
        peer_connects: Ends { server: &["--same-origin"], client: &["--other-origin"] },
        expect: Expect::RefusedFor("Origin"),
    },
    Case {
        column: Column::Page,
        name: "the page, started as the README has it",
        needs: None,
        peer_serves: Ends { server: &[], client: &[] },
        peer_connects: Ends { server: &["--listen", "127.0.0.1:0"], client: &[] },
        expect: Expect::Agreed { subprotocol: None, deflate: None },
    },
    Case {
        column: Column::Page,
        name: "the page, offering what the server does not support",
        needs: Some(Skill::NoneChosen),
        peer_serves: Ends { server: &[], client: &[] },
        peer_connects: Ends { server: &["--subprotocol", "chat"], client: &["--subprotocol", "superchat"] },
        expect: Expect::FailsFor("The page offers subprotocols of which the server supports none"),
    },
    Case {
        column: Column::Page,
        name: "the page, compressed and with a subprotocol",
        needs: None,
        peer_serves: Ends { server: &[], client: &[] },
        peer_connects: Ends { server: &["--deflate", "--subprotocol", "chat"], client: &[] },
        expect: Expect::Agreed { subprotocol: Some("chat"), deflate: Some(&[]) },
    },
];

const SUPERCHAT_CHAT: &[&str] = &["--subprotocol", "superchat", "--subprotocol", "chat"];
