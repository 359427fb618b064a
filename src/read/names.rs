//! Names of a request that must be those of something.

use super::expected::not_found;
use super::statement::Statement;
use crate::domain::Kind;
use crate::store::Reads;
use crate::store::db::rows::{Bind, Rows};
use crate::wire::ApiError;
use std::collections::{BTreeSet, HashSet};

/// A kind of things that people call by their names, and where the names are.
#[derive(Clone, Copy, Debug)]
pub struct NameTable {
    pub kind: Kind,
    pub table: &'static str,
    pub column: &'static str,
    /// Which of the rows `x` are meant by their names.
    pub condition: &'static str,
    /// A name in the form in which the column has it.
    pub form: fn(&str) -> String,
}

impl NameTable {
    /// The beginning of a statement that returns the ids of the things whose name is what follows.
    pub(super) fn ids_where(self) -> String {
        let NameTable { table, column, condition, .. } = self;
        format!("SELECT x.id FROM {table} x WHERE {condition} AND x.{column} ")
    }
}

/// Names in a request that must be those of something.
pub struct ExpectedNames {
    pub(super) of: NameTable,
    /// As they were sent.
    names: Vec<String>,
    argument: String,
}

impl ExpectedNames {
    /// Names that came in this argument.
    pub fn new(of: NameTable, argument: &str, names: Vec<String>) -> ExpectedNames {
        ExpectedNames { of, names, argument: argument.to_owned() }
    }

    /// The names in the form in which the column has them.
    pub(super) fn values(&self) -> Bind {
        Bind::Texts(self.names.iter().map(|name| (self.of.form)(name)).collect())
    }

    /// The error that nothing has this name.
    fn not_found(&self, name: &str) -> ApiError {
        not_found(self.of.kind, &self.argument, &format!("{name:?}"))
    }
}

impl Statement<'_> {
    /// Adds the things that have the expected names: rows of the place among them, the id and the name. Returns `None` if
    /// no names are expected.
    pub(super) fn names<'c>(&mut self, expected: impl Iterator<Item = &'c ExpectedNames>) -> Option<usize> {
        let expected: Vec<&ExpectedNames> = expected.collect();
        let values: Vec<Bind> = expected.iter().map(|names| names.values()).collect();
        (!expected.is_empty()).then(|| self.add_names(&expected, &values))
    }
}

/// For each list of expected names, the first that nothing has, as an error.
pub(super) fn unknown<'c>(found: &Rows, expected: impl Iterator<Item = &'c ExpectedNames>) -> Vec<Option<ApiError>> {
    let known: HashSet<(Option<i64>, Option<&str>)> =
        (0..found.len()).map(|row| (found.cell(row, 0).int(), found.cell(row, 2).text())).collect();
    let unknown = |(place, names): (usize, &ExpectedNames)| {
        let is_known = |name: &str| known.contains(&(Some(place as i64), Some((names.of.form)(name).as_str())));
        let name = names.names.iter().find(|name| !is_known(name))?;
        Some(names.not_found(name))
    };
    expected.enumerate().map(unknown).collect()
}

/// Returns the ids of the things that have these names, for each list of names.
///
/// # Errors
/// `BAD_REQUEST` with the reason `NOT_FOUND` for the first name that nothing has.
pub async fn resolve(reads: Reads<'_>, expected: &[ExpectedNames]) -> Result<Vec<BTreeSet<i64>>, ApiError> {
    let mut statement = Statement::new(reads);
    let Some(part) = statement.names(expected.iter()) else { return Ok(Vec::new()) };
    let found = &statement.run().await?[part];
    if let Some(error) = unknown(found, expected.iter()).into_iter().flatten().next() {
        return Err(error);
    }
    let mut ids = vec![BTreeSet::new(); expected.len()];
    for row in 0..found.len() {
        let place = found.cell(row, 0).int().and_then(|place| ids.get_mut(usize::try_from(place).ok()?));
        if let (Some(ids), Some(id)) = (place, found.cell(row, 1).int()) {
            ids.insert(id);
        }
    }
    Ok(ids)
}
