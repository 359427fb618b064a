//! The file of contexts: reading it with its mistakes named, and changing it without losing what else is in it.

use super::token::TokenSource;
use crate::failure::Failure;
use crate::output::Output;
use etcetera::BaseStrategy as _;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table, value};

/// One server with the token for it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Entry")]
pub struct Context {
    /// The base URL.
    pub server: String,
    pub token: TokenSource,
    /// Whether the service's name has to be typed where many instances move.
    pub protected: bool,
}

/// A context as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    server: String,
    token: Option<String>,
    token_file: Option<PathBuf>,
    token_command: Option<Vec<String>>,
    #[serde(default)]
    protected: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    current: Option<String>,
    contexts: BTreeMap<String, Context>,
}

impl TryFrom<Entry> for Context {
    type Error = &'static str;

    fn try_from(entry: Entry) -> Result<Context, &'static str> {
        let token = match (entry.token, entry.token_file, entry.token_command) {
            (None, None, None) => TokenSource::None,
            (Some(token), None, None) => TokenSource::Stored(token),
            (None, Some(file), None) => TokenSource::File(file),
            (None, None, Some(command)) => TokenSource::Command(command),
            _ => return Err("a context has one of `token`, `token_file` and `token_command`"),
        };
        Ok(Context { server: entry.server, token, protected: entry.protected })
    }
}

/// All contexts, and the file that they are in.
pub struct Contexts {
    path: PathBuf,
    document: DocumentMut,
    file: File,
}

impl Contexts {
    /// Reads the file. One that does not exist has no contexts. Warns if others can read the tokens in it.
    pub fn load(output: &Output) -> Result<Contexts, Failure> {
        let path = path()?;
        let text = match read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(Failure::usage(format!(
                    "The file of contexts {} cannot be read: {error}.",
                    path.display()
                )));
            }
        };
        let contexts = Contexts::parse(path, &text)?;
        contexts.warn_if_readable(output);
        Ok(contexts)
    }

    fn parse(path: PathBuf, text: &str) -> Result<Contexts, Failure> {
        let mistake = |error: toml_edit::de::Error| {
            // The library's own description shows the line, which may have a token.
            let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let place = line.map_or_else(String::new, |line| format!(", line {line}"));
            let what = error.message().trim_end_matches('.').replace('\n', ", ");
            Failure::usage(format!("The file of contexts {}{place}: {what}.", path.display()))
                .help(format!("${{EDITOR:-vi}} {}", path.display()))
        };
        let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| mistake(error.into()))?;
        let mut file: File = toml_edit::de::from_str(text).map_err(mistake)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for context in file.contexts.values_mut() {
            context.token.resolve(folder);
        }
        Ok(Contexts { path, document, file })
    }

    /// The contexts by their names.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Context)> {
        self.file.contexts.iter().map(|(name, context)| (name.as_str(), context))
    }

    /// The context of this name, or `None` if there is none.
    pub fn get(&self, name: &str) -> Option<&Context> {
        self.file.contexts.get(name)
    }

    /// The name of the current context, if one is set.
    pub fn current(&self) -> Option<&str> {
        self.file.current.as_deref()
    }

    /// The context of this name, or else the current one; `None` if neither is set.
    ///
    /// # Errors
    /// If the context does not exist.
    pub fn chosen(&self, name: Option<&str>) -> Result<Option<(&str, &Context)>, Failure> {
        match name.or_else(|| self.current()) {
            Some(name) => self.existing(name).map(Some),
            None => Ok(None),
        }
    }

    /// The context of this name, which has to exist.
    pub fn existing(&self, name: &str) -> Result<(&str, &Context), Failure> {
        if let Some((name, context)) = self.file.contexts.get_key_value(name) {
            return Ok((name, context));
        }
        let message = format!("There is no context {name:?} in {}.", self.path.display());
        let mut failure = Failure::usage(message).help("lockkeeper context list");
        failure.suggest(&crate::nearest::among(name, self.all().map(|(name, _)| name)));
        Err(failure)
    }

    /// Adds a context, or replaces the one of its name, and makes it the current one.
    pub fn put(&mut self, name: &str, context: Context) {
        let mut table = Table::new();
        table["server"] = value(&context.server);
        match &context.token {
            TokenSource::None => {}
            TokenSource::Stored(token) => table["token"] = value(token),
            TokenSource::File(path) => table["token_file"] = value(path.display().to_string()),
            TokenSource::Command(command) => {
                table["token_command"] = value(command.iter().collect::<toml_edit::Array>());
            }
        }
        if context.protected {
            table["protected"] = value(true);
        }
        self.tables().insert(name, Item::Table(table));
        self.file.contexts.insert(name.to_owned(), context);
        self.use_context(name);
    }

    /// Makes a context the current one.
    pub fn use_context(&mut self, name: &str) {
        self.document["current"] = value(name);
        self.file.current = Some(name.to_owned());
    }

    /// Forgets the token of a context.
    pub fn forget_token(&mut self, name: &str) {
        if let Some(table) = self.tables().get_mut(name).and_then(Item::as_table_like_mut) {
            for key in ["token", "token_file", "token_command"] {
                table.remove(key);
            }
        }
        if let Some(context) = self.file.contexts.get_mut(name) {
            context.token = TokenSource::None;
        }
    }

    /// Forgets a context. If it is the current one, there is none from then on.
    pub fn remove(&mut self, name: &str) {
        self.tables().remove(name);
        self.file.contexts.remove(name);
        if self.current() == Some(name) {
            self.document.remove("current");
            self.file.current = None;
        }
    }

    /// The tables of the contexts.
    fn tables(&mut self) -> &mut dyn toml_edit::TableLike {
        let contexts = self.document.entry("contexts").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        if !contexts.is_table_like() {
            *contexts = Item::Table(Table::new());
        }
        // It is a table from here on.
        #[expect(clippy::unwrap_used, reason = "made a table in the line above")]
        contexts.as_table_like_mut().unwrap()
    }

    /// Writes the file: whole or not at all, readable by its owner only.
    pub fn save(&self) -> Result<(), Failure> {
        self.write().map_err(|error| {
            Failure::usage(format!(
                "The file of contexts {} cannot be written, and is as it was: {error}.",
                self.path.display()
            ))
        })
    }

    fn write(&self) -> io::Result<()> {
        // A link stays a link.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        // Made with mode 0600.
        let mut file = tempfile::Builder::new().prefix(".config-").suffix(".toml").tempfile_in(folder)?;
        file.write_all(self.document.to_string().as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }

    fn warn_if_readable(&self, output: &Output) {
        let is_stored = |context: &Context| matches!(context.token, TokenSource::Stored(_));
        let mode = fs::metadata(&self.path).map_or(0, |metadata| metadata.permissions().mode());
        if mode & 0o077 != 0 && self.file.contexts.values().any(is_stored) {
            output.warning(&format!(
                "Others can read the tokens in {}. Run: chmod 600 {}",
                self.path.display(),
                self.path.display()
            ));
        }
    }
}

/// Where the file is.
fn path() -> Result<PathBuf, Failure> {
    let strategy = etcetera::base_strategy::Xdg::new().map_err(|error| {
        Failure::usage(format!("The file of contexts cannot be found: {error}. Set HOME or XDG_CONFIG_HOME."))
    })?;
    Ok(strategy.config_dir().join("lockkeeper").join("config.toml"))
}

/// Reads a regular file: a device would have no end.
fn read(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    fs::read_to_string(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Contexts, String> {
        Contexts::parse("c.toml".into(), text).map_err(|failure| failure.message())
    }

    fn mistake(text: &str) -> String {
        parse(text).map(drop).unwrap_err()
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_without_a_token() {
        let good = "current = \"a\"\n[contexts.a]\nserver = \"http://a\"\n";
        assert!(parse(good).is_ok());
        for (text, line) in [
            (format!("{good}tokn = \"lk_secret\"\n"), "line 4"),
            (format!("{good}token = \"lk_secret\"\ntoken_file = \"f\"\n"), "line 2"),
            (format!("{good}token = \"lk_secret\n"), "line 4"),
            (format!("{good}token = \"lk_secret\"\n\n[contexts.a]\nserver = \"http://b\"\n"), "line 6"),
            (format!("{good}token_command = \"pass\"\n"), "line 4"),
            ("[contexts.a]\ntoken = \"lk_secret\"\n".to_owned(), "line 1"),
        ] {
            let said = mistake(&text);
            assert!(said.contains("c.toml") && said.contains(line), "{said}");
            assert!(!said.contains("lk_secret"), "{said}");
        }
    }

    #[test]
    fn changes_keep_what_else_is_in_the_file() {
        let text = "# mine\ncurrent = \"a\"\n\n[contexts.a]\nserver = \"http://a\" # first\nprotected = true\n";
        let mut contexts = parse(text).unwrap();
        let token = TokenSource::Stored("t".to_owned());
        contexts.put("b.example", Context { server: "http://b".to_owned(), token, protected: false });
        let written = contexts.document.to_string();
        assert!(written.contains("# mine") && written.contains("# first"), "{written}");
        let again = parse(&written).unwrap();
        assert_eq!(again.current(), Some("b.example"));
        assert_eq!(again.get("a").map(|context| context.protected), Some(true));

        contexts.forget_token("b.example");
        assert_eq!(parse(&contexts.document.to_string()).unwrap().get("b.example").unwrap().token, TokenSource::None);
        contexts.remove("b.example");
        let left = parse(&contexts.document.to_string()).unwrap();
        assert_eq!((left.current(), left.all().count()), (None, 1));
    }

    #[test]
    fn a_file_without_contexts_gets_its_first() {
        let mut contexts = parse("").unwrap();
        contexts.put("prod", Context { server: "http://a".to_owned(), token: TokenSource::None, protected: true });
        let written = contexts.document.to_string();
        assert_eq!(written, "current = \"prod\"\n\n[contexts.prod]\nserver = \"http://a\"\nprotected = true\n");
    }
}
