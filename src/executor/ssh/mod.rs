//! Executors of kind `ssh`: a program of the host itself. The *far runner*, a script on the host, starts it there and keeps
//! its result, so that a cut connection, or the end of a worker, ends nothing.

mod attend;
mod client;
mod connection;
mod diagnose;
mod failure;
mod far_runner;
mod files;
mod message;
mod observe;
mod output;
mod pool;
mod request;
mod sessions;
mod settings;

pub(super) use sessions::tidy;

use super::command::environment::Environment;
use super::command::family::new_word;
use super::command::{self};
use super::diagnosis::Finding;
use super::kind::Kind;
use super::steps::Place;
use super::{Begun, Line, Probing, RunContext, SshFiles};
use crate::domain::StepName;
use crate::domain::order::{Ended, Observed, Order, Site, StopReason};
use crate::domain::{Word as _, name};
use async_trait::async_trait;
use attend::Origin;
use client::Client;
use far_runner::Call;
use pool::Pool;
use request::Verb;
use serde::Deserialize;
use settings::Settings;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// A program on the host, and how the host is reached.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Settings")]
pub(super) struct Ssh {
    program: String,
    args: Vec<String>,
    /// Variables that are set beside the order.
    env: Environment,
    /// Where the program is started; empty for a directory of its own.
    dir: String,
    /// From the request to end until the command is killed.
    grace: Duration,
    /// After this time without output, the command is stopped; `None` for never.
    idle_timeout: Option<Duration>,
    /// Whether both streams of the output are one.
    merge: bool,
    /// After this time without a worker, the host ends the command.
    orphan_timeout: Duration,
    probe: Option<Probe>,
    place: far_runner::Place,
    /// The connections to all hosts, shared with the executor's steps.
    pool: Arc<Pool>,
}

/// A program that prints the version that runs, or nothing if none does.
#[derive(Clone, Debug)]
struct Probe {
    program: String,
    args: Vec<String>,
    timeout: Duration,
    /// How often each instance is asked outside of releases; `None` for never.
    every: Option<Duration>,
}

#[async_trait]
impl Kind for Ssh {
    async fn start(
        &self,
        order: &Order,
        run: &RunContext,
        stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> Ended {
        attend::attend(self, order, run, Origin::Start, stop, lines).await
    }

    /// A worker that can follow a start resumes it; this is for one whose executor was of another kind when it began.
    async fn collect(&self, order: &Order, run: &RunContext, begun_in: Option<&str>) -> (Ended, Vec<Line>) {
        command::collect(order, run, begun_in).await
    }

    fn connects(&self) -> bool {
        true
    }

    async fn connect(&self, order: &Order, run: &RunContext) -> Ended {
        observe::connect(self, order, run).await
    }

    fn goes_on(&self) -> bool {
        true
    }

    async fn resume(
        &self,
        order: &Order,
        run: &RunContext,
        begun: Begun,
        stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> Ended {
        attend::attend(self, order, run, Origin::Resume(begun), stop, lines).await
    }

    async fn check(&self, order: &Order, run: &RunContext) -> Result<(), String> {
        observe::check(self, order, run).await
    }

    fn forget(&self, order: &Order, run: &RunContext) {
        let (ssh, order, run) = (self.clone(), order.clone(), run.clone());
        // What is not removed now, the next start removes.
        tokio::spawn(async move {
            let request = ssh.request(Verb::Clean, &order, &run, new_word())?;
            let connection =
                ssh.pool.get(&order.host_address, &run.state).await.map_err(|failure| failure.to_string())?;
            let (mut call, _) =
                Call::new(&connection, &ssh.place, &request).await.map_err(|failure| failure.to_string())?;
            call.message().await.map(drop).map_err(|error| error.to_string())
        });
    }

    fn program(&self, place: Place, program: PathBuf, args: Vec<String>) -> Result<Arc<dyn Kind>, String> {
        if place == Place::Worker {
            let command = command::Command::plain(&program, args)?;
            return Ok(Arc::new(command.with(self.env.clone(), self.grace)));
        }
        let program = settings::absolute(&program.display().to_string())?;
        settings::check_lines(&args)?;
        Ok(Arc::new(Ssh { program, args, probe: None, idle_timeout: None, ..self.clone() }))
    }

    fn merges_streams(&self) -> bool {
        self.merge
    }

    fn orphan_timeout(&self) -> Option<Duration> {
        Some(self.orphan_timeout)
    }

    fn probing(&self) -> Option<Probing> {
        self.probe.as_ref().map(|probe| Probing { timeout: probe.timeout, every: probe.every })
    }

    async fn observe(&self, site: &Site, run: &RunContext) -> Observed {
        self.ask(&site.host_address, site.instance_id, &self.env.of_site(site), run).await
    }

    async fn probe(&self, order: &Order, run: &RunContext) -> Observed {
        self.ask(&order.host_address, order.instance_id, &self.env.of_order(order), run).await
    }

    async fn diagnose(&self, address: &str, run: &RunContext) -> Vec<Finding> {
        diagnose::diagnose(self, address, run).await
    }

    fn ssh_files(&self) -> Option<SshFiles> {
        let Client { user, ssh_config, known_hosts, .. } = self.pool.client.clone();
        Some(SshFiles { user, ssh_config, known_hosts })
    }

    fn problems(&self) -> Vec<String> {
        self.pool.client.problems()
    }
}

impl Ssh {
    /// Asks the probe. There is no answer without one, if the host is not reached, after an exit status other than 0, and if
    /// what it prints cannot be the name of a version.
    async fn ask(&self, address: &str, instance: i64, env: &[(String, String)], run: &RunContext) -> Observed {
        let Some(probe) = &self.probe else { return Observed::NoAnswer };
        let program = observe::Program { path: &probe.program, args: &probe.args, timeout: probe.timeout };
        let answer = observe::run(self, &program, address, instance, env, run);
        let Ok(Ok((0, printed))) = tokio::time::timeout(probe.timeout, answer).await else { return Observed::NoAnswer };
        match printed.trim() {
            "" => Observed::Nothing,
            // It would be shown in the output.
            secret if self.env.mask().is_in(secret) => Observed::NoAnswer,
            version if name::version("", version).is_ok() => Observed::Version(version.to_owned()),
            _ => Observed::NoAnswer,
        }
    }

    /// The order of a step to the far runner.
    fn request(&self, verb: Verb, order: &Order, run: &RunContext, word: String) -> Result<request::Request, String> {
        let step = order.step.word().to_ascii_lowercase();
        let steps = StepName::ALL.len() as i64;
        let place = StepName::ALL.iter().position(|(step, ..)| *step == order.step).unwrap_or_default() as i64;
        let mut request = request::Request::new(verb);
        request.set("FAR_LOG", &run.database_id)?;
        request.set("FAR_INSTANCE", order.instance_id)?;
        request.set("FAR_FOLDER", format!("step-{step}-{}", order.fence))?;
        request.set("FAR_ORDER", order.fence * steps + place)?;
        let program = Started {
            program: &self.program,
            args: &self.args,
            env: &self.env.of_order(order),
            word,
            grace: self.grace,
        };
        self.command(&mut request, program)?;
        request.set("FAR_ORPHAN_TIMEOUT", self.orphan_timeout.as_secs())?;
        Ok(request)
    }

    /// Adds what the far runner is to start.
    fn command(&self, request: &mut request::Request, started: Started<'_>) -> Result<(), String> {
        let Started { program, args, env, word, grace } = started;
        request.set("LOCKKEEPER_START", word)?;
        request.set("FAR_PROGRAM", program)?;
        request.set("FAR_DIRECTORY", &self.dir)?;
        request.set("FAR_ERRORS", if self.merge { "out" } else { "err" })?;
        request.set("FAR_GRACE", grace.as_secs_f64().ceil())?;
        for (name, value) in env {
            request.set(name, value)?;
        }
        args.iter().try_for_each(|arg| request.set("FAR_ARGUMENT", arg))
    }
}

/// What the far runner is to start, and how long it has to end.
struct Started<'a> {
    program: &'a str,
    args: &'a [String],
    env: &'a [(String, String)],
    /// The random word of the start.
    word: String,
    grace: Duration,
}
