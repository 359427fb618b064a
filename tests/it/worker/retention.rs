//! Old output goes in two stages; releases and targets stay.

use crate::worker::fleet::{COMMAND, Fleet};
use lockkeeper::domain::Timestamp;
use lockkeeper::events::keep_output;
use lockkeeper::store::output_expiry;
use std::time::Duration;
use testkit::on_both;
use testkit::rows::{self, Cell};

const DAY: i64 = 24 * 3_600_000;

async fn r3_old_output_is_thinned_and_then_goes_and_releases_stay(kind: &str) {
    let fleet = Fleet::new(kind, 2, COMMAND).await;
    let mut all = Vec::new();
    for (release, days) in [(1, 1), (2, 3), (3, 5)] {
        let ended = || Cell::Time(Timestamp::now().0 - days * DAY);
        let over = [
            ("status", "FAILED".into()),
            ("queued", 0.into()),
            ("succeeded", 1.into()),
            ("failed", 1.into()),
            ("finished_at", ended()),
        ];
        all.push(rows::release(release, fleet.service, Some(3), 2).with(over));
        for (ordinal, status, failure) in [(1, "FAILED", Some("COMMAND")), (2, "SUCCEEDED", None)] {
            all.push(rows::target(release, ordinal, ordinal, Some(3)).with([
                ("status", status.into()),
                ("failure", failure.into()),
                ("attempt", 1.into()),
                ("step", "RUN".into()),
                ("started_at", ended()),
                ("finished_at", ended()),
            ]));
        }
        for place in 1..=260 {
            let target = release * 1000 + 1 + i64::from(place > 250);
            all.push(rows::output(release, place, target, &format!("line {place}")));
        }
    }
    fleet.rows.insert(all).await;
    fleet.rows.execute("INSERT INTO release_output (release_id, place) SELECT id, 260 FROM release").await;
    let kept = Duration::from_hours(48);
    assert_eq!(keep_output(&fleet.app.db, kept).await.unwrap(), 260 + 160);
    let lines = "SELECT release_id, count(*) AS lines, min(place) AS first, max(place) AS last FROM output_line GROUP BY 1 ORDER BY 1";
    let expected = [["1", "260", "1", "260"], ["2", "100", "151", "250"]];
    assert_eq!(fleet.rows.rows(lines).await, expected);
    assert_eq!(keep_output(&fleet.app.db, kept).await.unwrap(), 0, "nothing is left to do");
    let deleted = output_expiry::deleted(&fleet.app.db).await.unwrap();
    assert_eq!((deleted.thinned, deleted.emptied, deleted.lines), (1, 1, 420));
    assert_eq!(fleet.rows.number("SELECT count(*) AS kept FROM release_target").await, 6);
}
on_both!(r3_old_output_is_thinned_and_then_goes_and_releases_stay);
