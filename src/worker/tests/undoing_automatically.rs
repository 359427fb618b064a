//! The undo that follows a release as it ends.

use super::fleet::{Fleet, named, register_worker};
use super::undoing::failed;
use crate::domain::instance::InstanceStatus::Running;
use crate::domain::release::rollout::Amount;
use crate::domain::release::{ReleaseAction, ReleaseOrigin, ReleaseStatus};
use crate::domain::target::End;
use crate::domain::{Kind, Role};
use crate::release::cancel::{Cancellation, cancel};
use crate::release::request::{Aim, Selection};
use crate::store::db::sql::sql;
use crate::store::queue::Claimed;
use crate::worker::WorkerRef;
use crate::worker::claim::claim;
use crate::worker::finish::{Ending, finish};

/// A worker that claims and ends step by step.
pub struct Steps {
    me: WorkerRef,
    pub claimed: Vec<Claimed>,
}

impl Steps {
    pub async fn new(fleet: &Fleet) -> Steps {
        Steps { me: WorkerRef { id: register_worker(&fleet.app.db, "w").await, name: "w".into() }, claimed: Vec::new() }
    }

    /// Claims what may start, and returns how many that were.
    pub async fn claim(&mut self, fleet: &Fleet) -> usize {
        let claimed = claim(&fleet.app, &self.me, 100).await.unwrap();
        let count = claimed.len();
        self.claimed.extend(claimed);
        count
    }

    /// Ends what runs on these hosts, in one transaction.
    pub async fn end(&mut self, fleet: &Fleet, ends: &[(&str, End)]) {
        let ending = |(host, end): &(&str, End)| {
            let place = self.claimed.iter().position(|claimed| claimed.order.hostname == *host).unwrap();
            let order = self.claimed.remove(place).order;
            Ending { target_id: order.target_id, release_id: order.release_id, fence: order.fence, end: end.clone() }
        };
        let endings: Vec<Ending> = ends.iter().map(ending).collect();
        finish(&fleet.app.db, &self.me, &endings).await.unwrap();
    }
}

/// Id, action, who created it, why, and its timeout.
pub type Undo = (i64, ReleaseAction, String, String, i64);

impl Fleet {
    pub async fn cancel(&self, release: i64, cancellation: Cancellation) -> Vec<String> {
        let mut change = self.upgrade(Selection::All(true)).change;
        change.operation = "cancelRelease";
        change.caller = crate::domain::Caller::new("otto", Role::Operator, "token 7");
        let release_id = Kind::Release.id(release).to_string();
        match cancel(&self.app, &change, &Cancellation { release_id, ..cancellation }).await.unwrap() {
            Ok(_) => Vec::new(),
            Err(problems) => problems.codes().into_iter().map(ToString::to_string).collect(),
        }
    }

    /// The undos of a release.
    pub async fn undos(&self, release: i64) -> Vec<Undo> {
        let undos = self.app.db.query(sql!(
            "SELECT id, action, created_by, reason, timeout_seconds FROM release
             WHERE parent_id = $1 AND origin = $2 ORDER BY id"
        ));
        undos.bind(release).bind(ReleaseOrigin::Undo).all().await.unwrap()
    }

    pub async fn status(&self, release: i64) -> (ReleaseStatus, Option<String>) {
        let one = self.app.db.query(sql!("SELECT status, undo_message FROM release WHERE id = $1"));
        one.bind(release).one().await.unwrap()
    }

    /// Caller, credential, outcome and result of each audit entry of an undo.
    pub async fn audited_undos(&self) -> Vec<(String, String, String, String)> {
        let entries = self.app.db.query(sql!(
            "SELECT caller, credential, outcome, CAST(result AS text) AS result FROM audit WHERE operation = 'undoRelease' ORDER BY id"
        ));
        entries.all().await.unwrap()
    }
}

async fn r23_a_canceled_release_is_undone_once_its_last_target_has_ended(kind: &str) {
    let fleet = Fleet::new(kind, 5).await;
    let mut upgrade = fleet.upgrade(Selection::All(true));
    upgrade.rollout.max_parallel = Some(Amount::Count(2));
    upgrade.rollout.timeout_seconds = Some(77);
    let first = fleet.accepted(&upgrade).await.release_id.unwrap();
    let mut worker = Steps::new(&fleet).await;
    worker.claim(&fleet).await;
    worker.end(&fleet, &[("h00001", End::succeeded())]).await;
    worker.claim(&fleet).await;
    let cancellation = Cancellation { then_undo: true, reason: Some("slow".into()), ..Cancellation::default() };
    assert!(fleet.cancel(first, cancellation.clone()).await.is_empty());
    assert!(fleet.undos(first).await.is_empty(), "two targets still run");
    worker.end(&fleet, &[("h00002", End::unknown("lost"))]).await;
    assert!(fleet.undos(first).await.is_empty(), "one target still runs");
    worker.end(&fleet, &[("h00003", failed())]).await;
    assert_eq!(fleet.status(first).await, (ReleaseStatus::Failed, None));
    let undos = fleet.undos(first).await;
    let undo = undos[0].0;
    assert_eq!(undos, [(undo, ReleaseAction::Revert, "otto".into(), "slow".into(), 77)]);
    let order: Vec<String> = fleet.order_of(undo).await.into_iter().map(|(host, _)| host).collect();
    assert_eq!(order, ["h00001", "h00003", "h00002"], "the unknown one is included, last");
    let made = serde_json::json!([Kind::Release.id(undo).to_string()]).to_string().replace(',', ", ");
    let expected = ("otto".to_owned(), "token 7".to_owned(), "ACCEPTED".to_owned(), made);
    assert_eq!(fleet.audited_undos().await, [expected]);
    fleet.carry_out(&[]).await;
    for host in ["h00001", "h00002", "h00003", "h00004", "h00005"] {
        let (status, version, _) = fleet.state(host).await;
        assert_eq!((status, version), (Running, Some(fleet.versions[1])), "{host}");
    }
    // The answer may have been lost: the same request changes nothing.
    assert!(fleet.cancel(first, cancellation).await.is_empty());
    assert_eq!(fleet.undos(first).await.len(), 1);
}
testkit::on_both!(r23_a_canceled_release_is_undone_once_its_last_target_has_ended);

async fn r23_a_release_of_which_nothing_runs_is_undone_as_it_is_canceled_if_anything_is_to_be_undone(kind: &str) {
    let fleet = Fleet::new(kind, 3).await;
    let cancellation = Cancellation { then_undo: true, ..Cancellation::default() };
    let first = fleet.accepted(&fleet.upgrade(Selection::All(true))).await.release_id.unwrap();
    let mut worker = Steps::new(&fleet).await;
    worker.claim(&fleet).await;
    worker.end(&fleet, &[("h00001", End::succeeded())]).await;
    assert!(fleet.cancel(first, cancellation.clone()).await.is_empty());
    assert_eq!(fleet.status(first).await, (ReleaseStatus::Canceled, None));
    let undo = fleet.undos(first).await[0].0;
    assert_eq!(fleet.order_of(undo).await, [("h00001".into(), Some(fleet.versions[1]))]);
    fleet.carry_out(&[]).await;
    // Nothing was changed yet: the release ends all the same.
    let second = fleet.accepted(&fleet.upgrade(Selection::All(true))).await.release_id.unwrap();
    assert!(fleet.cancel(second, cancellation.clone()).await.is_empty());
    let why = "Nothing was undone: the release changed no instance.".to_owned();
    assert_eq!(fleet.status(second).await, (ReleaseStatus::Canceled, Some(why)));
    assert!(fleet.undos(second).await.is_empty());
    assert_eq!(fleet.audited_undos().await[1].2, "REFUSED");
    // A hold that a person set since was meant.
    let third = fleet.accepted(&fleet.upgrade(Selection::All(true))).await.release_id.unwrap();
    worker.claim(&fleet).await;
    worker.end(&fleet, &[("h00001", End::succeeded())]).await;
    fleet.hold(Some("h00001"), "ann", None).await;
    assert!(fleet.cancel(third, cancellation.clone()).await.is_empty());
    let why = "Nothing was undone. Instances were left out: 1 LOCKED.".to_owned();
    assert_eq!(fleet.status(third).await.1, Some(why));
}
testkit::on_both!(r23_a_release_of_which_nothing_runs_is_undone_as_it_is_canceled_if_anything_is_to_be_undone);

async fn r4_an_uninstallation_and_a_release_that_has_ended_are_not_canceled_and_undone(kind: &str) {
    let fleet = Fleet::new(kind, 2).await;
    let cancellation = Cancellation { then_undo: true, ..Cancellation::default() };
    let removal = fleet.accepted(&fleet.request(Aim::Uninstall, named(&["h00001"]))).await.release_id.unwrap();
    assert_eq!(fleet.cancel(removal, cancellation.clone()).await, ["INVALID"]);
    let ended = fleet.accepted(&fleet.upgrade(named(&["h00002"]))).await.release_id.unwrap();
    assert!(fleet.cancel(ended, Cancellation::default()).await.is_empty());
    assert_eq!(fleet.cancel(ended, cancellation).await, ["WRONG_STATE"]);
}
testkit::on_both!(r4_an_uninstallation_and_a_release_that_has_ended_are_not_canceled_and_undone);
