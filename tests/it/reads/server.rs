//! What the server says about itself and its workers.

use crate::reads::fleet::Fleet;
use lockkeeper::domain::Role;
use serde_json::{Value, json};
use testkit::on_both;
use testkit::rows::{self, at};

const SERVER: &str = "{ server { version database workers { name executors maxTargets startedAt lastBeat running } } }";

async fn admins_and_operators_see_the_workers_that_live_and_what_each_carries_out(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 2).await;
    let idle = rows::worker(3, "w-3").set("executors", "[\"a\", \"b\"]").set("max_targets", 4).set("beat_at", at(7));
    fleet.insert([rows::worker(1, "w-1"), rows::worker(2, "w-2").set("ended_at", at(9)), idle]).await;
    fleet.insert(rows::release_of(1, 1, 1, &[1, 2])).await;
    fleet.rows.execute("UPDATE release SET status = 'RUNNING', queued = 1, running = 1").await;
    fleet
        .rows
        .execute(
            "UPDATE release_target SET status = 'RUNNING', attempt = 1, step = 'RUN', worker_id = 1, started_at = {at 5} \
             WHERE ordinal = 1",
        )
        .await;
    let worker = |name: &str, executors: Value, max_targets: i64, beat: &str, running: i64| {
        json!({ "name": name, "executors": executors, "maxTargets": max_targets,
            "startedAt": "2025-06-15T15:06:40.000Z", "lastBeat": beat, "running": running })
    };
    let expected = json!({
        "version": lockkeeper::version::TEXT,
        "database": if kind == "sqlite" { "SQLite" } else { "PostgreSQL" },
        "workers": [
            worker("w-1", json!(["sim"]), 256, "2025-06-15T15:06:40.000Z", 1),
            worker("w-3", json!(["a", "b"]), 4, "2025-06-15T15:06:40.007Z", 0),
        ],
    });
    for role in [Role::Admin, Role::Operator] {
        let before = fleet.app.db.statements();
        let response = fleet.ask(role, SERVER, json!({})).await;
        assert_eq!(response, json!({ "data": { "server": expected } }), "{kind}: {role}");
        assert_eq!(fleet.app.db.statements() - before, 1, "{kind}: the workers are one statement");
    }
    for role in [Role::Viewer, Role::Builder] {
        let response = fleet.ask(role, SERVER, json!({})).await;
        assert_eq!(response["data"], json!({ "server": null }), "{kind}: {role}");
        assert_eq!(response["errors"][0]["extensions"]["code"], "FORBIDDEN", "{kind}: {role}");
    }
}
on_both!(admins_and_operators_see_the_workers_that_live_and_what_each_carries_out);
