//! Global ids: a prefix for the type, and the row's number. For clients they are opaque.

use std::fmt;

/// The kinds of things that have global ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Service,
    Version,
    Host,
    Instance,
    Release,
    Target,
    Hold,
    FreezeWindow,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 8] = [
        Kind::Service,
        Kind::Version,
        Kind::Host,
        Kind::Instance,
        Kind::Release,
        Kind::Target,
        Kind::Hold,
        Kind::FreezeWindow,
    ];

    /// What ids of this kind begin with, without the underscore.
    pub const fn prefix(self) -> &'static str {
        match self {
            Kind::Service => "svc",
            Kind::Version => "ver",
            Kind::Host => "hst",
            Kind::Instance => "ins",
            Kind::Release => "rel",
            Kind::Target => "tgt",
            Kind::Hold => "hld",
            Kind::FreezeWindow => "win",
        }
    }

    /// The noun for such a thing in a sentence.
    pub const fn noun(self) -> &'static str {
        match self {
            Kind::Service => "service",
            Kind::Version => "version",
            Kind::Host => "host",
            Kind::Instance => "instance",
            Kind::Release => "release",
            Kind::Target => "target",
            Kind::Hold => "hold",
            Kind::FreezeWindow => "freeze window",
        }
    }

    /// The id of the thing of this kind with this number.
    pub const fn id(self, number: i64) -> Id {
        Id { kind: self, number }
    }
}

/// A global id, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    pub kind: Kind,
    /// The number of its row, positive.
    pub number: i64,
}

impl Id {
    /// Parses an id exactly as it is formatted. Returns `None` for any other spelling, such as `svc_012` or `svc_+12`.
    pub fn parse(text: &str) -> Option<Id> {
        let (prefix, digits) = text.split_once('_')?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.prefix() == prefix)?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        plain.then(|| digits.parse().ok()).flatten().map(|number| Id { kind, number })
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.kind.prefix(), self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_in_no_other_way() {
        for kind in Kind::ALL {
            let id = kind.id(12);
            assert_eq!(Id::parse(&id.to_string()), Some(id));
        }
        for wrong in
            ["", "svc", "svc_", "svc_0", "svc_012", "svc_+1", "svc_-1", "svc_1x", "abc_1", "svc_99999999999999999999"]
        {
            assert_eq!(Id::parse(wrong), None, "{wrong}");
        }
    }
}
