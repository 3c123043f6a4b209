//! Where the paths of a crate lead.

use std::collections::BTreeSet;
use std::path::Path;

use super::modules::{Module, Use};

/// The imports between the files of a crate.
pub(super) fn imports(modules: &[Module]) -> BTreeSet<(&Path, &Path)> {
    let mut imports = BTreeSet::new();
    for (place, module) in modules.iter().enumerate() {
        let of_uses = module.uses.iter().map(|used| &used.path);
        for path in of_uses.chain(&module.paths) {
            // No name stands for itself through more re-exports than this.
            let Some(end) = (Crate { modules }).follow(place, path, 16) else { continue };
            let target = &modules[end.module].file;
            if *target != module.file {
                imports.insert((module.file.as_path(), target.as_path()));
            }
        }
    }
    imports
}

struct Crate<'a> {
    modules: &'a [Module],
}

/// Where a path leads.
#[derive(Clone, Copy)]
struct End {
    /// The module itself, or the one that defines what the path names.
    module: usize,
    is_module: bool,
}

impl Crate<'_> {
    /// Where a path leads that stands in a module, unless it is to another crate.
    fn follow(&self, from: usize, path: &[String], steps: usize) -> Option<End> {
        let (first, rest) = path.split_first()?;
        let of = |module| Some(End { module, is_module: true });
        let start = match first.as_str() {
            "crate" => of(0),
            "self" => of(from),
            "super" => of(self.modules[from].parent),
            name => self.step(from, name, steps),
        }?;
        self.walk(start, rest, steps)
    }

    fn walk(&self, start: End, path: &[String], steps: usize) -> Option<End> {
        let Some((name, rest)) = path.split_first() else { return Some(start) };
        if !start.is_module {
            // A variant, or something associated with a type.
            return Some(start);
        }
        let next = match name.as_str() {
            "self" => Some(start),
            "super" => Some(End { module: self.modules[start.module].parent, is_module: true }),
            name => self.step(start.module, name, steps),
        };
        match next {
            Some(next) => self.walk(next, rest, steps),
            // A macro has made it, or it is another crate's.
            None => Some(End { module: start.module, is_module: false }),
        }
    }

    /// What a name stands for in a module.
    fn step(&self, module: usize, name: &str, steps: usize) -> Option<End> {
        let steps = steps.checked_sub(1)?;
        let Module { items, children, uses, .. } = &self.modules[module];
        if let Some(&child) = children.get(name).and_then(|of_name| of_name.first()) {
            return Some(End { module: child, is_module: true });
        }
        if items.contains(name) {
            return Some(End { module, is_module: false });
        }
        let named = |used: &&Use| used.name.as_deref() == Some(name);
        if let Some(used) = uses.iter().find(named) {
            return self.follow(module, &used.path, steps);
        }
        uses.iter().filter(|used| used.name.is_none()).find_map(|glob| {
            let end = self.follow(module, &glob.path, steps)?;
            end.is_module.then(|| self.step(end.module, name, steps))?
        })
    }
}
