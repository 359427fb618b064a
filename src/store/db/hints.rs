//! Wake-ups between the processes on one PostgreSQL: each tells the newest position that it committed, and that it stored
//! output, and hears the others. They are hints only: one that is lost costs the time to the next poll, and nothing else.

use super::Db;
use super::backend::{Pools, Shared, raise};
use super::connections::set_up;
use super::interrupt::Guard;
use super::pool::Pool;
use super::timeouts::{ANSWER, within};
use sqlx::Postgres;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Tells of events, by the position of the newest.
const EVENTS: &str = "lockkeeper_events";
/// Tells of output of releases, without a word.
const OUTPUT: &str = "lockkeeper_output";
/// The shortest time from one notification to the next.
const REST: Duration = Duration::from_millis(20);
/// A connection that is silent for so long is replaced: it may have died without a word.
const SILENCE: Duration = Duration::from_mins(1);
/// How long to wait before the database is asked again, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// Exchanges hints with the other processes, for as long as it is polled. On SQLite there are none.
pub async fn exchange(db: Db) {
    if let Pools::Postgres(pool) = &db.pools {
        // A connection apart from the others neither waits for a statement nor holds one up.
        tokio::join!(tell(Pool::of_one(pool.options().clone()), &db.shared), hear(pool.options(), &db.shared));
    }
}

/// Tells what this process commits, after the commit: a notification within it would have all commits wait in line.
async fn tell(own: Pool<Postgres>, shared: &Shared) {
    let (mut committed, mut output) = (shared.committed.subscribe(), shared.committed_output.subscribe());
    loop {
        let (channel, word) = tokio::select! {
            Ok(()) = committed.changed() => (EVENTS, committed.borrow_and_update().to_string()),
            Ok(()) = output.changed() => (OUTPUT, String::new()),
            else => return,
        };
        let told = async {
            let telling = sqlx::query("SELECT pg_notify($1, $2)").bind(channel).bind(word);
            own.lend().await?.ask(async |on| telling.execute(on).await).await
        };
        if let Err(error) = within(ANSWER, told).await {
            tracing::debug!(%error, "other processes could not be told of what is new");
        }
        sleep(REST).await;
    }
}

/// Hears what the others commit.
async fn hear(options: &PgConnectOptions, shared: &Shared) {
    let mut pause = PAUSES.0;
    loop {
        if let Err(error) = listen(options, shared, &mut pause).await {
            tracing::debug!(%error, "other processes cannot be heard; what is new is looked for all the same");
        }
        sleep(pause).await;
        pause = (2 * pause).min(PAUSES.1);
    }
}

/// Hears on one connection, until it falls silent or is lost.
async fn listen(options: &PgConnectOptions, shared: &Shared, pause: &mut Duration) -> sqlx::Result<()> {
    // It wants a pool of its own kind.
    let own = PgPoolOptions::new().max_connections(1).acquire_timeout(PAUSES.1);
    let own = own.after_connect(|on, _| Box::pin(async move { set_up(on, &Guard::default()).await.map(drop) }));
    let mut listener = PgListener::connect_with(&own.connect_lazy_with(options.clone())).await?;
    listener.eager_reconnect(false);
    within(ANSWER, listener.listen_all([EVENTS, OUTPUT])).await?;
    *pause = PAUSES.0;
    while let Ok(heard) = timeout(SILENCE, listener.try_recv()).await {
        match heard? {
            Some(told) if told.channel() == OUTPUT => {
                shared.output.send_replace(());
            }
            // What is no position is none of ours.
            Some(told) => told.payload().parse().into_iter().for_each(|position| raise(&shared.head, position)),
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

    /// Whether a process that looks only when it is told gets to know of this position soon.
    async fn hears(db: &Db, position: i64) -> bool {
        let mut head = db.head();
        timeout(Duration::from_secs(1), head.wait_for(|head| *head == position)).await.is_ok()
    }

    #[tokio::test]
    async fn processes_tell_each_other_what_they_commit_also_after_their_connections_were_lost() {
        let directory = tempfile::tempdir().unwrap();
        let url = databases::fresh("postgres", directory.path());
        let (one, two) = (Db::open(&url, 2).await.unwrap(), Db::open(&url, 2).await.unwrap());
        let exchanging = [one.clone(), two.clone()].map(|db| AbortOnDropHandle::new(tokio::spawn(exchange(db))));
        // What is told before the other listens is lost, as it may be.
        let mut position = 0;
        for _ in 0..2 {
            let began = Instant::now();
            loop {
                position += 1;
                commit(&one, position).await;
                if hears(&two, position).await {
                    break;
                }
                assert!(began.elapsed() < Duration::from_mins(1), "nothing is heard");
            }
            let Pools::Postgres(pool) = &one.pools else { panic!("it is PostgreSQL") };
            let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND query ~ '^(LISTEN|SELECT pg_notify)'";
            let cut = sqlx::query(cut).fetch_all(pool.lend().await.unwrap().connection()).await.unwrap();
            assert_eq!(cut.len(), 3, "two hear, and one has told");
        }
        // Output, too, once they listen again.
        let mut output = two.output();
        let began = Instant::now();
        while timeout(Duration::from_secs(1), output.changed()).await.is_err() {
            assert!(began.elapsed() < Duration::from_mins(1), "nothing is heard");
            commit_output(&one).await;
        }
        // Who has heard of a position does not tell of it again, or they would never be done.
        assert_eq!(*two.shared.committed.borrow(), 0);
        drop(exchanging);
    }
}
