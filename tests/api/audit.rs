//! Every mutation leaves one audit entry, whatever became of it (I7).

use crate::world::{on_both, with};
use serde_json::json;

#[tokio::test]
async fn i7_every_mutation_has_one_audit_entry_and_a_dry_run_has_none() {
    on_both(async |world| {
        let client = world.server.client_as("auditee", "admin");
        let upgrade = world.release(1, json!({ "idempotencyKey": "once" }));
        let service = json!({ "name": "new", "executor": "quick" });
        let mutate = async |mutation, input| drop(client.mutate(mutation, input, "__typename").await);
        mutate("createService", service.clone()).await;
        mutate("createService", service).await;
        mutate("upgradeInstances", with(upgrade.clone(), json!({ "dryRun": true }))).await;
        mutate("upgradeInstances", upgrade.clone()).await;
        mutate("upgradeInstances", upgrade.clone()).await;
        mutate("upgradeInstances", with(upgrade, json!({ "versionId": "ver_999" }))).await;
        mutate("cancelRelease", json!({ "releaseId": "rel_999" })).await;

        let entries = "SELECT operation || ' ' || outcome FROM audit WHERE caller = 'auditee' ORDER BY id";
        assert_eq!(
            world.server.stored().await.texts(entries).await,
            [
                "createService ACCEPTED",
                "createService REFUSED",
                "upgradeInstances ACCEPTED",
                "upgradeInstances REPLAYED",
                "upgradeInstances REFUSED",
                "cancelRelease REFUSED",
            ]
        );
    })
    .await;
}
