//! How far a client says that it has got.

/// The cursor of the last message that a client saw: data of the request, from transports that know it.
#[derive(Clone, Debug, Default)]
pub struct Place(Option<String>);

impl Place {
    /// A client that saw the message with this cursor last, which takes precedence over the argument `after`. An empty
    /// cursor is none.
    pub fn new(last: &str) -> Place {
        Place((!last.is_empty()).then(|| last.to_owned()))
    }

    /// The cursor, or `None` if the client sent none.
    pub fn from(&self) -> Option<&str> {
        self.0.as_deref()
    }
}
