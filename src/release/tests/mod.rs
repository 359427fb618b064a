//! Each rule of accepting, on both databases.

/// What a test changes or looks up beside the store.
macro_rules! sql {
    ($text:expr) => {
        crate::store::tests::sql($text)
    };
}

mod choosing;
mod fleet;
mod races;
mod recording;
mod refusals;
