//! Where the token of a context comes from.

use crate::failure::Failure;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the token of a context comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// Nobody is logged in.
    None,
    /// It is in the file of contexts.
    Stored(String),
    /// It is the content of another file.
    File(PathBuf),
    /// A program prints it.
    Command(Vec<String>),
}

/// Without the token itself.
impl fmt::Debug for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl TokenSource {
    /// Makes the path of a file absolute: `~/` is the home directory, and other paths begin in the folder of the contexts.
    pub fn resolve(&mut self, folder: &Path) {
        if let TokenSource::File(path) = self {
            let in_home = path.strip_prefix("~").ok().zip(std::env::home_dir()).map(|(rest, home)| home.join(rest));
            *path = in_home.unwrap_or_else(|| folder.join(&*path));
        }
    }

    /// What it is called in lists.
    pub fn word(&self) -> &'static str {
        match self {
            TokenSource::None => "none",
            TokenSource::Stored(_) => "stored",
            TokenSource::File(_) => "file",
            TokenSource::Command(_) => "command",
        }
    }

    /// Reads the token. Returns `None` if there is none, or an empty one.
    pub fn read(&self) -> Result<Option<String>, Failure> {
        let token = match self {
            TokenSource::None => return Ok(None),
            TokenSource::Stored(token) => token.clone(),
            TokenSource::File(path) => std::fs::read_to_string(path).map_err(|error| {
                Failure::usage(format!("The token_file {} cannot be read: {error}.", path.display()))
            })?,
            TokenSource::Command(command) => run(command)?,
        };
        let first = token.lines().next().unwrap_or_default().trim();
        Ok(Some(first.to_owned()).filter(|token| !token.is_empty()))
    }
}

/// Runs a program that prints a token. It may ask the person at the terminal for something.
fn run(command: &[String]) -> Result<String, Failure> {
    let [program, arguments @ ..] = command else {
        return Err(Failure::usage(
            "The token_command is empty: write a list such as [\"pass\", \"show\", \"lockkeeper\"].",
        ));
    };
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::usage(format!("The token_command {program} cannot be started: {error}.")))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(Failure::unauthenticated(format!("The token_command {program} failed ({}).", output.status))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::ExitStatus;

    fn command(script: &str) -> TokenSource {
        TokenSource::Command(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    #[test]
    fn a_token_is_the_first_line() {
        assert_eq!(command("echo ' secret '; echo more").read().unwrap().as_deref(), Some("secret"));
        assert_eq!(command("true").read().unwrap(), None);
        assert_eq!(TokenSource::Stored(" \n".to_owned()).read().unwrap(), None);
    }

    #[test]
    fn a_program_that_fails_gives_no_token_and_one_that_is_missing_is_a_mistake() {
        assert_eq!(command("exit 3").read().unwrap_err().status, ExitStatus::Unauthorized);
        let missing = TokenSource::Command(vec!["/nonexistent/program".to_owned()]);
        assert_eq!(missing.read().unwrap_err().status, ExitStatus::Usage);
        let file = TokenSource::File("/nonexistent/token".into());
        assert_eq!(file.read().unwrap_err().status, ExitStatus::Usage);
    }

    #[test]
    fn the_path_of_a_token_begins_at_the_file_of_contexts_or_at_home() {
        let resolved = |path: &str| {
            let mut token = TokenSource::File(path.into());
            token.resolve(Path::new("/config"));
            match token {
                TokenSource::File(path) => path,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(resolved("token"), Path::new("/config/token"));
        assert_eq!(resolved("/run/token"), Path::new("/run/token"));
        assert_eq!(resolved("~/token"), std::env::home_dir().unwrap().join("token"));
    }

    #[test]
    fn a_token_is_not_shown() {
        assert_eq!(format!("{:?}", TokenSource::Stored("lk_secret".to_owned())), "stored");
    }
}
