//! Whether the database can be written. A full disk is logged once; background work waits here, and a small write each
//! second finds out when there is space again.

use super::backend::Shared;
use super::{Db, Error, Result};
use std::time::Duration;
use tokio::time::sleep;

/// How often a write is tried while the disk is full.
const WRITE_TRIAL_INTERVAL: Duration = Duration::from_secs(1);

impl Shared {
    /// Notices whether a statement or a commit failed because the disk is full.
    pub(super) fn watched<T>(&self, outcome: Result<T>) -> Result<T> {
        if let Err(Error::Unwritable(error)) = &outcome
            && self.writable.send_replace(false)
        {
            tracing::error!(%error, "the database cannot be written: free space on its disk");
        }
        outcome
    }
}

impl Db {
    /// Whether the database can be written, as far as is known.
    pub fn is_writable(&self) -> bool {
        *self.shared.writable.borrow()
    }

    /// Waits until the database can be written.
    pub async fn until_writable(&self) {
        // The sender exists as long as this database.
        let _ = self.shared.writable.subscribe().wait_for(|writable| *writable).await;
    }

    /// Waits before a retry after a failure: for this delay, and until the database can be written.
    pub async fn retry_after(&self, delay: Duration) {
        sleep(delay).await;
        self.until_writable().await;
    }

    /// Finds out when there is space again, for as long as it is polled.
    pub async fn watch_for_space(&self) {
        let mut writable = self.shared.writable.subscribe();
        while writable.wait_for(|writable| !writable).await.is_ok() {
            sleep(WRITE_TRIAL_INTERVAL).await;
            if self.try_to_write().await.is_ok() {
                self.shared.writable.send_replace(true);
                tracing::info!("the database can be written again");
            }
        }
    }

    /// Writes and deletes a row, in one transaction.
    async fn try_to_write(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        // No caller has an empty name.
        tx.query(sql!(
            "INSERT INTO idempotency (caller, key, operation, fingerprint, result, created_at)
             VALUES ('', $1, '', '', '[]', {now})"
        ))
        .bind(format!("{:016x}", rand::random::<u64>()))
        .execute()
        .await?;
        tx.query(sql!("DELETE FROM idempotency WHERE caller = ''")).execute().await?;
        tx.commit().await
    }
}
