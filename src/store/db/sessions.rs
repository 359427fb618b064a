//! What a session sets first, and how it is interrupted, on each of the two databases.

use super::connections::{Options, Pooled, Session};
use super::interrupt::{PgBackend, StatementLimits, StopFlag};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Postgres, Row, Sqlite, raw_sql};

/// What every session of PostgreSQL sets first, whatever the server's own settings are: what was committed is on disk
/// (I7); a process that is suspended inside a transaction does not keep its locks forever (I2), nor does one that the
/// network has cut off. Unless an operator set it, reading through an index is declared cheap: PostgreSQL's default assumes
/// a rotating disk, and would scan a whole table for the hosts or versions of one page.
const SESSION: &str = "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = '20s';
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2;
    SET tcp_user_timeout = '20s';
    SELECT set_config(name, '1.1', false) FROM pg_settings WHERE name = 'random_page_cost' AND source = 'default'";

impl Pooled for Sqlite {
    const REMOTE: bool = false;
    type Limits = ();
    type Interrupt = StopFlag;

    async fn connect(options: &Options<Self>, (): &()) -> sqlx::Result<(Self::Connection, StopFlag)> {
        let mut connection = Self::Connection::connect_with(options).await?;
        let stop = StopFlag::install(&mut connection).await?;
        Ok((connection, stop))
    }

    async fn run(connection: &mut Self::Connection, text: &'static str) -> sqlx::Result<()> {
        connection.execute(text).await.map(drop)
    }

    async fn interrupt(session: &mut Session<Self>) -> sqlx::Result<()> {
        session.interrupt.interrupt(&mut session.connection).await
    }
}

impl Pooled for Postgres {
    const REMOTE: bool = true;
    type Limits = StatementLimits;
    type Interrupt = PgBackend;

    async fn connect(options: &Options<Self>, limits: &StatementLimits) -> sqlx::Result<(Self::Connection, PgBackend)> {
        let mut connection = Self::Connection::connect_with(options).await?;
        let pid = set_up(&mut connection, limits).await?;
        Ok((connection, PgBackend { pid, limits: limits.clone() }))
    }

    async fn run(connection: &mut Self::Connection, text: &'static str) -> sqlx::Result<()> {
        connection.execute(text).await.map(drop)
    }

    async fn interrupt(session: &mut Session<Self>) -> sqlx::Result<()> {
        session.interrupt.interrupt(&mut session.connection).await
    }
}

/// Sets up a session of PostgreSQL in one round trip. Returns the process id of its backend.
pub(super) async fn set_up(connection: &mut PgConnection, limits: &StatementLimits) -> sqlx::Result<i32> {
    let timeout = limits.statement_timeout().as_millis();
    // Safe: it is made of a number and of constants.
    let text = AssertSqlSafe(format!("SELECT pg_backend_pid(); SET statement_timeout = {timeout}; {SESSION}"));
    let rows = connection.fetch_all(raw_sql(text)).await?;
    rows.first().ok_or(sqlx::Error::RowNotFound)?.try_get(0)
}
