//! `lockkeeper token create | list | revoke`.

use super::terminal;
use crate::auth::tokens::{self, TokenSelection};
use crate::config::CommonArgs;
use crate::domain::duration;
use crate::domain::{Role, Timestamp, Word};
use anyhow::{bail, ensure};
use clap::{Args, Subcommand};
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a token and print it on standard output; it is shown once and not stored
    Create {
        /// Name of the caller, 1 to 63 characters; several tokens may have the same name, so that one can replace another
        #[arg(long)]
        name: String,
        /// VIEWER, BUILDER, OPERATOR or ADMIN
        #[arg(long, value_parser = role)]
        role: Role,
        /// How long it is valid, for example 90d
        #[arg(long, value_name = "TIME", value_parser = duration::parse)]
        expires: Option<Duration>,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// List all tokens, with their first characters
    List {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Revoke tokens; a running server refuses them within a second
    Revoke {
        #[command(flatten)]
        which: SelectionArgs,
        #[command(flatten)]
        common: CommonArgs,
    },
}

/// The tokens to revoke.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct SelectionArgs {
    /// Number of the token, from the list
    id: Option<i64>,
    /// All tokens with this name
    #[arg(long)]
    name: Option<String>,
}

pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create { name, role, expires, common } => create(&common, &name, role, expires).await,
        Command::List { common } => list(&common).await,
        Command::Revoke { which, common } => revoke(&common, &which).await,
    }
}

async fn create(common: &CommonArgs, name: &str, role: Role, expires: Option<Duration>) -> anyhow::Result<()> {
    let fits = (1..=63).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    ensure!(fits, "The name of a token must have 1 to 63 characters, and no control characters.");
    let db = super::open(common).await?;
    let expires_at = match expires {
        // By the clock of the database, which decides when the token expires.
        Some(expires) => {
            let now = db.begin().await?.now().await?;
            Some(Timestamp(now.0.saturating_add(i64::try_from(expires.as_millis()).unwrap_or(i64::MAX))))
        }
        None => None,
    };
    let secret = tokens::create(&db, name, role, expires_at).await?;
    db.close().await;
    println!("{}", secret.reveal());
    Ok(())
}

async fn list(common: &CommonArgs) -> anyhow::Result<()> {
    let db = super::open(common).await?;
    println!("{:>4}  {:<10}{:<10}{:<26}{:<26}{:<26}NAME", "ID", "TOKEN", "ROLE", "CREATED", "EXPIRES", "REVOKED");
    let time = |at: Option<Timestamp>| at.map_or("never".to_owned(), |at| at.to_string());
    for token in tokens::list(&db).await? {
        println!(
            "{:>4}  {:<10}{:<10}{:<26}{:<26}{:<26}{}",
            token.id,
            format!("{}…", terminal::line(&token.hint)),
            token.role,
            token.created_at,
            time(token.expires_at),
            time(token.revoked_at),
            terminal::line(&token.name)
        );
    }
    db.close().await;
    Ok(())
}

async fn revoke(common: &CommonArgs, which: &SelectionArgs) -> anyhow::Result<()> {
    let which = match (which.id, &which.name) {
        (Some(id), _) => TokenSelection::Number(id),
        (None, Some(name)) => TokenSelection::Named(name),
        (None, None) => bail!("Name the tokens to revoke: a number from `lockkeeper token list`, or --name NAME."),
    };
    let db = super::open(common).await?;
    let revoked = tokens::revoke(&db, which).await?;
    db.close().await;
    ensure!(
        revoked > 0,
        "No token was revoked: it does not exist, or was revoked before. See `lockkeeper token list`."
    );
    println!("{revoked} {} revoked.", if revoked == 1 { "token was" } else { "tokens were" });
    Ok(())
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_word(&text.to_uppercase()).ok_or_else(|| "expected VIEWER, BUILDER, OPERATOR or ADMIN".to_owned())
}
