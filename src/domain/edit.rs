//! Edits of an optional value: a caller may keep it, clear it or set it.

/// How an optional value is to be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It becomes `None`.
    Clear,
    /// It becomes this value.
    Set(T),
}

impl<T: Clone> Edit<T> {
    /// Returns the value after the edit.
    pub fn of(&self, recorded: &Option<T>) -> Option<T> {
        match self {
            Edit::Keep => recorded.clone(),
            Edit::Clear => None,
            Edit::Set(value) => Some(value.clone()),
        }
    }
}
