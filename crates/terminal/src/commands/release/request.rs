//! What is to be released, in the two forms in which it leaves the program: as a mutation, and as a command to paste.

use super::{CommonArgs, HostArgs, OnLocked};
use crate::failure::Failure;
use crate::names::Typed;
use crate::quote::quote;
use crate::session::Session;
use crate::times;
use lockkeeper_client::operations::release::{Release, ReleaseAction};
use lockkeeper_client::operations::start::{
    FollowUpInput, FollowUpVariables, HostSelection, InstallInstances, PlanPage, RetryRelease, RevertInstances,
    StartVariables, Started, Terms, UndoRelease, UninstallInstances, UpgradeInstances,
};
use lockkeeper_client::{Client, Error};

/// The hosts that are not named one by one.
const ALL: &str = "all";
/// The largest page of a plan that the server sends.
const MAX_PAGE: u32 = 200;

/// What is to be released.
#[derive(Clone, Debug)]
pub struct Request {
    pub service: String,
    pub what: What,
    pub on_locked: Option<OnLocked>,
    pub common: CommonArgs,
    /// The key exists before the first byte is sent.
    pub key: String,
}

/// Which instances move, and where to.
#[derive(Clone, Debug)]
pub enum What {
    /// Those on some hosts.
    Selected(Selected),
    /// Those of an earlier release.
    FollowUp { kind: FollowUp, earlier: Box<Release> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowUp {
    Undo,
    Retry,
}

/// Instances that are selected by their hosts.
#[derive(Clone, Debug)]
pub struct Selected {
    pub action: ReleaseAction,
    pub version: Option<String>,
    pub from: Option<String>,
    pub reapply: bool,
    pub port: Option<u16>,
    pub tag: Option<String>,
    pub hosts: HostSelection,
}

impl Selected {
    /// A selection without what only some actions have.
    ///
    /// # Errors
    /// If the hosts are both all and some.
    pub fn new(action: ReleaseAction, hosts: &HostArgs) -> Result<Selected, Failure> {
        let hosts = selection(hosts)?;
        Ok(Selected { action, version: None, from: None, reapply: false, port: None, tag: None, hosts })
    }

    /// The hostnames that were typed.
    fn hostnames(&self) -> Vec<&str> {
        self.hosts.hostnames.iter().flatten().map(String::as_str).collect()
    }
}

/// What only one of several sendings of a request has.
#[derive(Clone, Debug, Default)]
struct Sending {
    idempotency_key: Option<String>,
    expected_count: Option<u64>,
    dry_run: bool,
    page: PlanPage,
}

impl Request {
    pub fn new(service: String, what: What, on_locked: Option<OnLocked>, common: CommonArgs) -> Request {
        let key = common.key.key();
        Request { service, what, on_locked, common, key }
    }

    /// The command that starts such releases.
    pub fn verb(&self) -> &'static str {
        match &self.what {
            What::Selected(selected) => selected.action.verb().unwrap_or_default(),
            What::FollowUp { kind: FollowUp::Undo, .. } => "undo",
            What::FollowUp { kind: FollowUp::Retry, .. } => "retry",
        }
    }

    /// The names that were typed.
    pub fn typed(&self) -> Typed<'_> {
        match &self.what {
            What::Selected(selected) => Typed {
                service: Some(&self.service),
                version: selected.version.as_deref(),
                hosts: selected.hostnames(),
            },
            What::FollowUp { .. } => Typed::service(&self.service),
        }
    }

    /// Asks what would happen. A key that made a release before returns that release.
    pub async fn rehearse(&self, client: &Client) -> Result<Started, Error> {
        // One that was made just now is known to nobody.
        let idempotency_key = self.common.key.key.clone();
        self.send(client, Sending { idempotency_key, dry_run: true, ..Sending::default() }).await
    }

    /// Asks what would happen, with a page of the targets after this cursor.
    pub async fn plan(&self, client: &Client, after: Option<String>) -> Result<Started, Error> {
        let page = PlanPage { plan_targets: MAX_PAGE, plan_after: after };
        self.send(client, Sending { dry_run: true, page, ..Sending::default() }).await
    }

    /// Starts the release. `expected_count` is the number of instances that was agreed to.
    pub async fn start(&self, client: &Client, expected_count: Option<u64>) -> Result<Started, Error> {
        let idempotency_key = Some(self.key.clone());
        self.send(client, Sending { idempotency_key, expected_count, ..Sending::default() }).await
    }

    async fn send(&self, client: &Client, sending: Sending) -> Result<Started, Error> {
        let data = match &self.what {
            What::Selected(selected) => {
                let variables = self.variables(selected, sending);
                match selected.action {
                    ReleaseAction::Install => client.call::<InstallInstances>(&variables).await,
                    ReleaseAction::Revert => client.call::<RevertInstances>(&variables).await,
                    ReleaseAction::Uninstall => client.call::<UninstallInstances>(&variables).await,
                    _ => client.call::<UpgradeInstances>(&variables).await,
                }
            }
            What::FollowUp { kind, earlier } => {
                let page = sending.page.clone();
                let variables = FollowUpVariables { input: self.follow_up(earlier, sending), page };
                match kind {
                    FollowUp::Undo => client.call::<UndoRelease>(&variables).await,
                    FollowUp::Retry => client.call::<RetryRelease>(&variables).await,
                }
            }
        };
        data.map(|data| data.payload)
    }

    fn terms(&self, sending: Sending) -> Terms {
        let common = &self.common;
        let Sending { idempotency_key, expected_count, dry_run, page: _ } = sending;
        Terms {
            on_locked: self.on_locked.map(|on_locked| on_locked.word().to_owned()),
            through_hold_ids: common.through_hold_ids(),
            include_unknown: common.include_unknown.then_some(true),
            rollout: common.rollout.input(),
            reason: common.reason.clone(),
            idempotency_key,
            expected_count,
            dry_run,
        }
    }

    fn variables(&self, selected: &Selected, sending: Sending) -> StartVariables {
        StartVariables {
            service: self.service.clone(),
            version: selected.version.clone(),
            current_version: selected.from.clone(),
            reapply: selected.reapply.then_some(true),
            hosts: selected.hosts.clone(),
            port: selected.port,
            tag: selected.tag.clone(),
            page: sending.page.clone(),
            terms: self.terms(sending),
        }
    }

    fn follow_up(&self, earlier: &Release, sending: Sending) -> FollowUpInput {
        FollowUpInput { release_id: earlier.id.clone(), terms: self.terms(sending) }
    }

    /// The command that asks for the same release again, complete but for the token.
    pub fn command(&self, session: &Session) -> String {
        let mut words = self.words(session);
        words.extend(["--yes", "--key", &self.key].map(str::to_owned));
        quoted(&words)
    }

    /// The command as it was typed, complete but for the token.
    pub fn as_typed(&self, session: &Session) -> String {
        let mut words = self.words(session);
        for (is_set, flag) in [(self.common.dry_run, "--dry-run"), (session.globals.yes, "--yes")] {
            if is_set {
                words.push(flag.to_owned());
            }
        }
        if let Some(key) = &self.common.key.key {
            words.extend(["--key".to_owned(), key.clone()]);
        }
        quoted(&words)
    }

    /// The same request, which goes through these holds, too.
    pub fn through(&self, holds: &[String]) -> Request {
        let mut request = self.clone();
        request.common.through.extend(holds.iter().filter(|hold| !self.common.through.contains(hold)).cloned());
        request
    }

    /// The words of the command without those that confirm it.
    fn words(&self, session: &Session) -> Vec<String> {
        let common = &self.common;
        let mut words = vec!["lockkeeper".to_owned(), self.verb().to_owned()];
        let mut options = Vec::new();
        match &self.what {
            What::Selected(selected) => {
                words.push(self.service.clone());
                words.extend(selected.version.clone());
                options.extend(selected.options());
            }
            What::FollowUp { earlier, .. } => words.push(earlier.id.clone()),
        }
        options.extend(common.rollout.options());
        let confirmed = common.confirm.confirm.clone().or_else(|| session.protected.then(|| self.service.clone()));
        // The variable names it in the same shell, too.
        let variable = std::env::var("LOCKKEEPER_SERVER").ok();
        options.extend([
            ("reason", common.reason.clone()),
            ("on-locked", self.on_locked.map(|on_locked| on_locked.word().to_lowercase())),
            ("through", common.through_hold_ids().map(|through| through.join(","))),
            ("timeout", common.timeout.timeout.map(times::written)),
            ("confirm", confirmed),
            ("context", session.globals.context.clone()),
            ("server", session.globals.server.clone().filter(|server| variable.as_ref() != Some(server))),
        ]);
        for (name, value) in options {
            if let Some(value) = value {
                words.extend([format!("--{name}"), value]);
            }
        }
        let reapply = matches!(&self.what, What::Selected(selected) if selected.reapply);
        let flags = [
            (reapply, "--reapply"),
            (common.include_unknown, "--include-unknown"),
            (common.watch, "--watch"),
            (common.no_watch, "--no-watch"),
            (session.output.json, "--json"),
        ];
        let flags = flags.into_iter().chain(common.rollout.flags());
        words.extend(flags.filter(|(is_set, _)| *is_set).map(|(_, flag)| flag.to_owned()));
        words
    }
}

impl Selected {
    /// The options with their values, as they are written.
    fn options(&self) -> Vec<(&'static str, Option<String>)> {
        let hosts = match (self.hosts.all, &self.hosts.hostnames) {
            (Some(_), _) => Some(ALL.to_owned()),
            (None, hostnames) => hostnames.as_ref().map(|names| names.join(",")),
        };
        let labels = self.hosts.labels.iter().flatten();
        let mut options = vec![("hosts", hosts)];
        options.extend(labels.map(|label| ("label", Some(format!("{}={}", label.key, label.value)))));
        options.extend([
            ("from", self.from.clone()),
            ("port", self.port.map(|port| port.to_string())),
            ("tag", self.tag.clone()),
        ]);
        options
    }
}

impl CommonArgs {
    /// The holds to go through, or `None` where there are none.
    fn through_hold_ids(&self) -> Option<Vec<String>> {
        Some(self.through.clone()).filter(|through| !through.is_empty())
    }
}

/// Words as a line for a shell.
fn quoted(words: &[String]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// The hosts that the arguments select.
fn selection(args: &HostArgs) -> Result<HostSelection, Failure> {
    if !args.labels.is_empty() {
        return Ok(HostSelection { labels: Some(args.labels.clone()), ..HostSelection::default() });
    }
    let names_all = args.hosts.iter().any(|host| host == ALL);
    match (names_all, args.hosts.len()) {
        (true, 1) => Ok(HostSelection { all: Some(true), ..HostSelection::default() }),
        (true, _) => Err(Failure::usage("--hosts is either all or names of hosts, not both.")),
        (false, _) => Ok(HostSelection { hostnames: Some(args.hosts.clone()), ..HostSelection::default() }),
    }
}

impl OnLocked {
    fn word(self) -> &'static str {
        match self {
            OnLocked::Skip => "SKIP",
            OnLocked::Reject => "REJECT",
        }
    }
}
