//! Checks the Markdown files: no link is broken, and they read the same on GitHub, on a registry's page and in
//! rustdoc.
//!
//! A relative link must name an existing file, and its anchor a heading of that file. Text in brackets must have a
//! target, because links that only rustdoc resolves are plain text everywhere else. A block of code must name its
//! language. A block of Rust must not have lines that begin with `# `, because only rustdoc hides them.

use std::fs;
use std::path::Path;

use crate::command::no_problems;
use crate::links::markdown::Markdown;
use crate::tree::{files, read, workspace};

mod markdown;

/// Checks every Markdown file.
pub(crate) fn check() -> Result<(), String> {
    println!("\n== Markdown files");
    let root = workspace();
    let (mut found, mut links) = (Vec::new(), 0);
    for file in files(root, "md") {
        let text = read(root, &file)?;
        let markdown = Markdown::read(&text);
        links += markdown.links.len();
        found.extend(problems(root, &file, &markdown));
    }
    no_problems("Markdown files", &found)?;
    println!("== Markdown files: ok, {links} links");
    Ok(())
}

/// Returns what is wrong with a file.
fn problems(root: &Path, file: &str, markdown: &Markdown<'_>) -> Vec<String> {
    let mut problems: Vec<(usize, String)> = Vec::new();
    for link in &markdown.links {
        problems.extend(leads_nowhere(root, file, markdown, &link.target).map(|why| (link.line, why)));
    }
    for (line, label) in &markdown.undefined {
        problems.push((*line, format!("[{label}] has no target; rustdoc alone would find one")));
    }
    for fence in &markdown.fences {
        if fence.language().is_empty() {
            problems.push((fence.line, "a block of code without a language".into()));
        }
        let hidden = fence.lines.iter().filter(|_| fence.language() == "rust");
        for (line, _) in hidden.filter(|(_, text)| text.trim() == "#" || text.trim_start().starts_with("# "))
        {
            problems.push((*line, "a line that is hidden in rustdoc alone".into()));
        }
    }
    problems.sort();
    problems.into_iter().map(|(line, problem)| format!("{file}:{line}: {problem}")).collect()
}

/// Returns why a link of a file is broken, or `None` if it is not.
fn leads_nowhere(root: &Path, file: &str, own: &Markdown<'_>, target: &str) -> Option<String> {
    if ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)) {
        return None;
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let place = root.join(file).parent().unwrap_or(root).join(path);
    if !place.exists() {
        return Some(format!("there is no {target}"));
    }
    let has = |anchor| {
        if path.is_empty() {
            return own.anchors.contains(anchor);
        }
        // Only Markdown files have anchors.
        let is_markdown = place.extension().is_some_and(|extension| extension == "md");
        let text = fs::read_to_string(&place).unwrap_or_default();
        is_markdown && Markdown::read(&text).anchors.contains(anchor)
    };
    anchor.filter(|anchor| !has(*anchor)).map(|_| format!("there is no {target}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        problems(workspace(), "xtask/README.md", &Markdown::read(text))
    }

    #[test]
    fn a_link_leads_somewhere() {
        let good = "# A b\n[a](#a-b) [b](src/links.rs) [c](../README.md)\n[d]: https://example.com\n";
        assert_eq!(of(good), Vec::<String>::new());
        assert_eq!(of("\n[a](#b)"), ["xtask/README.md:2: there is no #b"]);
        assert_eq!(of("[a](crate::b)"), ["xtask/README.md:1: there is no crate::b"]);
        assert_eq!(of("[a](../README.md#no)"), ["xtask/README.md:1: there is no ../README.md#no"]);
        assert_eq!(of("[`A`][b] and `[c]`\n\n[b]: no.rs"), ["xtask/README.md:3: there is no no.rs"]);
    }

    #[test]
    fn brackets_have_a_target() {
        assert_eq!(of("[`A`]\n\n[`A`]: ../README.md"), Vec::<String>::new());
        assert_eq!(
            of("a\n[`A`] b"),
            ["xtask/README.md:2: [`A`] has no target; rustdoc alone would find one"]
        );
        assert_eq!(of("[a][`A`]"), ["xtask/README.md:1: [`A`] has no target; rustdoc alone would find one"]);
    }

    #[test]
    fn a_block_names_its_language_and_shows_itself() {
        assert_eq!(of("```sh\n# a comment\n[x]\n```\n"), Vec::<String>::new());
        assert_eq!(of("```\nx\n```\n"), ["xtask/README.md:1: a block of code without a language"]);
        let hidden = "xtask/README.md:2: a line that is hidden in rustdoc alone";
        assert_eq!(of("```rust,no_run\n# fn main() {}\n#[test]\n```\n"), [hidden]);
    }
}
