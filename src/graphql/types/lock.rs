use super::{HOLD, RELEASE};
use crate::read::declare::{Field, FieldSource, Object, TEXT, TIME, Union, ascending, column, columns};

columns! {
    pub ROW: LockRow {
        id: Int,
        instance_id: Int,
        release_skip_id: Int,
        rank: Int,
        holder_hold_id: Int,
        holder_release_id: Int,
        reason: Text,
        created_by: Text,
        since: Time,
        until: Time,
    }
}

static HOLDER: Union = Union {
    name: "LockHolder",
    about: "What can lock an instance.",
    of: &[(&HOLD, ROW.holder_hold_id), (&RELEASE, ROW.holder_release_id)],
};

pub static LOCK: Object = Object::new(
    "Lock",
    "A claim on an instance that keeps releases off it.",
    "instance_lock",
    ROW.id,
    &[
        Field::new("holder", "Who or what has it.", FieldSource::Union(&HOLDER)),
        column("reason", "Why.", &TEXT, ROW.reason),
        column("by", "Name of the caller behind it.", &TEXT, ROW.created_by),
        column("since", "Since when.", &TIME, ROW.since),
        column("until", "When it ends by itself; null when it does not.", &TIME, ROW.until).nullable(),
    ],
)
.order(ascending("RANK", &[ROW.rank]));
