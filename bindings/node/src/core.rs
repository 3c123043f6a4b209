//! The core as JavaScript sees it: one input, one output, the options of one server, and the clients.
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::collections::HashMap;

use crate::client::Client;
use crate::config::{Config, from_json};
use crate::output::{Kind, Output};
#[cfg(feature = "vectors")]
use crate::reader::Reader;
use crate::server::{self, Outcome};
use crate::text::Joined;

/// All that is kept between calls.
#[derive(Default)]
pub(crate) struct Core {
    input: Vec<u8>,
    output: Output,
    words: [u32; 5],
    server: Config,
    clients: Vec<Option<Client>>,
    #[cfg(feature = "vectors")]
    reader: Reader,
}

thread_local! {
    static CORE: RefCell<Core> = RefCell::default();
}

/// Runs a call. The words then say where its result is.
pub(crate) fn with_core<T>(call: impl FnOnce(&mut Core) -> T) -> T {
    CORE.with_borrow_mut(|core| {
        let returned = call(core);
        core.words = core.output.words();
        returned
    })
}

impl Core {
    pub(crate) fn input(&mut self, len: u32) -> usize {
        self.input.resize(size(len).max(self.input.len()), 0);
        self.input.as_ptr().addr()
    }

    pub(crate) fn words(&self) -> usize {
        self.words.as_ptr().addr()
    }

    /// Takes the given parts of the input, and runs a call that writes to the output.
    fn call<const N: usize>(
        &mut self,
        lens: [u32; N],
        call: impl FnOnce(&mut Self, [&[u8]; N], &mut Output) -> Result<Kind, String>,
    ) -> Kind {
        // What the call borrows must not be a part of what it changes.
        let input = std::mem::take(&mut self.input);
        let mut output = std::mem::take(&mut self.output);
        output.clear();
        let mut rest = input.as_slice();
        let parts = lens.map(|len| {
            let (part, others) = rest.split_at_checked(size(len)).unwrap_or_default();
            rest = others;
            part
        });
        let kind = call(self, parts, &mut output).unwrap_or_else(|message| output.wrong(&message));
        self.input = input;
        self.output = output;
        kind
    }

    pub(crate) fn set_server(&mut self, len: u32) -> Kind {
        self.call([len], |core, [options], _| {
            core.server = Config::default();
            core.server = Config::parse(options)?;
            Ok(Kind::None)
        })
    }

    pub(crate) fn judge(&mut self, len: u32, count: u32, minor_version: u32, secure: u32) -> Kind {
        self.call([len], |core, [strings], output| {
            let decide = |request: Outcome<'_>| server::decide(&core.server, request, known(secure), output);
            Ok(server::with_upgrade(&Joined(strings), count, minor_version, decide))
        })
    }

    pub(crate) fn judge_connect(&mut self, len: u32, count: u32, secure: u32) -> Kind {
        self.call([len], |core, [strings], output| {
            let decide = |request: Outcome<'_>| server::decide(&core.server, request, known(secure), output);
            Ok(server::with_connect(&Joined(strings), count, decide))
        })
    }

    pub(crate) fn asked(&mut self, len: u32, count: u32, minor_version: u32) -> Kind {
        self.call([len], |_, [strings], output| {
            let say = |request: Outcome<'_>| server::asked(request, output);
            Ok(server::with_upgrade(&Joined(strings), count, minor_version, say))
        })
    }

    pub(crate) fn asked_connect(&mut self, len: u32, count: u32) -> Kind {
        self.call([len], |_, [strings], output| {
            let say = |request: Outcome<'_>| server::asked(request, output);
            Ok(server::with_connect(&Joined(strings), count, say))
        })
    }

    pub(crate) fn reject(&mut self, status: u32, fields: u32, body: u32, extended_connect: bool) -> Kind {
        self.call([fields, body], |_, [fields, body], output| {
            server::reject(status, &from_json::<Vec<_>>(fields)?, body, extended_connect, output)
        })
    }

    pub(crate) fn unavailable(&mut self, retry_after: u32, extended_connect: bool) -> Kind {
        self.call([], |_, [], output| Ok(server::unavailable(retry_after, extended_connect, output)))
    }

    pub(crate) fn start_client(&mut self, url: u32, options: u32) -> Kind {
        self.call([16, url, options], |core, [nonce, url, options], output| {
            let client = Client::new(nonce, utf8(url)?, options)?;
            let free = core.clients.iter().position(Option::is_none).unwrap_or(core.clients.len());
            client.describe(free, output)?;
            match core.clients.get_mut(free) {
                Some(place) => *place = Some(client),
                None => core.clients.push(Some(client)),
            }
            Ok(Kind::Json)
        })
    }

    pub(crate) fn environment(&mut self) -> Kind {
        self.call([], |_, [], output| Ok(output.json(&Client::environment())))
    }

    pub(crate) fn proxy_variable(&mut self, client: u32, len: u32) -> Kind {
        self.call([len], |core, [environment], output| {
            let environment: HashMap<String, String> = from_json(environment)?;
            let variable = core.client(client)?.proxy_variable(&environment)?;
            Ok(output.json(&variable))
        })
    }

    pub(crate) fn receive(&mut self, client: u32, len: u32) -> Kind {
        self.call([len], |core, [bytes], output| core.client(client)?.receive(bytes, output))
    }

    pub(crate) fn close(&mut self, client: u32, by_peer: bool) -> Kind {
        self.call([], |core, [], output| Ok(core.client(client)?.close(by_peer, output)))
    }

    pub(crate) fn end(&mut self, client: u32) {
        if let Some(place) = self.clients.get_mut(size(client)) {
            *place = None;
        }
        while let Some(None) = self.clients.last() {
            self.clients.pop();
        }
    }

    fn client(&mut self, client: u32) -> Result<&mut Client, String> {
        let place = self.clients.get_mut(size(client)).and_then(Option::as_mut);
        place.ok_or_else(|| "this handshake has ended".to_owned())
    }
}

#[cfg(feature = "vectors")]
impl Core {
    pub(crate) fn read(&mut self, len: u32, begins: bool, secure: u32) -> Kind {
        self.call([len], |core, [bytes], output| {
            if begins {
                core.reader = Reader::default();
            }
            Ok(core.reader.receive(&core.server, bytes, known(secure), output))
        })
    }

    pub(crate) fn judge_responses(&mut self, url: u32, options: u32, len: u32) -> Kind {
        self.call([url, options, len], |_, [url, options, responses], output| {
            crate::reader::judge_responses(utf8(url)?, options, &from_json::<Vec<_>>(responses)?, output)
        })
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    str::from_utf8(bytes).map_err(|error| error.to_string())
}

/// Whether the request came over TLS: 0 is no, 1 is yes, and anything else is unknown.
fn known(secure: u32) -> Option<bool> {
    match secure {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn size(len: u32) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}
