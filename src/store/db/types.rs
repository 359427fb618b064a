//! Values that the two databases keep in different types, and the domain's words as text.

use crate::domain::drift::Observation;
use crate::domain::health::{Health, HealthRecord};
use crate::domain::hold::Hold;
use crate::domain::order::{HostIdentity, Order, Site};
use crate::domain::{
    StepName, StepStatus, Timestamp, Word,
    caller::Role,
    event::*,
    instance::*,
    release::follow_up::PastTarget,
    release::plan::{PlanTarget, PlanVersion},
    release::rollout::RolloutOrder,
    release::*,
    target::*,
    version::*,
};
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgRow, PgTypeInfo, PgValueRef, types::Oid};
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteRow, SqliteTypeInfo, SqliteValueRef};
use sqlx::{Decode, FromRow, Postgres, Row, Sqlite, Type};

// A JSON document: TEXT on SQLite, jsonb on PostgreSQL.
pub use sqlx::types::Json;

const TIMESTAMPTZ: Oid = Oid(1184);
/// 2000-01-01, from which PostgreSQL counts, in milliseconds since 1970.
const POSTGRES_EPOCH_MS: i64 = 946_684_800_000;

// An instant is INTEGER on SQLite (milliseconds) and timestamptz(3) on PostgreSQL.
impl Type<Sqlite> for Timestamp {
    fn type_info() -> SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }
    fn compatible(ty: &SqliteTypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(ty)
    }
}
impl Encode<'_, Sqlite> for Timestamp {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode(self.0, buffer)
    }
}
impl Decode<'_, Sqlite> for Timestamp {
    fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
        <i64 as Decode<Sqlite>>::decode(value).map(Timestamp)
    }
}
impl Type<Postgres> for Timestamp {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TIMESTAMPTZ)
    }
}
impl Encode<'_, Postgres> for Timestamp {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let micros = self.0.checked_sub(POSTGRES_EPOCH_MS).and_then(|since| since.checked_mul(1000));
        Encode::<Postgres>::encode(micros.ok_or("the instant is out of range")?, buffer)
    }
}
impl Decode<'_, Postgres> for Timestamp {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let micros = <i64 as Decode<Postgres>>::decode(value)?;
        Ok(Timestamp(micros.div_euclid(1000) + POSTGRES_EPOCH_MS))
    }
}

/// A list in one parameter, for `{any $1}`: a JSON array on SQLite, an array on PostgreSQL.
macro_rules! list {
    ($(#[$about:meta])* $name:ident, $item:ty) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a>(pub &'a [$item]);

        impl Type<Sqlite> for $name<'_> {
            fn type_info() -> SqliteTypeInfo {
                <str as Type<Sqlite>>::type_info()
            }
        }
        impl Encode<'_, Sqlite> for $name<'_> {
            fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
                Encode::<Sqlite>::encode(serde_json::to_string(self.0)?, buffer)
            }
        }
        impl Type<Postgres> for $name<'_> {
            fn type_info() -> PgTypeInfo {
                <[$item] as Type<Postgres>>::type_info()
            }
        }
        impl Encode<'_, Postgres> for $name<'_> {
            fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
                Encode::<Postgres>::encode(self.0, buffer)
            }
        }
    };
}
list!(
    /// Ids of rows.
    Ids,
    i64
);
list!(
    /// Names, or words of a vocabulary.
    Texts,
    String
);

/// Stores the words of a vocabulary as text.
macro_rules! stored_as_text {
    ($($name:ty),+) => { $(
        impl Type<Sqlite> for $name {
            fn type_info() -> SqliteTypeInfo {
                <str as Type<Sqlite>>::type_info()
            }
        }
        impl Encode<'_, Sqlite> for $name {
            fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
                Encode::<Sqlite>::encode(self.word(), buffer)
            }
        }
        impl Decode<'_, Sqlite> for $name {
            fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
                known(<&str as Decode<Sqlite>>::decode(value)?)
            }
        }
        impl Type<Postgres> for $name {
            fn type_info() -> PgTypeInfo {
                <str as Type<Postgres>>::type_info()
            }
        }
        impl Encode<'_, Postgres> for $name {
            fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
                Encode::<Postgres>::encode(self.word(), buffer)
            }
        }
        impl Decode<'_, Postgres> for $name {
            fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
                known(<&str as Decode<Postgres>>::decode(value)?)
            }
        }
    )+ };
}
stored_as_text!(
    Role,
    BuildStatus,
    VersionScheme,
    InstanceStatus,
    Health,
    ReleaseAction,
    ReleaseOrigin,
    ReleaseStatus,
    ReleaseTargetStatus,
    TargetFailure,
    SkipReason,
    OnFailure,
    PauseReason,
    RolloutOrder,
    LogStream,
    StepName,
    StepStatus,
    Subject,
    InstanceEventKind,
    ReleaseEventKind,
    ServiceEventKind
);

fn known<T: Word>(word: &str) -> Result<T, BoxDynError> {
    T::from_word(word).ok_or_else(|| UnknownWord { vocabulary: T::NAME, word: word.to_owned() }.into())
}

/// A column holds a word that this program does not know.
#[derive(Debug, thiserror::Error)]
#[error("\"{word}\" is not a {vocabulary} that this lockkeeper knows")]
pub(super) struct UnknownWord {
    pub vocabulary: &'static str,
    pub word: String,
}

/// A word that may be unknown, where its row is then to be passed over: `None` if it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfKnown<T>(pub Option<T>);

impl<T> Type<Sqlite> for IfKnown<T> {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
}
impl<T: Word> Decode<'_, Sqlite> for IfKnown<T> {
    fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(IfKnown(T::from_word(<&str as Decode<Sqlite>>::decode(value)?)))
    }
}
impl<T> Type<Postgres> for IfKnown<T> {
    fn type_info() -> PgTypeInfo {
        <str as Type<Postgres>>::type_info()
    }
}
impl<T: Word> Decode<'_, Postgres> for IfKnown<T> {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(IfKnown(T::from_word(<&str as Decode<Postgres>>::decode(value)?)))
    }
}

/// A struct of the domain is read from a row whose columns have the names of its fields. What follows `+` is a field
/// that is such a struct itself.
macro_rules! from_row {
    ($name:ident { $($field:ident),+ $(,)? } $(+ $part:ident)?) => {
        from_row!(@ SqliteRow $name { $($field),+ } $($part)?);
        from_row!(@ PgRow $name { $($field),+ } $($part)?);
    };
    (@ $row:ident $name:ident { $($field:ident),+ } $($part:ident)?) => {
        impl FromRow<'_, $row> for $name {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                Ok($name { $($field: row.try_get(stringify!($field))?,)+ $($part: FromRow::from_row(row)?)? })
            }
        }
    };
}
from_row!(
    Order {
        action,
        service,
        version,
        previous_version,
        artifact,
        reference,
        hostname,
        host_address,
        port,
        tag,
        instance_id,
        release_id,
        target_id,
        attempt,
        step,
        fence,
    } + place
);
from_row!(HostIdentity { boot_id, state_id });
from_row!(Site { service, version, hostname, host_address, port, tag, instance_id });
from_row!(Observation { version, times, drifts });
from_row!(PlanTarget { host_id, instance_id, wave, from_version_id, to_version_id });
from_row!(PlanVersion { id, name, is_withdrawn });
from_row!(HealthRecord { health, good_answers, bad_answers });
from_row!(TargetStep { name, status, failure, message, exit_status });
from_row!(Hold {
    id,
    service_id,
    instance_id,
    host_id,
    is_window,
    includes_reverts,
    reason,
    created_by,
    until,
    ended_at
});
from_row!(Progress { total, queued, running, succeeded, failed, canceled, unknown, skipped, unreachable, unhealthy });
from_row!(
    UnderWay {
        status,
        origin,
        max_parallel,
        max_failures,
        max_unreachable,
        on_failure,
        wave,
        soaks_until,
        skips_pauses,
        is_stopped,
        forgiven_failures,
        forgiven_unreachable,
        version_failures,
        forgiven_version_failures,
        cancel_requested,
        deadline_at,
        deadline_event_at,
    } + progress
);
from_row!(Wave { number, max_failures, soak_seconds, pause_after, ended_at, soak_until, forgiven_failures } + progress);
from_row!(Aftermath { status, failure, ran });
from_row!(
    PastTarget {
        ordinal,
        started_at,
        from_version_id,
        to_version_id,
        from_status,
        instance_status,
        version_id,
        moved_since,
        from_removed,
        to_removed,
        place_taken,
    } + aftermath
);
from_row!(InstanceSettings { port, tag, weight, description });
