//! What workers do, and what happens to them.

use super::world::{Command, World};
use crate::catalog;
use crate::domain::health::AnswersInARow;
use crate::domain::order::{ConnectFailure, Ended, Observed, OnLost, StopReason};
use crate::domain::target::End;
use crate::domain::target::verdict::{Outcome, judge, judge_interrupted};
use crate::release::settle::settle_due;
use crate::store::db::sql::sql;
use crate::store::queue::{self, Claimed};
use crate::store::{health, target, worker};
use crate::worker::WorkerRef;
use crate::worker::claim::claim;
use crate::worker::finish::{Ending, finish};
use crate::worker::recover::{Restart, restart, take_over};
use crate::worker::soak::{self, Answer, record};
use std::collections::{BTreeSet, HashSet};

const REQUIRED: AnswersInARow = AnswersInARow { successes: 1, failures: 2 };

impl World {
    /// The worker in this slot, unless it is lost or stalled.
    fn awake(&self, slot: usize) -> Option<WorkerRef> {
        self.workers[slot].as_ref().filter(|process| !process.is_stalled).map(|process| process.me.clone())
    }

    /// A worker claims. If the answer is lost, it knows of nothing, and nothing begins.
    pub async fn claim(&mut self, slot: usize) {
        let Some(me) = self.awake(slot) else { return };
        let room = 1 + self.choices.below(4);
        let before = self.before_claim().await;
        let claimed = claim(&self.fleet.app, &me, room).await.unwrap();
        self.check_claim(&before, &claimed).await;
        let targets: Vec<i64> = claimed.iter().map(|claimed| claimed.order.target_id).collect();
        let is_lost = !targets.is_empty() && self.fault(8);
        self.say(format!(
            "worker {} claims {targets:?}{}",
            me.id,
            if is_lost { ", and the answer is lost" } else { "" }
        ));
        if is_lost {
            self.count("answer lost");
            return;
        }
        for claimed in claimed {
            self.count("claimed");
            self.begin(slot, claimed);
        }
    }

    /// The command of a target begins on its host, where no other one runs (I8).
    fn begin(&mut self, slot: usize, claimed: Claimed) {
        let Some(process) = &mut self.workers[slot] else { return };
        let (target, hostname, worker) = (claimed.order.target_id, claimed.order.hostname.clone(), process.me.id);
        let beside = self.commands.iter().find(|(_, command)| command.hostname == hostname).map(|(target, _)| *target);
        assert_eq!(beside, None, "the command of target {target} begins on {hostname} beside another one");
        process.running.insert(target, claimed);
        self.commands.insert(target, Command { hostname, worker });
    }

    /// The command of one of its targets ends, and the worker writes that.
    pub async fn end_one(&mut self, slot: usize) {
        let Some(me) = self.awake(slot) else { return };
        let Some(process) = &mut self.workers[slot] else { return };
        let targets: Vec<i64> = process.running.keys().copied().collect();
        if targets.is_empty() {
            return;
        }
        let target = *self.choices.pick(&targets);
        let claimed = process.running[&target].clone();
        let is_interrupted = process.to_recover.contains(&target);
        let watched = target::watched(&self.fleet.app.db, me.id).await.unwrap();
        let is_stopped = watched.iter().any(|watched| watched.id == target && watched.stop_running);
        let stop = is_stopped.then_some(StopReason::Canceled);
        let (ended, observed, stop) = self.outcome(&claimed, is_interrupted, stop);
        let on_lost =
            self.fleet.app.executors.get(&claimed.executor).map_or(OnLost::Resolve, |executor| executor.on_lost);
        let step = format!("worker {}: target {target} ended {ended:?}, stop {stop:?}, {observed:?}", me.id);
        let outcome = judge(ended, stop, claimed.order.attempt)
            .unwrap_or_else(|| judge_interrupted(&claimed.order, &observed, on_lost, None));
        // If it was taken over, another worker may have started it again.
        self.commands.retain(|of, command| *of != target || command.worker != me.id);
        let end = match outcome {
            Outcome::End(end) => end,
            Outcome::Retry { or_else } => match restart(&self.fleet.app.db, &me, &claimed).await.unwrap() {
                Restart::Started(again) => {
                    self.say(format!("{step}, and starts again"));
                    self.count("restarted");
                    if let Some(process) = &mut self.workers[slot] {
                        process.to_recover.remove(&target);
                    }
                    self.begin(slot, *again);
                    return;
                }
                Restart::Suspended => {
                    self.say(format!("{step}, and waits: the fleet is suspended"));
                    if let Some(process) = &mut self.workers[slot] {
                        process.to_recover.insert(target);
                    }
                    return;
                }
                Restart::Refused => or_else,
            },
        };
        self.say(step);
        self.finish(slot, &me, &claimed, end).await;
    }

    /// Writes an end, twice if the answer is lost. A worker that was declared dead writes nothing (I3).
    async fn finish(&mut self, slot: usize, me: &WorkerRef, claimed: &Claimed, end: End) {
        let db = &self.fleet.app.db;
        let dead = db.query(sql!("SELECT count(*) AS counted FROM worker WHERE id = $1 AND ended_at IS NOT NULL"));
        let is_dead = dead.bind(me.id).scalar::<i64>().await.unwrap() > 0;
        let target = claimed.order.target_id;
        let ending =
            Ending { target_id: target, release_id: claimed.order.release_id, fence: claimed.order.fence, end };
        let written = finish(db, me, std::slice::from_ref(&ending)).await.unwrap();
        assert_eq!(
            written,
            if is_dead { vec![] } else { vec![target] },
            "the end of target {target} by worker {}",
            me.id
        );
        if self.fault(8) {
            let again = finish(&self.fleet.app.db, me, &[ending]).await.unwrap();
            assert_eq!(again, written, "the end of target {target} by worker {}, again", me.id);
            self.count("answer lost");
        }
        if is_dead {
            self.count("refused the end of a lost worker");
        }
        if let Some(process) = &mut self.workers[slot] {
            process.running.remove(&target);
            process.to_recover.remove(&target);
        }
    }

    /// How a command ended, what a probe sees on its host, and why it was stopped.
    fn outcome(
        &mut self,
        claimed: &Claimed,
        is_interrupted: bool,
        stop: Option<StopReason>,
    ) -> (Ended, Observed, Option<StopReason>) {
        let unknown = Ended::ResultUnknown { stopping: None };
        let runs = |version: &Option<String>| version.clone().map_or(Observed::Nothing, Observed::Version);
        let observed = match self.choices.below(3) {
            0 => runs(&claimed.order.version),
            1 => runs(&claimed.order.previous_version),
            _ => Observed::NoAnswer,
        };
        let ended = match (is_interrupted, self.is_calm) {
            (true, _) if self.choices.one_in(3) => Ended::NeverStarted,
            (true, _) => unknown,
            (_, true) => Ended::exited(0),
            _ => match self.choices.below(14) {
                0 => Ended::exited(1),
                1 => Ended::NotConnected { failure: ConnectFailure::Unreachable, why: "Nobody answers.".into() },
                2 => Ended::NotConnected { failure: ConnectFailure::Refused, why: "Go away.".into() },
                3 => Ended::StartFailed("It is not there.".into()),
                4 => Ended::Unknown("Nobody knows.".into()),
                5 => return (unknown, observed, stop.or(Some(StopReason::TimedOut))),
                6 => unknown,
                _ if stop.is_some() => unknown,
                _ => Ended::exited(0),
            },
        };
        (ended, observed, stop)
    }

    /// A worker compares what runs in its name with what it knows, and takes over from others whose leases have expired.
    pub async fn look_around(&mut self, slot: usize) {
        let Some(me) = self.awake(slot) else { return };
        let own = self.fleet.app.executors.names();
        for other in worker::others(&self.fleet.app.db, me.id, &own).await.unwrap() {
            let lost = other.worker;
            let is_dead = if other.has_ended { other.has_own } else { self.has_expired(lost.id) };
            if !is_dead {
                continue;
            }
            let stalled = self.workers.iter().flatten().any(|process| process.me.id == lost.id);
            let is_renewed = stalled && !other.has_ended && self.fault(3);
            if is_renewed {
                assert!(worker::beat(&self.fleet.app.db, lost.id).await.unwrap());
                self.renewed.insert(lost.id, self.elapsed);
                self.count("renewed at the last moment");
            }
            let mut taken = HashSet::new();
            take_over(&self.fleet.app.db, &me, &lost, None, &mut taken).await.unwrap();
            let in_order: BTreeSet<i64> = taken.iter().copied().collect();
            self.say(format!("worker {} takes over {in_order:?} from worker {}", me.id, lost.id));
            if is_renewed {
                assert!(taken.is_empty(), "taken over from worker {}, which lives", lost.id);
                continue;
            }
            // Nothing of a lost worker runs any more: whatever renews no lease ends its commands.
            self.commands.retain(|_, command| command.worker != lost.id);
            if !taken.is_empty() {
                self.count("taken over");
            }
            if let Some(process) = &mut self.workers[slot] {
                process.to_recover.extend(taken);
            }
        }
        for claimed in queue::claimed_by(&self.fleet.app.db, me.id).await.unwrap() {
            let target = claimed.order.target_id;
            let Some(process) = &mut self.workers[slot] else { return };
            if process.running.contains_key(&target) {
                continue;
            }
            if process.to_recover.contains(&target) {
                process.running.insert(target, claimed);
            } else {
                self.begin(slot, claimed);
            }
        }
    }

    /// A round of health checks of what soaks, or is unhealthy since.
    pub async fn check_health(&mut self, slot: usize) {
        let Some(me) = self.awake(slot) else { return };
        let db = self.fleet.app.db.clone();
        let own = self.fleet.app.executors.names();
        soak::claim(&db, &me, &own, &[]).await.unwrap();
        let watched = db.query(sql!("SELECT release_id FROM health_watch WHERE worker_id = $1 ORDER BY release_id"));
        for release in watched.bind(me.id).scalars::<i64>().await.unwrap() {
            let Some(soaks) = health::soaks(&db, release, me.id).await.unwrap() else { continue };
            let checked = health::checked(&db, release, soaks).await.unwrap();
            if checked.is_empty() && !soaks {
                let mut tx = db.begin().await.unwrap();
                health::end_watch(&mut tx, release, me.id).await.unwrap();
                tx.commit().await.unwrap();
                continue;
            }
            let mut answers = Vec::new();
            for checked in checked {
                let result = if self.fault(3) { Err("it answered 503.".to_owned()) } else { Ok(()) };
                answers.push(Answer {
                    instance_id: checked.site.instance_id,
                    hostname: checked.site.hostname.clone(),
                    result,
                });
            }
            // Mostly the same answers again, so that some instances become unhealthy; also if an answer was lost.
            for _ in 0..=self.choices.below(3) {
                record(&db, &me, release, REQUIRED, &answers).await.unwrap();
            }
            let good = answers.iter().filter(|answer| answer.result.is_ok()).count();
            self.say(format!("worker {} checks release {release}: {good} of {} are healthy", me.id, answers.len()));
        }
    }

    /// The periodic jobs.
    pub async fn upkeep(&mut self) {
        let db = &self.fleet.app.db;
        let (holds, settled) = (catalog::end_expired(db).await.unwrap(), settle_due(db).await.unwrap());
        self.say(format!("upkeep: {holds} holds ended, {settled} releases looked at"));
    }

    /// A worker is lost, stalls or goes on, or the clock of the database steps.
    pub async fn disturb(&mut self, slot: usize) {
        if self.choices.one_in(4) {
            let seconds = *self.choices.pick(&[-600, -30, 30, 600]);
            self.say(format!("the clock steps by {seconds} s"));
            self.count("clock stepped");
            self.move_clock(seconds).await;
            return;
        }
        let is_lost = self.choices.one_in(2);
        let Some(process) = &mut self.workers[slot] else { return };
        let id = process.me.id;
        if process.is_stalled {
            self.wake(slot).await;
        } else if is_lost {
            self.workers[slot] = None;
            self.say(format!("worker {id} is lost"));
            self.count("worker lost");
        } else {
            process.is_stalled = true;
            self.say(format!("worker {id} stalls"));
            self.count("worker stalled");
        }
    }

    /// A stalled worker goes on: it writes what it had to write, and then renews its lease, if it still has one.
    pub async fn wake(&mut self, slot: usize) {
        let Some(process) = self.workers[slot].as_mut().filter(|process| process.is_stalled) else { return };
        process.is_stalled = false;
        let id = process.me.id;
        self.say(format!("worker {id} goes on"));
        self.end_one(slot).await;
        self.renew(slot).await;
    }
}
