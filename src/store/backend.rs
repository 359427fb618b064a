//! The two databases behind one face. Reads take `&Db`, writes take `&mut Tx`; both give a `Stmt`:
//! `db.query(sql!("SELECT … WHERE id = $1")).bind(id).one().await?`

use super::{Error, Result, sql::Sql};
use crate::domain::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{
    Arguments, AssertSqlSafe, Database, Decode, Encode, FromRow, Pool, Postgres, Row, SqlSafeStr, SqlStr, Sqlite,
};
use sqlx::{Transaction, Type};
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// An open database. Clones share its connections.
#[derive(Clone)]
pub struct Db {
    pub(super) pools: Pools,
    pub(super) shared: Arc<Shared>,
}

#[derive(Clone)]
pub(super) enum Pools {
    /// One connection writes, the others only read.
    Sqlite {
        read: Pool<Sqlite>,
        write: Pool<Sqlite>,
    },
    Postgres(Pool<Postgres>),
}

/// What all clones of a [`Db`] share.
pub(super) struct Shared {
    /// Names this database's event log in cursors.
    pub log_id: String,
    /// The newest position that this process committed: a hint that there is something to read.
    pub head: watch::Sender<i64>,
    /// How many statements were run.
    pub statements: AtomicU64,
}

/// Which of the two languages a statement has to be told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// A transaction that may write; rolled back when it is dropped.
pub struct Tx {
    inner: Begun,
    shared: Arc<Shared>,
    /// The newest event that it appended.
    appended: Option<i64>,
}

enum Begun {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// A statement that only reads.
    pub fn query(&self, sql: &'static Sql) -> Stmt<'_> {
        self.shared.count();
        match &self.pools {
            Pools::Sqlite { read, .. } => Stmt::new(sql.sqlite(), On::Sqlite(Via::Pool(read), Default::default())),
            Pools::Postgres(pool) => Stmt::new(sql.postgres(), On::Postgres(Via::Pool(pool), Default::default())),
        }
    }

    /// Begins a transaction. In a task of its own, since a `begin` that is dropped half-way leaves its
    /// pooled connection inside a transaction (transact-rs/sqlx#4393).
    pub async fn begin(&self) -> Result<Tx> {
        let inner = match self.pools.clone() {
            Pools::Sqlite { write, .. } => {
                settled(async move { write.begin_with("BEGIN IMMEDIATE").await }).await.map(Begun::Sqlite)?
            }
            Pools::Postgres(pool) => settled(async move { pool.begin().await }).await.map(Begun::Postgres)?,
        };
        Ok(Tx { inner, shared: self.shared.clone(), appended: None })
    }

    /// Which of the two databases it is.
    pub fn dialect(&self) -> Dialect {
        match self.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The name of this database's event log, as cursors bear it.
    pub fn log_id(&self) -> &str {
        &self.shared.log_id
    }

    /// Wakes whoever waits for events: the newest position that this process committed. A hint only;
    /// other processes write, too, and the log is the truth.
    pub fn head(&self) -> watch::Receiver<i64> {
        self.shared.head.subscribe()
    }

    /// How many connections are in use, and how many are open and idle.
    pub fn connections(&self) -> (usize, usize) {
        fn of<D: Database>(pool: &Pool<D>) -> (usize, usize) {
            let idle = pool.num_idle();
            ((pool.size() as usize).saturating_sub(idle), idle)
        }
        match &self.pools {
            Pools::Sqlite { read, write } => {
                let (read, write) = (of(read), of(write));
                (read.0 + write.0, read.1 + write.1)
            }
            Pools::Postgres(pool) => of(pool),
        }
    }

    /// How many statements were run since it was opened, for tests and metrics.
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }
}

impl Shared {
    pub(super) fn count(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }
}

impl Tx {
    /// A statement of this transaction.
    pub fn query(&mut self, sql: &'static Sql) -> Stmt<'_> {
        self.shared.count();
        match &mut self.inner {
            Begun::Sqlite(tx) => Stmt::new(sql.sqlite(), On::Sqlite(Via::Tx(&mut **tx), Default::default())),
            Begun::Postgres(tx) => Stmt::new(sql.postgres(), On::Postgres(Via::Tx(&mut **tx), Default::default())),
        }
    }

    /// This instant by the database's clock, cut to milliseconds.
    pub async fn now(&mut self) -> Result<Timestamp> {
        self.query(sql!("SELECT {now} AS now")).scalar().await
    }

    /// Notes the newest event that it appended, to wake readers when it is committed.
    pub(super) fn appended(&mut self, position: i64) {
        self.appended = Some(position);
    }

    /// Commits, to the end even if nobody waits for it any more, and wakes the log's readers.
    pub async fn commit(self) -> Result<()> {
        let Tx { inner, shared, appended } = self;
        settled(async move {
            match inner {
                Begun::Sqlite(tx) => tx.commit().await?,
                Begun::Postgres(tx) => tx.commit().await?,
            }
            if let Some(position) = appended {
                shared.head.send_if_modified(|head| std::mem::replace(head, position.max(*head)) < position);
            }
            Ok(())
        })
        .await
    }
}

async fn settled<T: Send + 'static>(work: impl Future<Output = sqlx::Result<T>> + Send + 'static) -> Result<T> {
    Ok(tokio::spawn(work).await.map_err(|_| sqlx::Error::WorkerCrashed)??)
}

/// What can be bound.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be bound on both databases")]
pub trait Value<'q>: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres> {}
impl<'q, T: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres>> Value<'q> for T {}

/// What one column can become.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be read from a column of both databases")]
pub trait Scalar: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> {}
impl<T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>> Scalar for T {}

/// What a row can become: a struct with `#[derive(sqlx::FromRow)]`, or a tuple.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be read from the rows of both databases")]
pub trait Record: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> {}
impl<T: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>> Record for T {}

/// A statement with its arguments, on its way to where it will run.
#[must_use = "a statement does nothing until it is run"]
pub struct Stmt<'c> {
    text: Cow<'static, str>,
    on: On<'c>,
    wrong: Option<sqlx::error::BoxDynError>,
}

enum On<'c> {
    Sqlite(Via<'c, Sqlite>, SqliteArguments),
    Postgres(Via<'c, Postgres>, PgArguments),
}

enum Via<'c, D: Database> {
    Pool(&'c Pool<D>),
    Tx(&'c mut D::Connection),
}

impl<'c, D: Database> Via<'c, D> {
    /// The connection to run on; one that was taken from the pool stays in `slot` meanwhile.
    async fn connect<'s>(self, slot: &'s mut Option<PoolConnection<D>>) -> sqlx::Result<&'s mut D::Connection>
    where
        'c: 's,
    {
        match self {
            Via::Pool(pool) => Ok(&mut **slot.insert(pool.acquire().await?)),
            Via::Tx(connection) => Ok(connection),
        }
    }
}

impl<'c> Stmt<'c> {
    fn new(text: &'static str, on: On<'c>) -> Self {
        Stmt { text: Cow::Borrowed(text), on, wrong: None }
    }

    /// How many arguments it has.
    fn bound(&self) -> usize {
        match &self.on {
            On::Sqlite(_, arguments) => Arguments::len(arguments),
            On::Postgres(_, arguments) => Arguments::len(arguments),
        }
    }

    /// Gives the next `$` its value.
    pub fn bind<'q>(mut self, value: impl Value<'q>) -> Self {
        let added = match &mut self.on {
            On::Sqlite(_, arguments) => Arguments::add(arguments, value),
            On::Postgres(_, arguments) => Arguments::add(arguments, value),
        };
        self.wrong = self.wrong.or(added.err());
        self
    }

    /// Appends a part; each bare `$` in it is numbered as the next argument.
    pub fn push(mut self, part: &'static Sql) -> Self {
        let mut number = self.bound();
        let part = match &self.on {
            On::Sqlite(..) => part.sqlite(),
            On::Postgres(..) => part.postgres(),
        };
        let text = self.text.to_mut();
        for (i, piece) in part.split('$').enumerate() {
            if i > 0 {
                number += 1;
                let _ = write!(text, "${number}");
            }
            text.push_str(piece);
        }
        self
    }

    /// Appends a part with its value, if there is one.
    pub fn filter<'q>(self, part: &'static Sql, value: Option<impl Value<'q>>) -> Self {
        match value {
            Some(value) => self.push(part).bind(value),
            None => self,
        }
    }

    fn ready(self) -> Result<(SqlStr, On<'c>)> {
        // SQLite takes a missing argument for NULL, and both take one too many: sqlx says nothing.
        #[cfg(debug_assertions)]
        {
            let bound = self.bound();
            let (last, next) = (format!("${bound}"), format!("${}", bound + 1));
            assert!(bound == 0 || self.text.contains(&last), "an argument too many for {}", self.text);
            assert!(!self.text.contains(&next), "an argument is missing for {}", self.text);
        }
        match (self.wrong, self.text) {
            (Some(wrong), _) => Err(sqlx::Error::Encode(wrong).into()),
            (None, Cow::Borrowed(text)) => Ok((text.into_sql_str(), self.on)),
            // Safe: it was put together from `Sql`s, which are all written in this program.
            (None, Cow::Owned(text)) => Ok((AssertSqlSafe(text).into_sql_str(), self.on)),
        }
    }

    /// All rows. SQLite's are collected before they are mapped, since each row that is waited for
    /// costs a change of threads; PostgreSQL's are mapped while the next ones arrive.
    pub async fn all<T: Record>(self) -> Result<Vec<T>> {
        Ok(match self.ready()? {
            (sql, On::Sqlite(via, arguments)) => {
                let rows = sqlx::query_with(sql, arguments).fetch_all(via.connect(&mut None).await?).await?;
                rows.iter().map(T::from_row).collect::<sqlx::Result<_>>()?
            }
            (sql, On::Postgres(via, arguments)) => {
                sqlx::query_as_with(sql, arguments).fetch_all(via.connect(&mut None).await?).await?
            }
        })
    }

    /// The first row, if there is one.
    pub async fn optional<T: Record>(self) -> Result<Option<T>> {
        Ok(match self.ready()? {
            (sql, On::Sqlite(via, arguments)) => {
                sqlx::query_as_with(sql, arguments).fetch_optional(via.connect(&mut None).await?).await?
            }
            (sql, On::Postgres(via, arguments)) => {
                sqlx::query_as_with(sql, arguments).fetch_optional(via.connect(&mut None).await?).await?
            }
        })
    }

    /// The first row; an error if there is none.
    pub async fn one<T: Record>(self) -> Result<T> {
        self.optional().await?.ok_or(Error::Database(sqlx::Error::RowNotFound))
    }

    /// The first column of the first row.
    pub async fn scalar<T: Scalar>(self) -> Result<T> {
        Ok(match self.ready()? {
            (sql, On::Sqlite(via, arguments)) => {
                sqlx::query_with(sql, arguments).fetch_one(via.connect(&mut None).await?).await?.try_get(0)?
            }
            (sql, On::Postgres(via, arguments)) => {
                sqlx::query_with(sql, arguments).fetch_one(via.connect(&mut None).await?).await?.try_get(0)?
            }
        })
    }

    /// Runs it and tells how many rows it changed.
    pub async fn execute(self) -> Result<u64> {
        Ok(match self.ready()? {
            (sql, On::Sqlite(via, arguments)) => {
                sqlx::query_with(sql, arguments).execute(via.connect(&mut None).await?).await?.rows_affected()
            }
            (sql, On::Postgres(via, arguments)) => {
                sqlx::query_with(sql, arguments).execute(via.connect(&mut None).await?).await?.rows_affected()
            }
        })
    }
}
