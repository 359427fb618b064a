use super::TARGET;
use crate::domain::Kind;
use crate::domain::target::LogStream;
use crate::read::declare::{
    CURSOR, Computed, Cursors, INT, Leaf, OLDEST_FIRST, Object, TEXT, TIME, column, computed, one, reference, text_leaf,
};
use crate::read::{Args, Scene};
use crate::store::db::rows::{Cell, CellKind};
use crate::wire::{ApiError, cursor};

static STREAM: Leaf = text_leaf::<LogStream>();

pub static LOG_LINE: Object = Object::new(
    "LogLine",
    "One line of executor output.",
    "output_line",
    &[
        computed(
            "cursor",
            "Place of the line in the output of its release.",
            &CURSOR,
            &[("release_id", CellKind::Int), ("place", CellKind::Int)],
            place,
        ),
        one("target", "The target it belongs to.", &TARGET, "target_id"),
        reference("targetId", "Id of that target.", Kind::Target, "target_id"),
        column("hostname", "Name of its host.", &TEXT, "hostname"),
        column("attempt", "Start that wrote it.", &INT, "attempt"),
        column("stream", "Which output it came from.", &STREAM, "stream"),
        column(
            "text",
            "Text without the line end, cut at 8192 bytes; bytes that are not UTF-8 are replaced.",
            &TEXT,
            "text",
        ),
        column("at", "When it was read.", &TIME, "at"),
    ],
)
.key("place")
.order(OLDEST_FIRST)
.cursors(Cursors::Log);

#[expect(clippy::unnecessary_wraps, reason = "a computed value may fail")]
fn place(needs: &[Cell<'_>], _: &Args, _: &Scene) -> Result<Option<Computed>, ApiError> {
    let &[Cell::Int(release), Cell::Int(place)] = needs else { return Ok(None) };
    Ok(Some(Computed::Text(cursor::line(release, place))))
}
