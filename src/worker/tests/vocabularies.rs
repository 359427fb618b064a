//! Words of a newer program: the tables take them, the doctor names them, and what cannot be read says why.

use super::doctor::{fleet, unguard};
use super::fleet::Fleet;
use crate::store::db::sql::{Sql, sql};
use crate::store::db::vocabulary::{WORD_COLUMNS, WordColumn, unknown_words};
use crate::store::{Error, instance};

/// A row in each table that has words.
async fn filled(kind: &str) -> Fleet {
    let fleet = fleet(kind).await;
    for statement in [
        sql!("INSERT INTO token (name, role, hash, hint, created_at) VALUES ('ana', 'ADMIN', 'a', 'b', {now})"),
        sql!("INSERT INTO release_skip (release_id, instance_id, reason) VALUES (1, 2, 'LOCKED')"),
        sql!(
            "INSERT INTO target_step (target_id, name, status, failure, started_at, finished_at)
             VALUES (1, 'DRAIN', 'FAILED', 'DRAIN', {now}, {now})"
        ),
        sql!(
            "INSERT INTO output_line (release_id, place, target_id, hostname, attempt, stream, text, at)
             VALUES (1, 1, 1, 'a', 1, 'STDOUT', 'one', {now})"
        ),
        sql!(
            "INSERT INTO event (position, subject, kind, at, caused_by, service_id, service_name)
             SELECT position + 1, 'SERVICE', 'EDITED', {now}, 'ana', 1, 'web' FROM event_log"
        ),
        sql!(
            "INSERT INTO event (position, subject, kind, at, caused_by)
             SELECT position + 2, 'FLEET', 'FROZEN', {now}, 'ana' FROM event_log"
        ),
    ] {
        fleet.changed(|tx| tx.query(statement)).await;
    }
    let finals = ["release_target_final ON release_target", "release_final ON release"];
    for guard in
        finals.into_iter().chain(["event_kept ON event", "audit_kept ON audit", "instance_has_event ON instance"])
    {
        unguard(&fleet, guard).await;
    }
    let paused =
        sql!("UPDATE release SET pause_reason = 'REQUESTED', paused_at = {now}, paused_by = 'ana', pause_message = ''");
    fleet.changed(|tx| tx.query(paused)).await;
    let unhealthy = sql!("UPDATE instance SET health = 'UNHEALTHY', health_at = {now}");
    fleet.changed(|tx| tx.query(unhealthy)).await;
    fleet
}

/// Gives all rows of a column, as far as they are of its vocabulary, a word that no program has had.
fn teach(WordColumn { table, column, condition, .. }: &WordColumn) -> &'static Sql {
    let text =
        format!("UPDATE {table} AS x SET {column} = 'NEVER_TAUGHT' WHERE x.{column} IS NOT NULL AND {condition}");
    Box::leak(Box::new(Sql::new(text.leak())))
}

async fn i9_every_column_takes_a_word_of_a_newer_program_and_the_doctor_names_it(kind: &str) {
    let fleet = filled(kind).await;
    for column in WORD_COLUMNS {
        let mut tx = fleet.app.db.begin().await.unwrap();
        assert!(tx.query(teach(column)).execute().await.unwrap() > 0, "{kind}: {column:?} has no row");
        let found: Vec<(String, String)> = tx.query(unknown_words()).all().await.unwrap();
        let what = format!("The column {}.{} has words", column.table, column.column);
        let named = found.iter().find(|(found, _)| found.starts_with(&what));
        assert!(named.is_some_and(|(_, row)| row.ends_with(" NEVER_TAUGHT")), "{kind}: {column:?} {found:?}");
    }
    let found: Vec<(String, String)> = fleet.app.db.query(unknown_words()).all().await.unwrap();
    assert_eq!(found, [], "{kind}");
}
testkit::on_both!(i9_every_column_takes_a_word_of_a_newer_program_and_the_doctor_names_it);

async fn a_row_that_cannot_be_read_for_its_word_names_the_column_and_the_word(kind: &str) {
    let fleet = filled(kind).await;
    fleet.changed(|tx| tx.query(sql!("UPDATE instance SET status = 'DRAINING' WHERE id = 1"))).await;
    let mut tx = fleet.app.db.begin().await.unwrap();
    let error = instance::lock(&mut tx, &[1]).await.unwrap_err();
    assert!(
        matches!(&error, Error::UnknownWord { columns, word } if columns == "instance.status" && word == "DRAINING")
    );
    let text = "instance.status has the word \"DRAINING\", which this lockkeeper does not know";
    assert!(error.to_string().starts_with(text), "{kind}: {error}");
    // A row without names of its columns.
    let statement = sql!("SELECT id, 'LATER' AS reason FROM instance");
    let row: Result<Vec<(i64, crate::domain::release::SkipReason)>, Error> = tx.query(statement).all().await;
    assert!(row.unwrap_err().to_string().starts_with("release_skip.reason has the word \"LATER\""), "{kind}");
}
testkit::on_both!(a_row_that_cannot_be_read_for_its_word_names_the_column_and_the_word);
