//! Fills an empty database of either kind with the fleet of `fleet.sql`.

mod words;

use words::Dialect;

use anyhow::{Context, ensure};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};

/// The size of a fleet. All services have the same number of instances, at most one on each host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub services: i64,
    /// Versions of each service.
    pub versions: i64,
    pub hosts: i64,
    pub instances: i64,
}

impl Size {
    /// Sizes by name.
    pub const ALL: [(&str, Size); 5] = [
        ("1k", Size { services: 20, versions: 20, hosts: 50, instances: 1_000 }),
        ("10k", Size { services: 100, versions: 20, hosts: 200, instances: 10_000 }),
        ("30k", Size { services: 300, versions: 20, hosts: 500, instances: 30_000 }),
        ("100k", Size { services: 500, versions: 20, hosts: 2_000, instances: 100_000 }),
        ("1m", Size { services: 1_000, versions: 20, hosts: 10_000, instances: 1_000_000 }),
    ];

    /// Returns the size with this name, or `None` if it does not exist.
    pub fn named(name: &str) -> Option<Size> {
        Size::ALL.iter().find(|(known, _)| *known == name).map(|(_, size)| *size)
    }

    /// Instances of one service.
    pub fn each(self) -> i64 {
        self.instances / self.services
    }

    /// Targets of the release that moves most of a service's instances.
    pub fn moved(self) -> i64 {
        self.each() - self.each() / 4
    }

    fn check(self) -> anyhow::Result<()> {
        ensure!(self.services > 0 && self.instances > 0, "a fleet needs services and instances");
        ensure!(
            self.instances % self.services == 0,
            "the number of instances must be a multiple of the number of services"
        );
        ensure!(self.each() <= self.hosts, "a service can have only one instance on a host: there are too few hosts");
        ensure!(self.versions >= 6, "a service needs at least six versions");
        Ok(())
    }
}

/// Fills lockkeeper's tables at a URL, which must exist and be empty. Indexes and triggers are dropped, and created again after the rows.
/// On PostgreSQL, statistics are gathered, as its autovacuum would do. The user must be a superuser there.
pub async fn load(url: &str, size: Size) -> anyhow::Result<()> {
    size.check()?;
    let mut base = Base::open(url).await?;
    let counts = base.texts("SELECT CAST(count(*) AS text) FROM service").await?;
    ensure!(counts == ["0"], "{url} already has services; a fleet can only be created in an empty database");
    let (drops, creates): (Vec<_>, Vec<_>) = base.droppable().await?.into_iter().unzip();
    let rows = words::expand(include_str!("fleet.sql"), size, base.dialect());
    let script = format!("BEGIN; {}; {rows} {}; COMMIT", drops.join("; "), creates.join("; "));
    base.run(&script).await?;
    base.finish().await?;
    base.close().await
}

/// A connection on which the database does not check rows.
enum Base {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Base {
    async fn open(url: &str) -> anyhow::Result<Base> {
        Ok(match Dialect::of(url) {
            Dialect::Sqlite => {
                let options: SqliteConnectOptions = url.parse()?;
                let options = options.journal_mode(SqliteJournalMode::Off).synchronous(SqliteSynchronous::Off);
                Base::Sqlite(options.foreign_keys(false).disable_statement_logging().connect().await?)
            }
            Dialect::Postgres => {
                let options: PgConnectOptions = url.parse()?;
                let mut base = Base::Postgres(options.disable_statement_logging().connect().await?);
                base.run("SET session_replication_role = replica; SET maintenance_work_mem = '256MB'").await?;
                base
            }
        })
    }

    fn dialect(&self) -> Dialect {
        match self {
            Base::Sqlite(_) => Dialect::Sqlite,
            Base::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Indexes and triggers, which slow down inserts: the statements that drop and that create them.
    async fn droppable(&mut self) -> anyhow::Result<Vec<(String, String)>> {
        let sql = match self {
            Base::Sqlite(_) => {
                "SELECT 'DROP ' || type || ' ' || name || ';' || sql FROM sqlite_schema
                 WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid"
            }
            Base::Postgres(_) => {
                "SELECT 'DROP INDEX ' || indexname || ';' || indexdef FROM pg_indexes
                 WHERE schemaname = current_schema()
                    AND indexname NOT IN (SELECT conname FROM pg_constraint) ORDER BY indexname"
            }
        };
        let both = self.texts(sql).await?;
        both.iter()
            .map(|both| both.split_once(';').map(|(drop, create)| (drop.to_owned(), create.to_owned())))
            .collect::<Option<_>>()
            .context("the two statements are separated by a semicolon")
    }

    /// Moves the counters of ids past the rows, and gathers the statistics that the database would have gathered.
    async fn finish(&mut self) -> anyhow::Result<()> {
        let statements = match self {
            // Neither lockkeeper nor SQLite gathers any there.
            Base::Sqlite(_) => Vec::new(),
            Base::Postgres(_) => {
                let counters =
                    "SELECT format('SELECT setval(pg_get_serial_sequence(%L, %L), max(id)) FROM %I HAVING max(id) > 0',
                        table_name, column_name, table_name)
                     FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES'";
                let mut statements = self.texts(counters).await?;
                statements.push("VACUUM ANALYZE".to_owned());
                statements
            }
        };
        for sql in statements {
            self.run(&sql).await?;
        }
        Ok(())
    }

    async fn run(&mut self, script: &str) -> anyhow::Result<()> {
        let script = sqlx::raw_sql(AssertSqlSafe(script.to_owned()));
        match self {
            Base::Sqlite(connection) => script.execute(connection).await.map(drop)?,
            Base::Postgres(connection) => script.execute(connection).await.map(drop)?,
        }
        Ok(())
    }

    /// The first column of each row, which must be text.
    async fn texts(&mut self, sql: &str) -> anyhow::Result<Vec<String>> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match self {
            Base::Sqlite(connection) => sqlx::query_scalar(sql).fetch_all(connection).await?,
            Base::Postgres(connection) => sqlx::query_scalar(sql).fetch_all(connection).await?,
        })
    }

    async fn close(self) -> anyhow::Result<()> {
        match self {
            Base::Sqlite(connection) => connection.close().await?,
            Base::Postgres(connection) => connection.close().await?,
        }
        Ok(())
    }
}
