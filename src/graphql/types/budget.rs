use super::{INSTANCE, instance};
use crate::domain::budget::Budget;
use crate::domain::release::rollout::Amount;
use crate::read::declare::{Computed, INT, Inputs, Object, TEXT, column, columns, computed, embedded, list, term};
use crate::wire::ApiError;

columns! {
    pub ROW: BudgetRow {
        service_id: Int,
        max_count: Int,
        max_percent: Int,
        label_key: Text,
        label_count: Int,
        instances: Int = term!(
            "(SELECT count(*) FROM instance x WHERE x.service_id = {row}.service_id AND x.status <> 'REMOVED' \
             AND x.version_id IS NOT NULL)"
        ),
        spent: Int = term!("(SELECT count(*) FROM unavailable_instance x WHERE x.service_id = {row}.service_id)"),
    }
}

pub(super) static PER_LABEL: Object = Object::without_table(
    "PerLabel",
    "A limit for each value of a label of hosts. Hosts without the label share one value.",
    &[
        column("key", "Key of the label.", &TEXT, ROW.label_key),
        column("count", "How many may have the same value at a time.", &INT, ROW.label_count),
    ],
);

fn max_unavailable(inputs: &Inputs<'_>) -> Result<Option<Computed>, ApiError> {
    let count = inputs.int(ROW.max_count)?.map(Amount::Count);
    let amount = count.or(inputs.int(ROW.max_percent)?.map(Amount::Percent));
    let budget = Budget { max_unavailable: amount, max_per_label: None };
    Ok(budget.limit(inputs.int(ROW.instances)?.unwrap_or_default()).map(Computed::Int))
}

pub static BUDGET: Object = Object::new(
    "Budget",
    "How many instances of a service may be unavailable at a time, over all its releases. An instance is unavailable while a target that upgrades, reverts or uninstalls it runs, while it is drained, unhealthy or under maintenance, and when it failed or is UNKNOWN; failed installations do not count. A target whose instance is unavailable already needs no room.",
    "service_budget",
    ROW.service_id,
    &[
        computed(
            "maxUnavailable",
            "How many instances may be unavailable now; null for any number. A share is one of the instances that have a version.",
            &INT,
            &[ROW.max_count, ROW.max_percent, ROW.instances],
            max_unavailable,
        )
        .nullable(),
        embedded("maxPerLabel", "How many of the unavailable instances may have the same value of a label; null for any number.", &PER_LABEL)
            .present(ROW.label_key),
        column("spent", "How many instances are unavailable now. It may exceed the limit.", &INT, ROW.spent),
        list("by", "The unavailable instances, at most ten, by hostname.", &INSTANCE)
            .of_parent(instance::ROW.service_id)
            .from_query(term!(
                "SELECT {row}.* FROM (SELECT u.*, ROW_NUMBER() OVER (PARTITION BY u.service_id ORDER BY u.folded_hostname, u.id) \
                 AS place FROM instance u JOIN unavailable_instance x ON x.id = u.id WHERE u.service_id {parents}) {row} \
                 WHERE {row}.place <= 10{conditions}"
            ))
            .at_most(10),
    ],
);
