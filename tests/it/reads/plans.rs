//! How the databases run what the API reads: no list goes through a whole table of instances, events, targets
//! or lines.

use crate::reads::fleet::Fleet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use testkit::on_both;
use testkit::rows;
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// Notes the statements that are read.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        event.record(&mut self.clone());
    }
}

impl Visit for Statements {
    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            self.0.lock().unwrap().push(value.to_owned());
        }
    }
}

/// Every list of the API, with every order and every condition that has an index of its own.
const QUERIES: &[&str] = &[
    "{ instances { totalCount nodes { id locked lastTarget { id } locks { by holder { __typename } } events { totalCount nodes { kind } } } } }",
    "{ instances(orderBy: { field: UPDATED_AT, direction: DESC }) { nodes { id } } }",
    "{ instances(filter: { serviceIds: [\"svc_1\"] }) { totalCount nodes { id } } }",
    "{ instances(filter: { hostIds: [\"hst_1\"] }) { totalCount nodes { id } } }",
    "{ instances(filter: { versionIds: [\"ver_1\"] }) { totalCount nodes { id } } }",
    "{ instances(filter: { statuses: [UNKNOWN] }) { totalCount nodes { id } } }",
    "{ instances(filter: { health: [UNHEALTHY] }) { totalCount nodes { id } } }",
    "{ instances(filter: { hostnameStartsWith: \"a\", locked: true }) { nodes { id } } }",
    "{ instance(service: \"a\", hostname: \"b\") { id } node(id: \"ins_1\") { id } }",
    "{ services(filter: { instanceStatuses: [UNKNOWN], frozen: true }) { nodes { id freezes { id } instanceCounts { count } availableHosts { totalCount nodes { id } } } } }",
    "{ services { nodes { instances(orderBy: { field: UPDATED_AT }) { totalCount nodes { id } } versions(filter: { inUse: true }) { nodes { instances { totalCount nodes { id } } } } releases { totalCount nodes { id } } } } }",
    "{ hosts(filter: { labels: [{ key: \"a\", value: \"b\" }] }) { nodes { labels { key } instances { nodes { id } } } } labels { key } }",
    "{ releases(filter: { hostIds: [\"hst_1\"] }) { nodes { followUps { nodes { id } } targets { totalCount nodes { id log { totalCount nodes { text } } } } skipped { nodes { locks { by } } } log { totalCount nodes { text } } } } }",
    "{ releases(filter: { idempotencyKeys: [\"a\"] }) { nodes { id } } holds(filter: { standing: true, instanceIds: [\"ins_1\"] }) { nodes { id } } }",
    "{ services(orderBy: { field: CREATED_AT }) { nodes { id } } s: services(orderBy: { field: UPDATED_AT, direction: DESC }) { nodes { id } } }",
    "{ services(filter: { names: [\"a\"], releasing: true }) { nodes { id events { totalCount nodes { kind } } } } }",
    "{ hosts(orderBy: { field: CREATED_AT, direction: DESC }, filter: { nameContains: \"a\" }) { nodes { id events { totalCount nodes { kind } } } } }",
    "{ hosts(filter: { hostnames: [\"a\", \"b\"], instanceStatuses: [UNKNOWN] }) { totalCount nodes { id } } h: hosts(filter: { instanceStatuses: [RUNNING] }) { nodes { id } } }",
    "{ instances(filter: { services: [\"svc-001\"], hostnames: [\"host-001\"], versions: [\"1.0.0\"] }) { totalCount nodes { id } } }",
    "{ instances(filter: { hostnames: [\"host-001\", \"host-002\"] }) { totalCount nodes { id } } }",
    "{ release(id: \"rel_1\") { targets(orderBy: { field: STATUS }) { nodes { id } } t: targets(orderBy: { field: HOSTNAME }) { nodes { id } } } }",
    "{ releases(filter: { services: [\"svc-001\"], targetVersions: [\"1.0.0\"], hostnames: [\"host-001\"] }) { nodes { id } } }",
    "{ releases(filter: { createdFrom: \"2026-01-01T00:00:00Z\", createdTo: \"2026-02-01T00:00:00Z\" }) { nodes { id } } }",
    "{ holds(filter: { hostnames: [\"host-001\"] }) { nodes { id } } h: holds(filter: { hostIds: [\"hst_1\"], services: [\"svc-001\"] }) { nodes { id } } }",
    "{ server { workers { running } } release(id: \"rel_1\") { id } }",
    "{ instanceEvents(last: 3) { totalCount nodes { kind } } releaseEvents(last: 3) { nodes { kind } } serviceEvents(last: 3) { nodes { kind } } }",
    "{ serviceEvents(filter: { versionIds: [\"ver_1\"] }) { nodes { kind } } s: serviceEvents(filter: { services: [\"svc-001\"] }) { nodes { kind } } }",
    "{ instanceEvents(filter: { services: [\"svc-001\"] }) { nodes { kind } } i: instanceEvents(filter: { hostnames: [\"host-001\"] }) { nodes { kind } } }",
    "{ instanceEvents { totalCount nodes { kind } } releaseEvents { nodes { kind } } }",
    "{ instanceEvents(filter: { serviceIds: [\"svc_1\"] }) { nodes { kind } } }",
    "{ instanceEvents(filter: { instanceIds: [\"ins_1\"] }) { nodes { kind } } }",
    "{ instanceEvents(filter: { hostIds: [\"hst_1\"] }) { nodes { kind } } }",
    "{ instanceEvents(filter: { releaseIds: [\"rel_1\"] }) { nodes { kind } } }",
    "{ releaseEvents(filter: { releaseIds: [\"rel_1\"] }) { nodes { kind } } }",
    "{ audit { nodes { id } } }",
    "{ audit(filter: { callers: [\"a\"] }, orderBy: { field: AT, direction: DESC }) { totalCount nodes { id } } }",
    "{ audit(filter: { callers: [\"a\", \"b\"], from: \"2026-01-01T00:00:00Z\" }) { nodes { id } } }",
    "{ audit(filter: { from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\" }) { nodes { id } } }",
];

/// The statements that these queries take.
pub async fn statements(fleet: &Fleet, queries: &[&str]) -> Vec<String> {
    let statements = Statements::default();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(statements.clone()));
    for query in queries {
        fleet.data(query).await;
    }
    drop(guard);
    std::mem::take(&mut *statements.0.lock().unwrap())
}

async fn no_list_goes_through_a_whole_table(kind: &str) {
    let fleet = Fleet::of(kind, 2, 2, 3).await;
    fleet.insert(rows::release_of(1, 1, 2, &[1])).await;
    fleet.insert([rows::skip(1, 1, 3)]).await;
    fleet.edit(&[1, 2]).await;
    let statements = statements(&fleet, QUERIES).await;
    assert!(statements.len() >= QUERIES.len(), "{}", statements.len());
    for statement in &statements {
        let plan = fleet.rows.explain(statement).await;
        // What was found by index may be gone through once more.
        let mut made =
            plan.iter().filter_map(|line| line.strip_prefix("CO-ROUTINE ").or(line.strip_prefix("MATERIALIZE ")));
        let found = made.any(|name| !name.starts_with("part"));
        for line in &plan {
            let whole = match fleet.rows.is_sqlite() {
                true => {
                    let alias = line.strip_prefix("SCAN ").unwrap_or_default();
                    line.starts_with("SCAN ")
                        && ["t0", "t1", "t2", "i", "x", "l", "t", "h"].contains(&alias)
                        && !(found && alias == "t0")
                }
                false => ["instance", "event", "release_target", "output_line", "release", "audit", "hold"]
                    .iter()
                    .any(|table| line.contains(&format!("Seq Scan on {table} "))),
            };
            assert!(!whole, "{kind}: {line}\n{statement}\n{plan:#?}");
        }
    }
}
on_both!(no_list_goes_through_a_whole_table);

/// SQLite plans without statistics; sorting, a page would cost as much as all that is behind it.
#[tokio::test]
async fn on_sqlite_a_page_of_what_has_one_value_is_read_in_the_order_of_an_index() {
    let queries = [
        "{ instances(filter: { statuses: [RUNNING] }) { nodes { id } } }",
        "{ instances(filter: { health: [HEALTHY] }) { nodes { id } } }",
        "{ instances(filter: { serviceIds: [\"svc_1\"] }) { nodes { id } } }",
        "{ instances(filter: { hostIds: [\"hst_1\"] }) { nodes { id } } }",
        "{ instances(filter: { versionIds: [\"ver_1\"] }) { nodes { id } } }",
        "{ releases(filter: { serviceIds: [\"svc_1\"] }) { nodes { id } } }",
        "{ instanceEvents(filter: { serviceIds: [\"svc_1\"] }) { nodes { kind } } }",
        "{ instances(filter: { services: [\"svc-001\"] }) { nodes { id } } }",
        "{ instances(filter: { hostnames: [\"host-001\"] }) { nodes { id } } }",
        "{ instanceEvents(last: 2, filter: { services: [\"svc-001\"] }) { nodes { kind } } }",
        "{ serviceEvents(last: 2) { nodes { kind } } }",
        "{ services(orderBy: { field: UPDATED_AT, direction: DESC }) { nodes { id } } }",
        "{ hosts(orderBy: { field: CREATED_AT }) { nodes { id } } }",
        "{ releases(orderBy: { field: CREATED_AT, direction: ASC }) { nodes { id } } }",
    ];
    let fleet = Fleet::of("sqlite", 2, 2, 3).await;
    let pages = statements(&fleet, &queries).await.into_iter().filter(|statement| statement.contains("ORDER BY"));
    let pages: Vec<_> = pages.collect();
    assert_eq!(pages.len(), queries.len(), "{pages:#?}");
    for page in pages {
        let plan = fleet.rows.explain(&page).await;
        assert!(!plan.iter().any(|line| line.contains("FOR ORDER BY")), "{page}\n{plan:#?}");
    }
}

#[tokio::test]
async fn on_sqlite_of_each_of_a_few_values_the_first_are_read_in_the_order_of_an_index() {
    let queries = [
        "{ instances(filter: { statuses: [RUNNING, UNKNOWN] }) { nodes { id } } }",
        "{ instances(filter: { serviceIds: [\"svc_1\", \"svc_2\"] }) { nodes { id } } }",
        "{ instances(filter: { services: [\"svc-001\", \"svc-002\"] }) { nodes { id } } }",
        "{ releases(filter: { serviceIds: [\"svc_1\", \"svc_2\"] }) { nodes { id } } }",
        "{ instanceEvents(filter: { serviceIds: [\"svc_1\", \"svc_2\"] }) { nodes { kind } } }",
    ];
    let fleet = Fleet::of("sqlite", 2, 2, 3).await;
    let pages: Vec<_> =
        statements(&fleet, &queries).await.into_iter().filter(|statement| statement.contains("ORDER BY")).collect();
    assert_eq!(pages.len(), queries.len(), "{pages:#?}");
    for page in pages {
        let plan = fleet.rows.explain(&page).await;
        // The few that were read are sorted, once.
        let sorted = plan.iter().filter(|line| line.contains("FOR ORDER BY")).count();
        assert_eq!(sorted, 1, "{page}\n{plan:#?}");
        assert!(plan.iter().any(|line| line.contains("CORRELATED LIST SUBQUERY")), "{page}\n{plan:#?}");
    }
}

/// What each row of a list is asked by itself costs as much as the list is long, at once for a total.
async fn what_is_locked_or_has_a_label_is_found_once_and_not_row_by_row(kind: &str) {
    let queries = [
        "{ instances(filter: { hostLabels: [{ key: \"a\", value: \"b\" }] }) { totalCount nodes { id } } }",
        "{ instances(filter: { locked: true }) { totalCount nodes { id } } }",
    ];
    let fleet = Fleet::of(kind, 2, 2, 3).await;
    for statement in statements(&fleet, &queries).await {
        let plan = fleet.rows.explain(&statement).await;
        let row_by_row = plan.iter().any(|line| line.contains("CORRELATED") || line.contains("SubPlan"));
        assert!(!row_by_row, "{kind}: {statement}\n{plan:#?}");
    }
}
on_both!(what_is_locked_or_has_a_label_is_found_once_and_not_row_by_row);

#[tokio::test]
async fn on_sqlite_a_page_of_what_has_a_label_is_read_in_the_order_of_an_index() {
    let fleet = Fleet::of("sqlite", 2, 2, 3).await;
    let query = "{ instances(filter: { hostLabels: [{ key: \"a\", value: \"b\" }] }) { nodes { id } } }";
    for statement in statements(&fleet, &[query]).await {
        let plan = fleet.rows.explain(&statement).await;
        assert!(!plan.iter().any(|line| line.contains("FOR ORDER BY")), "{statement}\n{plan:#?}");
    }
}

async fn releases_under_way_are_found_without_those_that_are_over(kind: &str) {
    let fleet = Fleet::of(kind, 2, 2, 3).await;
    let query = "{ releases(filter: { statuses: [PENDING, RUNNING] }) { totalCount nodes { id } } }";
    for statement in statements(&fleet, &[query]).await {
        let plan = fleet.rows.explain(&statement).await;
        assert!(plan.iter().any(|line| line.contains("release_open")), "{kind}: {statement}\n{plan:#?}");
    }
}
on_both!(releases_under_way_are_found_without_those_that_are_over);
