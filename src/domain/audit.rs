//! What the audit log says of an attempt to change something.

words! {
    /// Outcome of a mutation, or of a command that changes the database.
    AuditOutcome {
        /// It took effect.
        Accepted = "ACCEPTED",
        /// Its input had problems, and nothing changed.
        Refused = "REFUSED",
        /// An earlier request with the same idempotency key had taken effect; nothing changed.
        Replayed = "REPLAYED",
        /// The caller's role does not allow it.
        Denied = "DENIED",
    }
}
