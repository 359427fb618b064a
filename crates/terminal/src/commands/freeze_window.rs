//! `lockkeeper freeze-window`.

use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::list::{self, Item, List};
use crate::names::Typed;
use crate::output::Output;
use crate::session::Session;
use crate::{filter::Keys, nearest};
use clap::{Args, Subcommand, ValueEnum};
use lockkeeper_client::NoVariables;
use lockkeeper_client::operations::fleet::{
    CreateFreezeWindow, FreezeWindow, FreezeWindows, RemoveFreezeWindow, WindowId, WindowInput,
};
use lockkeeper_client::operations::list::Input;

/// Freeze services at certain times of each week
#[derive(Debug, Subcommand)]
pub enum FreezeWindowCommand {
    Add(AddArgs),
    List(ListArgs),
    Remove(RemoveArgs),
}

/// Refuse new releases at certain times of each week
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper freeze-window add web --zone Europe/Berlin --days fri --from 16:00 --to 24:00 --reason weekend
  lockkeeper freeze-window add --all --zone UTC --days sat,sun --from 00:00 --to 24:00 --reason weekend")]
pub struct AddArgs {
    /// Names of the services
    #[arg(value_name = "SERVICE", required_unless_present = "all", add = completion::services())]
    services: Vec<String>,
    /// Every service, also one that is created later
    #[arg(long, conflicts_with = "services")]
    all: bool,
    /// Time zone of the calendar, for example Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    zone: String,
    /// Days on which it begins
    #[arg(long, value_name = "DAY,…", value_delimiter = ',', value_enum, required = true)]
    days: Vec<Day>,
    /// When it begins
    #[arg(long, value_name = "HH:MM")]
    from: String,
    /// When it ends, up to 24:00; a time before it begins is one of the next day
    #[arg(long, value_name = "HH:MM")]
    to: String,
    /// Refuse reverts, too
    #[arg(long)]
    reverts_too: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// List freeze windows
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  lockkeeper freeze-window list")]
pub struct ListArgs {
    /// Show wide columns in full, also where lines become longer than the terminal is wide
    #[arg(long)]
    wide: bool,
}

/// Remove a freeze window
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  lockkeeper freeze-window remove win_3")]
pub struct RemoveArgs {
    /// Its id; `lockkeeper freeze-window list` shows it
    #[arg(value_name = "ID")]
    id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Day {
    #[value(alias = "monday")]
    Mon,
    #[value(alias = "tuesday")]
    Tue,
    #[value(alias = "wednesday")]
    Wed,
    #[value(alias = "thursday")]
    Thu,
    #[value(alias = "friday")]
    Fri,
    #[value(alias = "saturday")]
    Sat,
    #[value(alias = "sunday")]
    Sun,
}

impl Day {
    fn word(self) -> &'static str {
        match self {
            Day::Mon => "MONDAY",
            Day::Tue => "TUESDAY",
            Day::Wed => "WEDNESDAY",
            Day::Thu => "THURSDAY",
            Day::Fri => "FRIDAY",
            Day::Sat => "SATURDAY",
            Day::Sun => "SUNDAY",
        }
    }
}

impl Item for FreezeWindow {
    const KEYS: Keys = Keys { fields: &["id"], status: None, words: &[], has_labels: false };
    const HEADINGS: &[&str] = &["ID", "SERVICES", "DAYS", "FROM", "TO", "ZONE", "NOW", "REASON"];
    const PLURAL: &str = "freeze windows";

    fn row(&self, output: &Output) -> Vec<String> {
        let days: Vec<String> = self.days.iter().map(|day| day.to_lowercase().chars().take(3).collect()).collect();
        let near = |time: &Option<String>| time.as_deref().map(|time| output.time(time)).unwrap_or_default();
        let now = match self.open {
            true => format!("open until {}", near(&self.closes_at)),
            false => format!("opens {}", near(&self.opens_at)),
        };
        vec![
            self.id.clone(),
            self.services.as_ref().map_or_else(|| "all".to_owned(), |names| names.join(", ")),
            days.join(","),
            self.from.clone(),
            self.to.clone(),
            self.time_zone.clone(),
            now,
            self.reason.clone(),
        ]
    }
}

pub async fn run(command: FreezeWindowCommand, session: &Session) -> Result<ExitStatus, Failure> {
    match command {
        FreezeWindowCommand::Add(args) => add(args, session).await,
        FreezeWindowCommand::List(args) => {
            list::print(&session.output, &List::complete(windows(session).await?), args.wide)?;
            Ok(ExitStatus::Success)
        }
        FreezeWindowCommand::Remove(args) => remove(args, session).await,
    }
}

async fn windows(session: &Session) -> Result<Vec<FreezeWindow>, Failure> {
    Ok(session.call::<FreezeWindows>(&NoVariables {}).await?.payload)
}

async fn add(args: AddArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let first = args.services.first().cloned();
    let input = WindowInput {
        services: (!args.all).then_some(args.services),
        time_zone: args.zone,
        days: args.days.into_iter().map(|day| day.word().to_owned()).collect(),
        from: args.from,
        to: args.to,
        include_reverts: args.reverts_too,
        reason: args.reason,
    };
    let typed = first.as_deref().map(Typed::service).unwrap_or_default();
    let payload = session.call_by_names::<CreateFreezeWindow>(&Input { input }, &typed).await?.payload;
    let window = super::changed(payload.freeze_window)?;
    list::print_changed(&session.output, &window, &format!("The freeze window {} was created.", window.id))?;
    Ok(ExitStatus::Success)
}

/// Removes a window. What it was is printed with `--json`, so it is read before.
async fn remove(args: RemoveArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let windows = windows(session).await?;
    let Some(window) = windows.iter().find(|window| window.id == args.id) else {
        let message = format!("There is no freeze window {}.", args.id);
        let ids = windows.iter().map(|window| window.id.as_str());
        let failure = Failure::not_found("freezeWindow", message, &nearest::among(&args.id, ids));
        return Err(failure.help("lockkeeper freeze-window list"));
    };
    let input = WindowId { freeze_window_id: args.id.clone() };
    session.call::<RemoveFreezeWindow>(&Input { input }).await?;
    list::print_changed(&session.output, window, &format!("The freeze window {} was removed.", args.id))?;
    Ok(ExitStatus::Success)
}
