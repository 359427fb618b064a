//! One field of the root, from its selection to its bytes.

use super::declare::Object;
use super::fetch::fetch;
use super::plan::{Plan, RowPlace, ValuePlan};
use super::planner::Planner;
use super::select::{Document, below};
use super::supplied::SuppliedRow;
use super::write::Writer;
use crate::app::App;
use crate::blocking;
use crate::domain::Caller;
use crate::store::Reads;
use crate::wire::{ApiError, ErrorCode};
use async_graphql::parser::types::Field as Node;
use async_graphql::{Context, Name, Pos, Positioned, Response, ServerError, ServerResult, Value};
use async_graphql_value::indexmap::IndexMap;

/// A field of the root that is planned, and can be answered any number of times.
pub struct Prepared {
    key: Name,
    pos: Pos,
    nullable: bool,
    plan: Plan,
    value: ValuePlan,
}

/// The bytes of a field, or none where it came to null, and what went wrong.
pub struct Answer {
    bytes: Option<Vec<u8>>,
    errors: Vec<ServerError>,
}

/// Every node that is merged into the field that is being resolved, if it is the first of them. The library
/// resolves each by itself, and cannot merge bytes: the first answers for all, the others say null, which it
/// drops.
fn merged<'a>(ctx: &Context<'a>, root: &str) -> Option<Vec<&'a Positioned<Node>>> {
    let key = &ctx.item.node.response_key().node;
    let (_, nodes) = Document::of(ctx).root(root).into_iter().find(|(other, _)| *other == key)?;
    std::ptr::eq(*nodes.first()?, ctx.item).then_some(nodes)
}

/// Who asks.
pub fn caller<'a>(ctx: &Context<'a>) -> Result<&'a Caller, ApiError> {
    ctx.data_opt().ok_or_else(|| {
        ApiError::new(ErrorCode::Unauthenticated, "Who asks is not known. Send a token: `Authorization: Bearer TOKEN`.")
    })
}

fn planner<'a>(ctx: &Context<'a>) -> Result<Planner<'a>, ApiError> {
    let document = Document::of(ctx);
    let app = ctx.data_opt::<App>().ok_or_else(ApiError::internal)?;
    Ok(Planner { document, app, caller: caller(ctx)?, plan: Plan::default() })
}

impl Prepared {
    /// Plans a field of a root whose type declares where everything comes from. The nodes are all those of its key.
    pub fn plan<'a>(
        document: Document<'a>,
        app: &'a App,
        caller: &'a Caller,
        root: &'static Object,
        nodes: &[&'a Positioned<Node>],
    ) -> Prepared {
        Prepared::of_root(Ok(Planner { document, app, caller, plan: Plan::default() }), root, nodes)
    }

    /// Plans the field that the library resolves, or returns `None` if it is answered with another node.
    pub fn read(ctx: &Context<'_>, root: &'static Object) -> Option<Prepared> {
        Some(Prepared::of_root(planner(ctx), root, &merged(ctx, root.name)?))
    }

    fn of_root<'a>(
        planner: Result<Planner<'a>, ApiError>,
        root: &'static Object,
        nodes: &[&'a Positioned<Node>],
    ) -> Prepared {
        let name = nodes[0].node.name.node.as_str();
        let Some(field) = root.fields.iter().find(|field| field.name == name) else {
            return Prepared::of(nodes, false, Ok((Plan::default(), ValuePlan::Typename(root.name.to_owned()))));
        };
        let planned = planner.and_then(|mut planner| {
            let value = planner.value(field, root, None, nodes)?;
            planner.plan.check()?;
            Ok((planner.plan, value))
        });
        Prepared::of(nodes, field.nullable, planned)
    }

    /// Plans a field of this root whose rows, of this type, will be handed in.
    pub fn given(ctx: &Context<'_>, root: &str, of: &'static Object, nullable: bool) -> Option<Prepared> {
        let nodes = merged(ctx, root)?;
        let planned = planner(ctx).and_then(|mut planner| {
            planner.given(of);
            let object = planner.object(of, RowPlace::SUPPLIED, below(&nodes));
            planner.plan.check()?;
            Ok((planner.plan, ValuePlan::Same(None, object)))
        });
        Some(Prepared::of(&nodes, nullable, planned))
    }

    fn of(nodes: &[&Positioned<Node>], nullable: bool, planned: Result<(Plan, ValuePlan), ApiError>) -> Prepared {
        let key = nodes[0].node.response_key().node.clone();
        let (plan, value) = planned.unwrap_or_else(|error| (Plan::default(), ValuePlan::Fail(error)));
        Prepared { key, pos: nodes[0].pos, nullable, plan, value }
    }

    /// Whether it could be planned.
    pub fn check(&self) -> Result<(), ApiError> {
        match &self.value {
            ValuePlan::Fail(error) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Whether anything has to be read for it, beside the rows that are handed in.
    pub fn reads(&self) -> bool {
        self.plan.reads()
    }

    /// Whether another caller may be told something else.
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

    /// Reads what was planned, and writes it.
    pub async fn answer(&self, reads: Reads<'_>) -> Answer {
        self.answers(reads, &[SuppliedRow::new()]).await.pop().expect("there is one answer for each row")
    }

    /// Reads what was planned for all of these rows at once, and writes an answer for each.
    pub async fn answers(&self, reads: Reads<'_>, rows: &[SuppliedRow]) -> Vec<Answer> {
        if let ValuePlan::Fail(error) = &self.value {
            return rows.iter().map(|_| self.failed(error)).collect();
        }
        let fetched = match fetch(reads, &self.plan, rows).await {
            Ok(fetched) => fetched,
            Err(error) => return rows.iter().map(|_| self.failed(&error)).collect(),
        };
        let answer = |row| {
            let mut writer = Writer::new(&self.plan, &fetched, &self.key);
            let written = writer.root(&self.value, self.pos, self.nullable, row);
            Answer { bytes: written.is_ok().then_some(writer.out), errors: writer.errors }
        };
        blocking::run(fetched.bytes(), || (0..rows.len()).map(answer).collect())
    }

    /// The answer that nothing can be answered.
    pub fn failed(&self, error: &ApiError) -> Answer {
        let mut told = error.told().with_path(vec![async_graphql::PathSegment::Field(self.key.to_string())]);
        told.locations = vec![self.pos];
        Answer { bytes: None, errors: vec![told] }
    }

    /// Hands an answer to the library. Bytes travel as a binary value, which our own writer of responses copies
    /// as it is.
    pub fn tell(&self, ctx: &Context<'_>, answer: Answer) -> ServerResult<Value> {
        let Answer { bytes, mut errors } = answer;
        let up = match (&bytes, self.nullable) {
            (None, false) => errors.pop(),
            _ => None,
        };
        for error in errors {
            ctx.add_error(error);
        }
        match (up, bytes) {
            (Some(error), _) => Err(error),
            (None, Some(bytes)) => Ok(Value::Binary(bytes.into())),
            (None, None) => Ok(Value::Null),
        }
    }
}

impl Answer {
    /// A whole response of this one field.
    pub fn response(self, key: &Name) -> Response {
        let mut response = match self.bytes {
            Some(bytes) => {
                let data = [(key.clone(), Value::Binary(bytes.into()))];
                Response::new(Value::Object(data.into_iter().collect()))
            }
            None => Response::new(Value::Null),
        };
        response.errors = self.errors;
        response
    }
}

/// The response of an operation with these fields. Its data is null if a field came to null that cannot be null.
pub fn response(fields: Vec<(Prepared, Answer)>) -> Response {
    let (mut errors, mut is_null) = (Vec::new(), false);
    let mut data = IndexMap::with_capacity(fields.len());
    for (field, answer) in fields {
        is_null |= answer.bytes.is_none() && !field.nullable;
        errors.extend(answer.errors);
        data.insert(field.key, answer.bytes.map_or(Value::Null, |bytes| Value::Binary(bytes.into())));
    }
    let mut response = Response::new(if is_null { Value::Null } else { Value::Object(data) });
    response.errors = errors;
    response
}
