//! Migrating the tables, and deciding whether this program can use tables of a newer one.
//!
//! Programs of two versions share a database while one replaces the other. So a migration only adds, from the point of
//! view of the version before. A migration that removes something is named `N_after_M_…`: programs that know migration M
//! do not need what it removes.

use super::pool::Pool;
use super::{Db, Error, Result};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Postgres, SqlitePool};
use std::sync::LazyLock;

static SQLITE: LazyLock<Migrator> = LazyLock::new(|| lenient(sqlx::migrate!("migrations/sqlite")));
static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| lenient(sqlx::migrate!("migrations/postgres")));

/// Unknown migrations in the database are not an error here; [`check`] decides about them.
fn lenient(mut migrator: Migrator) -> Migrator {
    migrator.set_ignore_missing(true);
    migrator
}

pub(super) async fn run_sqlite(pool: &SqlitePool) -> Result<()> {
    Ok(SQLITE.run(pool).await?)
}

pub(super) async fn run_postgres(pool: &Pool<Postgres>) -> Result<()> {
    Ok(POSTGRES.run(pool.check_out().await?.connection()).await?)
}

/// Checks that no newer lockkeeper removed something that this one needs.
///
/// # Errors
/// `Refused` if one did.
pub(super) async fn check(db: &Db) -> Result<()> {
    let known = POSTGRES.iter().map(|migration| migration.version).max().unwrap_or(0);
    let newer: Vec<(i64, String)> = db
        .query(sql!("SELECT version, description FROM _sqlx_migrations WHERE version > $1 ORDER BY version"))
        .bind(known)
        .all()
        .await?;
    if let Some((version, _)) =
        newer.iter().find(|(_, description)| needed(description).is_some_and(|needed| needed > known))
    {
        return Err(Error::Refused(format!(
            "A newer lockkeeper migrated the database: its migration {version} removed something that this one still \
             needs, which knows migrations up to {known}. Use the newer lockkeeper."
        )));
    }
    if let Some((version, _)) = newer.last() {
        tracing::info!(version, known, "the tables are newer than this lockkeeper, which can still use them");
    }
    Ok(())
}

/// The migration that a program must know to work without what this one removed.
fn needed(description: &str) -> Option<i64> {
    description.strip_prefix("after ")?.split(' ').next()?.parse().ok()
}

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        Error::Database(sqlx::Error::Migrate(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::databases;
    use sqlx::migrate::Migration;

    /// Words of statements that remove something, or demand what the version before does not write.
    const REMOVING: [&str; 8] = [
        "DROP TABLE",
        "DROP COLUMN",
        "DROP VIEW",
        "DROP INDEX",
        "RENAME",
        "SET NOT NULL",
        "ADD CONSTRAINT",
        "CREATE TRIGGER",
    ];

    fn both() -> [Vec<&'static Migration>; 2] {
        [SQLITE.iter().collect(), POSTGRES.iter().collect()]
    }

    #[test]
    fn both_databases_have_the_same_migrations() {
        let [sqlite, postgres] =
            both().map(|all| all.iter().map(|one| (one.version, &one.description)).collect::<Vec<_>>());
        assert_eq!(sqlite, postgres);
    }

    #[test]
    fn a_migration_only_adds_or_says_after_which_one_it_removes() {
        for migration in both().concat().into_iter().filter(|migration| migration.version > 1) {
            let (version, sql) = (migration.version, migration.sql.as_str().to_uppercase());
            let removing = REMOVING.iter().find(|words| sql.contains(*words));
            match needed(&migration.description) {
                Some(needed) => assert!(needed < version, "{version} is after {needed}"),
                None => assert_eq!(removing, None, "migration {version} must be named {version}_after_M_…"),
            }
        }
    }

    #[test]
    fn no_column_lists_its_words() {
        for migration in both().concat() {
            for check in migration.sql.as_str().split("CHECK (").skip(1) {
                let column =
                    check.find(|char: char| !char.is_alphanumeric() && char != '_').map_or("", |end| &check[..end]);
                let lists = check[column.len()..].starts_with(" IN ('");
                assert!(!lists, "{column} lists its words in migration {}", migration.version);
            }
        }
    }

    async fn tables_of_a_newer_program_are_used_unless_they_lack_what_this_one_needs(kind: &str) {
        let directory = tempfile::tempdir().unwrap();
        let url = databases::fresh(kind, directory.path());
        let db = Db::open(&url, 1).await.unwrap();
        let known = POSTGRES.iter().map(|migration| migration.version).max().unwrap();
        let later = async |version: i64, description: String| {
            let mut tx = db.begin().await.unwrap();
            tx.query(sql!(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                     SELECT $1, $2, success, checksum, 0 FROM _sqlx_migrations WHERE version = 1"
            ))
            .bind(version)
            .bind(description)
            .execute()
            .await
            .unwrap();
            tx.commit().await.unwrap();
        };
        later(known + 1, "add something".to_owned()).await;
        later(known + 2, format!("after {known} drop something")).await;
        Db::open(&url, 1).await.unwrap().close().await;
        later(known + 3, format!("after {} drop something", known + 1)).await;
        let refused = Db::open(&url, 1).await.err().unwrap().to_string();
        assert!(refused.contains(&format!("migration {} removed something", known + 3)), "{kind}: {refused}");
    }
    testkit::on_both!(tables_of_a_newer_program_are_used_unless_they_lack_what_this_one_needs);
}
