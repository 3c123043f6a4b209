//! Follows the paths of a crate to the files of their definitions.

use std::collections::BTreeSet;
use std::path::Path;

use super::modules::{Module, Use};

/// Returns the imports between the files of a crate.
pub(super) fn imports(modules: &[Module]) -> BTreeSet<(&Path, &Path)> {
    let own = Crate { modules };
    let mut imports = BTreeSet::new();
    for (place, module) in modules.iter().enumerate() {
        let of_uses = module.uses.iter().map(|used| &used.path);
        for path in of_uses.chain(&module.paths) {
            let Some(end) = own.follow(place, path, STEPS) else { continue };
            let target = &modules[end.module].file;
            if *target != module.file {
                imports.insert((module.file.as_path(), target.as_path()));
            }
        }
    }
    imports
}

/// The maximum depth of re-exports that are followed. It ends the search if re-exports form a loop.
const STEPS: usize = 16;

struct Crate<'a> {
    modules: &'a [Module],
}

/// The end of a path.
#[derive(Clone, Copy)]
struct End {
    /// The index of the module that the path names, or of the module that defines what it names.
    module: usize,
    is_module: bool,
}

impl Crate<'_> {
    /// Follows a path in the module `from`. Returns `None` if it leads to another crate.
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
            // The rest names a variant, or an associated item of a type.
            return Some(start);
        }
        let next = match name.as_str() {
            "self" => Some(start),
            "super" => Some(End { module: self.modules[start.module].parent, is_module: true }),
            name => self.step(start.module, name, steps),
        };
        match next {
            Some(next) => self.walk(next, rest, steps),
            // A macro defines the name, or it is from another crate.
            None => Some(End { module: start.module, is_module: false }),
        }
    }

    /// Finds what a name in a module stands for.
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
