//! `lockkeeper context list | use | remove`.

use crate::completion;
use crate::context::{Context, Contexts};
use crate::failure::{ExitStatus, Failure};
use crate::filter::Keys;
use crate::list::{self, Item, List};
use crate::output::Output;
use clap::Subcommand;
use serde::Serialize;

/// List, choose and remove contexts
///
/// A context is a server with a token for it, under a name of your own. `lockkeeper login` makes one.
///
/// They are kept in $XDG_CONFIG_HOME/lockkeeper/config.toml (usually ~/.config/lockkeeper/config.toml), where you can also
/// take the token from another file (`token_file`) or a program (`token_command`), and set `protected = true`.
#[derive(Debug, Subcommand)]
pub enum ContextCommand {
    /// List the contexts; the current one has a star
    #[command(after_help = "Example:\n  lockkeeper context list")]
    List,
    /// Make a context the current one
    #[command(after_help = "Example:\n  lockkeeper context use prod")]
    Use {
        /// Name of the context
        #[arg(add = completion::contexts())]
        name: String,
    },
    /// Forget a context with its token
    #[command(after_help = "Example:\n  lockkeeper context remove staging")]
    Remove {
        /// Name of the context
        #[arg(add = completion::contexts())]
        name: String,
    },
}

/// A context as lists show it, without its token.
#[derive(Debug, Serialize)]
pub struct Row {
    name: String,
    server: String,
    current: bool,
    protected: bool,
    /// `none`, `stored`, `file` or `command`.
    token: &'static str,
}

impl Row {
    pub fn new(name: &str, context: &Context, current: Option<&str>) -> Row {
        Row {
            name: name.to_owned(),
            server: context.server.clone(),
            current: current == Some(name),
            protected: context.protected,
            token: context.token.word(),
        }
    }
}

impl Item for Row {
    const KEYS: Keys = Keys { fields: &[], status: None, words: &[], has_labels: false };
    const HEADINGS: &[&str] = &["", "CONTEXT", "SERVER", "TOKEN", "PROTECTED"];
    const PLURAL: &str = "contexts";

    fn row(&self, _: &Output) -> Vec<String> {
        let star = if self.current { "*" } else { " " };
        let protected = if self.protected { "yes" } else { "" };
        [star, &self.name, &self.server, self.token, protected].map(str::to_owned).to_vec()
    }
}

pub fn run(command: ContextCommand, output: &Output) -> Result<ExitStatus, Failure> {
    let mut contexts = Contexts::load(output)?;
    match command {
        ContextCommand::List => {
            let current = contexts.current();
            let rows = contexts.all().map(|(name, context)| Row::new(name, context, current)).collect();
            list::print(output, &List::complete(rows), false)?;
        }
        ContextCommand::Use { name } => {
            let (name, context) = contexts.existing(&name).map(|(name, context)| (name.to_owned(), context.clone()))?;
            contexts.use_context(&name);
            contexts.save()?;
            let sentence = format!("The current context is {name} ({}).", context.server);
            list::print_changed(output, &Row::new(&name, &context, Some(&name)), &sentence)?;
        }
        ContextCommand::Remove { name } => {
            let (name, context) = contexts.existing(&name).map(|(name, context)| (name.to_owned(), context.clone()))?;
            contexts.remove(&name);
            contexts.save()?;
            let sentence = format!("The context {name} ({}) was removed.", context.server);
            list::print_changed(output, &Row::new(&name, &context, contexts.current()), &sentence)?;
        }
    }
    Ok(ExitStatus::Success)
}
