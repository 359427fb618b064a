//! Each promise of `docs/security.md` names a test that exists.

use std::fs;
use std::path::Path;

/// The texts of all sources and tests.
fn texts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut texts, mut folders) = (Vec::new(), vec![root.join("src"), root.join("tests")]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let is_source = path.extension().is_some_and(|kind| kind == "rs" || kind == "mjs");
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if is_source {
                texts.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    texts
}

#[test]
fn each_promise_of_the_documentation_has_its_test() {
    let page = include_str!("../../../docs/security.md");
    let texts = texts();
    let (_, promises) = page.split_once("## What guards what").unwrap();
    let (promises, _) = promises.split_once("\n## Limits").unwrap();
    let rows = promises.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.rsplit_once(" | "));
    let rows: Vec<_> = rows.filter(|(promise, _)| !["promise", "---"].contains(promise)).collect();
    assert!(rows.len() > 30, "these are not all: {}", rows.len());
    for (promise, tests) in rows {
        for name in tests.split(", ").map(|test| test.trim_matches('`')) {
            let (function, script) = (format!("fn {name}("), format!("test('{name}'"));
            let exists = texts.iter().any(|text| text.contains(&function) || text.contains(&script));
            assert!(exists, "{promise} There is no test {name}");
        }
    }
}
