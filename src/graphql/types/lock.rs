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
    about: "What locks an instance: a hold in force, or a release that includes the instance and has not finished it yet.",
    of: &[(&HOLD, ROW.holder_hold_id), (&RELEASE, ROW.holder_release_id)],
};

pub static LOCK: Object = Object::new(
    "Lock",
    "A lock on an instance: it keeps other releases off.",
    "instance_lock",
    ROW.id,
    &[
        Field::new("holder", "What locks the instance.", FieldSource::Union(&HOLDER)),
        column("reason", "Reason that was given for the hold or the release.", &TEXT, ROW.reason),
        column("by", "Name of the caller who set the hold or requested the release.", &TEXT, ROW.created_by),
        column("since", "When the hold was set or the release was accepted.", &TIME, ROW.since),
        column(
            "until",
            "When the hold ends automatically; null for releases, and for holds that do not expire.",
            &TIME,
            ROW.until,
        )
        .nullable(),
    ],
)
.order(ascending("RANK", &[ROW.rank]));
