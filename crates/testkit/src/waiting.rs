//! Waiting for something that nothing announces.

use crate::MAX_WAIT;
use std::time::{Duration, Instant};

/// How long to wait before looking again.
const INTERVAL: Duration = Duration::from_millis(20);

/// Looks again and again until there is a result. `what` is what is waited for, as in "the release is over".
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(result) = look().await {
            return result;
        }
        assert!(began.elapsed() < MAX_WAIT, "waited in vain until {what}");
        tokio::time::sleep(INTERVAL).await;
    }
}
