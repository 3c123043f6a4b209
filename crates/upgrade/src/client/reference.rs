//! The `Location` of a redirect, which may be relative to the URL of the request (RFC 3986 §5).

/// Resolves a reference against a URL that has an authority (RFC 3986 §5.2). Returns the scheme, the authority, and
/// the path with the query. `None` if the result has no authority, or if a colon ends what is no scheme.
///
/// It takes any characters. Which ones a URL has is checked by its parser.
pub(super) fn resolve<'r>(base: &'r str, reference: &'r str) -> Option<(&'r str, &'r str, String)> {
    let (base, reference) = (Parts::of(base)?, Parts::of(reference)?);
    let (path, query) = match reference.path {
        "" if reference.is_relative() => (base.path.to_owned(), reference.query.or(base.query)),
        path if !reference.is_relative() || path.starts_with('/') => (without_dots(path), reference.query),
        path => {
            // Without its last segment (§5.2.3).
            let folder = base.path.rfind('/').and_then(|end| base.path.get(..end)).unwrap_or_default();
            (without_dots(&format!("{folder}/{path}")), reference.query)
        }
    };
    let authority = match reference.scheme {
        Some(_) => reference.authority?,
        None => reference.authority.or(base.authority)?,
    };
    let (mark, query) = query.map_or(("", ""), |query| ("?", query));
    Some((reference.scheme.or(base.scheme)?, authority, format!("{path}{mark}{query}")))
}

/// The parts of a reference (RFC 3986 §4.1), without its fragment.
struct Parts<'r> {
    scheme: Option<&'r str>,
    authority: Option<&'r str>,
    path: &'r str,
    query: Option<&'r str>,
}

impl<'r> Parts<'r> {
    /// `None` if a colon ends what is no scheme: neither a URI nor a relative reference has that (§4.2).
    fn of(text: &'r str) -> Option<Self> {
        let text = text.split_once('#').map_or(text, |(text, _)| text);
        let (text, query) = text.split_once('?').map_or((text, None), |(text, query)| (text, Some(query)));
        let (scheme, text) = match text.split_once(':') {
            Some((scheme, rest)) if !scheme.contains('/') => (Some(scheme), rest),
            _ => (None, text),
        };
        if !scheme.is_none_or(is_scheme) {
            return None;
        }
        let (authority, path) = match text.strip_prefix("//") {
            None => (None, text),
            Some(text) => {
                let (authority, path) = text.split_at(text.find('/').unwrap_or(text.len()));
                (Some(authority), path)
            }
        };
        Some(Self { scheme, authority, path, query })
    }

    /// Whether scheme and authority are the base's.
    fn is_relative(&self) -> bool {
        self.scheme.is_none() && self.authority.is_none()
    }
}

/// `scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )` (§3.1)
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// A path without the segments `.` and `..` (§5.2.4).
fn without_dots(path: &str) -> String {
    let Some(segments) = path.strip_prefix('/') else { return path.to_owned() };
    let (mut kept, mut is_folder) = (Vec::new(), false);
    for segment in segments.split('/') {
        is_folder = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => _ = kept.pop(),
            _ => kept.push(segment),
        }
    }
    if is_folder {
        kept.push("");
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 3986 §5.4.1 and §5.4.2 for the base `http://a/b/c/d;p?q`, without their fragments.
    const EXAMPLES: [(&str, &str); 41] = [
        ("g:h", "g:h"),
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q"),
        ("g#s", "http://a/b/c/g"),
        ("g?y#s", "http://a/b/c/g?y"),
        (";x", "http://a/b/c/;x"),
        ("g;x", "http://a/b/c/g;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("./", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../", "http://a/"),
        ("../../g", "http://a/g"),
        ("../../../g", "http://a/g"),
        ("../../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."),
        (".g", "http://a/b/c/.g"),
        ("g..", "http://a/b/c/g.."),
        ("..g", "http://a/b/c/..g"),
        ("./../g", "http://a/b/g"),
        ("./g/.", "http://a/b/c/g/"),
        ("g/./h", "http://a/b/c/g/h"),
        ("g/../h", "http://a/b/c/h"),
        ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
        ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/./x", "http://a/b/c/g?y/./x"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("g#s/./x", "http://a/b/c/g"),
        ("g#s/../x", "http://a/b/c/g"),
    ];

    #[test]
    fn examples_of_the_rfc() {
        for (reference, expected) in EXAMPLES {
            let resolved = resolve("http://a/b/c/d;p?q", reference);
            let resolved = resolved.map(|(scheme, authority, rest)| format!("{scheme}://{authority}{rest}"));
            // One without an authority leads nowhere.
            let expected = expected.contains("://").then_some(expected);
            assert_eq!(resolved.as_deref(), expected, "{reference}");
        }
    }

    #[test]
    fn other_bases_and_references() {
        let cases = [
            ("ws://a", "g", Some("ws://a/g")),
            ("ws://a", "", Some("ws://a")),
            ("ws://a?q", "?y", Some("ws://a?y")),
            ("ws://a/b//c", "../g", Some("ws://a/b/g")),
            ("ws://a/b/", "//g//../h", Some("ws://g/h")),
            ("ws://a/b", "http://g", Some("http://g")),
            ("ws://a/b", "http:g", None),
            ("ws://a/b", "1:x", None),
            ("ws://a/b", ":x", None),
            ("ws://a/b", "_:x", None),
            ("ws://a/b", "./_:x", Some("ws://a/_:x")),
            ("ws://a/b", "?_:x", Some("ws://a/b?_:x")),
        ];
        for (base, reference, expected) in cases {
            let resolved = resolve(base, reference);
            let resolved = resolved.map(|(scheme, authority, rest)| format!("{scheme}://{authority}{rest}"));
            assert_eq!(resolved.as_deref(), expected, "{base} {reference}");
        }
    }
}
