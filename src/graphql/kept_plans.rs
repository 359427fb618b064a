//! The plans of a query, kept for the next requests with the same document. A plan depends on the caller's role, and on the
//! variables that decide what is read and in which order. Variables that are only bound may have other values.

use crate::domain::{Caller, Role};
use crate::read::{Document, Prepared};
use async_graphql::{Name, Value};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// The most plans that are kept of one query.
const MAX_PLANS: usize = 4;
/// The most keys that the objects of a plan may have: an upper bound for the memory that it takes.
const MAX_KEYS: usize = 200;

/// The plans that were used last.
#[derive(Default)]
pub(super) struct KeptPlans(Mutex<VecDeque<Arc<QueryPlan>>>);

/// The plans of all fields of the root.
pub(super) struct QueryPlan {
    pub fields: Vec<Prepared>,
    role: Role,
    /// The caller, if another one may have another answer.
    caller: Option<Caller>,
    /// The values of the variables on which it depends; `None` for one without a value.
    variables: Vec<(Name, Option<Value>)>,
}

impl QueryPlan {
    /// The plan of a request; `directives` are the variables of the query's directives.
    pub fn new(fields: Vec<Prepared>, caller: &Caller, document: Document<'_>, directives: &[Name]) -> QueryPlan {
        let is_personal = fields.iter().any(Prepared::is_personal);
        let mut names: Vec<&Name> = fields.iter().flat_map(Prepared::variables).chain(directives).collect();
        names.sort_unstable();
        names.dedup();
        let value = |name: &Name| (name.clone(), document.variables.get(name).cloned());
        let variables = names.into_iter().map(value).collect();
        QueryPlan { fields, role: caller.role, caller: is_personal.then(|| caller.clone()), variables }
    }

    /// Whether it may be kept: it is small, and nothing of it failed.
    fn can_be_kept(&self) -> bool {
        let keys = self.fields.iter().map(Prepared::keys).sum::<Option<usize>>();
        keys.is_some_and(|keys| keys <= MAX_KEYS)
    }

    fn fits(&self, caller: &Caller, document: Document<'_>) -> bool {
        self.role == caller.role
            && self.caller.as_ref().is_none_or(|planned| planned == caller)
            && self.variables.iter().all(|(name, value)| document.variables.get(name) == value.as_ref())
    }
}

impl KeptPlans {
    /// Returns a plan that fits a request, or `None` if none is kept.
    pub fn find(&self, caller: &Caller, document: Document<'_>) -> Option<Arc<QueryPlan>> {
        let mut plans = self.0.lock();
        let place = plans.iter().position(|plan| plan.fits(caller, document))?;
        if let Some(plan) = plans.remove(place) {
            plans.push_front(plan);
        }
        plans.front().cloned()
    }

    /// Keeps a plan, and drops the one that has not been used for the longest time if there are too many.
    pub fn keep(&self, plan: &Arc<QueryPlan>) {
        if plan.can_be_kept() {
            let mut plans = self.0.lock();
            plans.push_front(plan.clone());
            plans.truncate(MAX_PLANS);
        }
    }
}
