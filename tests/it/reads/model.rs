//! A fleet with something for every filter, and the same in plain rows.

use crate::reads::fleet::Fleet;
use serde_json::Value;
use testkit::rows::{self, at};

/// An instance as the model knows it.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: i64,
    pub service: i64,
    pub host: i64,
    pub version: i64,
    pub status: &'static str,
    pub tag: Option<&'static str>,
    pub updated: i64,
    pub locked: bool,
}

/// Two services on twelve hosts, with ties in every order and something for every filter.
pub async fn model(kind: &str) -> (Fleet, Vec<Row>) {
    let fleet = Fleet::empty(kind).await;
    let mut all = Vec::new();
    for h in 1..=12 {
        // Lower and upper case: names sort by bytes.
        all.push(rows::host(h, &hostname(h)));
        all.push(rows::label(h, "zone", if h % 2 == 0 { "x" } else { "y" }));
        if h > 6 {
            all.push(rows::label(h, "disk", "ssd"));
        }
    }
    for s in 1..=2 {
        all.push(rows::service(s, &format!("svc-{s}")));
        all.extend((1..=3).map(|v| rows::version(s * 10 + v, s, &format!("1.{v}"))));
    }
    let mut instances = Vec::new();
    for s in 1..=2_i64 {
        for h in 1..=12_i64 {
            let id = s * 100 + h;
            let status = ["RUNNING", "RUNNING", "UPGRADE_FAILED", "UNKNOWN", "REMOVED"][(h % 5) as usize];
            let tag = [None, Some("prod"), Some("test")][(h % 3) as usize];
            let row = Row {
                id,
                service: s,
                host: h,
                version: s * 10 + h % 3 + 1,
                status,
                tag,
                updated: h / 4,
                locked: h == 5 || (h == 7 && s == 1),
            };
            let instance = rows::instance(id, s, h, Some(row.version)).set("status", status).set("tag", tag);
            all.push(instance.set("updated_at", at(row.updated)));
            instances.push(row);
        }
    }
    all.push(rows::hold(1, 1, Some(107)));
    // None of these locks an instance: one has ended, one is past its end, one is on the service.
    all.push(rows::hold(2, 1, Some(101)).set("ended_at", at(9)));
    all.push(rows::hold(3, 1, Some(102)).set("until", at(9)));
    all.push(rows::hold(4, 1, None));
    all.extend(rows::release_of(1, 1, 13, &[105]));
    all.extend(rows::release_of(2, 2, 23, &[205]));
    fleet.insert(all).await;
    (fleet, instances)
}

pub fn hostname(h: i64) -> String {
    format!("{}-{h}", if h % 3 == 0 { "B" } else { "a" })
}

/// The ids on a page.
pub fn ids(connection: &Value) -> Vec<String> {
    connection["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}
