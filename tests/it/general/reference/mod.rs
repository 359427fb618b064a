//! The reference: async-graphql's own execution, field by field, over plain data, of the very schema that the program
//! has. What it finds is reported beside what it answers, since the library departs from the specification in two things:
//! below lists the paths of its errors lack the field, and where nodes are merged of which one came to null, the others
//! stay.

mod containers;
mod fields;
mod lists;
mod narrow;
mod pages;

use crate::general::world::{Row, World};
use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaField, Registry};
use async_graphql::resolver_utils::{resolve_container, resolve_list};
use async_graphql::{
    Any, Context, ContextBase, ContextSelectionSet, EmptyMutation, EmptySubscription, OutputType, PathSegment,
    Positioned, Request, Schema, ServerError, ServerResult, Value, Variables,
};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use containers::{Holder, Root};
pub use fields::table;
pub use lists::{encode, order};

/// What a resolver sees.
pub struct Scene {
    pub world: Arc<World>,
    pub log_id: String,
    /// The name of the database.
    pub database: &'static str,
}

/// An object: its type, its row, and what was worked out for it before.
#[derive(Clone)]
pub struct Thing {
    ty: String,
    row: Row,
    ready: BTreeMap<&'static str, Raw>,
}

/// What a field came to.
#[derive(Clone)]
pub enum Raw {
    Null,
    Leaf(Json),
    Thing(Thing),
    List(Vec<Raw>),
}

/// Why a field has no value; where it has several faults, one of them is reported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    pub code: &'static str,
    pub reason: Option<&'static str>,
    pub argument: Option<String>,
}

impl From<Fault> for Vec<Fault> {
    fn from(fault: Fault) -> Vec<Fault> {
        vec![fault]
    }
}

/// The arguments of a field, defaults filled in, without those that are null.
pub type Args = Map<String, Json>;

/// Where something is in an answer.
pub type Path = Vec<Json>;

#[derive(Default)]
struct Found {
    /// Every field that failed, by its path, and why.
    errors: BTreeSet<(String, Fault)>,
    /// Every place that came to null because of what failed below.
    nulls: Vec<Path>,
}

/// What is noted on the way.
#[derive(Default)]
struct Notes {
    found: Mutex<Found>,
    /// Whether what fails is noted only, as if it had come to null: else the library gives up what stands beside it.
    goes_on: bool,
}

/// The answer to a document, and every field that failed, or would have if nothing had been given up for another.
pub async fn answer(scene: Scene, text: &str, variables: Json) -> (Value, BTreeSet<(String, Fault)>) {
    let schema = Schema::build(Root, EmptyMutation, EmptySubscription).data(scene).finish();
    let request = || Request::new(text).variables(Variables::from_json(variables.clone()));
    let all = Arc::new(Notes { goes_on: true, ..Notes::default() });
    let response = schema.execute(request().data(all.clone())).await;
    assert!(response.errors.is_empty(), "the library refuses the document: {:?}", response.errors);
    let notes = Arc::new(Notes::default());
    let mut data = schema.execute(request().data(notes.clone())).await.data;
    for path in &notes.found.lock().unwrap().nulls {
        clear(&mut data, path);
    }
    (data, std::mem::take(&mut all.found.lock().unwrap().errors))
}

/// Sets a place to null, unless something above it is.
fn clear(data: &mut Value, path: &[Json]) {
    match (path, data) {
        ([], data) => *data = Value::Null,
        ([Json::String(key), rest @ ..], Value::Object(map)) => {
            if let Some(value) = map.get_mut(key.as_str()) {
                clear(value, rest);
            }
        }
        ([Json::Number(at), rest @ ..], Value::List(list)) => {
            if let Some(value) = at.as_u64().and_then(|at| list.get_mut(at as usize)) {
                clear(value, rest);
            }
        }
        _ => {}
    }
}

fn path<T>(ctx: &ContextBase<'_, T>) -> Path {
    let error = ctx.set_error_path(ServerError::new("", None));
    error
        .path
        .into_iter()
        .map(|segment| match segment {
            PathSegment::Field(name) => name.into(),
            PathSegment::Index(index) => index.into(),
        })
        .collect()
}

/// A value as the library's types have it: what may be null is an `Option`, what failed a `Result`.
enum Plain {
    Leaf(Value),
    Thing(Thing),
    /// Of a type that is in the union.
    Holder(Holder),
    List(Vec<Plain>),
    Nullable(Option<Box<Plain>>),
    Failed(Result<Box<Plain>, async_graphql::Error>),
}

impl Plain {
    /// A value of this type; the error is that there is nothing where something must be.
    fn of(raw: Result<Raw, Vec<Fault>>, ty: &str, fail: &dyn Fn(Vec<Fault>) -> Plain) -> Plain {
        let Some(inner) = ty.strip_suffix('!') else {
            return Plain::Nullable(match raw {
                Ok(Raw::Null) => None,
                raw => Some(Box::new(Plain::some(raw, ty, fail))),
            });
        };
        Plain::some(raw, inner, fail)
    }

    fn some(raw: Result<Raw, Vec<Fault>>, ty: &str, fail: &dyn Fn(Vec<Fault>) -> Plain) -> Plain {
        match raw {
            Ok(Raw::Leaf(json)) => Plain::Leaf(Value::from_json(json).expect("what comes from JSON goes back")),
            Ok(Raw::Thing(thing)) if matches!(thing.ty.as_str(), "Hold" | "Release") => Plain::Holder(Holder(thing)),
            Ok(Raw::Thing(thing)) => Plain::Thing(thing),
            Ok(Raw::List(items)) => {
                let inner = ty.strip_prefix('[').and_then(|ty| ty.strip_suffix(']')).expect("a list has a list's type");
                Plain::List(items.into_iter().map(|item| Plain::of(Ok(item), inner, fail)).collect())
            }
            Ok(Raw::Null) => fail(vec![Fault { code: "INTERNAL", reason: None, argument: None }]),
            Err(faults) => fail(faults),
        }
    }
}

impl OutputType for Plain {
    fn type_name() -> Cow<'static, str> {
        "Plain".into()
    }

    fn create_type_info(_: &mut Registry) -> String {
        unreachable!("the schema has its types from the program")
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        self.boxed(ctx, field).await
    }
}

impl Plain {
    fn boxed<'a>(
        &'a self,
        ctx: &'a ContextSelectionSet<'_>,
        field: &'a Positioned<Field>,
    ) -> BoxFuture<'a, ServerResult<Value>> {
        Box::pin(async move {
            match self {
                Plain::Leaf(value) => Ok(value.clone()),
                Plain::Thing(thing) => resolve_container(ctx, thing).await,
                Plain::Holder(holder) => resolve_container(ctx, holder).await,
                Plain::List(items) => resolve_list(ctx, field, items, Some(items.len())).await,
                Plain::Failed(failed) => failed.resolve(ctx, field).await,
                Plain::Nullable(value) => {
                    let resolved = value.resolve(ctx, field).await?;
                    if value.is_some() && resolved == Value::Null {
                        ctx.data_unchecked::<Arc<Notes>>().found.lock().unwrap().nulls.push(path(ctx));
                    }
                    Ok(resolved)
                }
            }
        })
    }
}

async fn resolve(thing: &Thing, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
    let declared =
        ctx.schema_env.registry.types.get(&thing.ty).and_then(|ty| ty.field_by_name(&ctx.item.node.name.node));
    let declared = declared.expect("the library has validated the document");
    let args = args(ctx, declared)?;
    let raw = fields::value(ctx.data_unchecked(), thing, declared, &args);
    let notes = ctx.data_unchecked::<Arc<Notes>>();
    let fail = |faults: Vec<Fault>| {
        let path = Json::Array(path(ctx)).to_string();
        notes.found.lock().unwrap().errors.extend(faults.into_iter().map(|fault| (path.clone(), fault)));
        match notes.goes_on {
            true => Plain::Leaf(Value::Null),
            false => Plain::Failed(Err(async_graphql::Error::new("failed"))),
        }
    };
    let plain = Plain::of(raw, &declared.ty, &fail);
    plain.resolve(&ctx.with_selection_set(&ctx.item.node.selection_set), ctx.item).await.map(Some)
}

fn args(ctx: &Context<'_>, declared: &MetaField) -> ServerResult<Args> {
    let mut args = Args::new();
    for arg in declared.args.values() {
        let (_, given) = ctx.param_value::<Option<Any>>(&arg.name, None)?;
        let given = given.map(|Any(value)| value.into_json().expect("arguments are JSON"));
        let default = arg.default_value.as_ref().map(|text| serde_json::from_str(text).expect("a default is JSON"));
        if let Some(value) = given.or(default) {
            args.insert(arg.name.clone(), value);
        }
    }
    Ok(args)
}
