//! Which columns hold words, and of which vocabulary. The tables do not list the words: the program writes those of its
//! types, and a newer program may have written others.

use super::sql::Sql;
use crate::domain::audit::AuditOutcome;
use crate::domain::{
    StepName, StepStatus, Word, caller::Role, event::*, health::Health, instance::*, release::rollout::RolloutOrder,
    release::*, target::*, version::*,
};

/// A column that holds words.
#[derive(Clone, Copy, Debug)]
pub struct WordColumn {
    pub table: &'static str,
    pub column: &'static str,
    /// The name of its vocabulary.
    pub vocabulary: &'static str,
    /// The rows of the table whose words are of this vocabulary: a condition on `x`.
    pub condition: &'static str,
}

/// Declares the columns. Each line says of which rows of the table its vocabulary is, and how the doctor names a row.
macro_rules! word_columns {
    ($($table:literal $column:literal: $vocabulary:ident, $condition:literal, $row:literal;)+) => {
        /// Every column that holds words; more than once if its vocabulary depends on the row.
        pub static WORD_COLUMNS: &[WordColumn] = &[$(WordColumn {
            table: $table,
            column: $column,
            vocabulary: $vocabulary::NAME,
            condition: $condition,
        }),+];

        /// What `{known VOCABULARY column}` stands for.
        pub(super) fn words_of(vocabulary: &str) -> Option<Vec<&'static str>> {
            match vocabulary {
                $(stringify!($vocabulary) => Some(words::<$vocabulary>()),)+
                _ => None,
            }
        }

        /// The words that are not of their column's vocabulary: what is wrong, and the row with the word.
        pub fn unknown_words() -> &'static Sql {
            sql!(concat!(
                "SELECT CAST(NULL AS text) AS what, CAST(NULL AS text) AS place WHERE false",
                $(" UNION ALL SELECT 'The column ", $table, ".", $column, " has words that this lockkeeper does not know.', ",
                $row, " || ' ' || x.", $column, " FROM ", $table, " x WHERE ", $condition,
                " AND NOT {known ", stringify!($vocabulary), " x.", $column, "}",)+
                " LIMIT 1000"
            ))
        }
    };
}

word_columns! {
    "token" "role": Role, "true", "'token ' || CAST(x.id AS text)";
    "service" "version_scheme": VersionScheme, "true", "'svc_' || CAST(x.id AS text)";
    "version" "build_status": BuildStatus, "true", "'ver_' || CAST(x.id AS text)";
    "instance" "status": InstanceStatus, "true", "'ins_' || CAST(x.id AS text)";
    "instance" "health": Health, "x.health IS NOT NULL", "'ins_' || CAST(x.id AS text)";
    "release" "action": ReleaseAction, "true", "'rel_' || CAST(x.id AS text)";
    "release" "origin": ReleaseOrigin, "true", "'rel_' || CAST(x.id AS text)";
    "release" "on_failure": OnFailure, "true", "'rel_' || CAST(x.id AS text)";
    "release" "target_order": RolloutOrder, "true", "'rel_' || CAST(x.id AS text)";
    "release" "pause_reason": PauseReason, "x.pause_reason IS NOT NULL", "'rel_' || CAST(x.id AS text)";
    "release" "status": ReleaseStatus, "true", "'rel_' || CAST(x.id AS text)";
    "release_target" "from_status": InstanceStatus, "true", "'tgt_' || CAST(x.id AS text)";
    "release_target" "status": ReleaseTargetStatus, "true", "'tgt_' || CAST(x.id AS text)";
    "release_target" "step": StepName, "true", "'tgt_' || CAST(x.id AS text)";
    "target_step" "name": StepName, "true", "'tgt_' || CAST(x.target_id AS text)";
    "target_step" "status": StepStatus, "true", "'tgt_' || CAST(x.target_id AS text)";
    "target_step" "failure": TargetFailure, "true", "'tgt_' || CAST(x.target_id AS text)";
    "release_target" "failure": TargetFailure, "true", "'tgt_' || CAST(x.id AS text)";
    "release_skip" "reason": SkipReason, "true", "'rel_' || CAST(x.release_id AS text) || ' ins_' || CAST(x.instance_id AS text)";
    "output_line" "stream": LogStream, "true", "'rel_' || CAST(x.release_id AS text) || ' line ' || CAST(x.place AS text)";
    "event" "subject": Subject, "true", "'position ' || CAST(x.position AS text)";
    "event" "kind": InstanceEventKind, "x.subject = 'INSTANCE'", "'position ' || CAST(x.position AS text)";
    "event" "kind": ReleaseEventKind, "x.subject = 'RELEASE'", "'position ' || CAST(x.position AS text)";
    "event" "kind": ServiceEventKind, "x.subject = 'SERVICE'", "'position ' || CAST(x.position AS text)";
    "event" "kind": FleetEventKind, "x.subject = 'FLEET'", "'position ' || CAST(x.position AS text)";
    "event" "previous_status": InstanceStatus, "x.subject = 'INSTANCE'", "'position ' || CAST(x.position AS text)";
    "event" "status": InstanceStatus, "x.subject = 'INSTANCE'", "'position ' || CAST(x.position AS text)";
    "event" "status": ReleaseStatus, "x.subject = 'RELEASE'", "'position ' || CAST(x.position AS text)";
    "event" "action": ReleaseAction, "x.subject = 'RELEASE'", "'position ' || CAST(x.position AS text)";
    "audit" "outcome": AuditOutcome, "true", "'entry ' || CAST(x.id AS text)";
}

fn words<W: Word>() -> Vec<&'static str> {
    W::ALL.iter().map(|(_, word, _)| *word).collect()
}

/// The columns, with their tables, in which a word of a vocabulary was read under this name or number. Those of events are
/// left out: their words are read as text.
pub fn columns_of(vocabulary: &str, name: &str) -> String {
    let of_vocabulary =
        || WORD_COLUMNS.iter().filter(|column| column.vocabulary == vocabulary && column.table != "event");
    let mut found: Vec<_> = of_vocabulary().filter(|column| column.column == name).collect();
    if found.is_empty() {
        found = of_vocabulary().collect();
    }
    let named: Vec<_> = found.iter().map(|column| format!("{}.{}", column.table, column.column)).collect();
    named.join(" or ")
}
