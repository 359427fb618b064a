//! What a caller says of a value that may also be none: to leave it, to clear it, or to set it.

/// What becomes of a recorded value that may be none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// Nothing was said of it.
    #[default]
    Keep,
    /// There is none from now on.
    Clear,
    /// It is this from now on.
    Set(T),
}

impl<T: Clone> Edit<T> {
    /// The value afterwards.
    pub fn of(&self, recorded: &Option<T>) -> Option<T> {
        match self {
            Edit::Keep => recorded.clone(),
            Edit::Clear => None,
            Edit::Set(value) => Some(value.clone()),
        }
    }
}
