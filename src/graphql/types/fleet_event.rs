use super::event::POSITION;
use super::{EVENT, EVENT_LOG, HOLD};
use crate::domain::event::FleetEventKind;
use crate::read::declare::{Cursors, Leaf, OLDEST_FIRST, Object, TEXT, TIME, column, one, word_leaf};

static KIND: Leaf = word_leaf::<FleetEventKind>();

pub static FLEET_EVENT: Object = Object::new(
    "FleetEvent",
    "A change of the fleet as a whole: of its suspension, of its freezes, or of freeze windows. That a window opens or closes is no event.",
    "event",
    EVENT.position,
    &[
        POSITION,
        column("kind", "The kind of change.", &KIND, EVENT.kind),
        one(
            "hold",
            "The freeze or freeze window that the change is about; null if it is about a suspension.",
            &HOLD,
            EVENT.hold_id,
        )
        .nullable(),
        column("causedBy", "Name of the caller who caused the change.", &TEXT, EVENT.caused_by),
        column("at", "When the change happened.", &TIME, EVENT.at),
    ],
)
.order(OLDEST_FIRST)
.cursors(Cursors::Events(&EVENT_LOG));
