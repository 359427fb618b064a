//! One field of the root, from its selection to its bytes.

use super::args::Args;
use super::declare::Object;
use super::fetch::fetch;
use super::plan::{FieldArguments, Plan, RowPlace, ValuePlan};
use super::plan_statement::PlanStatement;
use super::planner::Planner;
use super::select::{Document, below};
use super::supplied::SuppliedRow;
use super::write::Writer;
use crate::app::App;
use crate::blocking;
use crate::domain::Caller;
use crate::store::Reads;
use crate::wire::{ApiError, Response};
use async_graphql::parser::types::Field as Node;
use async_graphql::{Name, Pos, Positioned, ServerError};
use bytes::Bytes;
use std::sync::{Arc, OnceLock};

/// A field of the root that is planned, and can be answered any number of times.
pub struct Prepared {
    key: Name,
    pos: Pos,
    nullable: bool,
    plan: Plan,
    value: ValuePlan,
    /// The statement that reads the plan, once it is made.
    statement: OnceLock<PlanStatement>,
}

/// The JSON of a field, or `None` where it came to null, and what went wrong.
pub struct Answer {
    pub bytes: Option<Vec<u8>>,
    pub errors: Vec<ServerError>,
}

/// What a field is planned with: the document, and on whose behalf what is read.
pub struct Reader<'a> {
    pub document: Document<'a>,
    pub app: &'a App,
    pub caller: &'a Caller,
}

impl<'a> Reader<'a> {
    fn planner(self) -> Planner<'a> {
        let Reader { document, app, caller } = self;
        Planner { document, app, caller, plan: Plan::default() }
    }
}

impl Prepared {
    /// Plans a field of a root whose type declares where everything comes from. The nodes are all those of its key.
    pub fn read<'a>(
        reader: Result<Reader<'a>, ApiError>,
        root: &'static Object,
        nodes: &[&'a Positioned<Node>],
    ) -> Prepared {
        let name = nodes[0].node.name.node.as_str();
        let Some(field) = root.fields.iter().find(|field| field.name == name) else {
            return Prepared::of(nodes, false, Ok((Plan::default(), ValuePlan::Typename(root.name.to_owned()))));
        };
        let planned = reader.map(Reader::planner).and_then(|mut planner| {
            let value = planner.value(field, root, None, nodes)?;
            planner.plan.check()?;
            Ok((planner.plan, value))
        });
        Prepared::of(nodes, field.nullable, planned)
    }

    /// Plans a field whose rows, of this type, will be supplied. The nodes are all those of its key.
    pub fn supplied<'a>(
        reader: Result<Reader<'a>, ApiError>,
        of: &'static Object,
        nullable: bool,
        nodes: &[&'a Positioned<Node>],
    ) -> Prepared {
        let planned = reader.map(Reader::planner).and_then(|mut planner| {
            planner.supplied(of);
            let object = planner.object(of, RowPlace::SUPPLIED, below(nodes));
            planner.plan.check()?;
            Ok((planner.plan, ValuePlan::Same(None, object)))
        });
        Prepared::of(nodes, nullable, planned)
    }

    fn of(nodes: &[&Positioned<Node>], nullable: bool, planned: Result<(Plan, ValuePlan), ApiError>) -> Prepared {
        let key = nodes[0].node.response_key().node.clone();
        let (plan, value) = planned.unwrap_or_else(|error| (Plan::default(), ValuePlan::Fail(error)));
        Prepared { key, pos: nodes[0].pos, nullable, plan, value, statement: OnceLock::new() }
    }

    /// Whether it could be planned.
    pub fn check(&self) -> Result<(), ApiError> {
        match &self.value {
            ValuePlan::Fail(error) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Whether anything has to be read for it, beside the rows that are supplied.
    pub fn reads(&self) -> bool {
        self.plan.reads()
    }

    /// Whether another caller may have another answer.
    pub fn is_personal(&self) -> bool {
        self.plan.is_personal()
    }

    /// An answer that is a text, known already.
    pub fn text(&self, text: &str) -> Answer {
        let mut bytes = Vec::new();
        crate::wire::json::string(text, &mut bytes);
        Answer { bytes: Some(bytes), errors: Vec::new() }
    }

    /// The key of the field in the answer.
    pub fn key(&self) -> &Name {
        &self.key
    }

    /// Reads what was planned with these values of the arguments that the plan leaves open, and writes it.
    pub async fn answer_with(&self, reads: Reads<'_>, arguments: &[Arc<Args>]) -> Answer {
        let answers = self.answers_with(reads, arguments, &[SuppliedRow::new()]).await;
        answers.into_iter().next().expect("there is one answer for each row")
    }

    /// Reads what was planned for all of these rows at once, and writes an answer for each.
    pub async fn answers(&self, reads: Reads<'_>, rows: &[SuppliedRow]) -> Vec<Answer> {
        self.answers_with(reads, &self.arguments(), rows).await
    }

    /// The arguments that it was planned with.
    pub fn arguments(&self) -> Vec<Arc<Args>> {
        self.plan.fields.iter().map(|field| field.values.clone()).collect()
    }

    /// Returns the arguments that the plan leaves open with the variables of another request, or `None` if the plan does
    /// not fit them.
    pub fn arguments_of(&self, document: Document<'_>) -> Option<Vec<Arc<Args>>> {
        let args = |field: &FieldArguments| {
            let args = document.args(field.field.all_args(), &field.nodes).ok()?;
            args.binds_like(&field.values).then(|| Arc::new(args))
        };
        self.plan.fields.iter().map(args).collect()
    }

    /// Whether it is the newest place in the event log.
    pub fn is_head(&self) -> bool {
        matches!(self.value, ValuePlan::Head)
    }

    /// The variables on which the plan depends.
    pub fn variables(&self) -> &[Name] {
        &self.plan.variables
    }

    /// Returns how many keys its objects have, or `None` if it is not to be kept: what cannot be answered now may be
    /// answered with other values.
    pub fn keys(&self) -> Option<usize> {
        let has_failures = self.plan.has_failures || matches!(self.value, ValuePlan::Fail(_));
        (!has_failures).then_some(self.plan.keys)
    }

    async fn answers_with(&self, reads: Reads<'_>, arguments: &[Arc<Args>], rows: &[SuppliedRow]) -> Vec<Answer> {
        if let ValuePlan::Fail(error) = &self.value {
            return rows.iter().map(|_| self.failed(error)).collect();
        }
        let fetched = match fetch(reads, &self.plan, arguments, rows, &self.statement).await {
            Ok(fetched) => fetched,
            Err(error) => return rows.iter().map(|_| self.failed(&error)).collect(),
        };
        let answer = |row| {
            let mut writer = Writer::new(&self.plan, arguments, &fetched, &self.key);
            let written = writer.root(&self.value, self.pos, self.nullable, row);
            Answer { bytes: written.is_ok().then_some(writer.out), errors: writer.errors }
        };
        blocking::run(fetched.bytes(), || (0..rows.len()).map(answer).collect())
    }

    /// The answer that nothing can be answered.
    pub fn failed(&self, error: &ApiError) -> Answer {
        let path = vec![async_graphql::PathSegment::Field(self.key.to_string())];
        let mut error = error.to_server_error().with_path(path);
        error.locations = vec![self.pos];
        Answer { bytes: None, errors: vec![error] }
    }

    /// Whether the field may be null.
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }
}

impl Answer {
    /// A whole response of this one field, which is never null.
    pub fn response(self, key: &Name) -> Response {
        let data = self.bytes.map(|bytes| vec![(key.clone(), bytes.into())]);
        Response { data, errors: self.errors, refused: false }
    }
}

/// The response of an operation with these fields. Its data is null if a field came to null that cannot be null.
pub fn response<'a>(fields: impl ExactSizeIterator<Item = (&'a Prepared, Answer)>) -> Response {
    let (mut errors, mut is_null) = (Vec::new(), false);
    let mut data = Vec::with_capacity(fields.len());
    for (field, answer) in fields {
        is_null |= answer.bytes.is_none() && !field.nullable;
        errors.extend(answer.errors);
        data.push((field.key.clone(), answer.bytes.map_or(Bytes::from_static(b"null"), Bytes::from)));
    }
    Response { data: (!is_null).then_some(data), errors, refused: false }
}
