//! A file of known hosts: read, checked, and written anew.

use serde::Serialize;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The mode of the file: everyone may read which hosts are trusted, its owner may change it.
const MODE: u32 = 0o644;

/// A key of a host, as people compare it.
#[derive(Clone, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The name under which the key is known: a name, or `[name]:port`.
    pub name: String,
    /// For example `ED25519`.
    #[serde(rename = "type")]
    pub kind: String,
    /// For example `SHA256:…`.
    pub fingerprint: String,
}

/// A file of known hosts.
#[derive(Clone, Debug)]
pub struct KnownHosts {
    path: PathBuf,
    text: String,
}

impl KnownHosts {
    /// Reads the file; one that does not exist is empty.
    ///
    /// # Errors
    /// A phrase that says why it cannot be used. Who can change it can have any host trusted.
    pub fn read(path: &Path) -> Result<KnownHosts, String> {
        let name = path.display();
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(KnownHosts { path, text: String::new() }),
            Err(error) => return Err(format!("{name} cannot be read: {error}")),
            Ok(found) if !found.is_file() => return Err(format!("{name} is not a file")),
            Ok(found) if found.mode() & 0o022 != 0 => {
                return Err(format!("{name} can be changed by other users: chmod go-w {name}"));
            }
            Ok(_) => {}
        }
        let text = fs::read_to_string(&path).map_err(|error| format!("{name} cannot be read: {error}"))?;
        Ok(KnownHosts { path, text })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether its names are hashed.
    pub fn is_hashed(&self) -> bool {
        self.text.lines().any(|line| line.starts_with("|1|"))
    }

    /// The keys that it has for a name, also where names are hashed.
    ///
    /// # Errors
    /// A phrase, if `ssh-keygen` cannot be run.
    pub fn keys_of(&self, name: &str) -> Result<Vec<Key>, String> {
        if self.text.is_empty() {
            return Ok(Vec::new());
        }
        let printed = keygen(&["-l", "-F", name], &self.path)?;
        let key = |line: &str| {
            let mut words = line.split_whitespace().skip(1);
            let (kind, fingerprint) = (words.next()?.to_owned(), words.next()?.to_owned());
            Some(Key { name: name.to_owned(), kind, fingerprint })
        };
        Ok(printed.lines().filter(|line| !line.starts_with('#')).filter_map(key).collect())
    }

    /// Writes the file anew, with `lines` behind what it has now, and without the keys of the names in `replaced`.
    ///
    /// # Errors
    /// A phrase that says why it cannot be written; then it is as it was.
    pub fn add(&self, lines: &[String], replaced: &[String]) -> Result<(), String> {
        // Somebody else may have added a key meanwhile.
        let now = KnownHosts::read(&self.path)?;
        let name = self.path.display();
        let failed = |error: std::io::Error| format!("{name} cannot be written: {error}");
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut text = remove(&now.text, replaced)?;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        let mut file = tempfile::Builder::new().prefix(".known_hosts-").tempfile_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.as_file().set_permissions(fs::Permissions::from_mode(MODE)).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&self.path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

/// A text of known hosts without the keys of these names.
fn remove(text: &str, names: &[String]) -> Result<String, String> {
    if names.is_empty() {
        return Ok(text.to_owned());
    }
    // Beside its file, ssh-keygen leaves a copy of what it was.
    let directory = tempfile::tempdir().map_err(|error| format!("no temporary directory can be made: {error}"))?;
    let copy = directory.path().join("known_hosts");
    fs::write(&copy, text).map_err(|error| format!("{} cannot be written: {error}", copy.display()))?;
    for name in names {
        keygen(&["-R", name], &copy)?;
    }
    fs::read_to_string(&copy).map_err(|error| format!("{} cannot be read: {error}", copy.display()))
}

/// The keys in lines of known hosts, in their order.
///
/// # Errors
/// A phrase, if `ssh-keygen` cannot be run.
pub fn keys_in(lines: &[String]) -> Result<Vec<Key>, String> {
    let mut file = tempfile::NamedTempFile::new().map_err(|error| format!("no temporary file can be made: {error}"))?;
    file.write_all((lines.join("\n") + "\n").as_bytes())
        .map_err(|error| format!("a temporary file cannot be written: {error}"))?;
    let printed = keygen(&["-l"], file.path())?;
    // For example: 256 SHA256:… name (ED25519)
    let key = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let (fingerprint, name) = (words.next()?.to_owned(), words.next()?.to_owned());
        let kind = words.next()?.trim_matches(['(', ')']).to_owned();
        Some(Key { name, kind, fingerprint })
    };
    Ok(printed.lines().filter_map(key).collect())
}

/// Runs `ssh-keygen` on a file. Its exit status says only whether something was found.
fn keygen(arguments: &[&str], file: &Path) -> Result<String, String> {
    let output = Command::new("ssh-keygen")
        .args(arguments)
        .arg("-f")
        .arg(file)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("ssh-keygen cannot be run: {error}. Install OpenSSH's client"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line of a new key for this name, and the key.
    fn new_key(name: &str) -> (String, Key) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let made =
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&path).status().unwrap();
        assert!(made.success());
        let public = fs::read_to_string(path.with_extension("pub")).unwrap();
        let words: Vec<&str> = public.split_whitespace().collect();
        let line = format!("{name} {} {}", words[0], words[1]);
        let key = keys_in(std::slice::from_ref(&line)).unwrap().remove(0);
        (line, key)
    }

    #[test]
    fn keys_are_added_replaced_and_found_also_under_hashed_names() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("known_hosts");
        let (one, one_key) = new_key("one");
        let (port, port_key) = new_key("[127.0.0.1]:2222");
        KnownHosts::read(&path).unwrap().add(&[one.clone(), port], &[]).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o644);
        let hash = || Command::new("ssh-keygen").arg("-H").arg("-f").arg(&path).output().unwrap();
        for is_hashed in [false, true] {
            let known = KnownHosts::read(&path).unwrap();
            assert_eq!(known.is_hashed(), is_hashed);
            assert_eq!(known.keys_of("one").unwrap(), std::slice::from_ref(&one_key));
            assert_eq!(known.keys_of("[127.0.0.1]:2222").unwrap(), std::slice::from_ref(&port_key));
            assert_eq!(known.keys_of("two").unwrap(), []);
            hash();
        }
        let (other, other_key) = new_key("one");
        // No line end at the end of the file.
        fs::write(&path, fs::read_to_string(&path).unwrap().trim_end()).unwrap();
        KnownHosts::read(&path).unwrap().add(&[other], &["one".to_owned()]).unwrap();
        let known = KnownHosts::read(&path).unwrap();
        assert_eq!(known.keys_of("one").unwrap(), [other_key]);
        assert_eq!(known.keys_of("[127.0.0.1]:2222").unwrap(), [port_key]);
        assert_eq!(
            fs::read_dir(directory.path())
                .unwrap()
                .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".known_hosts-") })
                .count(),
            0
        );
    }

    #[test]
    fn a_file_that_others_can_change_is_refused_and_one_that_is_missing_is_empty() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("known_hosts");
        assert_eq!(KnownHosts::read(&path).unwrap().text(), "");
        fs::write(&path, "").unwrap();
        for (mode, usable) in [(0o644, true), (0o600, true), (0o664, false), (0o646, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(KnownHosts::read(&path).is_ok(), usable, "{mode:o}");
        }
        assert!(KnownHosts::read(directory.path()).unwrap_err().contains("is not a file"));
        // A link stays one.
        let link = directory.path().join("link");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let (line, _) = new_key("one");
        KnownHosts::read(&link).unwrap().add(std::slice::from_ref(&line), &[]).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{line}\n"));
    }
}
