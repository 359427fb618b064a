//! The real thing: each step on a database, by the functions that requests and workers use.

use super::carrying::name;
use super::reference::{Answer, Start};
use super::rows::Rows;
use super::steps::{Ask, CALLERS, HOSTS, Hosts, Left, SERVICES, Step, VERSIONS, ZONE, version};
use crate::catalog::{freeze, hold, instance};
use crate::change;
use crate::domain::order::{Ended, Observed, OnLost, Order, StopReason};
use crate::domain::release::ReleaseAction;
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::target::verdict::{Outcome, judge, judge_interrupted};
use crate::domain::target::{End, ReleaseTargetStatus, TargetFailure};
use crate::domain::{Caller, Kind, Problems};
use crate::executor::Executor;
use crate::limits::Bytes;
use crate::release::cancel::cancel;
use crate::release::request::{Aim, ReleaseRequest, Selection};
use crate::store::db::sql::sql;
use crate::store::queue::Claimed;
use crate::store::worker::{self, Worker};
use crate::store::{Result, doctor};
use crate::worker::WorkerRef;
use crate::worker::claim::claim;
use crate::worker::finish::{Ending, finish};
use crate::worker::recover::{restart, take_over};
use crate::worker::tests::fleet::{self, Fleet};
use serde_json::json;
use std::collections::HashSet;

pub struct System {
    fleet: Fleet,
    starts: Vec<Claimed>,
}

impl System {
    pub async fn new(kind: &str) -> System {
        let mut fleet = Fleet::new(kind, 0).await;
        fleet.hosts(&HOSTS.map(|host| fleet::name(host as usize))).await;
        for host in ZONE {
            fleet.label(&fleet::name(host as usize), "zone", "a").await;
        }
        // The fleet has the first service with its versions.
        for service in &SERVICES[1..] {
            let id = fleet.service(service, service).await;
            for version in 1..=VERSIONS {
                let build = if version == VERSIONS { "FAILED" } else { "SUCCEEDED" };
                fleet.version(id, &version.to_string(), build).await;
            }
        }
        let executors = ["", "on_lost = 'retry'", "shares_host = true"].iter().zip(SERVICES);
        let executor =
            |(more, name): (&&str, &str)| Executor::parse(name, &format!("kind = 'simulate'\n{more}")).unwrap();
        fleet.app.executors = executors.map(executor).collect();
        System { fleet, starts: Vec::new() }
    }

    pub async fn close(self) {
        self.fleet.app.db.close().await;
    }

    pub async fn rows(&self) -> Rows {
        Rows::read(&self.fleet.app.db).await
    }

    pub async fn findings(&self) -> Vec<doctor::Finding> {
        doctor::check(&self.fleet.app.db).await.unwrap()
    }

    /// Takes a step and returns its answer.
    pub async fn take(&mut self, step: &Step) -> Result<Answer> {
        let app = &self.fleet.app;
        let db = &app.db;
        Ok(match step {
            Step::Ask(ask) => match self.fleet.ask(&self.request(ask)).await {
                Ok(accepted) => Answer::Accepted(accepted),
                Err(refused) => Answer::Refused(problems_of(&refused.problems), refused.skipped),
            },
            Step::Cancel { by, release, stop_running } => {
                let id = Kind::Release.id(*release).to_string();
                did(cancel(app, &caller(*by, "cancelRelease"), &id, *stop_running, None).await?, |id| vec![id])
            }
            Step::Hold { by, instances } => {
                let lock = hold::HoldInstances {
                    instance_ids: ids(Kind::Instance, instances),
                    reason: "because".into(),
                    until: None,
                };
                did(hold::hold_instances(app, &caller(*by, "holdInstances"), &lock).await?, |held| held.holds)
            }
            Step::Unhold { by, instances } => {
                let unlock = hold::EndHolds { instance_ids: Some(ids(Kind::Instance, instances)), hold_ids: None };
                did(hold::end_holds(app, &caller(*by, "endHolds"), &unlock).await?, |held| held.holds)
            }
            Step::Freeze { by, service, reverts } => {
                let service_id = Kind::Service.id(*service).to_string();
                let freeze =
                    freeze::Freeze { service_id, reason: "because".into(), until: None, include_reverts: *reverts };
                did(freeze::freeze(app, &caller(*by, "freezeService"), &freeze).await?, |frozen| frozen.holds)
            }
            Step::Unfreeze { by, service } => {
                let unfreeze = freeze::Unfreeze { service_id: Kind::Service.id(*service).to_string(), hold_ids: None };
                did(freeze::unfreeze(app, &caller(*by, "unfreezeService"), &unfreeze).await?, |frozen| frozen.holds)
            }
            Step::Expire { hold } => {
                self.fleet
                    .changed(|tx| tx.query(sql!("UPDATE hold SET until = created_at WHERE id = $1")).bind(*hold))
                    .await;
                Answer::Nothing
            }
            Step::EndExpired => Answer::Did(vec![crate::catalog::end_expired(db).await? as i64]),
            Step::Confirm { by, instance: id, version: found } => {
                let found = match found {
                    Some(found) => instance::FoundState::Version(self.version_id(*id, *found).await),
                    None => instance::FoundState::Nothing(true),
                };
                let finding = instance::Finding {
                    instance_id: Kind::Instance.id(*id).to_string(),
                    found,
                    expected_revision: None,
                };
                did(instance::confirm(app, &caller(*by, "confirmInstance"), &finding).await?, |id| vec![id])
            }
            Step::Register => {
                let id = self.rows().await.workers.len() as i64 + 1;
                Answer::Did(vec![worker::register(db, &name(id), "here", 1, 1).await?])
            }
            Step::Beat { worker } => Answer::Alive(worker::beat(db, *worker).await?),
            Step::Claim { worker, room } => {
                let claimed = claim(app, &me(*worker), *room as usize).await?;
                self.started(claimed)
            }
            Step::Finish { worker, ends } => {
                let ends: Vec<(usize, End)> = ends.iter().map(|(start, end)| (*start, ended(*end))).collect();
                self.finish(*worker, ends).await?
            }
            Step::TakeOver { worker, lost, stale } => {
                let beat = self.rows().await.workers[*lost as usize - 1].beat - i64::from(*stale);
                let lost =
                    Worker { id: *lost, name: name(*lost), state_dir: "here".into(), beat, lease_ms: 1, grace_ms: 1 };
                let mut taken = HashSet::new();
                take_over(db, &me(*worker), &lost, &mut taken).await?;
                Answer::Did(sorted(taken.into_iter().collect()))
            }
            Step::Recover { worker, start, left } => self.recover(*worker, *start, *left).await?,
        })
    }

    /// As a worker resolves a start that was lost, once its command has surely ended.
    async fn recover(&mut self, worker: i64, start: usize, left: Left) -> Result<Answer> {
        let claimed = &self.starts[start];
        let db = &self.fleet.app.db;
        let stop = self.rows().await.releases[claimed.order.release_id as usize - 1]
            .stop_running
            .then_some(StopReason::Canceled);
        let order = &claimed.order;
        let runs = |version: &Option<String>| version.clone().map_or(Observed::Nothing, Observed::Version);
        let (ended, observed) = match left {
            Left::Succeeded => (Ended::Exited { status: Some(0), signal: None }, Observed::NoAnswer),
            Left::Failed => (Ended::Exited { status: Some(1), signal: None }, Observed::NoAnswer),
            Left::NewVersion => (Ended::ResultUnknown, runs(&order.version)),
            Left::OldVersion => (Ended::ResultUnknown, runs(&order.previous_version)),
            Left::NoAnswer => (Ended::ResultUnknown, Observed::NoAnswer),
            Left::NeverBegan => (Ended::NeverStarted, Observed::NoAnswer),
        };
        let on_lost =
            self.fleet.app.executors.get(&claimed.executor).map_or(OnLost::Resolve, |executor| executor.on_lost);
        let outcome = judge(ended, stop, order.attempt).unwrap_or_else(|| judge_interrupted(order, &observed, on_lost));
        let end = match outcome {
            Outcome::End(end) => end,
            Outcome::Retry { or_else } => match restart(db, &me(worker), claimed).await? {
                Some(claimed) => return Ok(self.started(vec![claimed])),
                None => or_else,
            },
        };
        self.finish(worker, vec![(start, end)]).await
    }

    async fn finish(&self, worker: i64, ends: Vec<(usize, End)>) -> Result<Answer> {
        let ending = |(start, end): (usize, End)| {
            let Order { target_id, release_id, fence, .. } = self.starts[start].order;
            Ending { target_id, release_id, fence, end }
        };
        let endings: Vec<Ending> = ends.into_iter().map(ending).collect();
        Ok(Answer::Did(sorted(finish(&self.fleet.app.db, &me(worker), &endings).await?)))
    }

    fn started(&mut self, claimed: Vec<Claimed>) -> Answer {
        let start = |Claimed { order, .. }: &Claimed| Start {
            target: order.target_id,
            fence: order.fence,
            attempt: order.attempt,
        };
        let starts = claimed.iter().map(start).collect();
        self.starts.extend(claimed);
        Answer::Started(starts)
    }

    async fn version_id(&self, instance: i64, found: i64) -> String {
        let service = self.rows().await.instances[instance as usize - 1].service;
        Kind::Version.id(version(service, found)).to_string()
    }

    fn request(&self, ask: &Ask) -> ReleaseRequest {
        let id = |number| Kind::Version.id(version(ask.service, number)).to_string();
        let (version_id, current_version_id) = (id(ask.version), ask.current_version.map(id));
        let hosts = match &ask.hosts {
            Hosts::All => Selection::All(true),
            Hosts::Named(hosts) => Selection::HostIds(ids(Kind::Host, hosts)),
            Hosts::Zone => Selection::Labels(vec![("zone".into(), "a".into())]),
        };
        let plain = match ask.action {
            ReleaseAction::Install => self.fleet.install(hosts),
            ReleaseAction::Upgrade => {
                self.fleet.request(Aim::Upgrade { version_id: version_id.clone(), current_version_id }, hosts)
            }
            ReleaseAction::Revert => {
                self.fleet.request(Aim::Revert { version_id: version_id.clone(), current_version_id }, hosts)
            }
            ReleaseAction::Uninstall => self.fleet.request(Aim::Uninstall, hosts),
        };
        let aim = match plain.aim {
            Aim::Install { settings, .. } => Aim::Install { version_id, settings },
            aim => aim,
        };
        // For the key, the words of the question stand for the mutation's input.
        let input = json!({ "asked": format!("{}", Ask { key: None, dry_run: false, ..ask.clone() }) });
        let idempotency_key = ask.key.map(|key| key.to_string());
        let change = change::Request { input, idempotency_key, ..caller(ask.by, plain.change.operation) };
        ReleaseRequest {
            change,
            aim,
            service_id: Kind::Service.id(ask.service).to_string(),
            on_locked: ask.on_locked,
            include_unknown: ask.include_unknown,
            through_hold_ids: ids(Kind::Hold, &ask.through),
            rollout: RolloutOverrides {
                max_parallel: ask.max_parallel.map(Amount::Count),
                max_failures: ask.max_failures.map(Amount::Count),
                on_failure: ask.on_failure,
                timeout_seconds: None,
            },
            dry_run: ask.dry_run,
            ..plain
        }
    }
}

fn me(worker: i64) -> WorkerRef {
    WorkerRef { id: worker, name: name(worker) }
}

fn caller(by: usize, operation: &'static str) -> change::Request {
    let (name, role) = CALLERS[by];
    let caller = Caller::new(name, role, format!("token {by}"));
    change::Request {
        caller,
        request_id: "r".into(),
        operation,
        input: json!({}),
        idempotency_key: None,
        audit_input: Bytes::kibi(4),
    }
}

fn ids(kind: Kind, numbers: &[i64]) -> Vec<String> {
    numbers.iter().map(|number| kind.id(*number).to_string()).collect()
}

fn ended(status: ReleaseTargetStatus) -> End {
    let failure = (status == ReleaseTargetStatus::Failed).then_some(TargetFailure::Command);
    End { status, failure, message: None, exit_status: None }
}

fn did<T>(answer: std::result::Result<T, Problems>, numbers: impl FnOnce(T) -> Vec<i64>) -> Answer {
    match answer {
        Ok(done) => Answer::Did(numbers(done)),
        Err(problems) => Answer::Refused(problems_of(&problems), Vec::new()),
    }
}

fn problems_of(problems: &Problems) -> Vec<(crate::domain::ProblemCode, Vec<String>)> {
    problems.0.iter().map(|problem| (problem.code, problem.related_ids.clone())).collect()
}

fn sorted(mut numbers: Vec<i64>) -> Vec<i64> {
    numbers.sort_unstable();
    numbers
}
