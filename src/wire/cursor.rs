//! Cursors: base64url of a text that names a place. For clients they are opaque.

use super::{ApiError, ErrorCode};
use crate::domain::Timestamp;
use crate::store::db::rows::{Bind, Cell, CellKind};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::Value;

/// The newest place in the event log, and the place of the newest event that is no longer kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub position: i64,
    pub floor: i64,
}

/// A place in the event log of the database with this log id.
pub fn event(log_id: &str, position: i64) -> String {
    BASE64.encode(format!("event:{log_id}:{position}"))
}

/// The place that a cursor of [`event`] names.
///
/// # Errors
/// `CURSOR_INVALID` if it is malformed, or belongs to another log.
pub fn read_event(text: &str, log_id: &str, argument: &str) -> Result<i64, ApiError> {
    let place = || decoded(text)?.strip_prefix("event:")?.strip_prefix(log_id)?.strip_prefix(':')?.parse().ok();
    place().filter(|place| *place >= 0).ok_or_else(|| invalid(argument, "This is not a cursor of this event log."))
}

impl Head {
    /// Checks that the log can be read from this place on.
    ///
    /// # Errors
    /// `CURSOR_EXPIRED` if the events after it are no longer kept, `CURSOR_INVALID` if the place is in the future.
    pub fn check(&self, position: i64, argument: &str) -> Result<(), ApiError> {
        if position < self.floor {
            let message = "The events after this cursor are no longer kept. Query the current state and continue with its eventCursor.";
            return Err(ApiError::new(ErrorCode::CursorExpired, message).at(argument));
        }
        self.check_ahead(position, argument)
    }

    /// Checks that this place is not ahead of the log.
    ///
    /// # Errors
    /// `CURSOR_INVALID` if it is.
    pub fn check_ahead(&self, position: i64, argument: &str) -> Result<(), ApiError> {
        match position > self.position {
            true => Err(invalid(
                argument,
                "This cursor is ahead of the event log, for example because the database was restored from a backup. Query the current state and continue with its eventCursor.",
            )),
            false => Ok(()),
        }
    }
}

/// A place in the output of a release.
pub fn line(release: i64, place: i64) -> String {
    BASE64.encode(format!("line:{release}:{place}"))
}

/// The release and the place that a cursor of [`line`] names.
pub fn read_line(text: &str, argument: &str) -> Result<(i64, i64), ApiError> {
    let place = || {
        let text = decoded(text)?;
        let (release, place) = text.strip_prefix("line:")?.split_once(':')?;
        Some((release.parse().ok()?, place.parse().ok()?))
    };
    place().ok_or_else(|| other_output(argument))
}

/// The cursor is not of this release's output.
pub fn other_output(argument: &str) -> ApiError {
    invalid(argument, "This is not a cursor of the output of this release.")
}

/// An item of a list, by the values that the list is ordered by. `order` names the order and its direction.
pub fn keyset<'a>(list: &str, order: &str, keys: impl Iterator<Item = Cell<'a>>) -> String {
    let keys = keys.map(|key| match key {
        Cell::Null => Value::Null,
        Cell::Int(int) => int.into(),
        Cell::Text(text) => text.into(),
    });
    let all: Vec<Value> = [list.into(), order.into()].into_iter().chain(keys).collect();
    BASE64.encode(Value::from(all).to_string())
}

/// Returns the values of a cursor of [`keyset`], which are of these kinds.
///
/// # Errors
/// `CURSOR_INVALID` if the cursor belongs to another list or to another order.
pub fn read_keyset(
    text: &str,
    list: &str,
    order: &str,
    kinds: &[CellKind],
    argument: &str,
) -> Result<Vec<Bind>, ApiError> {
    let keys = || {
        let Value::Array(parts) = serde_json::from_str(&decoded(text)?).ok()? else { return None };
        let [of, by, keys @ ..] = parts.as_slice() else { return None };
        let fits = of == list && by == order && keys.len() == kinds.len();
        fits.then(|| keys.iter().zip(kinds).map(bound).collect()).flatten()
    };
    keys().ok_or_else(|| invalid(argument, "This is not a cursor of this list in this order."))
}

fn bound((key, kind): (&Value, &CellKind)) -> Option<Bind> {
    Some(match kind {
        CellKind::Text => Bind::Text(key.as_str()?.to_owned()),
        CellKind::Time => Bind::Time(Timestamp(key.as_i64().filter(|time| time.unsigned_abs() < 1 << 53)?)),
        CellKind::Int | CellKind::Bool => Bind::Int(key.as_i64()?),
    })
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(text).ok()?).ok().filter(|text| !text.contains('\0'))
}

fn invalid(argument: &str, message: &str) -> ApiError {
    ApiError::new(ErrorCode::CursorInvalid, message).at(argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_log_makes_the_round_trip_and_is_of_its_log_alone() {
        let cursor = event("0a1b2c3d", 42);
        assert_eq!(read_event(&cursor, "0a1b2c3d", "after"), Ok(42));
        for (cursor, log) in [(cursor.as_str(), "ffffffff"), ("42", "0a1b2c3d"), ("", "0a1b2c3d"), ("%", "0a1b2c3d")] {
            let error = read_event(cursor, log, "after").unwrap_err();
            assert_eq!((error.code, error.argument.as_deref()), (ErrorCode::CursorInvalid, Some("after")));
        }
    }

    #[test]
    fn a_place_is_checked_against_both_ends_of_the_log() {
        let head = Head { position: 10, floor: 4 };
        let code = |position| head.check(position, "after").map_err(|error| error.code);
        assert_eq!(code(3), Err(ErrorCode::CursorExpired));
        assert_eq!((code(4), code(10)), (Ok(()), Ok(())));
        assert_eq!(code(11), Err(ErrorCode::CursorInvalid));
    }

    #[test]
    fn an_item_is_found_again_in_its_list_and_order_alone() {
        let kinds = [CellKind::Text, CellKind::Int];
        let cursor = keyset("Query.instances", "HOSTNAME ASC", [Cell::Text("a\"ü"), Cell::Int(7)].into_iter());
        let keys = |list, order, kinds| read_keyset(&cursor, list, order, kinds, "after");
        let values = vec![Bind::Text("a\"ü".into()), Bind::Int(7)];
        assert_eq!(keys("Query.instances", "HOSTNAME ASC", &kinds), Ok(values));
        assert!(keys("Host.instances", "HOSTNAME ASC", &kinds).is_err());
        assert!(keys("Query.instances", "HOSTNAME DESC", &kinds).is_err());
        assert!(keys("Query.instances", "HOSTNAME ASC", &kinds[..1]).is_err());
        assert!(keys("Query.instances", "HOSTNAME ASC", &[CellKind::Int, CellKind::Int]).is_err());
    }
}
