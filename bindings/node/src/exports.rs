//! The functions that JavaScript calls, and the memory that both sides read and write.
//!
//! A call gives its strings as bytes in the input buffer. It returns what its result is, a [`Kind`] as a number; the
//! result itself is in the output: bytes, and JSON. `core_result` returns the address of five words: address and length
//! of the bytes, and of the JSON, and the settings if they are usual ones. JavaScript looks them up after each call,
//! since buffers move as they grow.
#![expect(
    unsafe_code,
    reason = "an exported name is an unsafe attribute, because two of one name could collide"
)]

use crate::core::{Core, with_core};
use crate::output::Kind;

/// Makes room for `len` bytes of input, and returns the address.
#[unsafe(no_mangle)]
extern "C" fn core_input(len: u32) -> usize {
    with_core(|core| core.input(len))
}

/// Returns the address of the five words.
#[unsafe(no_mangle)]
extern "C" fn core_result() -> usize {
    with_core(|core| core.words())
}

/// Sets the options of the server, which are `len` bytes of JSON.
#[unsafe(no_mangle)]
extern "C" fn core_server(len: u32) -> Kind {
    with_core(|core| core.set_server(len))
}

/// Judges a request of HTTP/1: `count` strings in `len` bytes.
#[unsafe(no_mangle)]
extern "C" fn core_judge(len: u32, count: u32, minor_version: u32, secure: u32) -> Kind {
    with_core(|core| core.judge(len, count, minor_version, secure))
}

/// Judges an extended CONNECT: `count` strings in `len` bytes.
#[unsafe(no_mangle)]
extern "C" fn core_judge_connect(len: u32, count: u32, secure: u32) -> Kind {
    with_core(|core| core.judge_connect(len, count, secure))
}

/// Says what a request of HTTP/1 asks for.
#[unsafe(no_mangle)]
extern "C" fn core_asked(len: u32, count: u32, minor_version: u32) -> Kind {
    with_core(|core| core.asked(len, count, minor_version))
}

/// Says what an extended CONNECT asks for.
#[unsafe(no_mangle)]
extern "C" fn core_asked_connect(len: u32, count: u32) -> Kind {
    with_core(|core| core.asked_connect(len, count))
}

/// Makes a rejection of the application: fields as JSON in `fields_len` bytes, then the body.
#[unsafe(no_mangle)]
extern "C" fn core_reject(status: u32, fields_len: u32, body_len: u32, extended_connect: u32) -> Kind {
    with_core(|core| core.reject(status, fields_len, body_len, extended_connect != 0))
}

/// Makes the 503 for a request that was not decided in time.
#[unsafe(no_mangle)]
extern "C" fn core_unavailable(retry_after: u32, extended_connect: u32) -> Kind {
    with_core(|core| core.unavailable(retry_after, extended_connect != 0))
}

/// Starts a client: 16 random bytes, the URL, and the options as JSON. Its number is in the result.
#[unsafe(no_mangle)]
extern "C" fn core_client(url_len: u32, options_len: u32) -> Kind {
    with_core(|core| core.start_client(url_len, options_len))
}

/// Returns the names of the environment variables that concern proxies.
#[unsafe(no_mangle)]
extern "C" fn core_environment() -> Kind {
    with_core(Core::environment)
}

/// Returns the name of the variable that sets a proxy for a client, in an environment that is JSON.
#[unsafe(no_mangle)]
extern "C" fn core_proxy_variable(client: u32, len: u32) -> Kind {
    with_core(|core| core.proxy_variable(client, len))
}

/// Takes the next bytes of a client.
#[unsafe(no_mangle)]
extern "C" fn core_receive(client: u32, len: u32) -> Kind {
    with_core(|core| core.receive(client, len))
}

/// Ends the handshake of a client.
#[unsafe(no_mangle)]
extern "C" fn core_close(client: u32, by_peer: u32) -> Kind {
    with_core(|core| core.close(client, by_peer != 0))
}

/// Forgets a client.
#[unsafe(no_mangle)]
extern "C" fn core_end(client: u32) {
    with_core(|core| core.end(client));
}

#[cfg(feature = "vectors")]
mod vectors {
    use super::{Kind, with_core};

    /// Takes the next bytes of a request's head; the first ones after `begins`.
    #[unsafe(no_mangle)]
    extern "C" fn core_read(len: u32, begins: u32, secure: u32) -> Kind {
        with_core(|core| core.read(len, begins != 0, secure))
    }

    /// Judges the responses to an extended CONNECT, which are JSON behind the URL and the options.
    #[unsafe(no_mangle)]
    extern "C" fn core_responses(url_len: u32, options_len: u32, len: u32) -> Kind {
        with_core(|core| core.judge_responses(url_len, options_len, len))
    }
}
