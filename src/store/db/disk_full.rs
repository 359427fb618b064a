//! Whether the database stores what is written. When its disk is full, that is said once, whoever writes by himself
//! waits here, and a small write each second finds out when there is room again.

use super::backend::Shared;
use super::{Db, Error, Result};
use std::time::Duration;
use tokio::time::sleep;

/// How often it is tried while nothing can be written.
const TRY: Duration = Duration::from_secs(1);

impl Shared {
    /// Notes what came of a statement or a commit.
    pub(super) fn noted<T>(&self, outcome: Result<T>) -> Result<T> {
        if let Err(Error::Unwritable(error)) = &outcome
            && self.writable.send_replace(false)
        {
            tracing::error!(%error, "the database cannot be written: make room on its disk");
        }
        outcome
    }
}

impl Db {
    /// Whether it can be written, as far as is known.
    pub fn is_writable(&self) -> bool {
        *self.shared.writable.borrow()
    }

    /// Waits until it can be written.
    pub async fn writable(&self) {
        // What is waited for is kept by this database itself.
        let _ = self.shared.writable.subscribe().wait_for(|writable| *writable).await;
    }

    /// Waits before it is asked again after a failure: for so long, and until it can be written.
    pub async fn again(&self, pause: Duration) {
        sleep(pause).await;
        self.writable().await;
    }

    /// Finds out when there is room again, for as long as it is polled.
    pub async fn look_for_room(&self) {
        let mut writable = self.shared.writable.subscribe();
        while writable.wait_for(|writable| !writable).await.is_ok() {
            sleep(TRY).await;
            if self.try_to_write().await.is_ok() {
                self.shared.writable.send_replace(true);
                tracing::info!("the database can be written again");
            }
        }
    }

    /// Writes something that is gone when it is committed.
    async fn try_to_write(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        // Callers have names, and keys of requests at least one character: this is nobody's.
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
