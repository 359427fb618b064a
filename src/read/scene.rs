//! What a computed value may need beside its row.

use crate::wire::cursor::Head;

/// What computed values may need beside their row.
pub struct Scene {
    /// The id of the event log.
    pub log_id: String,
    /// The ends of the log, if the plan reads them.
    pub head: Option<Head>,
}
