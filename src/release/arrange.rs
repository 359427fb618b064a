//! Bringing the participants of a release into their order, and dividing them into waves (R19).

use super::choose::Chosen;
use super::request::Selection;
use crate::domain::name::folded_hostname;
use crate::domain::release::arrange::{Place, arrange};
use crate::domain::release::plan::{PlanWarning, label_warnings};
use crate::domain::release::rollout::{Rollout, RolloutDefaults, RolloutOf, RolloutOverrides};
use crate::domain::release::waves::ResolvedWave;
use crate::domain::{Id, Problems};
use crate::store::candidates::{self, CandidateHost, CandidateInstance};
use crate::store::{Result, Tx};
use std::collections::HashMap;
use std::time::Duration;

/// What decides the order and the waves of a release.
#[derive(Clone, Copy)]
pub struct Arrange<'a> {
    /// The rollout that the request itself asks for, which alone can be refused.
    pub own: &'a RolloutOverrides,
    /// The same, with what holds where the request says nothing.
    pub effective: &'a RolloutOverrides,
    /// Which release it is for.
    pub of: RolloutOf,
    pub defaults: &'a RolloutDefaults,
    pub executor_timeout: Duration,
    /// The hosts that the request names; `None` if it is about those of another release.
    pub hosts: Option<&'a Selection>,
}

/// How a release moves, and in which waves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arranged {
    pub rollout: Rollout,
    pub waves: Vec<ResolvedWave>,
    /// The rollout that it follows from.
    pub requested: RolloutOverrides,
    /// What the plan warns of because of the labels of the hosts.
    pub label_warnings: Vec<PlanWarning>,
}

/// Resolves the rollout of a request for what it chose, and sorts the participants as they are moved. Adds every problem of
/// the rollout that only shows now.
pub async fn arrange_participants(
    tx: &mut Tx,
    arrange_by: &Arrange<'_>,
    chosen: &mut Chosen,
    problems: &mut Problems,
) -> Result<Arranged> {
    let Arrange { own, effective, of, defaults, executor_timeout, hosts: named } = *arrange_by;
    let rollout = effective.resolve(defaults, executor_timeout, chosen.participants.len() as i64).limited_to(of);
    let labels = labels(tx, chosen, &effective.label_keys()).await?;
    let label = |host: &CandidateHost, key: &str| labels.get(&host.id)?.get(key).map(String::as_str);
    let by = effective.waves_by.as_ref();
    let hosts = chosen.participants.iter().map(|participant| &participant.host);
    let values: Vec<Option<&str>> = hosts.map(|host| by.and_then(|by| label(host, &by.key))).collect();
    let (waves, wave_of) = effective.resolve_waves(&values);
    own.check_resolved(&rollout, &waves, problems);
    let warnings =
        label_warnings(effective, chosen.participants.len(), |index, key| label(&chosen.participants[index].host, key));
    let given = Given::of(named);
    let mut places = Vec::with_capacity(chosen.participants.len());
    for (participant, wave) in chosen.participants.iter().zip(wave_of) {
        places.push(Place {
            given: given.place(&participant.host),
            is_unavailable: participant.instance.as_ref().is_some_and(CandidateInstance::is_unavailable),
            goes_first: rollout.first.iter().any(|(key, value)| label(&participant.host, key) == Some(value)),
            wave,
        });
    }
    let order = arrange(&places, rollout.order);
    chosen.participants = order.into_iter().map(|index| chosen.participants[index].clone()).collect();
    Ok(Arranged { rollout, waves, requested: effective.clone(), label_warnings: warnings })
}

/// The labels with these keys, by the number of the host and the key.
async fn labels(tx: &mut Tx, chosen: &Chosen, keys: &[String]) -> Result<HashMap<i64, HashMap<String, String>>> {
    let mut labels: HashMap<i64, HashMap<String, String>> = HashMap::new();
    if keys.is_empty() {
        return Ok(labels);
    }
    let hosts: Vec<i64> = chosen.participants.iter().map(|participant| participant.host.id).collect();
    for (host, key, value) in candidates::labels_of(tx, &hosts, keys).await? {
        labels.entry(host).or_default().insert(key, value);
    }
    Ok(labels)
}

/// Where a request names which host.
enum Given {
    /// By the numbers of the hosts.
    Ids(HashMap<i64, usize>),
    /// By the folded hostnames.
    Hostnames(HashMap<String, usize>),
    Nowhere,
}

impl Given {
    fn of(hosts: Option<&Selection>) -> Given {
        match hosts {
            Some(Selection::HostIds(ids)) => {
                let numbers = ids.iter().zip(0..).filter_map(|(id, place)| Some((Id::parse(id)?.number, place)));
                Given::Ids(numbers.collect())
            }
            Some(Selection::Hostnames(names)) => {
                let folded = names.iter().zip(0..).map(|(name, place)| (folded_hostname(name), place));
                Given::Hostnames(folded.collect())
            }
            Some(Selection::All(_) | Selection::Labels(_)) | None => Given::Nowhere,
        }
    }

    fn place(&self, host: &CandidateHost) -> Option<usize> {
        match self {
            Given::Ids(ids) => ids.get(&host.id).copied(),
            Given::Hostnames(names) => names.get(&*folded_hostname(&host.hostname)).copied(),
            Given::Nowhere => None,
        }
    }
}
