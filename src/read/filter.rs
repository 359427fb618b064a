//! Conditions on a list, with the values that they bind.

use crate::domain::{Id, Kind, Word};
use crate::store::db::rows::Bind;
use crate::wire::{ApiError, Reason};
use async_graphql::ID;
use std::fmt::Write;

/// The most values of which each has its own first rows read: of more, those would be too many themselves.
const MOST_VALUES: usize = 32;

/// Conditions that must all hold; `@` is a row of the list.
pub struct Where {
    text: String,
    pub(super) binds: Vec<Bind>,
    /// A column that has one of several values, each with an index in the order of the list, and their place.
    pub(super) each: Option<(String, usize)>,
    /// Ids that must name something, with the arguments they came in.
    pub(super) claims: Vec<ExpectedIds>,
    /// Whether things that lists leave out are wanted, too.
    pub(super) unlisted: bool,
    /// A version that must be of the service that the list belongs to, with its argument.
    pub(super) of_service: Option<(String, i64)>,
    /// Who asks.
    caller: String,
    /// Whether that makes a difference.
    personal: bool,
}

/// Ids of a request that must name something.
pub struct ExpectedIds {
    pub(super) kind: Kind,
    pub(super) ids: Vec<i64>,
    pub(super) argument: String,
}

impl ExpectedIds {
    /// Reads ids of one kind, that came in this argument.
    pub fn read(kind: Kind, argument: &str, ids: &[ID]) -> Result<ExpectedIds, ApiError> {
        let ids = ids.iter().map(|id| number(kind, argument, id)).collect::<Result<_, _>>()?;
        Ok(ExpectedIds { kind, ids, argument: argument.to_owned() })
    }

    /// The numbers of the rows that it names.
    pub fn numbers(&self) -> &[i64] {
        &self.ids
    }
}

impl Where {
    pub(super) fn new(caller: &str) -> Where {
        let (text, binds, each, claims) = (String::new(), Vec::new(), None, Vec::new());
        Where {
            text,
            binds,
            each,
            claims,
            unlisted: false,
            of_service: None,
            caller: caller.to_owned(),
            personal: false,
        }
    }

    /// The name of who asks; from now on the list is one of that caller's own.
    pub fn caller(&mut self) -> &str {
        self.personal = true;
        &self.caller
    }

    /// Whether another caller may have other rows.
    pub(super) fn is_personal(&self) -> bool {
        self.personal
    }

    /// All conditions.
    pub(super) fn text(&self) -> String {
        match &self.each {
            Some((column, place)) => format!("{} AND {column} {{any ${place}}}", self.text),
            None => self.text.clone(),
        }
    }

    /// The conditions beside that on each value.
    pub(super) fn beside_each(&self) -> &str {
        &self.text
    }

    /// Adds a condition, whose `$`s take the values in order.
    pub fn and(&mut self, text: &str, values: impl IntoIterator<Item = Bind>) {
        self.text.push_str(" AND ");
        self.piece(text, values);
    }

    /// Adds a condition, or its opposite.
    pub fn and_either(&mut self, text: &str, yes: bool) {
        let text = if yes { format!("({text})") } else { format!("NOT ({text})") };
        self.and(&text, []);
    }

    /// A column has one of these words.
    pub fn words<W: Word>(&mut self, column: &str, words: Option<Vec<W>>) {
        if let Some(words) = words {
            self.any(&format!("{column} {{any $}}"), Bind::words(&words), false);
        }
    }

    /// As [`Where::words`], for a column that has an index in the order of the list.
    pub fn indexed_words<W: Word>(&mut self, column: &str, words: Option<Vec<W>>) {
        if let Some(words) = words {
            self.any(&format!("{column} {{any $}}"), Bind::words(&words), true);
        }
    }

    /// A column has one of these texts.
    pub fn texts(&mut self, column: &str, texts: Option<Vec<String>>) {
        if let Some(texts) = texts {
            self.any(&format!("{column} {{any $}}"), Bind::Texts(texts), false);
        }
    }

    /// As [`Where::texts`], for a column that has an index in the order of the list.
    pub fn indexed_texts(&mut self, column: &str, texts: Option<Vec<String>>) {
        if let Some(texts) = texts {
            self.any(&format!("{column} {{any $}}"), Bind::Texts(texts), true);
        }
    }

    /// A column begins with this, byte by byte: a range, so that an index serves.
    pub fn prefix(&mut self, column: &str, prefix: Option<String>) {
        if let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) {
            let end = format!("{prefix}\u{10ffff}");
            self.and(&format!("{column} >= $ AND {column} < $"), [Bind::Text(prefix), Bind::Text(end)]);
        }
    }

    /// A condition holds for one of these things; its `$` takes their numbers. An id that names no such
    /// thing is an error. A column of ids has an index in the order of the list.
    pub fn ids(&mut self, text: &str, kind: Kind, argument: &str, ids: Option<Vec<ID>>) -> Result<(), ApiError> {
        let Some(ids) = ids else { return Ok(()) };
        let claim = ExpectedIds::read(kind, argument, &ids)?;
        self.any(text, Bind::Ids(claim.ids.clone()), true);
        if !claim.ids.is_empty() {
            self.claims.push(claim);
        }
        Ok(())
    }

    /// A condition with `{any $}`. A single value is asked for as one: then an index can give the rows in its order, and
    /// the page is read from its beginning, however long the list is. The same goes for each of a few.
    fn any(&mut self, text: &str, values: Bind, indexed: bool) {
        let column = text.strip_suffix(" {any $}");
        let column = column.filter(|_| indexed && self.each.is_none() && values.count() <= MOST_VALUES);
        match (values.single(), column) {
            (Some(value), _) => self.and(&text.replace("{any $}", "= $"), [value]),
            (None, Some(column)) => self.each = Some((column.to_owned(), self.bind(values.distinct()))),
            (None, None) => self.and(text, [values]),
        }
    }

    /// The list must belong to the service of this version.
    pub fn of_service(&mut self, argument: &str, version: i64) {
        self.of_service = Some((argument.to_owned(), version));
    }

    /// Also wants what lists leave out.
    pub fn unlisted(&mut self) {
        self.unlisted = true;
    }

    /// Notes a value, and gives the number of its place.
    pub(super) fn bind(&mut self, value: Bind) -> usize {
        self.binds.push(value);
        self.binds.len()
    }

    /// Adds a condition whose values are bound and have their places.
    pub(super) fn placed(&mut self, text: &str) {
        self.text.push_str(" AND ");
        self.text.push_str(text);
    }

    /// Appends a text, whose `$`s take the values in order.
    fn piece(&mut self, text: &str, values: impl IntoIterator<Item = Bind>) {
        let mut values = values.into_iter();
        for (i, piece) in text.split('$').enumerate() {
            if i > 0 {
                let value = values.next().expect("each $ comes with its value, in this program's own texts");
                let place = self.bind(value);
                let _ = write!(self.text, "${place}");
            }
            self.text.push_str(piece);
        }
    }
}

/// The number of a row, from an id that a query names; malformed and unknown ones are alike.
pub fn number(kind: Kind, argument: &str, id: &str) -> Result<i64, ApiError> {
    match Id::parse(id) {
        Some(id) if id.kind == kind => Ok(id.number),
        Some(other) => {
            let message = format!("{other} is the id of a {}; give the id of a {}.", other.kind.noun(), kind.noun());
            Err(ApiError::id(argument, Reason::WrongType, message))
        }
        None => Err(not_found(kind, argument, &format!("{id:?}"))),
    }
}

/// An id of a query names nothing.
pub fn not_found(kind: Kind, argument: &str, id: &str) -> ApiError {
    ApiError::id(argument, Reason::NotFound, format!("There is no {} {id}.", kind.noun()))
}
