//! Sending what an import changes.

use crate::failure::Failure;
use crate::inventory::Plan;
use crate::session::Session;
use lockkeeper_client::operations::host::{
    CreateHostsInput, HostChangeInput, HostInput, ImportHosts, RemoveHosts, RemoveHostsInput, UpdateHosts,
    UpdateHostsInput,
};
use lockkeeper_client::operations::list::{Input, Label};

/// The most hosts of one request.
const MAX_HOSTS: usize = 1000;
/// The most of one request in bytes, roughly: the server takes 1 MiB.
const MAX_BYTES: usize = 768 * 1024;
/// That hosts are removed which are gone.
pub struct Removal {
    /// Why, for the audit log.
    pub reason: Option<String>,
}

/// Sends the changes, in as few requests as the server takes them.
pub async fn apply(session: &Session, plan: &Plan, removal: Option<Removal>) -> Result<(), Failure> {
    let half_done = |mut failure: Failure, done: usize| {
        if done > 0 {
            let more = format!(
                " Of this inventory, {done} hosts were recorded before. Run the same command again: it goes on from there."
            );
            failure.problems[0].message.push_str(&more);
        }
        failure
    };
    let mut done = 0;
    let new = plan.new.iter().map(|host| HostInput {
        hostname: host.hostname.clone(),
        address: host.address.clone(),
        labels: host.labels.clone(),
    });
    for hosts in batches(new.collect(), |host| host.hostname.len() + host.address.len() + bytes(&host.labels)) {
        let count = hosts.len();
        let input = CreateHostsInput { hosts };
        session.call::<ImportHosts>(&Input { input }).await.map_err(|failure| half_done(failure, done))?;
        done += count;
    }
    let changed = plan.changed.iter().map(|change| HostChangeInput {
        host: change.hostname.clone(),
        address: change.address.clone(),
        labels: change.labels.clone(),
    });
    let size = |change: &HostChangeInput| {
        change.host.len()
            + change.address.as_ref().map_or(0, String::len)
            + bytes(change.labels.as_deref().unwrap_or_default())
    };
    for hosts in batches(changed.collect(), size) {
        let count = hosts.len();
        let input = UpdateHostsInput { hosts };
        session.call::<UpdateHosts>(&Input { input }).await.map_err(|failure| half_done(failure, done))?;
        done += count;
    }
    let Some(Removal { reason }) = removal else { return Ok(()) };
    for hostnames in batches(plan.gone.clone(), String::len) {
        let count = hostnames.len();
        let input = RemoveHostsInput { hostnames, reason: reason.clone() };
        session.call::<RemoveHosts>(&Input { input }).await.map_err(|failure| half_done(failure, done))?;
        done += count;
    }
    Ok(())
}

/// The bytes of labels in a request, roughly.
fn bytes(labels: &[Label]) -> usize {
    // Names of members, quotes and braces.
    const AROUND: usize = 24;
    labels.iter().map(|label| label.key.len() + label.value.len() + AROUND).sum()
}

/// Splits a list into what fits into one request each; `size` is the length of an item's texts in bytes.
fn batches<T>(items: Vec<T>, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    // Names of members, quotes and braces.
    const AROUND: usize = 48;
    let (mut batches, mut bytes) = (Vec::<Vec<T>>::new(), 0);
    for item in items {
        let length = size(&item) + AROUND;
        let fitting = batches.last_mut().filter(|batch| batch.len() < MAX_HOSTS && bytes + length <= MAX_BYTES);
        if let Some(batch) = fitting {
            batch.push(item);
        } else {
            bytes = 0;
            batches.push(vec![item]);
        }
        bytes += length;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_as_few_as_fit() {
        let lengths = |items: Vec<usize>| -> Vec<usize> {
            batches(items, |size| *size).into_iter().map(|batch| batch.len()).collect()
        };
        assert_eq!(lengths(vec![20; 2500]), [1000, 1000, 500]);
        assert_eq!(lengths(vec![MAX_BYTES / 2; 3]), [1, 1, 1]);
        assert_eq!(lengths(vec![MAX_BYTES * 2, 1, 1]), [1, 2]);
        assert_eq!(lengths(Vec::new()), [0; 0]);
    }
}
