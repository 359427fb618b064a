//! Which instance events a follower wants. It is asked in memory, before anything is looked up.

use crate::domain::Word;
use crate::domain::event::InstanceEventKind;
use crate::store::events::Event;

/// Conditions on instance events; all that are given must hold, and an empty one matches nothing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kinds: Option<Vec<InstanceEventKind>>,
    pub services: Option<Vec<i64>>,
    pub releases: Option<Vec<i64>>,
    pub instances: Option<Vec<i64>>,
    pub hosts: Option<Vec<i64>>,
}

impl Filter {
    /// Whether it is an event of an instance, and one that is wanted.
    pub fn matches(&self, event: &Event) -> bool {
        let among = |wanted: &Option<Vec<i64>>, id: Option<i64>| {
            wanted.as_ref().is_none_or(|wanted| id.is_some_and(|id| wanted.contains(&id)))
        };
        event.subject == "INSTANCE"
            && self.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| kind.word() == event.kind))
            && among(&self.services, Some(event.service_id))
            && among(&self.releases, event.release_id)
            && among(&self.instances, event.instance_id)
            && among(&self.hosts, event.host_id)
    }
}
