//! Reads the parts of a Markdown file that are checked: links, anchors, blocks of code.

use std::collections::BTreeSet;

/// The parts of a file.
#[derive(Default)]
pub(super) struct Markdown<'a> {
    pub(super) links: Vec<Link>,
    /// Labels without a definition, each with its line.
    pub(super) undefined: Vec<(usize, String)>,
    pub(super) fences: Vec<Fence<'a>>,
    /// The targets for links within the file.
    pub(super) anchors: BTreeSet<String>,
}

/// A link in the text or in a definition.
pub(super) struct Link {
    pub(super) line: usize,
    pub(super) target: String,
}

/// A block of code between fences.
pub(super) struct Fence<'a> {
    pub(super) line: usize,
    /// The text after the opening fence.
    info: &'a str,
    pub(super) lines: Vec<(usize, &'a str)>,
}

impl Fence<'_> {
    /// Returns the language: the first word, up to a comma.
    pub(super) fn language(&self) -> &str {
        self.info.split([',', ' ']).next().unwrap_or_default()
    }
}

impl<'a> Markdown<'a> {
    /// Reads a file.
    pub(super) fn read(text: &'a str) -> Self {
        let mut markdown = Self::default();
        let mut prose = String::new();
        let mut open: Option<(&str, Fence<'a>)> = None;
        for (line, text) in (1..).zip(text.lines()) {
            // Lines that are left out stay as empty lines, so that the line numbers stay correct.
            prose.push('\n');
            let trimmed = text.trim_start();
            let ticks = &trimmed[..trimmed.len() - trimmed.trim_start_matches('`').len()];
            match &mut open {
                Some((fence, _)) if trimmed == *fence => {
                    markdown.fences.extend(open.take().map(|(_, fence)| fence));
                }
                Some((_, fence)) => fence.lines.push((line, text)),
                None if ticks.len() >= 3 => {
                    let info = trimmed[ticks.len()..].trim();
                    open = Some((ticks, Fence { line, info, lines: Vec::new() }));
                }
                None => {
                    markdown.add_heading(text);
                    prose.push_str(text);
                }
            }
        }
        markdown.fences.extend(open.map(|(_, fence)| fence));
        markdown.read_links(&prose);
        markdown
    }

    fn add_heading(&mut self, line: &str) {
        let heading = line.trim_start_matches('#');
        let level = line.len() - heading.len();
        if !(1..=6).contains(&level) || !heading.starts_with(' ') {
            return;
        }
        let anchor = anchor(heading.trim());
        // If two headings have the same words, the second one gets a number.
        let again = (1..).map(|number| format!("{anchor}-{number}"));
        let free = [anchor.clone()].into_iter().chain(again).find(|anchor| !self.anchors.contains(anchor));
        self.anchors.extend(free);
    }

    fn read_links(&mut self, prose: &str) {
        let masked = without_code(prose);
        let line_of = |at: usize| prose[..at].matches('\n').count();
        let mut definitions = BTreeSet::new();
        let mut used = Vec::new();
        let mut behind = 0;
        for (at, _) in masked.match_indices('[') {
            // This bracket is within a label that has been read already.
            if at < behind {
                continue;
            }
            let Some(end) = closing(&masked[at..], '[', ']').map(|end| at + end) else { continue };
            let label = prose[at + 1..end].split_whitespace().collect::<Vec<_>>().join(" ");
            let rest = &masked[end + 1..];
            let line = line_of(at);
            if rest.starts_with(':') && masked[..at].ends_with('\n') {
                let target = prose[end + 2..].split_whitespace().next().unwrap_or_default();
                self.links.push(Link { line, target: target.to_owned() });
                definitions.insert(label);
                behind = end;
            } else if rest.starts_with('(') {
                let Some(close) = closing(rest, '(', ')') else { continue };
                let inside = &prose[end + 2..end + 1 + close];
                let target = inside.split_whitespace().next().unwrap_or_default();
                self.links.push(Link { line, target: target.trim_matches(['<', '>']).to_owned() });
            } else if rest.starts_with('[') {
                let Some(close) = closing(rest, '[', ']') else { continue };
                let other = &prose[end + 2..end + 1 + close];
                used.push((line, if other.is_empty() { label } else { other.to_owned() }));
                behind = end + 1 + close;
            } else {
                used.push((line, label));
            }
        }
        used.retain(|(_, label)| !definitions.contains(label));
        self.undefined = used;
    }
}

/// Replaces the characters in spans of code. The text keeps its length and its lines.
fn without_code(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let behind = &rest[at..];
        let ticks = behind.len() - behind.trim_start_matches('`').len();
        let fence = &behind[..ticks];
        masked.push_str(&rest[..at + ticks]);
        rest = &behind[ticks..];
        // A span of code can't continue after its paragraph.
        let paragraph = &rest[..rest.find("\n\n").unwrap_or(rest.len())];
        if let Some(end) = paragraph.find(fence) {
            masked.extend(rest[..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { 'x' }));
            masked.push_str(fence);
            rest = &rest[end + ticks..];
        }
    }
    masked + rest
}

/// Returns the offset of the bracket that closes the one at the start of a text.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        if character == open {
            depth += 1;
        } else if character == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
        if text[at..].starts_with("\n\n") {
            return None;
        }
    }
    None
}

/// Returns the anchor of a heading as GitHub and rustdoc make it: in lower case, without punctuation, with a hyphen
/// for each space.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|&c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_anchors() {
        let markdown = Markdown::read("# A `b`: c\n## What, who?\n## What, who?\n#no\n```sh\n# none\n```\n");
        let anchors: Vec<_> = markdown.anchors.into_iter().collect();
        assert_eq!(anchors, ["a-b-c", "what-who", "what-who-1"]);
    }

    #[test]
    fn links_are_found() {
        let text = "[a `]` b](c.md \"title\") ![d](e.png)\n[f\ng][h], [i][] `[no](no)`\n\n[h]: j#k\n[i]: l\n";
        let markdown = Markdown::read(text);
        let links: Vec<_> = markdown.links.iter().map(|link| (link.line, link.target.as_str())).collect();
        assert_eq!(links, [(1, "c.md"), (1, "e.png"), (5, "j#k"), (6, "l")]);
        assert!(markdown.undefined.is_empty(), "{:?}", markdown.undefined);
    }
}
