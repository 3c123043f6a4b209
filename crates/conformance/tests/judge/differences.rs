//! The vectors that the judge and the core judge differently, and why.

/// The file, the name of the case, and the reason.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "responses.json",
        "a broken field line is not judged before the head ends",
        "the judge judges every line that is complete, and reads no stream",
    ),
    ("responses.json", "a parameter for an extension that has none", PARAMETERS),
    ("responses.json", "two extensions that need the same RSV bit", BITS),
    ("responses.json", "permessage-deflate and an extension that needs RSV1 too", BITS),
    ("connect_responses.json", "two extensions that need the same bit", BITS),
];

const PARAMETERS: &str = "the judge knows the parameters of no extension other than permessage-deflate";
const BITS: &str = "the judge knows the reserved bits of no extension other than those for compression";

/// Returns whether a case is in the table.
pub(crate) fn is_known(file: &str, name: &str) -> bool {
    DIFFERENCES.iter().any(|(of, known, _)| *of == file && *known == name)
}

/// Compares two judgements of each case, and the cases that differ with those of the table.
pub(crate) fn compare<'a>(file: &str, cases: impl IntoIterator<Item = (&'a str, String, String)>) {
    let known = || DIFFERENCES.iter().filter(|(of, ..)| *of == file).map(|(_, name, _)| *name);
    let (mut count, mut wrong, mut found) = (0, Vec::new(), Vec::new());
    for (name, judge, core) in cases {
        count += 1;
        if judge == core {
            continue;
        }
        found.push(name);
        if !known().any(|known| known == name) {
            wrong.push(format!("{name}\n    judge: {judge}\n    core:  {core}"));
        }
    }
    let gone = known().filter(|known| !found.contains(known));
    wrong.extend(gone.map(|name| format!("{name}\n    no longer a difference: remove it from the table")));
    assert!(count > 0, "{file} has no cases");
    assert!(wrong.is_empty(), "{file}: {} of {count}\n{}", wrong.len(), wrong.join("\n"));
}
