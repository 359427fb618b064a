//! What reading costs: statements, and how the databases run them.

use crate::reads::fleet::Fleet;
use crate::reads::plans::statements;
use testkit::on_both;

const DEEP: &str = "{ services(first: 100) { nodes { name versions { nodes { name instances { nodes {
    hostname: host { hostname } version { name } locked } } } } } } }";

async fn a_deep_query_is_one_statement_for_a_hundred_services_as_for_ten(kind: &str) {
    let ten = Fleet::of(kind, 10, 2, 3).await;
    let hundred = Fleet::of(kind, 100, 2, 3).await;
    assert_eq!(ten.statements(DEEP).await, 1, "{kind}");
    assert_eq!(hundred.statements(DEEP).await, 1, "{kind}");
}
on_both!(a_deep_query_is_one_statement_for_a_hundred_services_as_for_ten);

async fn a_total_is_counted_only_when_asked_and_once_for_all_parents(kind: &str) {
    let fleet = Fleet::of(kind, 5, 2, 3).await;
    let plain = "{ services { nodes { instances(first: 1) { nodes { id } } availableHosts { nodes { id } } } } }";
    let counted = "{ services { totalCount nodes { instances(first: 1) { totalCount nodes { id } } availableHosts { totalCount nodes { id } } } } }";
    for (query, counts) in [(plain, 0), (counted, 3)] {
        let statements = statements(&fleet, &[query]).await;
        assert_eq!(statements.len(), 1, "{kind}: {statements:#?}");
        assert_eq!(statements[0].matches("count(*)").count(), counts, "{kind}: {}", statements[0]);
    }
}
on_both!(a_total_is_counted_only_when_asked_and_once_for_all_parents);

async fn nodes_of_all_kinds_are_read_in_one_statement(kind: &str) {
    let fleet = Fleet::of(kind, 3, 2, 3).await;
    let query = "{ nodes(ids: [\"svc_1\", \"ver_1\", \"svc_2\", \"ver_99\", \"x\", \"svc_3\"]) { id ... on Service { versions(first: 1) { nodes { id } } } } }";
    assert_eq!(fleet.statements(query).await, 1, "{kind}");
}
on_both!(nodes_of_all_kinds_are_read_in_one_statement);

async fn too_much_at_once_is_refused_before_anything_is_read(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 1).await;
    let before = fleet.app.db.statements();
    let response = fleet
            .response("{ services(first: 200) { nodes { instances(first: 200) { nodes { host { instances(first: 200) { nodes { id } } } } } } } }")
            .await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "TOO_COMPLEX", "{kind}");
    assert_eq!(fleet.app.db.statements(), before);
}
on_both!(too_much_at_once_is_refused_before_anything_is_read);
