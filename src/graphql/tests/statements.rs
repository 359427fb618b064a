//! Both databases understand all that the tables of types can ask for: every column, list, order, filter and page.

use crate::app::App;
use crate::change::Denials;
use crate::domain::{Caller, Kind, Role};
use crate::graphql::ExecutableSchema;
use crate::graphql::query::QUERY;
use crate::graphql::registration::register;
use crate::limits::Limits;
use crate::read::declare::{Arg, ArgRole, Cursors, Field, FieldSource, List, Object, Order};
use crate::store::Db;
use crate::store::db::rows::{Cell, CellKind};
use crate::wire::cursor;
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{Name, Request, Value};
use std::collections::BTreeSet;
use testkit::databases;

/// Writes documents that together select everything.
struct Documents<'a> {
    registry: Registry,
    log_id: &'a str,
    texts: Vec<String>,
    seen: BTreeSet<&'static str>,
}

impl Documents<'_> {
    /// Everything of a type, which is selected between these texts.
    fn object(&mut self, object: &'static Object, before: &str, after: &str) {
        if !self.seen.insert(object.name) {
            return;
        }
        for field in object.fields {
            let (name, items) = (field.name, field.source.objects());
            for args in self.variants(object, field) {
                let args = if args.is_empty() { args } else { format!("({args})") };
                let (inner_before, inner_after) = match field.source {
                    FieldSource::Connection(_) => ("{ totalCount edges { cursor } nodes { __typename ", "} }"),
                    _ if items.is_empty() => ("", ""),
                    _ => ("{ __typename ", "}"),
                };
                let (before, after) = (format!("{before}{name}{args} {inner_before}"), format!("{inner_after}{after}"));
                self.texts.push(format!("{before}{after}"));
                for of in &items {
                    let (on, end) = match field.source {
                        FieldSource::Node(_) | FieldSource::Nodes(_) | FieldSource::Union(_) => {
                            (format!("... on {} {{ __typename ", of.name), "}")
                        }
                        _ => (String::new(), ""),
                    };
                    self.object(of, &format!("{before}{on}"), &format!("{end}{after}"));
                }
            }
        }
    }

    /// The arguments that a field is asked with, as texts: each that it can have, one after the other.
    fn variants(&self, object: &Object, field: &'static Field) -> Vec<String> {
        let all: Vec<&Arg> = field.args.iter().collect();
        let required: Vec<String> = all
            .iter()
            .filter(|arg| (arg.ty)(&mut Registry::default()).ends_with('!') && arg.default.is_none())
            .map(|arg| match arg.role {
                ArgRole::Id(kind) => format!("{}: \"{}\"", arg.name, kind.id(1)),
                _ => format!("{}: {}", arg.name, self.samples(arg.name, &(arg.ty)(&mut Registry::default()))[0]),
            })
            .collect();
        let mut variants = vec![required.join(" ")];
        let mut orders = Vec::new();
        for arg in all {
            let ty = (arg.ty)(&mut Registry::default());
            match arg.role {
                ArgRole::Filter(_) => {
                    variants.extend(self.samples(arg.name, &ty).iter().map(|value| format!("{}: {value}", arg.name)));
                }
                ArgRole::First(_) => variants.push("first: 3".to_owned()),
                ArgRole::Order(order) => {
                    for (value, text) in self.orders(&ty) {
                        orders.push((order(value).unwrap(), format!("orderBy: {text} ")));
                    }
                }
                ArgRole::Plain | ArgRole::Text(_) | ArgRole::Id(_) => {}
            }
        }
        if let FieldSource::Connection(list) = field.source {
            if orders.is_empty() {
                orders.push((list.order.unwrap_or(list.of.order), String::new()));
            }
            for (order, text) in orders {
                variants.extend(self.pages(object, field, list, &order).iter().map(|page| format!("{text}{page}")));
            }
        }
        variants
    }

    /// Pages of a list, from each end and behind cursors.
    fn pages(&self, object: &Object, field: &Field, list: List, order: &Order) -> Vec<String> {
        let cursor = match list.of.cursors {
            Cursors::Events(_) => cursor::event(self.log_id, 0),
            Cursors::Output(_) => cursor::line(1, 1),
            Cursors::Keyset => {
                let value = |kind| match kind {
                    CellKind::Text => Cell::Text("a"),
                    CellKind::Int | CellKind::Bool | CellKind::Time => Cell::Int(1),
                };
                let values = order.columns.iter().map(|column| value(column.kind)).chain([Cell::Int(1)]);
                cursor::keyset(&format!("{}.{}", object.name, field.name), &order.spelled(), values)
            }
        };
        vec![
            "first: 2".to_owned(),
            format!("first: 2 after: {cursor:?}"),
            "last: 2".to_owned(),
            format!("last: 2 before: {cursor:?}"),
        ]
    }

    /// All values of an input that puts a list in order.
    fn orders(&self, ty: &str) -> Vec<(Value, String)> {
        let Some(MetaType::InputObject { input_fields, .. }) = self.registry.types.get(ty) else {
            panic!("{ty} is no input")
        };
        let words = |field: &str| match self.registry.types.get(input_fields[field].ty.trim_end_matches('!')) {
            Some(MetaType::Enum { enum_values, .. }) => enum_values.keys().cloned().collect::<Vec<_>>(),
            _ => panic!("{ty}.{field} is no enum"),
        };
        let mut all = Vec::new();
        for field in words("field") {
            for direction in words("direction") {
                let pairs = [("field", &field), ("direction", &direction)];
                let value = pairs.map(|(name, word)| (Name::new(name), Value::Enum(Name::new(word)))).into_iter();
                all.push((Value::Object(value.collect()), format!("{{field: {field}, direction: {direction}}}")));
            }
        }
        all
    }

    /// Values of a type, as a document writes them; of an input, one for each of its fields.
    fn samples(&self, name: &str, ty: &str) -> Vec<String> {
        let ty = ty.trim_end_matches('!');
        if let Some(item) = ty.strip_prefix('[').and_then(|ty| ty.strip_suffix(']')) {
            let items = self.samples(name, item);
            // One, none, several, and more than are read apart.
            let many = vec![items[0].as_str(); 40].join(", ");
            return vec![
                format!("[{}]", items[0]),
                "[]".to_owned(),
                format!("[{}]", items.join(", ")),
                format!("[{many}]"),
            ];
        }
        match self.registry.types.get(ty) {
            Some(MetaType::Enum { enum_values, .. }) => enum_values.keys().cloned().collect(),
            Some(MetaType::InputObject { input_fields, .. }) => {
                let is_required = |ty: &str| ty.ends_with('!');
                let required: Vec<String> = input_fields
                    .values()
                    .filter(|field| is_required(&field.ty))
                    .map(|field| format!("{}: {}", field.name, self.samples(&field.name, &field.ty)[0]))
                    .collect();
                let optional = input_fields.values().filter(|field| !is_required(&field.ty)).flat_map(|field| {
                    let values = self.samples(&field.name, &field.ty);
                    values.into_iter().map(|value| format!("{}: {value}", field.name)).collect::<Vec<_>>()
                });
                let mut all: Vec<String> = optional
                    .map(|field| format!("{{{}}}", [required.as_slice(), &[field]].concat().join(", ")))
                    .collect();
                if all.is_empty() {
                    all.push(format!("{{{}}}", required.join(", ")));
                }
                all
            }
            _ => match ty {
                "ID" => [1, 2].map(|number| format!("\"{}\"", kind(name).id(number))).to_vec(),
                "String" => vec!["\"a\"".to_owned(), "\"b\"".to_owned()],
                "Boolean" => vec!["true".to_owned(), "false".to_owned()],
                "Int" => vec!["1".to_owned()],
                "DateTime" => vec!["\"2026-11-24T08:00:00.000Z\"".to_owned()],
                other => panic!("there is no sample of {other}"),
            },
        }
    }
}

/// The kind of things that an argument of this name names.
fn kind(argument: &str) -> Kind {
    let name = argument.to_lowercase();
    let kinds = [Kind::Version, Kind::Service, Kind::Host, Kind::Instance, Kind::Release, Kind::Target, Kind::Hold];
    kinds.into_iter().find(|kind| name.contains(kind.noun())).unwrap_or(Kind::Service)
}

async fn ask(schema: &ExecutableSchema, text: &str) {
    let caller = Caller::new("ann", Role::Admin, "token 1");
    for error in schema.execute(Request::new(text), caller, "q1").await.errors {
        let extensions = error.extensions.clone().unwrap_or_default();
        // Nothing is there, and so no id names anything: but the statement was understood.
        let is_unknown = extensions.get("reason") == Some(&Value::from("NOT_FOUND"));
        assert!(is_unknown, "{error:?}\n{text}");
    }
}

async fn everything_that_the_tables_can_ask_for_is_understood(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let db = Db::open(&databases::fresh(kind, directory.path()), 2).await.unwrap();
    let denials = Denials::new(db.clone(), Limits::default().audit_input);
    let app = App { db: db.clone(), executors: [].into_iter().collect(), rollout: Default::default() };
    let schema = ExecutableSchema::new(app, denials);
    let mut registry = Registry::default();
    register(&QUERY, &mut registry);
    let mut documents = Documents { registry, log_id: db.log_id(), texts: Vec::new(), seen: BTreeSet::new() };
    documents.object(&QUERY, "{ ", " }");
    let texts = documents.texts;
    assert!(texts.len() > 400, "these are not all: {}", texts.len());
    for text in texts {
        ask(&schema, &text).await;
    }
}

testkit::on_both!(everything_that_the_tables_can_ask_for_is_understood);
