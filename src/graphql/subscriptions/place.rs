//! Where a client says that it is.

/// The cursor that a client saw last, put into the request by a transport that knows of places.
#[derive(Clone, Debug, Default)]
pub struct Place(Option<String>);

impl Place {
    /// A client that saw the message with this cursor last: it wins over the argument `after`. Empty is none.
    pub fn new(last: &str) -> Place {
        Place((!last.is_empty()).then(|| last.to_owned()))
    }

    /// The cursor, if the client says one.
    pub fn from(&self) -> Option<&str> {
        self.0.as_deref()
    }
}
