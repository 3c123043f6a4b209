//! All rules.

use super::rule::Rule;
use super::{connect, connect_response, refusal, request, response};

/// Returns all rules: of requests, responses and refusals over HTTP/1.1, then those over HTTP/2.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let http_1 = [request::RULES, response::RULES, refusal::HTTP_1, refusal::EVERY];
    http_1.into_iter().chain([connect::RULES, connect_response::RULES]).flatten()
}

/// Returns the rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_texts_are_sentences() {
        let mut seen = std::collections::BTreeSet::new();
        for rule in rules() {
            let id = rule.id;
            assert!(seen.insert(id), "{id} twice");
            let (kind, name) = id.split_once('/').expect("a path");
            for part in [kind, name] {
                let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                assert!(!part.is_empty() && part.bytes().all(kebab), "{id}");
            }
            assert!(
                rule.section.starts_with("RFC ") && rule.section.contains(" §"),
                "{id}: {}",
                rule.section
            );
            assert!(rule.text.ends_with('.') && rule.text.len() < 130, "{id}: {}", rule.text);
        }
        assert!(rule("response/accept").is_some_and(|rule| rule.section == "RFC 6455 §4.1"));
        assert_eq!(rule("response"), None);
    }
}
