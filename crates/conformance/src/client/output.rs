//! The end of what a command prints, bounded.

use std::collections::VecDeque;

use tokio::io::{AsyncRead, AsyncReadExt};

/// How many bytes are kept.
const KEPT: usize = 600;

/// How many lines are shown.
const LINES: usize = 3;

/// Reads all of a stream, and returns the last of it.
pub(super) async fn end_of(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = VecDeque::new();
    let Some(mut stream) = stream else { return Vec::new() };
    let mut buffer = [0; 4096];
    // A pipe that breaks has no more to say.
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        kept.extend(buffer.get(..length).unwrap_or_default());
        let most = kept.len().saturating_sub(KEPT);
        kept.drain(..most);
    }
    kept.into()
}

/// Returns the last lines of output as one line of text, with control characters escaped. The last ones of a traceback
/// say what has happened.
pub(super) fn one_line(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join(" | ");
    last.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_end_is_kept() {
        let output = [vec![b'a'; 10_000], b"the end".to_vec()].concat();
        let end = end_of(Some(&output[..])).await;
        assert_eq!(end.len(), KEPT);
        assert!(end.ends_with(b"aathe end"));
        assert!(end_of(None::<&[u8]>).await.is_empty());
    }

    #[test]
    fn output_is_one_line() {
        assert_eq!(one_line(b"  a\r\n\n b\x1b[0m \xff\n"), "a | b\\u{1b}[0m \u{fffd}");
        assert_eq!(one_line(b"1\n2\n3\n4\n5"), "3 | 4 | 5");
    }
}
