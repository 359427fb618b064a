//! The lines of an `ssh_config` with those of the files that it includes.

use super::{Mistake, MistakeAt, Origin, Pattern, text};
use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// How deep files may include others, as in OpenSSH.
const MAX_DEPTH: usize = 16;

/// A line with a keyword, or what a file has that is included in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Line {
        /// In lower case.
        keyword: String,
        arguments: Vec<String>,
        origin: Origin,
    },
    Included(Vec<Part>),
}

/// Reads the lines of a file with this name and text, and of the files that it includes: those that do not exist are left
/// out, as in OpenSSH.
///
/// # Errors
/// If an included file cannot be read or is not UTF-8, or if files include each other without end.
pub fn lines(name: &str, text: &str) -> Result<Vec<Part>, MistakeAt> {
    let home = env::var_os("HOME").map(PathBuf::from);
    let base = match (name.starts_with("/etc/ssh/"), &home) {
        (true, _) => PathBuf::from("/etc/ssh"),
        (false, Some(home)) => home.join(".ssh"),
        (false, None) => PathBuf::new(),
    };
    Places { base, home }.lines(&Origin::file(name), text, 0)
}

/// Where paths without a beginning are.
struct Places {
    /// Of included files.
    base: PathBuf,
    home: Option<PathBuf>,
}

impl Places {
    fn lines(&self, file: &Origin, text: &str, depth: usize) -> Result<Vec<Part>, MistakeAt> {
        let mut parts = Vec::new();
        for (place, line) in text.lines().enumerate() {
            let origin = file.line(place + 1);
            let Some((keyword, arguments)) = words(line) else { continue };
            if keyword != "include" {
                parts.push(Part::Line { keyword, arguments, origin });
                continue;
            }
            if depth == MAX_DEPTH {
                let what = format!("files include each other more than {MAX_DEPTH} deep");
                return Err(origin.with(Mistake::Format(what)));
            }
            for path in arguments.iter().flat_map(|argument| self.paths(argument)) {
                let name = path.display().to_string();
                let bytes = match fs::read(&path) {
                    Ok(bytes) => bytes,
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    Err(error) => return Err(Origin::file(&name).with(Mistake::Unreadable(error.to_string()))),
                };
                let text = text::decode(&name, bytes)?;
                parts.push(Part::Included(self.lines(&Origin::file(&name), &text, depth + 1)?));
            }
        }
        Ok(parts)
    }

    /// The files that a path with `*` and `?` names, in the order of their names.
    fn paths(&self, argument: &str) -> Vec<PathBuf> {
        let path = match (argument.strip_prefix("~/").or(argument.strip_prefix("%d/")), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.base.join(argument),
        };
        let mut found = vec![PathBuf::new()];
        for component in path.components() {
            let name = component.as_os_str().to_string_lossy();
            let is_pattern = matches!(component, Component::Normal(_)) && name.contains(['*', '?']);
            found = match is_pattern {
                true => found.iter().flat_map(|folder| matching(folder, &name)).collect(),
                false => found.into_iter().map(|folder| folder.join(component)).collect(),
            };
        }
        found
    }
}

/// What a folder has with names like this, sorted. Hidden files are not named by a pattern.
fn matching(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let pattern = Pattern::new(pattern);
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let fits = |name: &str| !name.starts_with('.') && pattern.matches(name);
    let mut found: Vec<PathBuf> =
        entries.filter(|entry| fits(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// The keyword of a line and its arguments: separated by spaces or one `=`, quoted where they have spaces, up to a comment.
fn words(line: &str) -> Option<(String, Vec<String>)> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let end = line.find(|char: char| char.is_whitespace() || char == '=' || char == '"').unwrap_or(line.len());
    let (keyword, rest) = line.split_at(end);
    if keyword.is_empty() {
        return None;
    }
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    let (mut arguments, mut argument, mut is_quoted) = (Vec::new(), String::new(), false);
    for char in rest.chars().chain([' ']) {
        match char {
            '"' => is_quoted = !is_quoted,
            char if char.is_whitespace() && !is_quoted => {
                if !argument.is_empty() {
                    arguments.push(std::mem::take(&mut argument));
                }
            }
            '#' if argument.is_empty() && !is_quoted => break,
            char => argument.push(char),
        }
    }
    Some((keyword.to_ascii_lowercase(), arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_a_keyword_and_arguments() {
        for (line, expected) in [
            ("Host web-1 web-2", "host: web-1, web-2"),
            ("\thost=web-1", "host: web-1"),
            ("HostName = \"a b\" # why", "hostname: a b"),
            ("Host", "host: "),
            ("# Host web-1", ""),
            ("", ""),
        ] {
            let found = words(line).map(|(keyword, arguments)| format!("{keyword}: {}", arguments.join(", ")));
            assert_eq!(found.unwrap_or_default(), expected, "{line}");
        }
    }

    #[test]
    fn included_files_stand_in_their_place_and_those_that_do_not_exist_are_left_out() {
        let directory = tempfile::tempdir().unwrap();
        let places = Places { base: directory.path().to_owned(), home: None };
        fs::create_dir(directory.path().join("conf.d")).unwrap();
        for (name, text) in [("conf.d/2", "Host two\n"), ("conf.d/1", "Host one\n"), ("conf.d/.3", "Host hidden\n")] {
            fs::write(directory.path().join(name), text).unwrap();
        }
        let parts = places.lines(&Origin::file("config"), "Include conf.d/* none\nHost zero\n", 0).unwrap();
        let name = |part: &Part| match part {
            Part::Line { arguments, .. } => arguments[0].clone(),
            Part::Included(parts) => format!("{parts:?}"),
        };
        let named: Vec<String> = parts.iter().map(name).collect();
        assert!(named[0].contains("one") && named[1].contains("two") && named[2] == "zero", "{named:?}");
        fs::write(directory.path().join("self"), "Include self\n").unwrap();
        let mistake = places.lines(&Origin::file("config"), "Include self\n", 0).unwrap_err().to_string();
        assert!(mistake.contains("/self:1: files include each other"), "{mistake}");
        fs::write(directory.path().join("latin"), b"\xe4").unwrap();
        let mistake = places.lines(&Origin::file("config"), "Include latin\n", 0).unwrap_err().to_string();
        assert!(mistake.contains("/latin:1: the text is not UTF-8"), "{mistake}");
    }
}
