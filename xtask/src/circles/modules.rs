//! Reads the modules of a crate from its files: what each defines, imports, and names in its code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Item, ItemUse, Lit, Meta, UseTree};

/// A module, in a file of its own or between braces.
pub(super) struct Module {
    pub(super) file: PathBuf,
    /// The index of its parent in the list of modules. The root is its own parent.
    pub(super) parent: usize,
    /// The names that it defines, without modules.
    pub(super) items: BTreeSet<String>,
    /// The indexes of the modules that it declares. A name has several if features choose between them.
    pub(super) children: BTreeMap<String, Vec<usize>>,
    /// The names that its `use` items bring in.
    pub(super) uses: Vec<Use>,
    /// The paths in its code that have more than one part.
    pub(super) paths: BTreeSet<Vec<String>>,
}

/// A name that a `use` item brings in.
pub(super) struct Use {
    /// The path, without the `*` of a glob.
    pub(super) path: Vec<String>,
    /// The name in this module, or `None` for a glob.
    pub(super) name: Option<String>,
}

/// Reads all modules of a crate. The first one is the root.
pub(super) fn read(root: &Path) -> Result<Vec<Module>, String> {
    let mut modules = Vec::new();
    // The files of the root's children are beside the root.
    let folder = root.parent().unwrap_or(root).to_owned();
    read_file(&mut modules, root, &folder, 0)?;
    Ok(modules)
}

/// Reads a module from its file, and its children from `folder`. Returns the index of the module.
fn read_file(modules: &mut Vec<Module>, file: &Path, folder: &Path, parent: usize) -> Result<usize, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let parsed = syn::parse_file(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    read_items(modules, file, folder, parent, &parsed.items)
}

fn read_items(
    modules: &mut Vec<Module>,
    file: &Path,
    folder: &Path,
    parent: usize,
    items: &[Item],
) -> Result<usize, String> {
    let own = modules.len();
    let mut visitor = Visitor::default();
    modules.push(Module {
        file: file.to_owned(),
        parent,
        items: BTreeSet::new(),
        children: BTreeMap::new(),
        uses: Vec::new(),
        paths: BTreeSet::new(),
    });
    for item in items {
        let Item::Mod(module) = item else {
            visitor.visit_item(item);
            modules[own].items.extend(name(item));
            continue;
        };
        if is_test(&module.attrs) {
            continue;
        }
        let name = module.ident.to_string();
        let child = if let Some((_, items)) = &module.content {
            // For a module between braces it is the folder of its children.
            let folder = match path_of(&module.attrs) {
                Some(path) => file.parent().unwrap_or(folder).join(path),
                None => folder.join(&name),
            };
            read_items(modules, file, &folder, own, items)?
        } else {
            let candidates = match path_of(&module.attrs) {
                Some(path) => vec![file.parent().unwrap_or(folder).join(path)],
                None => vec![folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")],
            };
            let child = candidates.iter().find(|path| path.is_file());
            let child = child.ok_or_else(|| format!("{}: no file of module {name}", file.display()))?;
            read_file(modules, child, &folder.join(&name), own)?
        };
        modules[own].children.entry(name).or_default().push(child);
    }
    modules[own].uses = visitor.uses;
    modules[own].paths = visitor.paths;
    Ok(own)
}

/// Returns the name of an item.
fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// Returns whether an item with these attributes is compiled only for tests.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Meta::List(list) = &attribute.meta else { return false };
        attribute.path().is_ident("cfg") && list.tokens.to_string() == "test"
    })
}

/// Returns the value of `#[path = ".."]`.
fn path_of(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}

/// Collects the names in a module. Modules inside of functions, which the project does not have, are not kept apart.
#[derive(Default)]
struct Visitor {
    uses: Vec<Use>,
    paths: BTreeSet<Vec<String>>,
}

impl<'ast> Visit<'ast> for Visitor {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.add(&item.tree, &[]);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            self.paths.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }
}

impl Visitor {
    fn add(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: String| [before, &[name]].concat();
        match tree {
            UseTree::Path(tree) => self.add(&tree.tree, &with(tree.ident.to_string())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(tree, before)),
            UseTree::Glob(_) => self.uses.push(Use { path: before.to_owned(), name: None }),
            UseTree::Name(tree) if tree.ident == "self" => {
                self.uses.push(Use { path: before.to_owned(), name: before.last().cloned() });
            }
            UseTree::Name(tree) => {
                let name = tree.ident.to_string();
                self.uses.push(Use { path: with(name.clone()), name: Some(name) });
            }
            UseTree::Rename(tree) => {
                let path =
                    if tree.ident == "self" { before.to_owned() } else { with(tree.ident.to_string()) };
                self.uses.push(Use { path, name: Some(tree.rename.to_string()) });
            }
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
