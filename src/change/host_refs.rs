//! Checked look-ups of hosts: by ids, or by names in whatever spelling (R6).

use super::Change;
use super::names::Scope;
use crate::domain::reference::{Key, Reference};
use crate::domain::{Kind, Problems, reference};
use crate::store::host::{self, Host};
use crate::store::{Result, Tx};
use std::collections::HashMap;

impl Change<'_> {
    /// Looks a host up and locks it.
    pub async fn host(&mut self, reference: &Reference, problems: &mut Problems) -> Result<Option<Host>> {
        let present = async |tx: &mut Tx, id| Ok(host::lock(tx, id).await?.filter(|host| host.removed_at.is_none()));
        self.look_up(Kind::Host, Scope::Hosts, reference, problems, present).await
    }

    /// Looks up a list of 1 to `max` hosts and locks them in the order of their ids. The result has the order of the
    /// list, each host once. Adds a problem for what is wrong with the list, and for hosts that do not exist or were
    /// removed.
    pub async fn hosts(
        &mut self,
        max: usize,
        reference: &Reference<Vec<String>>,
        problems: &mut Problems,
    ) -> Result<Vec<Host>> {
        let field = reference.field();
        let Some(key) = problems.collect(reference.key(Kind::Host)) else { return Ok(Vec::new()) };
        let (Key::Id(texts) | Key::Name(texts)) = key;
        match key {
            Key::Id(_) => reference::list_of(max, field, texts, problems),
            Key::Name(_) => reference::hostnames_of(max, field, texts, problems),
        }
        if texts.len() > max {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = match key {
            Key::Id(_) => reference::ids(field, Kind::Host, texts, problems),
            Key::Name(_) => {
                // An empty one has a problem already.
                let names: Vec<&str> = texts.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
                self.hosts_by_name(field, &names, problems).await?.into_iter().map(|(id, _)| id).collect()
            }
        };
        let found = host::lock_all(&mut self.tx, &ids).await?;
        self.refresh_clock().await?;
        super::refs::add_missing(problems, field, Kind::Host, &ids, found.iter().map(|host| host.id));
        let mut found: HashMap<i64, Host> = found.into_iter().map(|host| (host.id, host)).collect();
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// Returns id and recorded name of the hosts that have these names, in any spelling, in the order of the names.
    pub async fn hosts_by_name(
        &mut self,
        field: &str,
        names: &[&str],
        problems: &mut Problems,
    ) -> Result<Vec<(i64, String)>> {
        let mut found = Scope::Hosts.find(&mut self.tx, names).await?;
        let unknown: Vec<&str> = names.iter().copied().filter(|name| !found.contains_key(*name)).collect();
        if !unknown.is_empty() {
            problems.add(Scope::Hosts.unknown(&mut self.tx, field, &unknown, &unknown).await?);
        }
        Ok(names.iter().filter_map(|name| found.remove(*name)).map(|host| (host.id, host.name)).collect())
    }
}
