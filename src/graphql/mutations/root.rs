//! The root of changing: it checks the caller's right, runs the mutation, and has the payload read and written.

use super::MUTATIONS;
use super::mutation::{Mutation, Sender};
use crate::app::App;
use crate::change::Denials;
use crate::graphql::request::{RequestId, mark_refused};
use crate::graphql::types::MUTATION_PAYLOAD;
use crate::read::{Document, Prepared, SuppliedRow, argument, caller, field, implement, object_type, register};
use crate::wire::ApiError;
use async_graphql::parser::types::Field as Node;
use async_graphql::registry::Registry;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
};
use std::borrow::Cow;

/// The root of changing.
pub struct MutationRoot;

const ROOT: &str = "Mutation";

impl ContainerType for MutationRoot {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let name = ctx.item.node.name.node.as_str();
        let Some(mutation) = MUTATIONS.iter().find(|mutation| mutation.name == name) else { return Ok(None) };
        let Some(prepared) = Prepared::given(ctx, ROOT, &mutation.payload, true) else { return Ok(Some(Value::Null)) };
        let answer = match run(ctx, mutation, &prepared).await {
            Ok((app, row)) => {
                if row.has_problems() {
                    mark_refused(ctx);
                }
                prepared.answers(app.db.reads(), &[row]).await.pop()
            }
            Err(error) => Some(prepared.failed(&error)),
        };
        answer.map(|answer| prepared.tell(ctx, answer)).transpose()
    }
}

/// Checks whatever can be checked first, and then runs the mutation.
async fn run<'a>(
    ctx: &Context<'a>,
    mutation: &'static Mutation,
    prepared: &Prepared,
) -> Result<(&'a App, SuppliedRow), ApiError> {
    let app = ctx.data_opt::<App>().ok_or_else(ApiError::internal)?;
    let request_id = &ctx.data_opt::<RequestId>().ok_or_else(ApiError::internal)?.0;
    let denials = ctx.data_opt::<Denials>().ok_or_else(ApiError::internal)?;
    let caller = caller(ctx)?;
    let input = Document::of(ctx)
        .args(std::iter::once(mutation.run.input()), ctx.item)
        .map(|mut args| args.take(mutation.run.input().name).unwrap_or_default());
    if !caller.role.has(mutation.right) {
        // An input that cannot be read is denied like any other.
        let sent = input.unwrap_or_else(|_| Value::Object(Default::default()));
        let sent = sent.into_json().map_err(|_| ApiError::internal())?;
        denials.count(caller, request_id, mutation.name, &sent);
        return Err(ApiError::forbidden(caller.role));
    }
    prepared.check()?;
    let sender = Sender { caller, request_id, audit_input: denials.audit_input() };
    let changed = mutation.run.run(app, mutation.name, &sender, input?)?.await?;
    Ok((app, changed))
}

impl OutputType for MutationRoot {
    fn type_name() -> Cow<'static, str> {
        ROOT.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let fields = MUTATIONS.iter().map(|mutation| {
            let ty = register(&mutation.payload, registry);
            let input = argument(mutation.run.input(), registry);
            field(mutation.name, mutation.about, ty.trim_end_matches('!'), vec![input])
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
pub struct Payloads;

impl OutputType for Payloads {
    fn type_name() -> Cow<'static, str> {
        MUTATION_PAYLOAD.name.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        for mutation in MUTATIONS {
            implement(&mutation.payload, &MUTATION_PAYLOAD, registry);
        }
        format!("{}!", MUTATION_PAYLOAD.name)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Node>) -> ServerResult<Value> {
        unreachable!("no field has it for its type")
    }
}
