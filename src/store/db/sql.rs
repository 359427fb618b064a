//! One text, told to two databases. `sql!("… {now} …")` is a whole statement, `part!("…")` a piece of
//! one: SQL as both databases speak it, with a word between braces where they do not.

use std::sync::OnceLock;

/// The whole difference in words: the word, SQLite's text, PostgreSQL's. `#` is what stood after the word.
const WORDS: &[(&str, &str, &str)] = &[
    ("now", "CAST(unixepoch('subsec') * 1000 AS INTEGER)", "CAST(clock_timestamp() AS timestamptz(3))"),
    // The instant at which a statement began: for what only reads. PostgreSQL can then use it with an index.
    ("begun", "CAST(unixepoch('subsec') * 1000 AS INTEGER)", "CAST(statement_timestamp() AS timestamptz(3))"),
    // One of the values of a list: `{any $1}`, bound as `Ids` or `Texts`.
    ("any", "IN (SELECT value FROM json_each(#))", "= ANY(#)"),
    // One of the ids that a statement gives, asked anew for each row that it names: `{among SELECT …}`.
    ("among", "IN (#)", "= ANY(ARRAY(#))"),
    // A column that SQLite is to look at row by row, where a list is better read in its order than sorted.
    ("unindexed", "+#", "#"),
    // The items of a JSON array, as rows `item` with a column `value`.
    ("items", "json_each(#) AS item", "jsonb_array_elements(#) AS item(value)"),
    // A truth value out of a JSON document.
    ("bool", "(#)", "CAST((#) AS boolean)"),
    // An instant out of a JSON document, where it is told in milliseconds.
    ("instant", "CAST(# AS INTEGER)", "CAST(to_timestamp(CAST(# AS bigint) / 1000.0) AS timestamptz(3))"),
    // The later one of two instants, none of them null.
    ("later", "max(#)", "GREATEST(#)"),
    ("share", "", "FOR SHARE"),
    ("lock", "", "FOR NO KEY UPDATE"),
    ("skip_locked", "", "FOR NO KEY UPDATE SKIP LOCKED"),
    // Takes a lock that is named by a text, until the transaction ends; never null.
    ("key_lock", "#", "CAST(pg_advisory_xact_lock(hashtextextended(#, 0)) AS text)"),
    // The same, beside others who share it. Whoever wants it alone has a turn among them, which a row's lock does not give.
    ("key_share", "#", "CAST(pg_advisory_xact_lock_shared(hashtextextended(#, 0)) AS text)"),
];

/// A statement, or a part of one; written out for a database when it is first used there.
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
        self.sqlite.get_or_init(|| tell(self.text, |word| word.1))
    }

    pub fn postgres(&self) -> &str {
        self.postgres.get_or_init(|| tell(self.text, |word| word.2))
    }
}

/// A text of the running program, told to SQLite.
pub(super) fn tell_sqlite(text: &str) -> String {
    tell(text, |word| word.1)
}

/// A text of the running program, told to PostgreSQL.
pub(super) fn tell_postgres(text: &str) -> String {
    tell(text, |word| word.2)
}

type Word = (&'static str, &'static str, &'static str);

fn tell(text: &str, with: fn(&Word) -> &'static str) -> String {
    let mut pieces = text.split('{');
    let mut told = String::from(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (inside, after) = piece.split_once('}').unwrap_or_else(|| panic!("a word is not closed in {text}"));
        let (name, argument) = inside.split_once(' ').unwrap_or((inside, ""));
        let word = WORDS.iter().find(|word| word.0 == name).unwrap_or_else(|| panic!("no word {{{name}}} in {text}"));
        told += &with(word).replace('#', argument);
        told += after;
    }
    told
}

/// A whole statement. Each one is also put on a list that a test prepares on both databases.
macro_rules! sql {
    ($text:expr) => {{
        #[cfg_attr(test, linkme::distributed_slice($crate::store::tests::STATEMENTS))]
        static SQL: $crate::store::db::sql::Sql = $crate::store::db::sql::Sql::new($text);
        &SQL
    }};
}

/// For tests elsewhere, which change or look up what no caller may.
#[cfg(test)]
pub(crate) use sql;

/// A part of a statement, for `Stmt::push` and `Stmt::filter`; each bare `$` is numbered when it is appended.
macro_rules! part {
    ($text:expr) => {{
        static SQL: $crate::store::db::sql::Sql = $crate::store::db::sql::Sql::new($text);
        &SQL
    }};
}
