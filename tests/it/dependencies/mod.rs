//! What the locked dependencies may be, by `deny.toml`: licenses, sources, and no version that is banned for a
//! known fault. Needs nothing but the crates themselves.

mod license;

use semver::{Version, VersionReq};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// A crate as it is locked.
struct Package {
    name: String,
    version: Version,
    license: Option<String>,
    source: Option<String>,
}

/// All crates of the lock file without those of this workspace.
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
        .filter(|package| !metadata["workspace_members"].as_array().unwrap().contains(&package["id"]))
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
    let policy: toml::Table = include_str!("../../../deny.toml").parse().unwrap();
    policy[section][key].as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// The licenses of crates that have them as files only, by name and version.
fn clarified() -> BTreeMap<String, String> {
    let policy: toml::Table = include_str!("../../../deny.toml").parse().unwrap();
    let text = |entry: &toml::Value, key: &str| entry[key].as_str().unwrap().to_owned();
    let entries = policy["licenses"]["clarify"].as_array().unwrap().iter();
    entries.map(|entry| (text(entry, "crate"), text(entry, "expression"))).collect()
}

#[test]
fn every_dependency_has_a_license_that_the_policy_allows() {
    let (allowed, mut clarified) = (policy("licenses", "allow"), clarified());
    let mut refused = Vec::new();
    for Package { name, version, license, .. } in packages() {
        let license = license.or_else(|| clarified.remove(&format!("{name}@{version}")));
        if !license.as_ref().is_some_and(|license| license::allows(license, &allowed)) {
            refused.push(format!("{name} {version}: {license:?}"));
        }
    }
    assert!(refused.is_empty(), "not allowed by deny.toml: {refused:#?}");
    assert!(clarified.is_empty(), "nothing needs this any more: take it out of deny.toml: {clarified:?}");
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

/// What `deny.toml` bans, as (crate, versions, reason).
fn banned() -> Vec<(String, VersionReq, String)> {
    let policy: toml::Table = include_str!("../../../deny.toml").parse().unwrap();
    let entries = policy["bans"]["deny"].as_array().unwrap();
    let text = |entry: &toml::Value, key: &str| entry[key].as_str().unwrap().to_owned();
    entries
        .iter()
        .map(|entry| {
            let spec = text(entry, "crate");
            let (name, versions) = spec.split_once(':').expect("a crate and its versions");
            (name.to_owned(), versions.parse().unwrap(), text(entry, "reason"))
        })
        .collect()
}

#[test]
fn no_dependency_has_a_version_that_is_banned() {
    let packages = packages();
    for (name, versions, reason) in banned() {
        let locked: Vec<_> = packages.iter().filter(|package| package.name == name).collect();
        assert!(!locked.is_empty(), "{name} is no dependency any more: take it out of deny.toml");
        for package in locked {
            assert!(!versions.matches(&package.version), "{name} {}: {reason}", package.version);
        }
    }
}

#[test]
fn a_ban_is_about_the_versions_that_it_names() {
    let about = |name: &str, version: &str| {
        let version = Version::parse(version).unwrap();
        banned().iter().any(|(banned, versions, _)| banned == name && versions.matches(&version))
    };
    assert!(about("async-graphql", "7.2.1") && about("async-graphql", "7.0.9"));
    assert!(!about("async-graphql", "7.0.19") && !about("async-graphql", "8.0.0"));
}

#[test]
fn only_builds_for_tests_have_failpoints() {
    let features = |kinds: &str| {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--locked", "--invert", "fail", "--edges", kinds, "--manifest-path"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let failpoints = "fail feature \"failpoints\"";
    assert!(features("features,normal,dev").contains(failpoints), "this looks at the wrong words");
    let shipped = features("features,normal,build");
    assert!(shipped.contains("lockkeeper") && !shipped.contains(failpoints), "{shipped}");
}
