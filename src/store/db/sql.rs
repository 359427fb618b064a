//! One text for two databases. `sql!("… {now} …")` is a whole statement, `part!("…")` a piece of one: SQL as both
//! databases understand it, with a word between braces where they differ, and for conditions that occur in several places.

use super::vocabulary;
use std::sync::OnceLock;

/// Which of the two languages a statement is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The name of the database.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Sqlite => "SQLite",
            Dialect::Postgres => "PostgreSQL",
        }
    }
}

/// The words: name, SQLite's text, PostgreSQL's. `#` is what follows the name between the braces. One more is
/// `{known VOCABULARY column}`: whether a column has a word of that vocabulary.
const WORDS: &[(&str, &str, &str)] = &[
    ("now", "CAST(unixepoch('subsec') * 1000 AS INTEGER)", "CAST(clock_timestamp() AS timestamptz(3))"),
    // The instant at which the statement began, for statements that only read: PostgreSQL can use it with an index.
    ("begun", "CAST(unixepoch('subsec') * 1000 AS INTEGER)", "CAST(statement_timestamp() AS timestamptz(3))"),
    // One of the values of a list: `{any $1}`, bound as `Ids` or `Texts`.
    ("any", "IN (SELECT value FROM json_each(#))", "= ANY(#)"),
    // One of the ids that a correlated subquery returns, evaluated for each outer row: `{among SELECT …}`.
    ("among", "IN (#)", "= ANY(ARRAY(#))"),
    // A column for which SQLite must not use an index, where a list is better read in its order than sorted.
    ("unindexed", "+#", "#"),
    // The items of a JSON array, as rows `item` with a column `value`.
    ("items", "json_each(#) AS item", "jsonb_array_elements(#) AS item(value)"),
    // A truth value out of a JSON document.
    ("bool", "(#)", "CAST((#) AS boolean)"),
    // An instant out of a JSON document, which has it in milliseconds.
    ("instant", "CAST(# AS INTEGER)", "CAST(to_timestamp(CAST(# AS bigint) / 1000.0) AS timestamptz(3))"),
    // Where a text is in another one, from 1; 0 if it is not: `{position text, part}`.
    ("position", "instr(#)", "strpos(#)"),
    // A time after all others: 9999-12-31.
    ("never", "253402214400000", "CAST('9999-12-31 00:00:00+00' AS timestamptz(3))"),
    // The later one of two instants, none of them null.
    ("later", "max(#)", "GREATEST(#)"),
    ("share", "", "FOR SHARE"),
    ("lock", "", "FOR NO KEY UPDATE"),
    ("skip_locked", "", "FOR NO KEY UPDATE SKIP LOCKED"),
    // Takes the lock that a text names, until the transaction ends; never null.
    ("key_lock", "#", "CAST(pg_advisory_xact_lock(hashtextextended(#, 0)) AS text)"),
    // The same, shared with others. Those who want it alone get their turn among them, unlike with the lock of a row.
    ("key_share", "#", "CAST(pg_advisory_xact_lock_shared(hashtextextended(#, 0)) AS text)"),
    // Whether a target is open, which is what locks its instance (I1): `{open t}`, by the name of its row.
    ("open", "#.status IN ('QUEUED', 'RUNNING')", "#.status IN ('QUEUED', 'RUNNING')"),
    // Whether an instance is being moved by a release (R8).
    ("moving", MOVING, MOVING),
    // Whether a hold, or a freeze that is no window, is in force (R17): it has not ended, and its `until` has not passed.
    (
        "in_force",
        "(#.ended_at IS NULL AND (#.until IS NULL OR #.until > CAST(unixepoch('subsec') * 1000 AS INTEGER)))",
        "(#.ended_at IS NULL AND (#.until IS NULL OR #.until > CAST(statement_timestamp() AS timestamptz(3))))",
    ),
    // The same for any hold: a freeze window is in force while it is open.
    (
        "standing",
        "(#.ended_at IS NULL AND (#.until IS NULL OR #.until > CAST(unixepoch('subsec') * 1000 AS INTEGER))
            AND (NOT #.is_window OR EXISTS (SELECT 1 FROM freeze_period fp WHERE fp.window_id = #.id
                AND fp.opens_at <= CAST(unixepoch('subsec') * 1000 AS INTEGER)
                AND (fp.closes_at IS NULL OR fp.closes_at > CAST(unixepoch('subsec') * 1000 AS INTEGER)))))",
        "(#.ended_at IS NULL AND (#.until IS NULL OR #.until > CAST(statement_timestamp() AS timestamptz(3)))
            AND (NOT #.is_window OR EXISTS (SELECT 1 FROM freeze_period fp WHERE fp.window_id = #.id
                AND fp.opens_at <= CAST(statement_timestamp() AS timestamptz(3))
                AND (fp.closes_at IS NULL OR fp.closes_at > CAST(statement_timestamp() AS timestamptz(3))))))",
    ),
];

const MOVING: &str = "#.status IN ('INSTALLING', 'UPGRADING', 'REVERTING', 'UNINSTALLING')";

/// A statement, or a part of one; rendered for a database when it is first used there.
pub struct Sql {
    text: &'static str,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

impl Sql {
    /// A text with words between braces; use `sql!` and `part!` instead.
    pub const fn new(text: &'static str) -> Self {
        Sql { text, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    pub fn sqlite(&self) -> &str {
        self.sqlite.get_or_init(|| render(self.text, Dialect::Sqlite))
    }

    pub fn postgres(&self) -> &str {
        self.postgres.get_or_init(|| render(self.text, Dialect::Postgres))
    }
}

/// A text with its words written out for a database.
///
/// # Panics
/// If the text, which is one of the program's own, names a word that does not exist.
pub fn render(text: &str, dialect: Dialect) -> String {
    let mut pieces = text.split('{');
    let mut rendered = String::from(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (inside, after) = piece.split_once('}').unwrap_or_else(|| panic!("a word is not closed in {text}"));
        let (name, argument) = inside.split_once(' ').unwrap_or((inside, ""));
        rendered += &word(name, argument, dialect).unwrap_or_else(|| panic!("no word {{{inside}}} for {text}"));
        rendered += after;
    }
    rendered
}

fn word(name: &str, argument: &str, dialect: Dialect) -> Option<String> {
    if name == "known" {
        let (vocabulary, column) = argument.split_once(' ')?;
        return Some(format!("({column} IN ('{}'))", vocabulary::words_of(vocabulary)?.join("', '")));
    }
    let (_, sqlite, postgres) = WORDS.iter().find(|word| word.0 == name)?;
    let text = match dialect {
        Dialect::Sqlite => sqlite,
        Dialect::Postgres => postgres,
    };
    Some(text.replace('#', argument))
}

/// A whole statement. Each one is also in a list whose statements a test prepares on both databases.
macro_rules! sql {
    ($text:expr) => {{
        #[cfg_attr(test, linkme::distributed_slice($crate::store::db::tests::STATEMENTS))]
        static SQL: $crate::store::db::sql::Sql = $crate::store::db::sql::Sql::new($text);
        &SQL
    }};
}

/// For tests elsewhere, which change or read what no caller may.
#[cfg(test)]
pub(crate) use sql;

/// A part of a statement, for `Stmt::push` and `Stmt::filter`; each bare `$` is numbered when it is appended.
macro_rules! part {
    ($text:expr) => {{
        static SQL: $crate::store::db::sql::Sql = $crate::store::db::sql::Sql::new($text);
        &SQL
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Word;
    use crate::domain::instance::InstanceStatus;
    use crate::domain::target::ReleaseTargetStatus;

    fn words<W: Word>(holds: impl Fn(W) -> bool) -> String {
        let words: Vec<_> = W::ALL.iter().filter(|(value, ..)| holds(*value)).map(|(_, word, _)| *word).collect();
        format!("t.status IN ('{}')", words.join("', '"))
    }

    #[test]
    fn conditions_in_sql_are_those_of_the_domain() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(render("{open t}", dialect), words(ReleaseTargetStatus::is_open));
            assert_eq!(render("{moving t}", dialect), words(InstanceStatus::is_moving));
            let known = words::<ReleaseTargetStatus>(|_| true);
            assert_eq!(render("{known ReleaseTargetStatus t.status}", dialect), format!("({known})"));
        }
    }
}
