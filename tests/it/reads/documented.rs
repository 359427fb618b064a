//! The queries of `docs/reading.md`, run as they are written.

use crate::reads::fleet::Fleet;
use testkit::on_both;
use testkit::rows;

const DOCUMENT: &str = include_str!("../../../docs/reading.md");

async fn every_query_of_the_documentation_is_answered(kind: &str) {
    let fleet = Fleet::empty(kind).await;
    fleet.insert([rows::service(1, "web"), rows::version(1, 1, "1.2.0"), rows::version(2, 1, "1.3.0")]).await;
    fleet.insert([rows::host(1, "host-1"), rows::label(1, "rack", "a"), rows::instance(1, 1, 1, Some(1))]).await;
    fleet.insert(rows::release_of(1, 1, 2, &[1])).await;
    let blocks: Vec<&str> =
        DOCUMENT.split("```graphql\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect();
    assert!(blocks.len() > 5, "these are not all: {}", blocks.len());
    for query in blocks {
        fleet.data(query).await;
    }
    let upgrade = fleet.data("{ service(name: \"web\") { versions(filter: { enabledFor: { action: UPGRADE, currentVersion: \"1.2.0\" } }) { nodes { name } } } }").await;
    assert_eq!(upgrade["service"]["versions"]["nodes"], serde_json::json!([{ "name": "1.3.0" }]), "{kind}");
}
on_both!(every_query_of_the_documentation_is_answered);
