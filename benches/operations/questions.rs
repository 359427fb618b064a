//! What is asked of the server: the pages of a frontend, the reads of programs, and accepting a release.

use serde_json::{Value, json};
use testkit::large::Size;

/// A kind of request, asked many times with other values.
pub struct Question {
    pub name: &'static str,
    pub document: &'static str,
    /// The values of the n-th time, from 0.
    pub variables: fn(&Size, i64) -> Value,
    /// Where the answer has the cursor of the page behind it, if that page is what is measured.
    pub second_page: Option<&'static str>,
}

const LIST: &str = "query($first: Int!, $after: String, $filter: InstanceFilter) {
    instances(first: $first, after: $after, filter: $filter) {
        totalCount pageInfo { endCursor hasNextPage }
        nodes { id status locked service { name } host { hostname } version { name } } } }";

/// What is asked of a fleet of any size.
pub const QUESTIONS: [Question; 12] = [
    Question {
        name: "a service by name, its 20 versions with `enabled`",
        document: "query($name: String!, $now: ID!) { service(name: $name) { id name versions(first: 20) { nodes {
            id name buildStatus enabled(action: UPGRADE, currentVersion: $now) } } } }",
        variables: |size, n| {
            let service = service(size, n);
            json!({ "name": service_name(service), "now": version(size, service, size.versions / 2) })
        },
        second_page: None,
    },
    Question {
        name: "20 services, of each 20 versions and 50 instances with host and version",
        document: "query($after: String) { services(first: 20, after: $after) { pageInfo { endCursor } nodes { name
            versions(first: 20) { nodes { id name } }
            instances(first: 50) { nodes { id status host { hostname } version { name } } } } } }",
        variables: |_, _| json!({}),
        second_page: Some("/data/services/pageInfo/endCursor"),
    },
    Question {
        name: "200 instances of one service, with the total",
        document: LIST,
        variables: |size, n| json!({ "first": 200, "filter": { "serviceIds": [service_id(service(size, n))] } }),
        second_page: None,
    },
    Question {
        name: "the second 200 of those that failed in all services, with the total",
        document: LIST,
        variables: |_, _| json!({ "first": 200, "filter": { "statuses": ["UPGRADE_FAILED"] } }),
        second_page: Some("/data/instances/pageInfo/endCursor"),
    },
    Question {
        name: "the second 200 of all instances that run, with the total",
        document: LIST,
        variables: |_, _| json!({ "first": 200, "filter": { "statuses": ["RUNNING"] } }),
        second_page: Some("/data/instances/pageInfo/endCursor"),
    },
    Question {
        name: "the same without the total",
        document: "query($after: String) { instances(first: 200, after: $after, filter: { statuses: [RUNNING] }) {
            pageInfo { endCursor } nodes { id status locked service { name } host { hostname } version { name } } } }",
        variables: |_, _| json!({}),
        second_page: Some("/data/instances/pageInfo/endCursor"),
    },
    Question {
        name: "the second 200 of the held instances, with the total",
        document: LIST,
        variables: |_, _| json!({ "first": 200, "filter": { "locked": true } }),
        second_page: Some("/data/instances/pageInfo/endCursor"),
    },
    Question {
        name: "200 instances on hosts with a label, with the total",
        document: LIST,
        variables: |_, n| {
            let zone = format!("zone-{}", n % 4);
            json!({ "first": 200, "filter": { "hostLabels": [{ "key": "zone", "value": zone }] } })
        },
        second_page: None,
    },
    Question {
        name: "a service's releases with their progress",
        document: "query($name: String!) { service(name: $name) { releases(first: 50) { totalCount nodes {
            id action status progress { total succeeded failed } targetVersion { name } createdBy createdAt } } } }",
        variables: |size, n| json!({ "name": service_name(service(size, n)) }),
        second_page: None,
    },
    Question {
        name: "200 targets of a release, with host and output",
        document: "query($id: ID!) { node(id: $id) { ... on Release { targets(first: 200) { totalCount nodes {
            id status message host { hostname } log(first: 1) { nodes { text } } } } } } }",
        variables: |size, n| json!({ "id": format!("rel_{}", size.services + service(size, n)) }),
        second_page: None,
    },
    Question {
        name: "200 events of instances behind a cursor",
        document: "query($after: Cursor) { instanceEvents(first: 200, after: $after) {
            pageInfo { endCursor } nodes { cursor kind instanceId hostname status } } }",
        variables: |_, _| json!({}),
        second_page: Some("/data/instanceEvents/pageInfo/endCursor"),
    },
    Question {
        name: "200 events of one service behind a cursor",
        document:
            "query($after: Cursor, $ids: [ID!]) { instanceEvents(first: 200, after: $after,
            filter: { serviceIds: $ids }) { pageInfo { endCursor } nodes { cursor kind instanceId hostname status } } }",
        variables: |size, n| json!({ "ids": [service_id(service(size, n))] }),
        second_page: None,
    },
];

/// Accepting a release of at most 100 instances; each service is asked once.
pub const ACCEPTING: Question = Question {
    name: "an upgrade of 100 instances is accepted",
    document: "mutation($input: UpgradeInstancesInput!) { upgradeInstances(input: $input) {
        acceptedCount skippedCount release { id status } userErrors { code message } } }",
    variables: |size, n| {
        let service = service(size, n);
        let first = (service - 1) * size.each();
        let host = |i| format!("host-{:05}", (first + i) % size.hosts + 1);
        let hostnames: Vec<_> = (0..size.each().min(100)).map(host).collect();
        json!({ "input": {
            "serviceId": service_id(service), "versionId": version(size, service, size.versions / 2 + 2),
            "hosts": { "hostnames": hostnames }, "idempotencyKey": format!("measured-{service}"),
        } })
    },
    second_page: None,
};

/// Services far from each other, one after the other; none comes twice before all have come.
fn service(size: &Size, n: i64) -> i64 {
    n * 7 % size.services + 1
}

fn service_name(service: i64) -> String {
    format!("service-{service:05}")
}

fn service_id(service: i64) -> String {
    format!("svc_{service}")
}

/// The id of a service's v-th version, from 1.
fn version(size: &Size, service: i64, v: i64) -> String {
    format!("ver_{}", (service - 1) * size.versions + v)
}
