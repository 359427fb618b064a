//! Entry points for changing. A mutation says what it takes, what it answers and which right it needs; the frame
//! here does the rest: the right, the request with its key, and the payload, which is read like everything else.

use super::mutations::MUTATIONS;
use super::types::MUTATION_PAYLOAD;
use crate::app::App;
use crate::change::{Denials, Request};
use crate::domain::Problems;
use crate::domain::caller::Right;
use crate::read::declare::{Arg, Object, arg, parse};
use crate::read::{Document, Given, Prepared, argument, caller, field, implement, object_type, register};
use crate::store;
use crate::wire::ApiError;
use async_graphql::parser::types::Field as Node;
use async_graphql::registry::Registry;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, InputType, ObjectType, OutputType, Positioned, Response, ServerResult,
    Value,
};
use futures_util::future::BoxFuture;
use std::borrow::Cow;

/// The id of a request, as it is told in answers, logs and audit entries. Every request carries one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// One mutation: its field, its input, its payload, and what it does.
pub trait Mutation {
    /// The name of its field.
    const NAME: &'static str;
    /// The description of its field.
    const ABOUT: &'static str;
    /// What it needs of its caller.
    const RIGHT: Right;
    /// `input`.
    type Input: InputType;

    /// What it answers; implements `MutationPayload`.
    fn payload() -> &'static Object;

    /// Does it, and gives the row of the payload.
    fn run(app: &App, request: &Request, input: Self::Input) -> impl Future<Output = Result<Given, ApiError>> + Send;
}

/// A mutation as a constant.
pub(super) struct Entry {
    name: &'static str,
    about: &'static str,
    right: Right,
    input: Arg,
    payload: fn() -> &'static Object,
    run: for<'a> fn(&'a App, Request, Value) -> BoxFuture<'a, Result<Given, ApiError>>,
    /// The input as it was coerced, defaults filled in.
    coerced: fn(Value) -> Result<Value, ApiError>,
}

impl Entry {
    /// What it answers.
    pub fn payload(&self) -> &'static Object {
        (self.payload)()
    }

    pub const fn of<M: Mutation>() -> Entry {
        Entry {
            name: M::NAME,
            about: M::ABOUT,
            right: M::RIGHT,
            input: arg::<M::Input>("input", "What to do."),
            payload: M::payload,
            run: |app, request, input| {
                Box::pin(async move { M::run(app, &request, parse::<M::Input>("input", Some(input))?).await })
            },
            coerced: |input| Ok(parse::<M::Input>("input", Some(input))?.to_value()),
        }
    }
}

/// The answer to what a mutation did: its payload's row, or the problems of its input.
pub fn payload<T>(
    outcome: store::Result<Result<T, Problems>>,
    row: impl FnOnce(T) -> Given,
) -> Result<Given, ApiError> {
    match outcome? {
        Ok(made) => Ok(row(made)),
        Err(problems) => Ok(Given::new().problems(&problems.0)),
    }
}

/// The root of changing.
pub struct MutationRoot;

const ROOT: &str = "Mutation";

/// Marks the answer to a mutation whose input had problems.
const REFUSED: &str = "x-refused";

/// Whether a mutation was refused, which its payload tells in `userErrors`.
pub fn is_refused(answer: &Response) -> bool {
    answer.http_headers.contains_key(REFUSED)
}

impl ContainerType for MutationRoot {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let name = ctx.item.node.name.node.as_str();
        let Some(entry) = MUTATIONS.iter().find(|entry| entry.name == name) else { return Ok(None) };
        let Some(prepared) = Prepared::given(ctx, ROOT, (entry.payload)(), true) else { return Ok(Some(Value::Null)) };
        let answer = match run(ctx, entry, &prepared).await {
            Ok((app, row)) => {
                if row.has_problems() {
                    // A header of the library's answer: no transport sends it on.
                    ctx.insert_http_header(REFUSED, "");
                }
                prepared.answers(app.db.reads(), &[row]).await.pop()
            }
            Err(error) => Some(prepared.failed(&error)),
        };
        answer.map(|answer| prepared.tell(ctx, answer)).transpose()
    }
}

/// Checks everything that can be checked before, and does it.
async fn run<'a>(ctx: &Context<'a>, entry: &'static Entry, prepared: &Prepared) -> Result<(&'a App, Given), ApiError> {
    let app = ctx.data_opt::<App>().ok_or_else(ApiError::internal)?;
    let request_id = ctx.data_opt::<RequestId>().ok_or_else(ApiError::internal)?;
    let denials = ctx.data_opt::<Denials>().ok_or_else(ApiError::internal)?;
    let caller = caller(ctx)?;
    let args = Document::of(ctx).args(std::iter::once(&entry.input), ctx.item);
    if !caller.role.has(entry.right) {
        // What cannot be read is denied like everything else.
        let sent = args.ok().and_then(|args| args.value("input").cloned());
        let sent =
            sent.unwrap_or_else(|| Value::Object(Default::default())).into_json().map_err(|_| ApiError::internal())?;
        denials.count(caller, &request_id.0, entry.name, &sent);
        return Err(ApiError::forbidden(caller.role));
    }
    prepared.check()?;
    let input = args?.value("input").cloned().unwrap_or_default();
    let coerced = (entry.coerced)(input.clone())?.into_json().map_err(|_| ApiError::internal())?;
    let request = Request {
        caller: caller.clone(),
        request_id: request_id.0.clone(),
        operation: entry.name,
        idempotency_key: coerced.get("idempotencyKey").and_then(|key| key.as_str()).map(str::to_owned),
        input: coerced,
        audit_input: denials.audit_input(),
    };
    Ok((app, (entry.run)(app, request, input).await?))
}

impl OutputType for MutationRoot {
    fn type_name() -> Cow<'static, str> {
        ROOT.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let fields = MUTATIONS.iter().map(|entry| {
            let payload = (entry.payload)();
            let ty = register(payload, registry);
            let input = argument(&entry.input, registry);
            field(entry.name, entry.about, ty.trim_end_matches('!'), vec![input])
        });
        let fields = fields.collect();
        let about = "Entry points for changing. Each field is nullable, so that an error of one does not take away the answer of another.";
        registry.types.insert(ROOT.into(), object_type(ROOT, about, fields));
        format!("{ROOT}!")
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Node>) -> ServerResult<Value> {
        unreachable!("the library walks the root by itself")
    }
}

impl ObjectType for MutationRoot {}

/// The interface of all payloads. The library drops it, as no field has it for its type, unless it is entered
/// once more in the end.
pub(super) struct Payloads;

impl OutputType for Payloads {
    fn type_name() -> Cow<'static, str> {
        MUTATION_PAYLOAD.name.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        for entry in MUTATIONS {
            implement((entry.payload)(), &MUTATION_PAYLOAD, registry);
        }
        format!("{}!", MUTATION_PAYLOAD.name)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Node>) -> ServerResult<Value> {
        unreachable!("no field has it for its type")
    }
}
