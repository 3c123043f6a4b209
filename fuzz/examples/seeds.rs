//! Writes the shared table of cases (`vectors/*.json`) as seeds into `corpus/TARGET`, and checks each of them once.
//!
//! ```sh
//! cargo run --manifest-path fuzz/Cargo.toml --example seeds
//! ```

use std::path::Path;
use std::{fs, io};

use fuzz::{Input, extension_list, request_head, response_head, uri};
use vectors::{DeflateCase, Then};

fn main() -> io::Result<()> {
    let requests = vectors::requests();
    // What a case's options are is the fuzzer's to choose: without any, and with those that do most.
    write(
        "request_head",
        request_head::check,
        &[0, 0b1000_0110, 0b0001_0110],
        requests.iter().map(|case| &*case.request),
    )?;

    let responses = vectors::responses();
    let closed = |closed| {
        let responses = responses.iter().filter(move |case| (case.then == Some(Then::Close)) == closed);
        responses.map(|case| &*case.response)
    };
    write("response_head", response_head::check, &[0, 0b0110], closed(false))?;
    write("response_head", response_head::check, &[0b1_1000, 0b1_1110], closed(true))?;

    let join = |lines: &[vectors::Bytes]| lines.iter().map(|line| &**line).collect::<Vec<_>>().join(&b'\n');
    let mut offers: Vec<Vec<u8>> = vectors::extensions().iter().map(|case| join(&case.lines)).collect();
    offers.extend(vectors::deflate().into_iter().map(|case| match case {
        DeflateCase::Server { offer, .. } => offer.into_bytes(),
        DeflateCase::Client { response, .. } => response.into_bytes(),
    }));
    write("extension_list", extension_list::check, &[0, 1, 2, 0b111_1111], offers.iter().map(Vec::as_slice))?;

    let mut uris: Vec<Vec<u8>> = vectors::uris().into_iter().map(|case| case.uri.into_bytes()).collect();
    uris.push(b"ws://a/\0chat, superchat\0https://a.example:8443\0A: b\r\nC: d\r\n".to_vec());
    write("uri", uri::check, &[0], uris.iter().map(Vec::as_slice))
}

/// Writes seeds of one target. What is longer than libFuzzer's own inputs would only make it slow.
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
