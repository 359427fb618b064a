//! The real thing: each step on a database, by the functions that requests and workers use.

use super::carrying::{BUDGET, BUDGETED, name};
use super::reference::{Answer, Start};
use super::rows::Rows;
use super::steps::{Ask, CALLERS, Follow, HOSTS, Hosts, Left, SERVICES, Step, VERSIONS, ZONE, version};
use crate::catalog::{freeze, hold, instance};
use crate::change;
use crate::domain::order::{Ended, Observed, OnLost, Order, StopReason};
use crate::domain::reference::{CURRENT_VERSION, FOUND_VERSION, INSTANCE, INSTANCES, Reference, SERVICE, VERSION};
use crate::domain::release::selection::Included;
use crate::domain::release::{ReleaseAction, Resume};
use crate::domain::target::verdict::{Outcome, judge, judge_interrupted};
use crate::domain::target::{End, ReleaseTargetStatus, TargetFailure};
use crate::domain::{Caller, Kind, Problems, Timestamp};
use crate::executor::Executor;
use crate::limits::Bytes;
use crate::release::cancel::{Cancellation, cancel};
use crate::release::follow_up::{FollowUpRequest, follow_up};
use crate::release::pause::{Resumption, pause, resume};
use crate::release::request::{Aim, ReleaseRequest, Selection};
use crate::store::db::sql::sql;
use crate::store::queue::Claimed;
use crate::store::worker::{self, Worker};
use crate::store::{Ids, Result, doctor};
use crate::worker::WorkerRef;
use crate::worker::claim::claim;
use crate::worker::finish::{Ending, finish};
use crate::worker::recover::{Restart, restart, take_over};
use crate::worker::tests::fleet::{self, Fleet};
use serde_json::json;
use std::collections::HashSet;

pub struct System {
    fleet: Fleet,
    /// How many times something was claimed, or nothing.
    claims: i64,
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
        let budget = sql!("INSERT INTO service_budget (service_id, max_count) VALUES ($1, $2)");
        fleet.changed(|tx| tx.query(budget).bind(BUDGETED).bind(BUDGET as i64)).await;
        System { fleet, claims: 0, starts: Vec::new() }
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
                Ok(mut accepted) => {
                    // What a plan warns of has tests of its own.
                    accepted.plan.iter_mut().for_each(|plan| plan.warnings.clear());
                    Answer::Accepted(Box::new(accepted))
                }
                Err(refused) => Answer::Refused(problems_of(&refused.problems), refused.skipped),
            },
            Step::Follow(follow) => match follow_up(app, &self.following_up(follow)).await? {
                Ok(mut accepted) => {
                    accepted.plan.iter_mut().for_each(|plan| plan.warnings.clear());
                    Answer::Accepted(Box::new(accepted))
                }
                Err(refused) => Answer::Refused(problems_of(&refused.problems), refused.skipped),
            },
            Step::Pause { by, release } => {
                let id = Kind::Release.id(*release).to_string();
                did(pause(app, &caller(*by, "pauseRelease"), &id, None).await?, |id| vec![id])
            }
            Step::Resume { by, release, to_end } => {
                let release_id = Kind::Release.id(*release).to_string();
                let resumed = Resume { to_end: *to_end, skip_soak: false };
                let resumption = Resumption { release_id, resume: resumed, deadline_seconds: None };
                did(resume(app, &caller(*by, "resumeRelease"), &resumption).await?, |id| vec![id])
            }
            Step::Cancel { by, release, stop_running, then_undo } => {
                let id = Kind::Release.id(*release).to_string();
                let cancellation =
                    Cancellation { stop_running: *stop_running, then_undo: *then_undo, ..Cancellation::of(id) };
                did(cancel(app, &caller(*by, "cancelRelease"), &cancellation).await?, |id| vec![id])
            }
            Step::Hold { by, instances } => {
                let lock = hold::HoldInstances {
                    instances: Reference::by_id(&INSTANCES, ids(Kind::Instance, instances)),
                    reason: "because".into(),
                    until: None,
                };
                did(hold::hold_instances(app, &caller(*by, "holdInstances"), &lock).await?, |held| held.holds)
            }
            Step::Unhold { by, instances } => {
                let instances = Reference::by_id(&INSTANCES, ids(Kind::Instance, instances));
                let unlock = hold::EndHolds { instances, hold_ids: None };
                did(hold::end_holds(app, &caller(*by, "endHolds"), &unlock).await?, |held| held.holds)
            }
            Step::Freeze { by, service, reverts } => {
                let service = Reference::by_id(&SERVICE, Kind::Service.id(*service).to_string());
                let freeze =
                    freeze::Freeze { service, reason: "because".into(), until: None, include_reverts: *reverts };
                did(freeze::freeze(app, &caller(*by, "freezeService"), &freeze).await?, |frozen| frozen.holds)
            }
            Step::Unfreeze { by, service } => {
                let service = Reference::by_id(&SERVICE, Kind::Service.id(*service).to_string());
                let unfreeze = freeze::Unfreeze { service, hold_ids: None };
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
                    Some(found) => {
                        let found = self.version_id(*id, *found).await;
                        instance::FoundState::Version(Reference::by_id(&FOUND_VERSION, found))
                    }
                    None => instance::FoundState::Nothing(true),
                };
                let finding = instance::Finding {
                    instance: Reference::by_id(&INSTANCE, Kind::Instance.id(*id).to_string()),
                    found,
                    expected_revision: None,
                };
                did(instance::confirm(app, &caller(*by, "confirmInstance"), &finding).await?, |id| vec![id])
            }
            Step::Register => {
                let id = self.rows().await.workers.len() as i64 + 1;
                Answer::Did(vec![fleet::register_worker(db, &name(id)).await])
            }
            Step::Beat { worker } => Answer::Alive(worker::beat(db, *worker).await?),
            Step::Claim { worker, room } => {
                let claimed = claim(app, &me(*worker), *room as usize).await?;
                self.started(claimed).await
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
                take_over(db, &me(*worker), &lost, None, &mut taken).await?;
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
            Left::Succeeded => (Ended::exited(0), Observed::NoAnswer),
            Left::Failed => (Ended::exited(1), Observed::NoAnswer),
            Left::NewVersion => (Ended::ResultUnknown { stopping: None }, runs(&order.version)),
            Left::OldVersion => (Ended::ResultUnknown { stopping: None }, runs(&order.previous_version)),
            Left::NoAnswer => (Ended::ResultUnknown { stopping: None }, Observed::NoAnswer),
            Left::NeverBegan => (Ended::NeverStarted, Observed::NoAnswer),
        };
        let on_lost =
            self.fleet.app.executors.get(&claimed.executor).map_or(OnLost::Resolve, |executor| executor.on_lost);
        let outcome =
            judge(ended, stop, order.attempt).unwrap_or_else(|| judge_interrupted(order, &observed, on_lost, None));
        let end = match outcome {
            Outcome::End(end) => end,
            Outcome::Retry { or_else } => match restart(db, &me(worker), claimed).await? {
                Restart::Started(claimed) => return Ok(self.started(vec![*claimed]).await),
                Restart::Refused | Restart::Suspended => or_else,
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

    /// Notes what began, each time an instant later: the clock could have one for several times.
    async fn started(&mut self, claimed: Vec<Claimed>) -> Answer {
        self.claims += 1;
        let (targets, at): (Vec<i64>, _) =
            (claimed.iter().map(|claimed| claimed.order.target_id).collect(), Timestamp(self.claims));
        let begun = sql!("UPDATE release_target SET started_at = $2 WHERE id {any $1}");
        self.fleet.changed(|tx| tx.query(begun).bind(Ids(&targets)).bind(at)).await;
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

    fn following_up(&self, follow: &Follow) -> FollowUpRequest {
        FollowUpRequest {
            change: caller(follow.by, self.fleet.following_up(follow.what, follow.release).change.operation),
            on_locked: follow.on_locked,
            include_unknown: follow.include_unknown,
            through_hold_ids: ids(Kind::Hold, &follow.through),
            dry_run: follow.dry_run,
            ..self.fleet.following_up(follow.what, follow.release)
        }
    }

    fn request(&self, ask: &Ask) -> ReleaseRequest {
        let id = |number| Kind::Version.id(version(ask.service, number)).to_string();
        let version = Reference::by_id(&VERSION, id(ask.version));
        let current_version = Reference::new(&CURRENT_VERSION, ask.current_version.map(id), None);
        let hosts = match &ask.hosts {
            Hosts::All => Selection::All(true),
            Hosts::Named(hosts) => Selection::HostIds(ids(Kind::Host, hosts)),
            Hosts::Zone => Selection::Labels(vec![("zone".into(), "a".into())]),
        };
        let plain = match ask.action {
            ReleaseAction::Install => self.fleet.install(hosts),
            ReleaseAction::Upgrade => {
                self.fleet.request(Aim::Upgrade { version: version.clone(), current_version }, hosts)
            }
            ReleaseAction::Revert => {
                self.fleet.request(Aim::Revert { version: version.clone(), current_version }, hosts)
            }
            ReleaseAction::Uninstall => self.fleet.request(Aim::Uninstall, hosts),
        };
        let aim = match plain.aim {
            Aim::Install { settings, .. } => Aim::Install { version, settings },
            aim => aim,
        };
        // For the key, the words of the question stand for the mutation's input.
        let input = json!({ "asked": format!("{}", Ask { key: None, dry_run: false, ..ask.clone() }) });
        let idempotency_key = ask.key.map(|key| key.to_string());
        let change = change::Request { input, idempotency_key, ..caller(ask.by, plain.change.operation) };
        ReleaseRequest {
            change,
            aim,
            service: Reference::by_id(&SERVICE, Kind::Service.id(ask.service).to_string()),
            on_locked: ask.on_locked,
            included: Included { unknown: ask.include_unknown, reapply: ask.reapply },
            through_hold_ids: ids(Kind::Hold, &ask.through),
            rollout: ask.rollout(),
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
    End { status, failure, message: None, ..End::succeeded() }
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
