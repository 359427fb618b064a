//! `lockkeeper token create | list | revoke`.

use super::local::{LocalError, existing, failed};
use crate::auth::tokens::{self, TokenSelection};
use crate::config::CommonArgs;
use crate::domain::duration;
use crate::domain::{Role, Timestamp, Word};
use crate::store::Db;
use clap::{Args, Subcommand};
use lockkeeper_terminal::escape;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a token and print it on standard output; it is shown once and not stored
    #[command(after_help = "Examples:
  lockkeeper token create --name ana --role admin
  lockkeeper token create --name ci-web --role builder --expires 90d")]
    Create {
        /// Name of the caller, 1 to 63 characters; several tokens may have the same name, so that one can replace another
        #[arg(long)]
        name: String,
        /// VIEWER, BUILDER, OPERATOR or ADMIN
        #[arg(long, value_parser = role)]
        role: Role,
        /// How long it is valid, for example 90d, 12h or 30m [default: it never expires]
        #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
        expires: Option<Duration>,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// List all tokens, with their first characters
    #[command(after_help = "Example:\n  lockkeeper token list")]
    List {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Revoke tokens; a running server refuses them within a second
    #[command(after_help = "Examples:\n  lockkeeper token revoke 3\n  lockkeeper token revoke --name ci-web")]
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

/// Carries out a command, and says what is wrong as the commands of the client do. With `json`, standard output is JSON.
pub async fn run(command: Command, json: bool) -> ExitCode {
    let (done, help) = match command {
        Command::Create { name, role, expires, common } => {
            (create(&common, &name, role, expires, json).await, "lockkeeper token create --help")
        }
        Command::List { common } => (list(&common, json).await, "lockkeeper token list --help"),
        Command::Revoke { which, common } => (revoke(&common, &which, json).await, "lockkeeper token list"),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error, help, json),
    }
}

async fn create(
    common: &CommonArgs,
    name: &str,
    role: Role,
    expires: Option<Duration>,
    json: bool,
) -> Result<(), LocalError> {
    let fits = (1..=63).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if !fits {
        return Err(LocalError::Usage(
            "The name of a token must have 1 to 63 characters, and no control characters.".to_owned(),
        ));
    }
    // A caller who says where the database is may make it, too: the first token may come before the first server.
    let db = if common.names_a_place() { super::open(common).await? } else { existing(common).await? };
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
    match json {
        true => print(&json!({
            "token": secret.reveal(), "name": name, "role": role.word(), "expiresAt": expires_at.map(|at| at.to_string()),
        })),
        false => println!("{}", secret.reveal()),
    }
    Ok(())
}

async fn list(common: &CommonArgs, json: bool) -> Result<(), LocalError> {
    let db = existing(common).await?;
    let tokens = tokens::list(&db).await?;
    db.close().await;
    if json {
        let items: Vec<Value> = tokens
            .iter()
            .map(|token| {
                json!({
                    "id": token.id, "hint": token.hint, "name": token.name, "role": token.role.to_string(),
                    "createdAt": token.created_at.to_string(),
                    "expiresAt": token.expires_at.map(|at| at.to_string()),
                    "revokedAt": token.revoked_at.map(|at| at.to_string()),
                })
            })
            .collect();
        print(&json!({ "totalCount": items.len(), "items": items, "endCursor": null }));
        return Ok(());
    }
    println!("{:>4}  {:<10}{:<10}{:<26}{:<26}{:<26}NAME", "ID", "TOKEN", "ROLE", "CREATED", "EXPIRES", "REVOKED");
    let time = |at: Option<Timestamp>| at.map_or("never".to_owned(), |at| at.to_string());
    for token in tokens {
        println!(
            "{:>4}  {:<10}{:<10}{:<26}{:<26}{:<26}{}",
            token.id,
            format!("{}…", escape::line(&token.hint)),
            token.role,
            token.created_at,
            time(token.expires_at),
            time(token.revoked_at),
            escape::line(&token.name)
        );
    }
    Ok(())
}

async fn revoke(common: &CommonArgs, which: &SelectionArgs, json: bool) -> Result<(), LocalError> {
    let which = match (which.id, &which.name) {
        (Some(id), _) => TokenSelection::Number(id),
        (None, Some(name)) => TokenSelection::Named(name),
        (None, None) => {
            let message = "Name the tokens to revoke: a number from `lockkeeper token list`, or --name NAME.";
            return Err(LocalError::Usage(message.to_owned()));
        }
    };
    let db: Db = existing(common).await?;
    let revoked = tokens::revoke(&db, which).await?;
    db.close().await;
    match (revoked, json) {
        (0, _) => {
            Err(LocalError::NotFound("No token was revoked: it does not exist, or was revoked before.".to_owned()))
        }
        (revoked, true) => {
            print(&json!({ "revoked": revoked }));
            Ok(())
        }
        (revoked, false) => {
            println!("{revoked} {} revoked.", if revoked == 1 { "token was" } else { "tokens were" });
            Ok(())
        }
    }
}

fn print(value: &Value) {
    println!("{value}");
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_word(&text.to_uppercase()).ok_or_else(|| "expected VIEWER, BUILDER, OPERATOR or ADMIN".to_owned())
}
