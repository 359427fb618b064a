use super::TARGET;
use crate::domain::Kind;
use crate::domain::target::LogStream;
use crate::read::declare::{
    CURSOR, Computed, Cursors, INT, Inputs, Leaf, OLDEST_FIRST, Object, TEXT, TIME, column, columns, computed, one,
    reference, word_leaf,
};
use crate::wire::{ApiError, cursor};

static STREAM: Leaf = word_leaf::<LogStream>();

columns! {
    pub ROW: LineRow {
        release_id: Int,
        place: Int,
        target_id: Int,
        hostname: Text,
        attempt: Int,
        stream: Text,
        text: Text,
        at: Time,
    }
}

pub static LOG_LINE: Object = Object::new(
    "LogLine",
    "One line of the output of an executor.",
    "output_line",
    ROW.place,
    &[
        computed(
            "cursor",
            "Place of the line in the output of its release.",
            &CURSOR,
            &[ROW.release_id, ROW.place],
            place,
        ),
        one("target", "The target that wrote the line.", &TARGET, ROW.target_id),
        reference("targetId", "Id of that target.", Kind::Target, ROW.target_id),
        column("hostname", "Name of its host.", &TEXT, ROW.hostname),
        column("attempt", "Number of the start that wrote the line.", &INT, ROW.attempt),
        column("stream", "The stream that the line came from.", &STREAM, ROW.stream),
        column(
            "text",
            "Text of the line without its line break, cut after 8192 bytes. Bytes that are not UTF-8 are replaced.",
            &TEXT,
            ROW.text,
        ),
        column("at", "When the line was read.", &TIME, ROW.at),
    ],
)
.order(OLDEST_FIRST)
.cursors(Cursors::Output(ROW.release_id));

fn place(inputs: &Inputs<'_>) -> Result<Option<Computed>, ApiError> {
    let place = inputs.int(ROW.release_id)?.zip(inputs.int(ROW.place)?);
    Ok(place.map(|(release, place)| Computed::Text(cursor::line(release, place))))
}
