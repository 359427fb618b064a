//! Which steps chance takes: what is likely to matter where the model stands, and now and then anything else.

use super::reference::Model;
use super::steps::{Ask, CALLERS, Follow, HOSTS, Hosts, Left, SERVICES, Step, VERSIONS};
use crate::domain::release::rollout::Amount;
use crate::domain::release::waves::WaveRequest;
use crate::domain::release::{OnFailure, OnLocked, ReleaseAction};
use crate::domain::target::ReleaseTargetStatus;
use crate::release::follow_up::FollowUp;
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use proptest::strategy::Union;

/// Any step that fits.
pub fn steps(model: &Model) -> BoxedStrategy<Step> {
    let rows = &model.rows;
    let (instances, holds) = (rows.instances.len() as i64, rows.holds.len() as i64);
    let (releases, workers) = (rows.releases.len() as i64, rows.workers.len() as i64);
    let claim = |(worker, room)| Step::Claim { worker, room };
    let mut steps = vec![
        (12, asks(model).prop_map(Step::Ask).boxed()),
        (1, (1..=workers, 1..5_i64).prop_map(claim).boxed()),
        (1, (1..=workers).prop_map(|worker| Step::Beat { worker }).boxed()),
        (
            1,
            (by(), services(), any::<bool>())
                .prop_map(|(by, service, reverts)| Step::Freeze { by, service, reverts })
                .boxed(),
        ),
        (3, (by(), services()).prop_map(|(by, service)| Step::Unfreeze { by, service }).boxed()),
        (2, Just(Step::EndExpired).boxed()),
    ];
    let living: Vec<i64> = (1..=workers).filter(|id| !rows.workers[*id as usize - 1].ended).collect();
    if living.len() < 3 {
        steps.push((4 - living.len() as u32, Just(Step::Register).boxed()));
    }
    if !living.is_empty() {
        steps.push((8, (select(living), 1..5_i64).prop_map(claim).boxed()));
    }
    if workers > 1 {
        let pair = subsequence((1..=workers).collect::<Vec<_>>(), 2).prop_shuffle();
        let step = |(pair, stale): (Vec<i64>, bool)| Step::TakeOver { worker: pair[0], lost: pair[1], stale };
        steps.push((1, (pair, prop::bool::weighted(0.2)).prop_map(step).boxed()));
    }
    if instances > 0 {
        let some = || subsequence((1..=instances).collect::<Vec<_>>(), 1..=2.min(instances as usize)).prop_shuffle();
        steps.push((2, (by(), some()).prop_map(|(by, instances)| Step::Hold { by, instances }).boxed()));
        steps.push((2, (by(), some()).prop_map(|(by, instances)| Step::Unhold { by, instances }).boxed()));
        let confirm = |(by, instance, version)| Step::Confirm { by, instance, version };
        steps.push((2, (by(), 1..=instances, weighted(0.8, 1..VERSIONS)).prop_map(confirm).boxed()));
    }
    let lasting: Vec<i64> = (1..=holds).filter(|id| !rows.holds[*id as usize - 1].expired).collect();
    if !lasting.is_empty() {
        steps.push((2, select(lasting).prop_map(|hold| Step::Expire { hold }).boxed()));
    }
    if releases > 0 {
        let cancel = |(by, release, stop_running, then_undo)| Step::Cancel { by, release, stop_running, then_undo };
        // Mostly a late one, which may not be over.
        let late = || (releases - 3).max(1)..=releases;
        let canceled = (by(), late(), any::<bool>(), prop::bool::weighted(0.3));
        steps.push((2, canceled.prop_map(cancel).boxed()));
        steps.push((2, (by(), late()).prop_map(|(by, release)| Step::Pause { by, release }).boxed()));
        let resume = |(by, release, to_end)| Step::Resume { by, release, to_end };
        let paused: Vec<i64> = (1..=releases).filter(|id| rows.releases[*id as usize - 1].pause.is_some()).collect();
        if !paused.is_empty() {
            steps.push((4, (by(), select(paused), any::<bool>()).prop_map(resume).boxed()));
        }
        steps.push((1, (by(), late(), any::<bool>()).prop_map(resume).boxed()));
        steps.push((5, follows(model).prop_map(Step::Follow).boxed()));
    }
    if !model.keys.is_empty() {
        let asked: Vec<Ask> = model.keys.values().map(|(ask, _)| ask.clone()).collect();
        let again = |(ask, dry_run)| Step::Ask(Ask { dry_run, ..ask });
        steps.push((2, (select(asked), prop::bool::weighted(0.1)).prop_map(again).boxed()));
    }
    for worker in 1..=workers {
        let own: Vec<usize> = (0..model.starts.len()).filter(|start| model.owns(worker, *start)).collect();
        if !own.is_empty() {
            let most = own.len();
            let ends = (subsequence(own.clone(), 1..=most), vec(ends(), most));
            let step = move |(starts, ends): (Vec<usize>, Vec<_>)| Step::Finish {
                worker,
                ends: starts.into_iter().zip(ends).collect(),
            };
            steps.push((8, ends.prop_map(step).boxed()));
            let step = move |(start, left)| Step::Recover { worker, start, left };
            // What was started again is lost again more often than chance has it.
            let again: Vec<usize> = own.iter().copied().filter(|start| model.starts[*start].attempt > 1).collect();
            if !again.is_empty() {
                steps.push((6, (select(again), left()).prop_map(step).boxed()));
            }
            steps.push((3, (select(own), left()).prop_map(step).boxed()));
        }
    }
    if !model.starts.is_empty() {
        // Of any worker: also of one that has lost it, or never had it.
        let any = || (1..=workers, 0..model.starts.len());
        let finish = |((worker, start), end)| Step::Finish { worker, ends: vec![(start, end)] };
        steps.push((2, (any(), ends()).prop_map(finish).boxed()));
        let recover = |((worker, start), left)| Step::Recover { worker, start, left };
        steps.push((1, (any(), left()).prop_map(recover).boxed()));
    }
    Union::new_weighted(steps).boxed()
}

fn by() -> impl Strategy<Value = usize> {
    0..CALLERS.len()
}

fn services() -> impl Strategy<Value = i64> {
    1..=SERVICES.len() as i64
}

fn ends() -> impl Strategy<Value = ReleaseTargetStatus> {
    prop_oneof![
        4 => Just(ReleaseTargetStatus::Succeeded),
        2 => Just(ReleaseTargetStatus::Failed),
        1 => Just(ReleaseTargetStatus::Unknown),
    ]
}

fn left() -> impl Strategy<Value = Left> {
    select(vec![Left::Succeeded, Left::Failed, Left::NewVersion, Left::OldVersion, Left::NoAnswer, Left::NeverBegan])
}

/// Which holds a release asks to be let through: none, those that stand on its service, or any one.
#[derive(Clone, Debug)]
enum Through {
    None,
    All,
    Any(Index),
}

/// The caller who may go through any hold.
const ADMIN: usize = 2;

/// A request to undo or retry a late release, through what stands on its service or nothing.
fn follows(model: &Model) -> impl Strategy<Value = Follow> + use<> {
    let releases = model.rows.releases.len() as i64;
    let services: Vec<i64> = model.rows.releases.iter().map(|release| release.service).collect();
    let holds: Vec<(i64, i64)> =
        (1..).zip(&model.rows.holds).filter(|(_, hold)| !hold.ended).map(|(id, hold)| (id, hold.service)).collect();
    let what = prop_oneof![Just(FollowUp::Undo), Just(FollowUp::Retry)];
    let on_locked = prop_oneof![4 => Just(OnLocked::Skip), 1 => Just(OnLocked::Reject)];
    let (through, dry_run) = (prop::bool::weighted(0.4), prop::bool::weighted(0.1));
    ((by(), what, (releases - 5).max(1)..=releases), on_locked, any::<bool>(), through, dry_run).prop_map(
        move |((by, what, release), on_locked, include_unknown, through, dry_run)| {
            let service = services[release as usize - 1];
            let of_service = holds.iter().filter(|(_, of)| through && *of == service);
            let through: Vec<i64> = of_service.map(|(id, _)| *id).collect();
            // Mostly somebody who may go through them.
            let by = if through.is_empty() || include_unknown { by } else { ADMIN };
            Follow { by, what, release, on_locked, include_unknown, through, dry_run }
        },
    )
}

/// One or two waves, before that of the rest.
fn waves() -> impl Strategy<Value = Vec<WaveRequest>> {
    let wave = |up_to: std::ops::RangeInclusive<i64>| {
        (up_to, of(0..2_i64), any::<bool>()).prop_map(|(up_to, max_failures, pause_after)| WaveRequest {
            up_to: Amount::Count(up_to),
            max_failures: max_failures.map(Amount::Count),
            soak_seconds: 0,
            pause_after,
        })
    };
    prop_oneof![wave(1..=2).prop_map(|wave| vec![wave]), (wave(1..=1), wave(1..=2)).prop_map(|(a, b)| vec![a, b])]
}

fn asks(model: &Model) -> impl Strategy<Value = Ask> + use<> {
    let holds: Vec<(i64, i64, bool)> =
        model.rows.holds.iter().zip(1..).map(|(hold, id)| (id, hold.service, hold.ended)).collect();
    let action = prop_oneof![
        2 => Just(ReleaseAction::Install),
        4 => Just(ReleaseAction::Upgrade),
        4 => Just(ReleaseAction::Revert),
        1 => Just(ReleaseAction::Uninstall),
    ];
    let version = prop_oneof![8 => 1..VERSIONS, 1 => Just(VERSIONS)];
    let what = (by(), action, services(), version, weighted(0.1, 1..VERSIONS));
    let named = || subsequence(HOSTS.to_vec(), 1..=HOSTS.len()).prop_shuffle().prop_map(Hosts::Named);
    let hosts = prop_oneof![2 => Just(Hosts::All), 3 => named(), 1 => Just(Hosts::Zone)];
    let on_locked = prop_oneof![4 => Just(OnLocked::Skip), 1 => Just(OnLocked::Reject)];
    let through =
        prop_oneof![6 => Just(Through::None), 3 => Just(Through::All), 1 => any::<Index>().prop_map(Through::Any)];
    let choice = (hosts, named(), on_locked, any::<bool>(), prop::bool::weighted(0.2), through);
    let on_failure = of(select(vec![OnFailure::Stop, OnFailure::Continue, OnFailure::Pause, OnFailure::Undo]));
    let rollout = (of(1..=3_i64), of(0..2_i64), on_failure, weighted(0.4, waves()));
    (what, choice, rollout, weighted(0.2, 0..3_u8), prop::bool::weighted(0.1)).prop_map(
        move |(what, choice, rollout, key, dry_run)| {
            let (by, action, service, version, current_version) = what;
            let (hosts, named, on_locked, include_unknown, reapply, through) = choice;
            let (max_parallel, max_failures, on_failure, waves) = rollout;
            // An installation is never on all hosts, nor on those of a version.
            let moves = matches!(action, ReleaseAction::Upgrade | ReleaseAction::Revert);
            let hosts = if action == ReleaseAction::Install && hosts == Hosts::All { named } else { hosts };
            let current_version = current_version.filter(|_| moves);
            let reapply = reapply && moves;
            let through = match through {
                Through::Any(index) if !holds.is_empty() => vec![index.get(&holds).0],
                Through::All => holds.iter().filter(|hold| hold.1 == service && !hold.2).map(|hold| hold.0).collect(),
                _ => Vec::new(),
            };
            Ask {
                by,
                action,
                service,
                version,
                current_version,
                hosts,
                on_locked,
                include_unknown,
                reapply,
                through,
                max_parallel,
                max_failures,
                on_failure,
                waves,
                key,
                dry_run,
            }
        },
    )
}
