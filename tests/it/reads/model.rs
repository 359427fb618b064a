//! A fleet with something for every filter, and the same in plain rows.

use crate::reads::fleet::Fleet;
use serde_json::Value;

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
    for h in 1..=12 {
        // Lower and upper case: names sort by bytes.
        fleet.host(h, &format!("{}-{h}", if h % 3 == 0 { "B" } else { "a" })).await;
        fleet.label(h, "zone", if h % 2 == 0 { "x" } else { "y" }).await;
        if h > 6 {
            fleet.label(h, "disk", "ssd").await;
        }
    }
    for s in 1..=2 {
        fleet.service(s, &format!("svc-{s}")).await;
        for v in 1..=3 {
            fleet.version(s * 10 + v, s, &format!("1.{v}"), "SUCCEEDED").await;
        }
    }
    let mut rows = Vec::new();
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
            fleet.instance(id, s, h, Some(row.version), status, tag, row.updated).await;
            rows.push(row);
        }
    }
    fleet.hold(1, 1, Some(107), "NULL", "NULL").await;
    // These count for nothing: one has ended, one is past its end, one is on the service.
    fleet.hold(2, 1, Some(101), "NULL", "{at 9}").await;
    fleet.hold(3, 1, Some(102), "{at 9}", "NULL").await;
    fleet.hold(4, 1, None, "NULL", "NULL").await;
    fleet.release(1, 1, 13, &[105], 0).await;
    fleet.release(2, 2, 23, &[205], 0).await;
    (fleet, rows)
}

pub fn hostname(h: i64) -> String {
    format!("{}-{h}", if h % 3 == 0 { "B" } else { "a" })
}

/// The ids on a page.
pub fn ids(connection: &Value) -> Vec<String> {
    connection["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}
