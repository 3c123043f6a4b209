//! Sections of RFCs, and their pages.

/// A part of the text that names sections.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    /// The page of the section that the text names.
    pub(super) url: Option<String>,
}

/// Splits a text such as `RFC 6455 §4.2.1, RFC 9112 §3.2 and §3.3` into sections and what is between them.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut document = None;
    while let Some((before, section, after)) = next_section(rest, &mut document) {
        if !before.is_empty() {
            parts.push(Part { text: before, url: None });
        }
        parts.push(section);
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part { text: rest, url: None });
    }
    parts
}

/// Finds the next section, and returns it with the text before and behind it.
///
/// A section without a document is of the document named last.
fn next_section<'a>(text: &'a str, document: &mut Option<&'a str>) -> Option<(&'a str, Part<'a>, &'a str)> {
    let rfc = text.find(RFC);
    let mark = text.find('§');
    let start = match (rfc, mark) {
        (Some(rfc), Some(mark)) => rfc.min(mark),
        (rfc, mark) => rfc.or(mark)?,
    };
    let (before, named) = text.split_at(start);
    let mut rest = named;
    if let Some(behind) = rest.strip_prefix(RFC) {
        let (number, behind) = split(behind, |char| char.is_ascii_digit());
        *document = Some(number);
        // Without a section, the name is that of the whole document.
        rest = if behind.starts_with(" §") { &behind[1..] } else { behind };
    }
    let mut anchor = "";
    if let Some(behind) = rest.strip_prefix('§') {
        let (number, behind) = split(behind, |char| char.is_ascii_alphanumeric() || char == '.');
        // The full stop at the end of a sentence is not part of the number.
        anchor = number.trim_end_matches('.');
        rest = &rest[rest.len() - behind.len() - (number.len() - anchor.len())..];
    }
    let url = document.filter(|number| !number.is_empty()).map(|number| {
        let page = format!("https://www.rfc-editor.org/rfc/rfc{number}");
        match anchor.chars().next() {
            None => page,
            Some(first) if first.is_ascii_digit() => format!("{page}#section-{anchor}"),
            Some(_) => format!("{page}#appendix-{anchor}"),
        }
    });
    Some((before, Part { text: &named[..named.len() - rest.len()], url }, rest))
}

fn split(text: &str, is_inside: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|char| !is_inside(char)).unwrap_or(text.len()))
}

const RFC: &str = "RFC ";

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn each_section_has_its_page() {
        const RFCS: &str = "https://www.rfc-editor.org/rfc";
        for (text, expected) in [
            ("RFC 6455 §4.2.1", &[("RFC 6455 §4.2.1", "/rfc6455#section-4.2.1")][..]),
            ("RFC 6455 §4.2.1.", &[("RFC 6455 §4.2.1", "/rfc6455#section-4.2.1"), (".", "")]),
            (
                "RFC 9112 §3.2, §6.3 item 3",
                &[
                    ("RFC 9112 §3.2", "/rfc9112#section-3.2"),
                    (", ", ""),
                    ("§6.3", "/rfc9112#section-6.3"),
                    (" item 3", ""),
                ],
            ),
            ("see RFC 8441", &[("see ", ""), ("RFC 8441", "/rfc8441")]),
            ("RFC 9110 §A", &[("RFC 9110 §A", "/rfc9110#appendix-A")]),
            ("§3", &[("§3", "")]),
            ("RFC x §", &[("RFC ", ""), ("x ", ""), ("§", "")]),
            ("<script>", &[("<script>", "")]),
            ("", &[]),
        ] {
            let parts = parts(text);
            let found: Vec<_> =
                parts.iter().map(|part| (part.text, part.url.as_deref().unwrap_or_default())).collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|&(text, page)| {
                    (text, if page.is_empty() { String::new() } else { format!("{RFCS}{page}") })
                })
                .collect();
            let expected: Vec<_> = expected.iter().map(|(text, page)| (*text, page.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
