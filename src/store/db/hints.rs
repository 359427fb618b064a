//! Notifications between the processes on one PostgreSQL: each sends the newest position that it committed, and that it
//! stored output, and listens to the others. They are hints: a lost one costs the time to the next poll, nothing else.

use super::Db;
use super::backend::{Pools, Shared, raise};
use super::interrupt::StatementLimits;
use super::pool::Pool;
use super::sessions::set_up;
use super::timeouts::{STATEMENT_TIMEOUT, with_timeout};
use sqlx::Postgres;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The channel for events; its payload is the newest position.
const EVENTS: &str = "lockkeeper_events";
/// The channel for output of releases; its payload is empty.
const OUTPUT: &str = "lockkeeper_output";
/// The shortest time between two notifications.
const MIN_NOTIFY_INTERVAL: Duration = Duration::from_millis(20);
/// A listening connection that receives nothing for this long is replaced: it may have been lost unnoticed.
const MAX_SILENCE: Duration = Duration::from_mins(1);
/// The delay before listening again after a failure: it doubles up to the maximum.
const RETRY_DELAY: Duration = Duration::from_millis(250);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(10);

/// Exchanges hints with the other processes, for as long as it is polled. On SQLite there are no others.
pub async fn exchange(db: Db) {
    if let Pools::Postgres(pool) = &db.pools {
        // Connections of their own neither wait for statements nor delay any.
        tokio::join!(send(Pool::of_one(pool.options().clone()), &db.shared), listen(pool.options(), &db.shared));
    }
}

/// Notifies the others of what this process committed, after the commit: a notification inside of a transaction would make
/// all commits wait for each other.
async fn send(own: Pool<Postgres>, shared: &Shared) {
    let (mut committed, mut output) = (shared.committed.subscribe(), shared.committed_output.subscribe());
    loop {
        let (channel, payload) = tokio::select! {
            Ok(()) = committed.changed() => (EVENTS, committed.borrow_and_update().to_string()),
            Ok(()) = output.changed() => (OUTPUT, String::new()),
            else => return,
        };
        let sent = async {
            let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(channel).bind(payload);
            own.check_out().await?.run(async |on| notify.execute(on).await).await
        };
        if let Err(error) = with_timeout(STATEMENT_TIMEOUT, sent).await {
            tracing::debug!(%error, "could not notify the other processes of new events or output");
        }
        sleep(MIN_NOTIFY_INTERVAL).await;
    }
}

/// Receives the notifications of the others, on one connection after the other.
async fn listen(options: &PgConnectOptions, shared: &Shared) {
    let mut delay = RETRY_DELAY;
    loop {
        if let Err(error) = listen_once(options, shared, &mut delay).await {
            tracing::debug!(%error, "cannot receive notifications of the other processes; the database is polled instead");
        }
        sleep(delay).await;
        delay = (2 * delay).min(MAX_RETRY_DELAY);
    }
}

/// Receives notifications on one connection, until it is silent for too long or lost.
async fn listen_once(options: &PgConnectOptions, shared: &Shared, delay: &mut Duration) -> sqlx::Result<()> {
    // A listener of sqlx needs a pool of sqlx.
    let own = PgPoolOptions::new().max_connections(1).acquire_timeout(MAX_RETRY_DELAY);
    let own =
        own.after_connect(|on, _| Box::pin(async move { set_up(on, &StatementLimits::default()).await.map(drop) }));
    let mut listener = PgListener::connect_with(&own.connect_lazy_with(options.clone())).await?;
    listener.eager_reconnect(false);
    with_timeout(STATEMENT_TIMEOUT, listener.listen_all([EVENTS, OUTPUT])).await?;
    *delay = RETRY_DELAY;
    while let Ok(received) = timeout(MAX_SILENCE, listener.try_recv()).await {
        match received? {
            Some(notification) if notification.channel() == OUTPUT => {
                shared.output.send_replace(());
            }
            // A payload that is not a position was not sent by lockkeeper.
            Some(notification) => {
                notification.payload().parse().into_iter().for_each(|position| raise(&shared.head, position));
            }
            None => break,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::databases;
    use std::time::Instant;
    use tokio_util::task::AbortOnDropHandle;

    /// Commits, as one that appended the event at this position.
    async fn commit(db: &Db, position: i64) {
        let mut tx = db.begin().await.unwrap();
        tx.appended(position);
        tx.commit().await.unwrap();
    }

    /// Commits, as one that stored output.
    async fn commit_output(db: &Db) {
        let mut tx = db.begin().await.unwrap();
        tx.stored_output();
        tx.commit().await.unwrap();
    }

    /// Whether a process learns of this position soon.
    async fn hears(db: &Db, position: i64) -> bool {
        let mut head = db.head();
        timeout(Duration::from_secs(1), head.wait_for(|head| *head == position)).await.is_ok()
    }

    #[tokio::test]
    async fn processes_notify_each_other_of_commits_also_after_their_connections_were_lost() {
        let directory = tempfile::tempdir().unwrap();
        let url = databases::fresh("postgres", directory.path());
        let (one, two) = (Db::open(&url, 2).await.unwrap(), Db::open(&url, 2).await.unwrap());
        let exchanging = [one.clone(), two.clone()].map(|db| AbortOnDropHandle::new(tokio::spawn(exchange(db))));
        // A notification that is sent before the other listens is lost, which is allowed.
        let mut position = 0;
        for _ in 0..2 {
            let began = Instant::now();
            loop {
                position += 1;
                commit(&one, position).await;
                if hears(&two, position).await {
                    break;
                }
                assert!(began.elapsed() < Duration::from_mins(1), "no notification arrives");
            }
            let Pools::Postgres(pool) = &one.pools else { panic!("it is PostgreSQL") };
            // Two listen, and one has sent; all are cut together, once all are there.
            let cut = "WITH session AS (SELECT pid FROM pg_stat_activity
                           WHERE datname = current_database() AND query ~ '^(LISTEN|SELECT pg_notify)')
                       SELECT pg_terminate_backend(pid) FROM session WHERE (SELECT count(*) FROM session) = 3";
            let mut cutting = pool.check_out().await.unwrap();
            while sqlx::query(cut).fetch_all(cutting.connection()).await.unwrap().is_empty() {
                assert!(began.elapsed() < Duration::from_mins(1), "somebody does not listen");
                sleep(Duration::from_millis(10)).await;
            }
        }
        // Output, too, once they listen again.
        let mut output = two.output();
        let began = Instant::now();
        while timeout(Duration::from_secs(1), output.changed()).await.is_err() {
            assert!(began.elapsed() < Duration::from_mins(1), "no notification arrives");
            commit_output(&one).await;
        }
        // A process does not send on what it received, or notifications would never end.
        assert_eq!(*two.shared.committed.borrow(), 0);
        drop(exchanging);
    }
}
