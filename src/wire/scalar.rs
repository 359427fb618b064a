//! The schema's own scalars.

use crate::domain::Timestamp;
use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// An instant in UTC, written as RFC 3339 with millisecond precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub Timestamp);

/// An instant in UTC, written as RFC 3339 with millisecond precision.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let instant = Timestamp::parse(text).ok_or("A DateTime has the form 2026-11-24T08:00:00.000Z.")?;
        Ok(DateTime(instant))
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.to_string())
    }
}

/// An opaque position in the event log or in a release's output. Clients store it and send it back; they never parse it.
/// Arguments take it as a `String`, as every other cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// An opaque position in the event log or in a release's output, a string. Clients store it and send it back, as the arguments of all lists take cursors: as a `String`. They never parse it.
#[Scalar]
impl ScalarType for Cursor {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Cursor(text)),
            value => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.as_str())
    }
}

/// How values of a scalar are checked before anything is executed.
pub struct ScalarCheck {
    /// Its name in the schema.
    pub name: &'static str,
    pub is_valid: fn(&Value) -> bool,
}

/// The schema's own scalars of which values are sent.
pub static SCALARS: [ScalarCheck; 1] = [check::<DateTime>("DateTime")];

const fn check<T: ScalarType>(name: &'static str) -> ScalarCheck {
    ScalarCheck { name, is_valid: |value| T::parse(value.clone()).is_ok() }
}

/// Any JSON value: an object, a list, a text, a number, a truth value or null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonValue(pub serde_json::Value);

/// Any JSON value: an object, a list, a text, a number, a truth value or null.
#[Scalar(name = "JSON")]
impl ScalarType for JsonValue {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(JsonValue(value.into_json()?))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}
