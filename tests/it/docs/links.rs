//! The links of all pages for people lead somewhere.

use super::script::{ROOT, pages};
use std::fs;
use std::path::{Path, PathBuf};

/// Pages beside those of the documentation.
const MORE: [&str; 4] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "web/README.md"];

/// The text without its code blocks.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n")
}

/// The anchor that a heading gets: small letters and digits; spaces become hyphens.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
    kept.map(|char| if char == ' ' { '-' } else { char.to_ascii_lowercase() }).collect()
}

fn anchors(page: &Path) -> Vec<String> {
    let text = prose(&fs::read_to_string(page).unwrap());
    text.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
}

/// The targets of the links in a text.
fn targets(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

#[test]
fn every_link_to_a_file_and_to_a_heading_leads_somewhere() {
    let mut seen = 0;
    for page in pages().iter().map(String::as_str).chain(MORE) {
        let path = Path::new(ROOT).join(page);
        let text = prose(&fs::read_to_string(&path).unwrap());
        for target in targets(&text).into_iter().filter(|target| !target.contains("://")) {
            seen += 1;
            let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
            let file: PathBuf = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(file.exists(), "{page}: {target} does not exist");
            let has_anchor = fragment.is_empty() || anchors(&file).iter().any(|anchor| anchor == fragment);
            assert!(has_anchor, "{page}: {target} has no such heading");
        }
    }
    assert!(seen > 50, "these are not all: {seen}");
}
