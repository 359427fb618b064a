//! Sizes as people write them.

use serde::{Deserialize, Deserializer, de};
use std::fmt;

/// A number of bytes: in the configuration a number, or a text such as `"256 KiB"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub usize);

/// Units, the largest first, with the bits that they shift by.
const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];

impl Bytes {
    /// A multiple of 1,024 bytes.
    pub const fn kibi(many: usize) -> Bytes {
        Bytes(many << 10)
    }

    /// A multiple of 1,048,576 bytes.
    pub const fn mebi(many: usize) -> Bytes {
        Bytes(many << 20)
    }

    fn parse(text: &str) -> Option<Bytes> {
        let text = text.trim();
        let unit = UNITS.into_iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)));
        let (digits, shift) = unit.unwrap_or((text, 0));
        let many: usize = digits.trim_end().parse().ok()?;
        many.checked_mul(1_usize.checked_shl(shift)?).map(Bytes)
    }
}

impl fmt::Display for Bytes {
    /// Formats the number in the largest unit that divides it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS.into_iter().find(|(_, shift)| self.0 > 0 && self.0.trailing_zeros() >= *shift);
        match unit {
            Some((unit, shift)) => write!(f, "{} {unit}", self.0 >> shift),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        from.deserialize_any(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of bytes, or a size such as \"256 KiB\" or \"16 MiB\"")
    }

    fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<Bytes, E> {
        usize::try_from(bytes).map(Bytes).map_err(|_| E::invalid_value(de::Unexpected::Signed(bytes), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
        Bytes::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}
