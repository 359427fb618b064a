use crate::read::declare::{Object, TEXT, TIME, column, columns};

columns! {
    ROW: SuspensionRow { id: Int, reason: Text, created_by: Text, created_at: Time }
}

pub static SUSPENSION: Object = Object::new(
    "Suspension",
    "The fleet is suspended: no target of any release is started, undos included. Releases are still accepted, and what runs goes on.",
    "suspension",
    ROW.id,
    &[
        column("reason", "Why it was suspended.", &TEXT, ROW.reason),
        column("by", "Name of the caller who suspended it.", &TEXT, ROW.created_by),
        column("since", "When it was suspended.", &TIME, ROW.created_at),
    ],
);
