use super::{HOLD, RELEASE};
use crate::read::declare::{Field, FieldSource, Object, TEXT, TIME, Union, ascending, column};
use crate::store::db::rows::CellKind;

static HOLDER: Union = Union {
    name: "LockHolder",
    about: "What can lock an instance.",
    of: &[(&HOLD, "holder_hold_id"), (&RELEASE, "holder_release_id")],
};

pub static LOCK: Object = Object::new(
    "Lock",
    "A claim on an instance that keeps releases off it.",
    "instance_lock",
    &[
        Field::new("holder", "Who or what has it.", FieldSource::Union(&HOLDER)),
        column("reason", "Why.", &TEXT, "reason"),
        column("by", "Name of the caller behind it.", &TEXT, "created_by"),
        column("since", "Since when.", &TIME, "since"),
        column("until", "When it ends by itself; null when it does not.", &TIME, "until").nullable(),
    ],
)
.order(ascending("RANK", &[("rank", CellKind::Int)]));
