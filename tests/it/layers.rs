//! The layers of `ARCHITECTURE.md`: imports point downwards only, and the domain is plain.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the crate, from the top layer to the bottom one. Those of one layer know nothing of each other.
const LAYERS: [&[&str]; 11] = [
    &["cli", "fuzz"],
    &["config", "server"],
    &["gate"],
    &["graphql"],
    &["upkeep", "watch", "worker"],
    &["auth", "catalog", "events", "read", "release"],
    &["change", "wire"],
    &["app"],
    &["executor", "store"],
    &["limits", "net"],
    &["domain", "failpoint", "private", "blocking", "version"],
];

/// A file of the crate, and the module at the top of the crate that it is of.
struct Source {
    path: PathBuf,
    module: String,
    text: String,
}

/// All files but `lib.rs`, `main.rs`, and tests, which may bring parts of a layer together.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.file_stem().is_some_and(|name| name == "tests") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let first = path.strip_prefix(&root).unwrap().iter().next().unwrap().to_str().unwrap();
            let module = first.trim_end_matches(".rs").to_owned();
            if !["lib", "main"].contains(&module.as_str()) {
                found.push(Source { text: fs::read_to_string(&path).unwrap(), path, module });
            }
        }
    }
    found
}

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|layer| layer.contains(&module));
    found.unwrap_or_else(|| panic!("the module {module} is in no layer"))
}

/// The modules that stand behind `crate::` in a text; each import names its own.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    text.split("crate::").skip(1).map(|rest| rest.split(|char: char| !char.is_alphanumeric()).next().unwrap_or(""))
}

#[test]
fn imports_point_downwards_only() {
    let sources = sources();
    assert!(sources.len() > 100, "these are not all: {}", sources.len());
    for Source { path, module, text } in &sources {
        for imported in imports(text).filter(|imported| imported != module) {
            assert!(layer(module) < layer(imported), "{} imports {imported}", path.display());
        }
    }
}

#[test]
fn the_domain_knows_no_http_graphql_sql_or_async() {
    for Source { path, text, .. } in sources().iter().filter(|source| source.module == "domain") {
        for word in ["axum", "async_graphql", "sqlx", "tokio", "async fn", ".await"] {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}
