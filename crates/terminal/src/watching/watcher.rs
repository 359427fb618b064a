//! The state of one watching: which release, by which connection, and what was shown.

use super::asking::{self, Answers, Decision};
use super::feed::{Feed, Snapshot, Update, snapshot};
use super::model::Model;
use super::{View, canceled, canceled_by, feed, find, json, lines, screen, summary, targets};
use crate::commands::{cancel, pause};
use crate::failure::{ExitStatus, Failure};
use crate::session::Session;
use lockkeeper_client::operations::release::{ReleaseStatus, TargetStatus};
use std::io::{self, IsTerminal as _};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// How often a view is redrawn at most, with the time that has passed.
const TICK: Duration = Duration::from_millis(100);
/// How long a watcher without a terminal tries to come back.
pub const PATIENCE: Duration = Duration::from_mins(10);
/// How often the waves of a release are read while it moves, and how long that may take.
const WAVES_INTERVAL: Duration = Duration::from_secs(1);
/// How often they are read while nothing happens: a soak begins and ends without an event.
const MAX_WAVES_AGE: Duration = Duration::from_secs(5);

/// Follows one release, and shows what happens to it.
pub struct Watcher<'s> {
    session: &'s Session,
    pub model: Model,
    feed: Feed,
    pub view: Box<dyn View + 's>,
    /// Whether the view shows how the release stands, and not each change.
    shows_state: bool,
    /// The place in the event log at which the watching began.
    begin: String,
    /// Whether the history of a release that has ended is to be shown.
    has_history: bool,
    /// When the connection broke.
    away_since: Option<Instant>,
    /// Whether something has happened since the waves were read, and when that was.
    waves_are_old: bool,
    waves_read_at: Instant,
    answers: Answers,
}

impl<'s> Watcher<'s> {
    /// Reads where the release is, and subscribes.
    pub async fn start(session: &'s Session, id: &str, since: Option<String>) -> Result<Watcher<'s>, Failure> {
        let output = &session.output;
        let Snapshot { event_cursor, release } = find(&session.client, id).await?;
        let shows_state = output.is_terminal() && !output.json;
        let begin = if shows_state { event_cursor } else { since.unwrap_or_else(|| release.cursor.clone()) };
        if release.cancel_requested_at.is_some() && !release.status.is_final() {
            output.note(&format!("{} is being {}.", release.id, canceled(&release, None)));
        }
        let mut model = Model::new(release);
        if shows_state {
            let shown = vec![TargetStatus::Running, TargetStatus::Failed, TargetStatus::Unknown];
            model.fill(targets(&session.client, id, Some(shown), None).await?);
        }
        let view: Box<dyn View> = match (output.json, shows_state) {
            (true, _) => Box::new(json::Json::new(output)),
            (false, true) => Box::new(screen::Screen::new(output)),
            (false, false) => Box::new(lines::Lines::new(|line| output.line(line))),
        };
        // What has ended has a history and no future.
        let has_history = !shows_state && model.status.is_final();
        let feed = Feed::start(&session.client, id, begin.clone(), shows_state);
        Ok(Watcher {
            session,
            model,
            feed,
            view,
            shows_state,
            begin,
            has_history,
            away_since: None,
            waves_are_old: false,
            waves_read_at: Instant::now(),
            answers: Answers::default(),
        })
    }

    /// Watches until the release has ended, or stands still and nobody can decide.
    async fn run(&mut self) -> Result<ReleaseStatus, Failure> {
        if std::mem::take(&mut self.has_history) {
            self.show_history(&self.begin.clone()).await?;
        }
        if self.model.status.is_final() {
            return Ok(self.model.status.clone());
        }
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if self.model.status == ReleaseStatus::Paused {
                if !self.can_ask() {
                    return Ok(ReleaseStatus::Paused);
                }
                if let Some(status) = self.ask().await? {
                    return Ok(status);
                }
            }
            if self.session.output.is_gone() {
                return Err(Failure::new(ExitStatus::Detached, "DETACHED", "Nobody reads what is printed."));
            }
            tokio::select! {
                biased;
                update = self.feed.next() => {
                    if let Some(status) = self.take(update?).await? {
                        return Ok(status);
                    }
                }
                _ = ticks.tick() => {
                    self.read_waves().await;
                    self.tick(Instant::now())?;
                }
            }
        }
    }

    /// Shows what happened to a release that has ended, or stands still, as far as it has not been shown.
    async fn show_history(&mut self, after: &str) -> Result<(), Failure> {
        let events = feed::history(&self.session.client, &self.model.release.id, after).await?;
        let Some(events) = events else { return self.read_anew().await.map(drop) };
        let status = self.model.status.clone();
        for event in events {
            if let Some(change) = self.model.apply(event) {
                self.view.changed(&self.model, &change)?;
            }
        }
        // It is so even where the last event was before the place to begin at.
        self.model.status = status;
        Ok(())
    }

    /// Takes in what happened. Returns the status of the release once it has ended.
    async fn take(&mut self, update: Update) -> Result<Option<ReleaseStatus>, Failure> {
        match update {
            Update::Event(event) => {
                let is_last = event.kind.is_last();
                self.waves_are_old = true;
                if let Some(change) = self.model.apply(*event) {
                    self.view.changed(&self.model, &change)?;
                }
                return Ok(is_last.then(|| self.model.status.clone()));
            }
            Update::Line(line) => self.model.write(line),
            Update::Away { reason, retry_in } => {
                self.away_since.get_or_insert_with(Instant::now);
                self.model.disconnected(reason, retry_in);
            }
            Update::Back => {
                self.away_since = None;
                self.model.reconnected();
            }
            Update::Expired => return self.read_anew().await,
        }
        Ok(None)
    }

    /// Events that were not seen are no longer kept: what became of the targets is read, and shown where it was not yet.
    async fn read_anew(&mut self) -> Result<Option<ReleaseStatus>, Failure> {
        let (client, id) = (&self.session.client, self.model.release.id.clone());
        let patience = self.patience();
        let before = snapshot(client, &id, patience).await?;
        let all = targets(client, &id, None, patience).await?;
        let after = snapshot(client, &id, patience).await?;
        for change in self.model.catch_up(before.release, all, after.release.revision) {
            self.view.changed(&self.model, &change)?;
        }
        self.feed = Feed::start(client, &id, before.event_cursor, self.shows_state);
        Ok(self.model.status.is_final().then(|| self.model.status.clone()))
    }

    /// Whether somebody at a terminal can decide what becomes of a release that is paused.
    fn can_ask(&self) -> bool {
        !self.session.output.json && io::stdin().is_terminal()
    }

    /// Reads how the waves stand, where they are shown and may have changed. Events do not say.
    async fn read_waves(&mut self) {
        let is_shown = self.shows_state && self.model.release.waves.len() > 1;
        let age = self.waves_read_at.elapsed();
        if !is_shown || age < WAVES_INTERVAL || (!self.waves_are_old && age < MAX_WAVES_AGE) {
            return;
        }
        let read = timeout(WAVES_INTERVAL, find(&self.session.client, &self.model.release.id)).await;
        // What is not read now is read the next time.
        if let Ok(Ok(snapshot)) = read {
            self.model.refresh(snapshot.release);
            self.waves_are_old = false;
        }
        self.waves_read_at = Instant::now();
    }

    /// Asks what becomes of a paused release. Returns its status where it is not watched any more, or `None` where it goes on:
    /// by the answer, or since somebody else let it.
    async fn ask(&mut self) -> Result<Option<ReleaseStatus>, Failure> {
        let (session, id) = (self.session, self.model.release.id.clone());
        let now = snapshot(&session.client, &id, self.patience()).await?.release;
        self.model.refresh(now);
        if self.model.status != ReleaseStatus::Paused {
            return Ok(self.model.status.is_final().then(|| self.model.status.clone()));
        }
        self.view.close()?;
        session.output.prompt(&asking::question(&self.model.release, &self.model.progress));
        loop {
            tokio::select! {
                biased;
                update = self.feed.next() => {
                    let ended = self.take(update?).await?;
                    if ended.is_some() || self.model.status != ReleaseStatus::Paused {
                        session.output.note("");
                        return Ok(ended);
                    }
                }
                decision = self.answers.next(&self.model.release) => {
                    match decision {
                        Decision::Leave => return Ok(Some(ReleaseStatus::Paused)),
                        Decision::Resume(to) => pause::resume_to(session, &id, to).await?,
                        Decision::Undo => cancel::and_undo(session, &id).await?,
                    }
                    // The event that says so is on its way.
                    self.model.status = ReleaseStatus::Running;
                    return Ok(None);
                }
            }
        }
    }

    /// How long a server that is away is waited for; without end where somebody sees it.
    fn patience(&self) -> Option<Duration> {
        (!self.session.output.is_terminal()).then_some(PATIENCE)
    }

    /// Takes in that it is this time now. Without a terminal nobody sees for how long there has been no connection, so that
    /// is an error at last.
    fn tick(&mut self, now: Instant) -> Result<(), Failure> {
        self.view.tick(&self.model, now)?;
        let is_too_long = self.away_since.is_some_and(|since| now.duration_since(since) > PATIENCE);
        if self.session.output.is_terminal() || !is_too_long {
            return Ok(());
        }
        let (id, server) = (&self.model.release.id, self.session.client.server());
        let minutes = PATIENCE.as_secs() / 60;
        let message = format!("{server} was not reached for {minutes} minutes. The release {id} goes on.");
        Err(Failure::new(ExitStatus::Unreachable, "UNREACHABLE", message).help(format!("lockkeeper watch {id}")))
    }

    /// Watches until the release has ended or stands still, and reads what failed. Returns the status that says how.
    pub async fn run_to_end(&mut self) -> Result<ExitStatus, Failure> {
        let (client, id) = (&self.session.client, self.model.release.id.clone());
        let patience = self.patience();
        let status = loop {
            let status = self.run().await?;
            let now = snapshot(client, &id, patience).await?.release;
            let is_past = status == ReleaseStatus::Paused && now.status != status && !self.can_ask();
            if !is_past {
                self.model.release = now;
                break status;
            }
            // It was paused when this happened. The events that let it go on follow.
            self.model.status = ReleaseStatus::Running;
        };
        if status == ReleaseStatus::Paused && !self.model.has_seen(self.model.release.revision) && !self.shows_state {
            // What happened up to this pause.
            self.show_history(&self.begin.clone()).await?;
        }
        if self.model.release.cancel_requested_at.is_some() {
            self.model.canceled_by = canceled_by(client, &id).await;
        }
        let shown = vec![TargetStatus::Failed, TargetStatus::Unknown];
        let unwell = targets(client, &id, Some(shown), patience).await?;
        self.model.finish(unwell);
        Ok(match status {
            ReleaseStatus::Succeeded => ExitStatus::Success,
            ReleaseStatus::Canceled => ExitStatus::ReleaseCanceled,
            ReleaseStatus::Paused => ExitStatus::ReleasePaused,
            _ => ExitStatus::Failed,
        })
    }

    /// Shows how the release ended, with what failed and what helps.
    pub fn show_end(mut self, status: ExitStatus) -> Result<ExitStatus, Failure> {
        self.view.ended(&self.model)?;
        if let Some(help) = summary::help(&self.model)
            && !self.session.output.json
        {
            self.session.output.help(&help);
        }
        Ok(status)
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::samples::{progress, release};
    use super::*;
    use crate::output::Output;
    use lockkeeper_client::Client;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// A watcher without a terminal of a server that is not there, and its lines, each with the time at which it came.
    #[tokio::test]
    async fn without_a_server_a_line_comes_every_30_s_and_after_10_minutes_a_pipe_is_given_up() {
        let session = Session {
            client: Client::new("http://127.0.0.1:1", "t").unwrap(),
            output: Output::piped(),
            globals: crate::GlobalArgs::default(),
            context: None,
            protected: false,
        };
        let (lines, clock) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(Instant::now())));
        let (record, time) = (Rc::clone(&lines), Rc::clone(&clock));
        let print = move |line: &str| {
            record.borrow_mut().push((*time.borrow(), line.to_owned()));
            Ok(())
        };
        let mut watcher = Watcher {
            session: &session,
            model: Model::new(release("RUNNING", progress(3, 1, 1, 0))),
            feed: Feed::start(&session.client, "rel_41", "c0".to_owned(), false),
            view: Box::new(lines::Lines::new(print)),
            shows_state: false,
            begin: "c0".to_owned(),
            has_history: false,
            away_since: None,
            waves_are_old: false,
            waves_read_at: Instant::now(),
            answers: Answers::default(),
        };
        watcher.take(Update::Away { reason: "it is away".into(), retry_in: TICK }).await.unwrap();
        let began = watcher.away_since.unwrap();
        *clock.borrow_mut() = began;
        let failure = loop {
            *clock.borrow_mut() += TICK;
            let now = *clock.borrow();
            assert!(now - began < 2 * PATIENCE, "it never gives up");
            if let Err(failure) = watcher.tick(now) {
                break failure;
            }
        };
        let waited = *clock.borrow() - began;
        assert!(waited > PATIENCE && waited <= PATIENCE + 2 * TICK, "{waited:?}");
        assert_eq!((failure.status, failure.has_code("UNREACHABLE")), (ExitStatus::Unreachable, true));
        assert_eq!(failure.help.as_deref(), Some("lockkeeper watch rel_41"));
        let mut last = began;
        for (at, line) in lines.borrow().iter() {
            assert!(*at - last <= Duration::from_secs(30), "{line} comes after {:?}", *at - last);
            assert!(line.contains(" rel_41 RUNNING 1/3 not connected for "), "{line}");
            last = *at;
        }
        assert!(*clock.borrow() - last <= Duration::from_secs(30), "the last line is {:?} old", *clock.borrow() - last);

        // Once the server is back, its absence is forgotten.
        watcher.take(Update::Back).await.unwrap();
        let much_later = *clock.borrow() + PATIENCE;
        watcher.tick(much_later).unwrap();
    }
}
