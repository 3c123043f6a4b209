//! Finds the types of other crates in the public interface of a crate, as rustdoc writes it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::Value;

/// The parts of rustdoc's JSON that are read here.
#[derive(Deserialize)]
struct Crate {
    /// The public items, and the implementations for public types.
    index: HashMap<String, Item>,
    /// The paths of all items that are named, by their numbers.
    paths: HashMap<String, Path>,
    external_crates: HashMap<String, External>,
}

#[derive(Deserialize)]
struct Item {
    /// 0 for the crate itself.
    crate_id: u32,
    span: Option<Span>,
    inner: Value,
}

#[derive(Deserialize)]
struct Span {
    filename: String,
    begin: (usize, usize),
}

#[derive(Deserialize)]
struct Path {
    crate_id: u32,
    path: Vec<String>,
}

#[derive(Deserialize)]
struct External {
    name: String,
}

/// Crates that come with Rust.
const OF_RUST: [&str; 3] = ["alloc", "core", "std"];

/// Returns the types, traits and crates that are public but from neither Rust nor `own` crates, each with the places
/// where. The error says why the text can't be read.
pub(super) fn third_party(json: &str, own: &[&str]) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    let described: Crate = serde_json::from_str(json).map_err(|error| {
        let version = serde_json::from_str::<Value>(json).ok();
        let version = version.map(|json| json["format_version"].to_string()).unwrap_or_default();
        format!("the JSON of this rustdoc, version {version}, can't be read: {error}")
    })?;
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for item in described.index.values().filter(|item| item.crate_id == 0 && !is_for_all(&item.inner)) {
        let mut numbers = BTreeSet::new();
        named(&item.inner, &mut numbers);
        let place = item.span.as_ref().map(|span| format!("{}:{}", span.filename, span.begin.0));
        for name in numbers.into_iter().filter_map(|number| described.foreign(number, own)) {
            found.entry(name).or_default().insert(place.clone().unwrap_or_default());
        }
    }
    Ok(found)
}

impl Crate {
    /// Returns the name of an item of a third crate.
    fn foreign(&self, number: u64, own: &[&str]) -> Option<String> {
        let path = self.paths.get(&number.to_string())?;
        let External { name } = self.external_crates.get(&path.crate_id.to_string())?;
        let is_foreign = !OF_RUST.contains(&name.as_str()) && !own.contains(&name.as_str());
        is_foreign.then(|| path.path.join("::"))
    }
}

/// Whether an item is an implementation that every type has: of a trait that is implemented for all types, or by the
/// compiler.
fn is_for_all(item: &Value) -> bool {
    let implementation = &item["impl"];
    !implementation["blanket_impl"].is_null() || implementation["is_synthetic"] == true
}

/// Collects the numbers of what an item names: types and traits, and what it exports again.
fn named(value: &Value, numbers: &mut BTreeSet<u64>) {
    match value {
        Value::Object(fields) => {
            let names = |field| fields.contains_key(field);
            if names("path") && names("args") || names("source") && names("is_glob") {
                numbers.extend(fields.get("id").and_then(Value::as_u64));
            }
            fields.values().for_each(|value| named(value, numbers));
        }
        Value::Array(values) => values.iter().for_each(|value| named(value, numbers)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function that takes `Vec<x::X>` where an argument is a `y::Y`, `pub use z`, `impl Own for w::W`, an
    /// implementation for all types, and an item of another crate.
    const DESCRIBED: &str = r#"{
        "format_version": 57,
        "external_crates": {
            "1": {"name": "alloc"}, "2": {"name": "x"}, "3": {"name": "y"}, "4": {"name": "z"}, "5": {"name": "w"},
            "6": {"name": "ours"}
        },
        "paths": {
            "10": {"crate_id": 1, "path": ["alloc", "vec", "Vec"]},
            "20": {"crate_id": 2, "path": ["x", "X"]},
            "30": {"crate_id": 3, "path": ["y", "inside", "Y"]},
            "40": {"crate_id": 4, "path": ["z"]},
            "50": {"crate_id": 5, "path": ["w", "W"]},
            "60": {"crate_id": 6, "path": ["ours", "Own"]},
            "70": {"crate_id": 0, "path": ["us", "Us"]}
        },
        "index": {
            "100": {"crate_id": 0, "span": {"filename": "a.rs", "begin": [7, 1]}, "inner": {"function": {"inputs": [
                ["argument", {"resolved_path": {"path": "Vec", "id": 10, "args": {"angle_bracketed": {"args": [
                    {"type": {"resolved_path": {"path": "X", "id": 20, "args": null}}}
                ]}}}}]
            ], "bounds": [{"trait_bound": {"trait": {"path": "Y", "id": 30, "args": null}}}]}}},
            "101": {"crate_id": 0, "span": null, "inner":
                {"use": {"source": "z", "name": "z", "id": 40, "is_glob": false}}},
            "102": {"crate_id": 0, "span": {"filename": "a.rs", "begin": [9, 1]}, "inner": {"impl": {
                "blanket_impl": null, "is_synthetic": false, "trait": {"path": "Own", "id": 60, "args": null},
                "for": {"resolved_path": {"path": "W", "id": 50, "args": null}}
            }}},
            "103": {"crate_id": 0, "span": null, "inner": {"impl": {
                "blanket_impl": {"generic": "T"}, "is_synthetic": false,
                "trait": {"path": "X2", "id": 20, "args": null},
                "for": {"resolved_path": {"path": "Us", "id": 70, "args": null}}
            }}},
            "104": {"crate_id": 3, "span": null, "inner":
                {"struct": {"resolved_path": {"path": "X", "id": 20, "args": null}}}}
        }
    }"#;

    #[test]
    fn types_traits_and_crates_of_others_are_found() {
        let found = third_party(DESCRIBED, &["ours"]).expect("JSON");
        let found: Vec<_> = found
            .iter()
            .map(|(name, places)| (name.as_str(), places.iter().map(String::as_str).collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            found,
            [
                ("w::W", vec!["a.rs:9"]),
                ("x::X", vec!["a.rs:7"]),
                ("y::inside::Y", vec!["a.rs:7"]),
                ("z", vec![""]),
            ]
        );
    }

    #[test]
    fn another_version_is_told() {
        let error = third_party(r#"{"format_version": 99, "items": []}"#, &[]).expect_err("unknown");
        assert!(error.starts_with("the JSON of this rustdoc, version 99, can't be read: "), "{error}");
    }
}
