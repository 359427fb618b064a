//! Which events a follower wants, decided in memory before anything is read.

use crate::domain::event::Subject;
use crate::store::db::types::IfKnown;
use crate::store::events::Event;
use std::collections::BTreeSet;

/// Conditions on events. All that are set must hold; an empty set of ids matches nothing.
#[derive(Clone, Debug)]
pub struct Filter {
    pub subject: Subject,
    /// Words of the vocabulary of the subject's kinds of events.
    pub kinds: Option<Vec<&'static str>>,
    pub services: Option<BTreeSet<i64>>,
    pub versions: Option<BTreeSet<i64>>,
    pub releases: Option<BTreeSet<i64>>,
    pub instances: Option<BTreeSet<i64>>,
    pub hosts: Option<BTreeSet<i64>>,
}

impl Filter {
    /// All events about this subject.
    pub fn of(subject: Subject) -> Filter {
        Filter { subject, kinds: None, services: None, versions: None, releases: None, instances: None, hosts: None }
    }

    /// Whether an event is about the subject and meets the conditions.
    pub fn matches(&self, event: &Event) -> bool {
        let among = |wanted: &Option<BTreeSet<i64>>, id: Option<i64>| {
            wanted.as_ref().is_none_or(|wanted| id.is_some_and(|id| wanted.contains(&id)))
        };
        event.subject == IfKnown(Some(self.subject))
            && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&event.kind.as_str()))
            && among(&self.services, event.service_id)
            && among(&self.versions, event.version_id)
            && among(&self.releases, event.release_id)
            && among(&self.instances, event.instance_id)
            && among(&self.hosts, event.host_id)
    }
}
