//! `lockkeeper log`.

use crate::escape;
use crate::failure::{ExitStatus, Failure};
use crate::nearest;
use crate::session::Session;
use crate::watching;
use anstyle::{AnsiColor, Style};
use clap::Args;
use jiff::Timestamp;
use lockkeeper_client::operations::output::{
    LogLine, LogStream, OutputPage, OutputPageVariables, ReleaseOutput, ReleaseOutputVariables,
};
use lockkeeper_client::operations::release::Target;
use lockkeeper_client::operations::{Page, PageInfo};
use lockkeeper_client::{Followed, Following, Payload};
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;

/// Lines that are read at once.
const PAGE_LINES: u32 = 200;
/// How long `--follow` tries to come back without a terminal.
const PATIENCE: Duration = Duration::from_mins(10);

/// Show what a release's commands printed
///
/// Shows what the commands of a release printed, all of it or of one host.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper log rel_41
  lockkeeper log rel_41 host-17 --errors
  lockkeeper log rel_41 --tail 20 --follow")]
pub struct LogArgs {
    /// The release, for example rel_41
    #[arg(value_name = "RELEASE")]
    release: String,
    /// Only this host
    #[arg(value_name = "HOST")]
    host: Option<String>,
    /// Go on with new lines until the release has ended
    #[arg(long)]
    follow: bool,
    /// Only this many of the newest lines
    #[arg(long, value_name = "N")]
    tail: Option<usize>,
    /// Only what went to standard error
    #[arg(long)]
    errors: bool,
}

#[derive(Serialize)]
struct LineJson<'l> {
    at: &'l str,
    hostname: &'l str,
    stream: &'l LogStream,
    text: &'l str,
    cursor: &'l str,
}

pub async fn run(args: LogArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let release = watching::find(&session.client, &args.release).await?.release;
    if release.cancel_requested_at.is_some() {
        let by = watching::canceled_by(&session.client, &release.id).await;
        session.output.note(&format!("{} was {}.", release.id, watching::canceled(&release, by.as_deref())));
    }
    let target = match &args.host {
        Some(host) => {
            let target = target(session, &release.id, host).await?;
            if target.attempt == 0 {
                let status = target.status.word();
                session.output.note(&format!("{host} was never started in {}: its target is {status}.", release.id));
            }
            Some(target.id)
        }
        None => None,
    };
    let log = Log { session, id: target.clone().unwrap_or_else(|| release.id.clone()), errors: args.errors };
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    let shown = async {
        let last = match args.tail {
            Some(count) => log.tail(count).await?,
            None => log.all().await?,
        };
        if args.follow {
            let from = ReleaseOutputVariables { id: release.id.clone(), target_id: target, after: last, last: None };
            log.follow(from).await?;
        }
        Ok(ExitStatus::Success)
    };
    tokio::select! {
        biased;
        _ = &mut interrupted => Ok(ExitStatus::Detached),
        shown = shown => shown,
    }
}

/// The target of a release on a host.
async fn target(session: &Session, release: &str, host: &str) -> Result<Target, Failure> {
    let targets = watching::targets(&session.client, release, None, Some(Duration::ZERO)).await?;
    if let Some(target) = targets.iter().find(|target| target.host.hostname.eq_ignore_ascii_case(host)) {
        return Ok(target.clone());
    }
    let names = targets.iter().map(|target| target.host.hostname.as_str());
    let message = format!("The release {release} has no target on the host {host}.");
    Err(Failure::not_found("host", message, &nearest::among(host, names)).help(format!("lockkeeper log {release}")))
}

/// The output of a release or of a target.
struct Log<'s> {
    session: &'s Session,
    id: String,
    /// Whether only standard error is shown.
    errors: bool,
}

impl Log<'_> {
    /// Prints everything that there is. Returns the cursor of the last line.
    async fn all(&self) -> Result<Option<String>, Failure> {
        let mut last = None;
        loop {
            let page = self.page(Some(PAGE_LINES), last.clone(), None, None).await?;
            for line in &page.nodes {
                self.print(line)?;
            }
            last = page.nodes.last().map(|line| line.cursor.clone()).or(last);
            if page.page_info.next().is_none() || self.session.output.is_gone() {
                return Ok(last);
            }
        }
    }

    /// Prints the newest lines. Returns the cursor of the last line that there is, shown or not.
    async fn tail(&self, count: usize) -> Result<Option<String>, Failure> {
        let (mut newest, mut last, mut before) = (Vec::new(), None, None);
        loop {
            let page = self.page(None, None, Some(PAGE_LINES), before).await?;
            last = last.or_else(|| page.nodes.last().map(|line| line.cursor.clone()));
            newest.extend(page.nodes.into_iter().rev().filter(|line| self.is_shown(line)));
            before = page.page_info.previous();
            if before.is_none() || newest.len() >= count {
                break;
            }
        }
        newest.truncate(count);
        newest.iter().rev().try_for_each(|line| self.print(line))?;
        Ok(last)
    }

    /// Prints new lines until the release has ended.
    async fn follow(&self, mut from: ReleaseOutputVariables) -> Result<(), Failure> {
        let client = &self.session.client;
        let mut following: Following<Payload<LogLine>> = client.follow::<ReleaseOutput>(&from);
        let mut away_since = None;
        while let Some(item) = following.next().await {
            match item {
                Ok(Followed::Message(line)) => {
                    away_since = None;
                    self.print(&line.payload)?;
                }
                Ok(Followed::Reconnected) => away_since = None,
                Ok(Followed::Disconnected { reason, .. }) => {
                    let since = *away_since.get_or_insert_with(|| {
                        self.session.output.note(&format!("Not connected, trying again: {reason}."));
                        Instant::now()
                    });
                    if !self.session.output.is_terminal() && since.elapsed() > PATIENCE {
                        let message =
                            format!("{} was not reached for {} minutes.", client.server(), PATIENCE.as_secs() / 60);
                        return Err(Failure::new(ExitStatus::Unreachable, "UNREACHABLE", message));
                    }
                }
                // The lines after it that are still kept are all that is left.
                Err(error) if error.code() == "CURSOR_EXPIRED" && from.after.is_some() => {
                    from.after = None;
                    following = client.follow::<ReleaseOutput>(&from);
                }
                Err(error) => return Err(error.into()),
            }
            if self.session.output.is_gone() {
                break;
            }
        }
        Ok(())
    }

    async fn page(
        &self,
        first: Option<u32>,
        after: Option<String>,
        last: Option<u32>,
        before: Option<String>,
    ) -> Result<Page<LogLine>, Failure> {
        let variables = OutputPageVariables { id: self.id.clone(), first, after, last, before };
        let found = self.session.call::<OutputPage>(&variables).await?.payload.and_then(|found| found.log);
        Ok(found.unwrap_or_else(|| Page { nodes: Vec::new(), page_info: PageInfo::default(), total_count: None }))
    }

    fn is_shown(&self, line: &LogLine) -> bool {
        !self.errors || line.stream == LogStream::Stderr
    }

    fn print(&self, line: &LogLine) -> Result<(), Failure> {
        if !self.is_shown(line) {
            return Ok(());
        }
        let output = &self.session.output;
        if output.json {
            let LogLine { at, hostname, stream, text, cursor, .. } = line;
            return output.json_line(&LineJson { at, hostname, stream, text, cursor });
        }
        let time: Timestamp = line.at.parse().unwrap_or_default();
        let style = match line.stream {
            LogStream::Stderr => AnsiColor::Red.on_default(),
            LogStream::System => Style::new().dimmed(),
            _ => Style::new(),
        };
        let text = escape::line(&line.text);
        // Colors alone would not say it everywhere.
        let mark = match line.stream {
            LogStream::Stderr => "! ",
            LogStream::System => "* ",
            _ => "",
        };
        output.print(&format!("{} {} {style}{mark}{text}{style:#}", output.clock.show_seconds(time), line.hostname))
    }
}
