//! Checks that there are no circles of imports: no two files of a crate import each other, directly or through others.
//!
//! A file imports another file if a path in it, in a `use` item or in code, names something that is defined in the
//! other one. A path begins with `crate`, `self` or `super`, with a module that its own module declares, or with a
//! name that its module has imported. The path is followed through re-exports to the file of the definition: if the
//! parent re-exports `X` from `child`, a file with `super::X` imports `child` and not the parent. The re-export
//! itself is an import by the parent. A declaration `mod child;` is not an import. Code under `#[cfg(test)]` and in
//! macros is left out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use crate::command::no_problems;
use crate::tree::{files, workspace};

mod modules;
mod resolve;

/// An import: the importing file, and the imported one.
type Import = (String, String);

/// The imported files of each file.
type Arrows<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Checks every crate of the workspace.
pub(crate) fn check() -> Result<(), String> {
    println!("\n== circles of imports");
    let imports = imports_of(workspace())?;
    let problems = problems(&imports);
    no_problems("circles of imports", &problems)?;
    println!("== circles of imports: ok, {} imports", imports.len());
    Ok(())
}

/// Returns the imports of all crates below a folder.
fn imports_of(root: &Path) -> Result<BTreeSet<Import>, String> {
    let mut imports = BTreeSet::new();
    for file in files(root, "rs").iter().filter(|file| begins_crate(Path::new(file))) {
        let modules = modules::read(&root.join(file))?;
        let name = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        imports.extend(resolve::imports(&modules).into_iter().map(|(from, to)| (name(from), name(to))));
    }
    Ok(imports)
}

/// Returns whether a crate begins in a file: in `src/lib.rs`, `src/main.rs`, or a file of `src/bin`.
fn begins_crate(file: &Path) -> bool {
    let folder = file.parent().unwrap_or(file);
    file.ends_with("src/lib.rs") || file.ends_with("src/main.rs") || folder.ends_with("src/bin")
}

/// Returns the circles, each as the files on it.
fn problems(imports: &BTreeSet<Import>) -> Vec<String> {
    let mut arrows = Arrows::new();
    for (from, to) in imports {
        arrows.entry(from).or_default().insert(to);
    }
    let mut problems = Vec::new();
    // Each step reports the shortest circle, and removes it to find the next one.
    while let Some(circle) = shortest_circle(&arrows) {
        problems.push(circle.join(" -> "));
        for arrow in circle.windows(2) {
            remove(&mut arrows, arrow[0], arrow[1]);
        }
    }
    problems
}

fn remove(arrows: &mut Arrows<'_>, from: &str, to: &str) {
    if let Some(targets) = arrows.get_mut(from) {
        targets.remove(to);
    }
}

fn shortest_circle<'a>(arrows: &Arrows<'a>) -> Option<Vec<&'a str>> {
    let all = arrows.iter().flat_map(|(from, targets)| targets.iter().map(move |to| (*from, *to)));
    let circles = all.filter_map(|(from, to)| Some([vec![from], way(arrows, to, from)?].concat()));
    circles.min_by_key(Vec::len)
}

/// Returns a shortest way from one file to another along imports, including both ends.
fn way<'a>(arrows: &Arrows<'a>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::from([(from, from)]);
    let mut next = VecDeque::from([from]);
    while let Some(file) = next.pop_front() {
        if file == to {
            let mut way = vec![file];
            while let Some(&file) = way.last().filter(|file| **file != from) {
                way.push(before[file]);
            }
            way.reverse();
            return Some(way);
        }
        for &target in arrows.get(file).into_iter().flatten() {
            before.entry(target).or_insert_with(|| {
                next.push_back(target);
                file
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::{env, fs, process};

    use super::*;

    /// Returns the imports of a crate with these files. Paths are relative to `src`.
    fn of(files: &[(&str, &str)]) -> Vec<String> {
        static TREES: AtomicU32 = AtomicU32::new(0);
        let number = TREES.fetch_add(1, Ordering::Relaxed);
        let root = env::temp_dir().join(format!("circles-{}-{number}", process::id()));
        for (path, text) in files {
            let path = root.join("a").join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let imports = imports_of(&root);
        fs::remove_dir_all(&root).expect("the tree");
        let short = |file: &str| file.trim_start_matches("a/src/").to_owned();
        let imports = imports.expect("imports").into_iter();
        imports.map(|(from, to)| format!("{} {}", short(&from), short(&to))).collect()
    }

    #[test]
    fn a_declaration_is_no_import_and_a_path_is_one() {
        let declared = ("src/lib.rs", "mod a;\nmod b;\nmod c;");
        let b = ("src/b/mod.rs", "pub struct B;\npub(crate) fn run() {}");
        for (a, imports) in [
            ("", &[][..]),
            ("use crate::b::B;", &["a.rs b/mod.rs"]),
            ("use crate::b::*;", &["a.rs b/mod.rs"]),
            ("use crate::b::B::Variant;", &["a.rs b/mod.rs"]),
            ("use super::{b::{self, run as x}, c};", &["a.rs b/mod.rs", "a.rs c.rs"]),
            ("fn x() { crate::b::run() }", &["a.rs b/mod.rs"]),
            ("use crate::b as x; fn y() { x::run() }", &["a.rs b/mod.rs"]),
            ("use std::fs; use b::B; use self::x::Y; mod x { pub(super) struct Y; }", &[]),
            ("mod x { use super::super::b::B; }", &["a.rs b/mod.rs"]),
            ("#[cfg(test)] use crate::b::B; #[cfg(test)] mod tests { use crate::b::B; }", &[]),
            ("#[cfg(test)] mod missing;", &[]),
        ] {
            assert_eq!(of(&[declared, ("src/a.rs", a), b, ("src/c.rs", "")]), imports, "{a}");
        }
    }

    #[test]
    fn a_re_export_is_followed_to_what_it_names() {
        let root = ("src/main.rs", "mod a;");
        let parent =
            "mod b; mod c; #[path = \"else/where.rs\"] mod d; pub(crate) use b::B; pub use c::*; struct Own;";
        let c = ("src/a/c.rs", "pub struct C;");
        let d = ("src/a/else/where.rs", "");
        for (b, imports) in [
            ("pub struct B;", &["a/mod.rs a/b.rs", "a/mod.rs a/c.rs"][..]),
            ("pub struct B; use super::C;", &["a/b.rs a/c.rs", "a/mod.rs a/b.rs", "a/mod.rs a/c.rs"]),
            ("pub struct B; use super::Own;", &["a/b.rs a/mod.rs", "a/mod.rs a/b.rs", "a/mod.rs a/c.rs"]),
            (
                "pub struct B; use super::d;",
                &["a/b.rs a/else/where.rs", "a/mod.rs a/b.rs", "a/mod.rs a/c.rs"],
            ),
        ] {
            let found = of(&[root, ("src/a/mod.rs", parent), ("src/a/b.rs", b), c, d]);
            assert_eq!(found, imports, "{b}");
        }
    }

    #[test]
    fn a_module_between_braces_may_name_its_folder() {
        let root = ("src/lib.rs", "#[path = \"else\"] mod a { mod b; mod c; }");
        let files = [root, ("src/else/b.rs", "use super::c::C;"), ("src/else/c.rs", "struct C;")];
        assert_eq!(of(&files), ["else/b.rs else/c.rs"]);
    }

    #[test]
    fn each_program_is_a_crate() {
        let files = [("src/lib.rs", "mod x;"), ("src/x.rs", ""), ("src/bin/y.rs", "mod z; use z::Z;")];
        assert_eq!(of(&[&files[..], &[("src/bin/z.rs", "struct Z;")]].concat()), ["bin/y.rs bin/z.rs"]);
    }

    fn set(imports: &[(&str, &str)]) -> BTreeSet<Import> {
        imports.iter().map(|&(from, to)| (from.to_owned(), to.to_owned())).collect()
    }

    #[test]
    fn a_circle_is_told_once() {
        assert!(problems(&set(&[("a", "b"), ("b", "c"), ("a", "c")])).is_empty());
        assert_eq!(problems(&set(&[("a", "b"), ("b", "a")])), ["a -> b -> a"]);
        assert_eq!(problems(&set(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])), ["a -> b -> c -> a"]);
        let two = set(&[("a", "b"), ("b", "c"), ("c", "a"), ("b", "a")]);
        assert_eq!(problems(&two), ["a -> b -> a"]);
    }
}
