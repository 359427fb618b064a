//! The steps of a start.

words! {
    /// A step of a start. The declared order is that in which they happen.
    Step {
        /// Preparing the host. It must change nothing that runs.
        Prepare = "PREPARE",
        /// Taking the instance out of service.
        Drain = "DRAIN",
        /// Running what the executor runs: the step that moves the instance. Every start has it.
        Run = "RUN",
        /// Waiting until the instance is healthy.
        Health = "HEALTH",
        /// Putting the instance back into service.
        Undrain = "UNDRAIN",
    }
}
