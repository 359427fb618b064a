//! What others wrote reaches a person's terminal without its control characters.

use crate::cli::program::{Place, text};
use sqlx::SqlitePool;

const ESCAPE: char = '\u{1b}';

#[tokio::test]
async fn stored_text_and_errors_are_shown_with_their_control_characters_written_out() {
    let place = Place::new("sqlite");
    place.printed(&["token", "create", "--name", "ana", "--role", "viewer"]);
    let pool = SqlitePool::connect(&place.database).await.unwrap();
    for sql in [
        "UPDATE token SET name = 'ana' || char(27) || '[31m'",
        "INSERT INTO idempotency (caller, key, operation, fingerprint, result, created_at)
            VALUES ('ana', 'k' || char(27) || '[2J', 'upgradeInstances', '', '[\"rel_1\"]', 0)",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    pool.close().await;

    let list = place.printed(&["token", "list"]);
    assert!(list.contains("ana\\x1b[31m") && !list.contains(ESCAPE), "{list:?}");
    let doctor = text(&place.run(&["doctor"]).stdout);
    assert!(doctor.contains("\\x1b[2J") && !doctor.contains(ESCAPE), "{doctor:?}");
    let error = place.failed(&["doctor", "--database-url", "sqlite:\u{1b}[31mno.db"]);
    assert!(error.contains("\\x1b[31m") && !error.contains(ESCAPE), "{error:?}");
}
