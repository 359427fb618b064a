//! The words between braces in `fleet.sql`: numbers of the size, and SQL in which the two databases differ.

use super::Size;
use std::time::{SystemTime, UNIX_EPOCH};

/// The database whose SQL is written.
#[derive(Clone, Copy)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    pub fn of(url: &str) -> Dialect {
        if url.starts_with("sqlite:") { Dialect::Sqlite } else { Dialect::Postgres }
    }
}

/// Replaces each word of the text by its meaning, innermost words first.
pub fn expand(text: &str, size: Size, dialect: Dialect) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut expanded = text.to_owned();
    while let Some(begin) = expanded.rfind('{') {
        let end = begin
            + expanded[begin..]
                .find('}')
                .unwrap_or_else(|| panic!("a word has no closing brace: {}", &expanded[begin..]));
        let (word, argument) = expanded[begin + 1..end].split_once(' ').unwrap_or((&expanded[begin + 1..end], ""));
        let (a, b) = argument.split_once(", ").unwrap_or((argument, ""));
        let days = |days: i64| days * 24 * 60 * 60 * 1000;
        // Releases are spread over five days.
        let after = |first: i64| format!("({} - {a} * {})", days(first), days(5) / size.services);
        let meaning = match (word, dialect) {
            ("services", _) => size.services.to_string(),
            ("versions", _) => size.versions.to_string(),
            ("hosts", _) => size.hosts.to_string(),
            ("instances", _) => size.instances.to_string(),
            ("each", _) => size.each().to_string(),
            ("moved", _) => size.moved().to_string(),
            ("days", _) => {
                days(argument.parse().unwrap_or_else(|_| panic!("not a number of days: {argument}"))).to_string()
            }
            ("install", _) => after(50),
            ("upgrade", _) => after(6),
            ("failed", _) => format!("(CASE WHEN {a} % 3 = 0 THEN ({b} + 43) / 50 ELSE 0 END)"),
            ("digits", _) => format!("substr(CAST(100000 + {argument} AS text), 2)"),
            ("numbers", Dialect::Sqlite) => format!(
                "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {argument}) SELECT i FROM n)"
            ),
            ("numbers", Dialect::Postgres) => format!("(SELECT i FROM generate_series(1::bigint, {argument}) AS n(i))"),
            ("ago", Dialect::Sqlite) => format!("({now} - ({argument}))"),
            ("ago", Dialect::Postgres) => {
                format!("CAST(to_timestamp(({now} - ({argument})) / 1000.0) AS timestamptz(3))")
            }
            ("over", Dialect::Sqlite) => String::new(),
            ("over", Dialect::Postgres) => "OVERRIDING SYSTEM VALUE".to_owned(),
            ("json", Dialect::Sqlite) => argument.to_owned(),
            ("json", Dialect::Postgres) => format!("CAST({argument} AS jsonb)"),
            ("object", Dialect::Sqlite) => format!("json_object({argument})"),
            ("object", Dialect::Postgres) => format!("jsonb_build_object({argument})"),
            _ => panic!("unknown word {{{word}}}"),
        };
        expanded.replace_range(begin..=end, &meaning);
    }
    expanded
}
