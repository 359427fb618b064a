//! The root of changing: it checks the caller's right, runs the mutation, and has the payload read and written.

use super::MUTATIONS;
use super::mutation::{Mutation, Sender};
use crate::app::App;
use crate::change::Denials;
use crate::graphql::library::{Implemented, Refusals, Root, argument, field, object_type};
use crate::graphql::registration::{implement, register};
use crate::graphql::request::{RequestId, app, caller, reader};
use crate::graphql::types::{MUTATION_PAYLOAD, has_problems};
use crate::read::{Answer, Document, Prepared, SuppliedRow};
use crate::wire::ApiError;
use async_graphql::parser::types::Field as Node;
use async_graphql::registry::Registry;
use async_graphql::{Context, Positioned, Value};

/// The root of changing.
pub struct MutationRoot;

impl Root for MutationRoot {
    const NAME: &'static str = "Mutation";

    fn register(registry: &mut Registry) {
        let fields = MUTATIONS.iter().map(|mutation| {
            let ty = register(&mutation.payload, registry);
            let input = mutation.run.input().map(|input| argument(input, registry));
            field(mutation.name, mutation.about, ty.trim_end_matches('!'), input.into_iter().collect())
        });
        let fields = fields.collect();
        let about = "Entry points for changing. Each field is nullable, so that an error of one does not take away the answer of another.";
        registry.types.insert(Self::NAME.into(), object_type(Self::NAME, about, fields));
    }

    async fn answer<'a>(ctx: &Context<'a>, nodes: &[&'a Positioned<Node>]) -> Option<(Prepared, Answer)> {
        let name = ctx.item.node.name.node.as_str();
        let mutation = MUTATIONS.iter().find(|mutation| mutation.name == name)?;
        let prepared = Prepared::supplied(reader(ctx), &mutation.payload, true, nodes);
        let answer = match run(ctx, mutation, &prepared).await {
            Ok((app, row)) => {
                if has_problems(&row)
                    && let Some(refusals) = ctx.data_opt::<Refusals>()
                {
                    refusals.note();
                }
                prepared.answers(app.db.reads(), &[row]).await.pop()?
            }
            Err(error) => prepared.failed(&error),
        };
        Some((prepared, answer))
    }
}

/// Checks whatever can be checked first, and then runs the mutation.
async fn run<'a>(
    ctx: &Context<'a>,
    mutation: &'static Mutation,
    prepared: &Prepared,
) -> Result<(&'a App, SuppliedRow), ApiError> {
    let app = app(ctx)?;
    let request_id = &ctx.data_opt::<RequestId>().ok_or_else(ApiError::internal)?.0;
    let denials = ctx.data_opt::<Denials>().ok_or_else(ApiError::internal)?;
    let caller = caller(ctx)?;
    let argument = mutation.run.input();
    let input = Document::of(ctx)
        .args(argument.into_iter(), &ctx.item.node.arguments)
        .map(|mut args| argument.and_then(|argument| args.take(argument.name)).unwrap_or_default());
    if !caller.role.has(mutation.right) {
        // An input that cannot be read is denied like any other.
        let sent = input.ok().filter(|sent| *sent != Value::Null).unwrap_or_else(|| Value::Object(Default::default()));
        let sent = sent.into_json().map_err(|_| ApiError::internal())?;
        denials.count(caller, request_id, mutation.name, &sent);
        return Err(ApiError::forbidden(caller.role));
    }
    prepared.check()?;
    let sender = Sender { caller, request_id, audit_input: denials.audit_input() };
    let changed = mutation.run.run(app, mutation.name, &sender, input?)?.await?;
    Ok((app, changed))
}

/// The interface of all payloads.
pub struct Payloads;

impl Implemented for Payloads {
    const NAME: &'static str = MUTATION_PAYLOAD.name;

    fn register(registry: &mut Registry) {
        for mutation in MUTATIONS {
            implement(&mutation.payload, &MUTATION_PAYLOAD, registry);
        }
    }
}
