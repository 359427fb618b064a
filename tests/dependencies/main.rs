//! What the locked dependencies may be: licenses and sources by `deny.toml`, and no version that an advisory
//! of `advisories.tsv` is about. Needs nothing but the crates themselves.

mod license;

use semver::{Version, VersionReq};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// A crate as it is locked.
struct Package {
    name: String,
    version: Version,
    license: Option<String>,
    source: Option<String>,
}

/// All crates of the lock file, ourselves left out.
fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let packages: Vec<Package> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| package["name"] != env!("CARGO_PKG_NAME"))
        .map(|package| Package {
            name: text(&package["name"]).unwrap(),
            version: package["version"].as_str().unwrap().parse().unwrap(),
            license: text(&package["license"]),
            source: text(&package["source"]),
        })
        .collect();
    assert!(packages.len() > 50, "cargo metadata lists only {} crates", packages.len());
    packages
}

/// A list of texts in `deny.toml`.
fn policy(section: &str, key: &str) -> BTreeSet<String> {
    let policy: toml::Table = include_str!("../../deny.toml").parse().unwrap();
    policy[section][key].as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_dependency_has_a_license_that_the_policy_allows() {
    let allowed = policy("licenses", "allow");
    let refused: Vec<String> = packages()
        .iter()
        .filter(|package| !package.license.as_ref().is_some_and(|license| license::allows(license, &allowed)))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.license))
        .collect();
    assert!(refused.is_empty(), "not allowed by deny.toml: {refused:#?}");
}

#[test]
fn every_dependency_comes_from_the_crate_registry() {
    let elsewhere: Vec<String> = packages()
        .iter()
        .filter(|package| !package.source.as_ref().is_some_and(|source| source.starts_with("registry+")))
        .map(|package| format!("{} from {:?}", package.name, package.source))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

#[test]
fn no_dependency_has_a_known_advisory() {
    let ignored = policy("advisories", "ignore");
    let packages = packages();
    let mut known = 0;
    let mut found = Vec::new();
    for advisory in include_str!("advisories.tsv").lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = advisory.split('\t').collect();
        let [id, name, patched, unaffected] = columns[..] else { panic!("four columns: {advisory}") };
        known += 1;
        for package in packages.iter().filter(|package| package.name == name) {
            if affects(&package.version, patched, unaffected) && !ignored.contains(id) {
                found.push(format!("{id}: {name} {}, patched in {patched:?}", package.version));
            }
        }
    }
    assert!(known > 500, "advisories.tsv has only {known} advisories");
    assert!(found.is_empty(), "{found:#?}");
}

/// Whether a version is neither patched nor one that was never affected.
fn affects(version: &Version, patched: &str, unaffected: &str) -> bool {
    let spared = |ranges: &str| {
        ranges
            .split(" | ")
            .filter(|range| !range.is_empty())
            .any(|range| VersionReq::parse(range).unwrap().matches(version))
    };
    !spared(patched) && !spared(unaffected)
}

#[test]
fn an_advisory_is_about_the_versions_between_unaffected_and_patched() {
    let version = |text: &str| Version::parse(text).unwrap();
    assert!(affects(&version("0.9.7"), ">= 0.9.8", "< 0.9.7"));
    assert!(!affects(&version("0.9.8"), ">= 0.9.8", "< 0.9.7"));
    assert!(!affects(&version("0.9.6"), ">= 0.9.8", "< 0.9.7"));
    assert!(affects(&version("1.19.0"), ">= 1.18.4, < 1.19.0 | >= 1.20.3", ""));
    assert!(affects(&version("3.0.0"), "", ""));
}
