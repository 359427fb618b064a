//! The plan of a release that is accepted, or would be: from what carries it out (R11).

use super::choose::{Chosen, Participant};
use super::record::Acceptance;
use crate::domain::release::plan::{Plan, PlanFacts, PlanTarget, warnings};
use crate::domain::release::{ReleaseAction, ReleaseOrigin, SkipReason, waves};
use crate::store::{Result, Tx, version, worker};
use std::collections::BTreeSet;

/// Returns the plan, before anything of the release is recorded.
pub async fn plan(tx: &mut Tx, acceptance: &Acceptance<'_>, chosen: &Chosen) -> Result<Plan> {
    let Acceptance { arranged, executor, action, .. } = acceptance;
    let wave_of = waves::numbers(&arranged.waves);
    let targets: Vec<PlanTarget> =
        chosen.participants.iter().zip(wave_of).map(|(participant, wave)| target(participant, wave)).collect();
    let ids: BTreeSet<i64> =
        targets.iter().flat_map(|target| [target.from_version_id, target.to_version_id]).flatten().collect();
    let versions = version::planned(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let is_lost = |reason: SkipReason| reason == SkipReason::VersionUnavailable;
    let facts = PlanFacts {
        action: *action,
        goes_back: acceptance.goes_back(),
        rollout: &arranged.rollout,
        waves: &arranged.waves,
        targets: &targets,
        without_way_back: chosen.skipped.iter().filter(|skip| is_lost(skip.reason)).count(),
        versions: &versions,
        executor,
        has_worker: worker::any_serves(tx, executor).await?,
    };
    let mut warnings = [arranged.label_warnings.clone(), warnings(&facts)].concat();
    warnings.sort_by_key(|warning| warning.code);
    Ok(Plan { rollout: arranged.rollout.clone(), waves: arranged.waves.clone(), targets, warnings })
}

fn target(participant: &Participant, wave: i64) -> PlanTarget {
    let instance = participant.instance.as_ref();
    PlanTarget {
        host_id: participant.host.id,
        instance_id: instance.map(|instance| instance.id),
        wave,
        from_version_id: instance.and_then(|instance| instance.version_id),
        to_version_id: participant.to,
    }
}

impl Acceptance<'_> {
    /// Whether each instance goes back to a version that it had: in an undo, and in the retry of one.
    fn goes_back(&self) -> bool {
        let has_own_versions = self.target_version_id.is_none() && self.action != ReleaseAction::Uninstall;
        self.origin == ReleaseOrigin::Undo || has_own_versions
    }
}
