//! Writes the shared table of cases (`vectors/*.json`) as seeds into `corpus/TARGET`, and checks each of them once.
//!
//! ```sh
//! cargo run --manifest-path fuzz/Cargo.toml --example seeds
//! ```

use std::path::Path;
use std::{fs, io};

use fuzz::{
    Input, deflate, extended_connect, extension_list, http3_message, http3_streams, request_head,
    response_head, round_trip, split, uri,
};
use vectors::{ConnectCase, ConnectResponse, DeflateCase, Then};

fn main() -> io::Result<()> {
    let requests = vectors::requests();
    // The fuzzer chooses the options of a case. These choices are: none, and those with the most effect.
    let choices = [0, 0b1000_0110, 0b0001_0110];
    write("request_head", request_head::check, &choices, requests.iter().map(|case| &*case.request))?;

    let connects: Vec<Vec<u8>> = vectors::connects().iter().map(connect).collect();
    write("extended_connect", extended_connect::check, &choices, connects.iter().map(Vec::as_slice))?;

    let connects: Vec<Vec<u8>> = vectors::connects().iter().map(http3_request).collect();
    write("http3_message", http3_message::check, &[0b00, 0b10], connects.iter().map(Vec::as_slice))?;
    let answers = vectors::connect_responses();
    let answers = answers.iter().flat_map(|case| case.responses.iter().map(http3_response));
    let answers: Vec<Vec<u8>> = answers.collect();
    write("http3_message", http3_message::check, &[0b01, 0b11], answers.iter().map(Vec::as_slice))?;
    let streams: Vec<Vec<u8>> = STREAMS.iter().map(|bytes| http3_streams::seed(bytes)).collect();
    let kinds = [0b000, 0b001, 0b101, 0b011, 0b111];
    write("http3_streams", http3_streams::check, &kinds, streams.iter().map(Vec::as_slice))?;

    let responses = vectors::responses();
    let closed = |closed| {
        let responses = responses.iter().filter(move |case| (case.then == Some(Then::Close)) == closed);
        responses.map(|case| &*case.response)
    };
    write("response_head", response_head::check, &[0, 0b0110], closed(false))?;
    write("response_head", response_head::check, &[0b1_1000, 0b1_1110], closed(true))?;

    let parts = requests.iter().map(|case| in_parts(false, &case.request));
    let parts = parts.chain(responses.iter().map(|case| in_parts(true, &case.response)));
    let parts: Vec<Vec<u8>> = parts.collect();
    write("split", split::check, &[0, 0b1000_0110, 0b0001_1110], parts.iter().map(Vec::as_slice))?;

    let join = |lines: &[vectors::Bytes]| lines.iter().map(|line| &**line).collect::<Vec<_>>().join(&b'\n');
    let mut offers: Vec<Vec<u8>> = vectors::extensions().iter().map(|case| join(&case.lines)).collect();
    let deflates = vectors::deflate().into_iter().map(|case| match case {
        DeflateCase::Server { offer, .. } => offer,
        DeflateCase::Client { response, .. } => response,
    });
    let deflates: Vec<String> = deflates.collect();
    offers.extend(deflates.iter().map(|list| list.clone().into_bytes()));
    write("extension_list", extension_list::check, &[0, 1, 2, 0b111_1111], offers.iter().map(Vec::as_slice))?;

    // The lists serve twice: as a response with offers after it, and as offers for one response.
    let params = deflates.iter().flat_map(|list| [params(list), params(&format!("{RESPONSE}, {list}"))]);
    let params: Vec<Vec<u8>> = params.collect();
    write("deflate", deflate::check, &[0, 1, 0b1100_0000, 0b0010_1111], params.iter().map(Vec::as_slice))?;

    let mut uris: Vec<Vec<u8>> = vectors::uris().into_iter().map(|case| case.uri.into_bytes()).collect();
    let round_trips: Vec<Vec<u8>> = uris.iter().map(|uri| with_options(uri)).collect();
    write("round_trip", round_trip::check, &[0, 0b11, 0b1_0111], round_trips.iter().map(Vec::as_slice))?;
    uris.push(b"ws://a/\0chat, superchat\0https://a.example:8443\0A: b\r\nC: d\r\n".to_vec());
    write("uri", uri::check, &[0], uris.iter().map(Vec::as_slice))
}

const RESPONSE: &str = "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12";

fn connect(case: &ConnectCase) -> Vec<u8> {
    let pseudo = &case.pseudo;
    let [protocol, scheme, authority, path] =
        [&pseudo.protocol, &pseudo.scheme, &pseudo.authority, &pseudo.path].map(Option::as_deref);
    let fields: Vec<(&str, &[u8])> =
        case.fields.iter().map(|(name, value)| (name.as_str(), &**value)).collect();
    extended_connect::seed([Some(&pseudo.method), protocol, scheme, authority, path], &fields)
}

/// A request over HTTP/3, as far as its type can hold it.
fn http3_request(case: &ConnectCase) -> Vec<u8> {
    let pseudo = &case.pseudo;
    let named = [
        (":method", Some(&pseudo.method)),
        (":protocol", pseudo.protocol.as_ref()),
        (":scheme", pseudo.scheme.as_ref()),
        (":authority", pseudo.authority.as_ref()),
        (":path", pseudo.path.as_ref()),
    ];
    let named = named.iter().filter_map(|(name, value)| Some((*name, value.as_ref()?.as_bytes())));
    let fields = case.fields.iter().map(|(name, value)| (name.as_str(), &**value));
    http3_message::seed(&named.chain(fields).collect::<Vec<_>>())
}

fn http3_response(response: &ConnectResponse) -> Vec<u8> {
    let status = response.status.to_string();
    let fields = response.fields.iter().map(|(name, value)| (name.as_str(), &**value));
    http3_message::seed(&std::iter::once((":status", status.as_bytes())).chain(fields).collect::<Vec<_>>())
}

/// Frames and instructions: SETTINGS and GOAWAY, a reserved frame, DATA; what QPACK allows, and what not.
const STREAMS: [&[u8]; 5] = [
    &[0x04, 0x04, 0x08, 0x01, 0x33, 0x00, 0x07, 0x01, 0x04, 0x0d, 0x01, 0x02],
    &[0x04, 0x00, 0x21, 0x03, 1, 2, 3, 0x40, 0x41, 0x00],
    &[0x01, 0x02, 0, 0, 0x00, 0x40, 0x03, b'a', b'b', b'c', 0x00, 0x00],
    &[0x20, 0x20, 0x20],
    &[0x40, 0x7f, 0x80, 0x01, 0x80],
];

/// Splits a message into three parts.
fn in_parts(is_response: bool, bytes: &[u8]) -> Vec<u8> {
    let third = u8::try_from(bytes.len() / 3).unwrap_or(u8::MAX);
    split::seed(is_response, &[third, third.saturating_add(1)], bytes)
}

/// Returns the parameters of each member of a list, one per line, without wishes.
fn params(list: &str) -> Vec<u8> {
    let params = list.split(',').map(|member| member.split_once(';').map_or("", |(_, params)| params));
    [&[0], params.collect::<Vec<_>>().join("\n").as_bytes()].concat()
}

/// Makes a handshake for a URI in which both sides can agree on something.
fn with_options(uri: &[u8]) -> Vec<u8> {
    let options = b"\0chat, superchat\0superchat\0x-a, x-test\0x-test, x-b\0https://a.example\0\
        https://a.example\0A: b\r\n\0C: d\r\n";
    [&[0; 4], uri, options].concat()
}

/// Writes the seeds of one target. Seeds longer than libFuzzer's own inputs are left out, since they make it slow.
fn write<'a>(
    target: &str,
    check: fn(&[u8]),
    choices: &[u8],
    seeds: impl Iterator<Item = &'a [u8]>,
) -> io::Result<()> {
    const MAX: usize = 4096;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    let mut written = 0;
    for (place, bytes) in seeds.enumerate() {
        for &choices in choices {
            let seed = Input::seed(choices, bytes);
            check(&seed);
            if seed.len() <= MAX {
                fs::write(folder.join(format!("vector-{place:03}-{choices:03}")), seed)?;
                written += 1;
            }
        }
    }
    println!("{target}: {written} seeds");
    Ok(())
}
