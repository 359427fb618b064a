//! What callers ask workers to do with instances outside of a release: to put them back into service, or to look which
//! version runs. All or none of the instances of a request are taken.

use super::hold_checks::MAX_NAMED;
use crate::app::App;
use crate::change::{Answer, Change, Done, Failure, Request};
use crate::domain::reference::Reference;
use crate::domain::{Kind, Problem, ProblemCode, Problems};
use crate::executor::Executor;
use crate::store::instance::{self, Instance};
use crate::store::{probe, service, undrain};
use std::collections::HashMap;

/// Instances, by ids or by names.
type Instances = Reference<Vec<String>>;

/// Asks that instances are put back into service, by their executors' step `undrain`. Returns their numbers. They are
/// drained, and no release has them.
pub async fn undrain_instances(app: &App, request: &Request, instances: &Instances) -> Answer<Vec<i64>> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = undraining(&mut change, app, instances).await;
    change.conclude(outcome).await
}

async fn undraining(change: &mut Change<'_>, app: &App, reference: &Instances) -> Result<Done<Vec<i64>>, Failure> {
    let (mut problems, field) = (Problems::default(), reference.field());
    let instances = named(change, reference, &mut problems).await?;
    let ids: Vec<i64> = instances.iter().map(|instance| instance.id).collect();
    let drained = instance::drained(&mut change.tx, &ids).await?;
    let in_service = instances.iter().filter(|instance| !drained.contains(&instance.id));
    add(&mut problems, field, ProblemCode::WrongState, "Some instances are in service already.", in_service);
    let in_release = instances.iter().filter(|instance| instance.status.is_moving());
    add(&mut problems, field, ProblemCode::Locked, "A release has some instances. Wait until it is over.", in_release);
    let executors = executors(change, &instances).await?;
    missing(&mut problems, field, app, &instances, &executors, Executor::can_undrain, "no step `undrain`");
    problems.into_result()?;
    undrain::request(&mut change.tx, change.now, &ids).await?;
    Ok(requested(ids))
}

/// Asks that instances are probed now. Returns their numbers.
pub async fn probe_instances(app: &App, request: &Request, instances: &Instances) -> Answer<Vec<i64>> {
    let mut change = Change::begin(&app.db, request).await?;
    let outcome = probing(&mut change, app, instances).await;
    change.conclude(outcome).await
}

async fn probing(change: &mut Change<'_>, app: &App, reference: &Instances) -> Result<Done<Vec<i64>>, Failure> {
    let (mut problems, field) = (Problems::default(), reference.field());
    let instances = named(change, reference, &mut problems).await?;
    let executors = executors(change, &instances).await?;
    missing(&mut problems, field, app, &instances, &executors, |executor| executor.probing().is_some(), "no probe");
    problems.into_result()?;
    let ids: Vec<i64> = instances.iter().map(|instance| instance.id).collect();
    probe::request(&mut change.tx, change.now, &ids).await?;
    Ok(requested(ids))
}

/// The instances that the caller names, locked, in the order of the input.
async fn named(
    change: &mut Change<'_>,
    reference: &Instances,
    problems: &mut Problems,
) -> crate::store::Result<Vec<Instance>> {
    let ids = change.instance_ids(MAX_NAMED, reference, problems).await?;
    let mut found = change.instances(reference.field(), &ids, problems).await?;
    found.sort_by_key(|instance| ids.iter().position(|id| *id == instance.id));
    Ok(found)
}

/// The names of the executors of these instances' services.
async fn executors(change: &mut Change<'_>, instances: &[Instance]) -> crate::store::Result<HashMap<i64, String>> {
    let mut services: Vec<i64> = instances.iter().map(|instance| instance.service_id).collect();
    services.sort_unstable();
    services.dedup();
    service::executors(&mut change.tx, &services).await
}

/// Adds a problem for the instances whose executor is not configured here or cannot do what is asked.
fn missing(
    problems: &mut Problems,
    field: &str,
    app: &App,
    instances: &[Instance],
    executors: &HashMap<i64, String>,
    can: impl Fn(&Executor) -> bool,
    lack: &str,
) {
    for (service_id, name) in executors {
        let of_service = instances.iter().filter(|instance| instance.service_id == *service_id);
        match app.executors.get(name) {
            Some(executor) if can(executor) => {}
            Some(_) => {
                add(
                    problems,
                    field,
                    ProblemCode::WrongState,
                    &format!("Executor {name} has {lack}. Configure it."),
                    of_service,
                );
            }
            None => {
                let message = format!("Executor {name} is not configured at this server.");
                add(problems, field, ProblemCode::UnknownExecutor, &message, of_service);
            }
        }
    }
}

fn add<'i>(
    problems: &mut Problems,
    field: &str,
    code: ProblemCode,
    message: &str,
    instances: impl Iterator<Item = &'i Instance>,
) {
    let ids: Vec<_> = instances.map(|instance| Kind::Instance.id(instance.id)).collect();
    if !ids.is_empty() {
        problems.add(Problem::new(code, field, message).about(ids));
    }
}

fn requested(ids: Vec<i64>) -> Done<Vec<i64>> {
    let changed = ids.iter().map(|id| Kind::Instance.id(*id)).collect();
    Done::changed(ids, changed)
}
