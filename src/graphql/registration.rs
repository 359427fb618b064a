//! The declared types in the registry of the schema.

use super::library::{argument, field, interface_type, object_type, union_type};
use crate::read::declare::{Cursors, Field, FieldSource, Interface, List, Object};
use crate::wire::Cursor;
use async_graphql::registry::{MetaField, MetaType, Registry};
use async_graphql::{ID, OutputType};

/// Enters a type and all that can be reached from it; gives its name as that of a value that is never null.
pub fn register(object: &'static Object, registry: &mut Registry) -> String {
    if !registry.types.contains_key(object.name) {
        // Its name first: it may be reached again from itself.
        registry.types.insert(object.name.into(), object_type(object.name, object.about, Vec::new()));
        let fields = object.fields.iter().map(|field| declared(field, registry)).collect();
        registry.types.insert(object.name.into(), object_type(object.name, object.about, fields));
        if let Some(interface) = object.interface {
            implement(object, interface, registry);
        }
    }
    format!("{}!", object.name)
}

fn declared(declared: &'static Field, registry: &mut Registry) -> MetaField {
    let ty = match declared.source {
        FieldSource::Id | FieldSource::Ref(..) => <ID as OutputType>::create_type_info(registry),
        FieldSource::Column(leaf, _) | FieldSource::Computed { leaf, .. } => (leaf.ty)(registry),
        FieldSource::Embedded { of, .. }
        | FieldSource::One { to: of, .. }
        | FieldSource::Find(List { of, .. })
        | FieldSource::Made { of, many: false, .. } => register(of, registry),
        FieldSource::Union(union) => {
            let names: Vec<&str> = union.of.iter().map(|(of, _)| of.name).collect();
            for (of, _) in union.of {
                register(of, registry);
            }
            registry.types.entry(union.name.into()).or_insert_with(|| union_type(union.name, union.about, &names));
            format!("{}!", union.name)
        }
        FieldSource::Connection(list) => connection(list.of, registry),
        FieldSource::List(List { of, .. })
        | FieldSource::SuppliedList { of, .. }
        | FieldSource::SuppliedIds { of, .. }
        | FieldSource::Made { of, many: true, .. } => {
            format!("[{}]!", register(of, registry))
        }
        FieldSource::Node(of) | FieldSource::Nodes(of) => {
            for object in of {
                register(object, registry);
            }
            match declared.source {
                FieldSource::Nodes(_) => "[Node]!".into(),
                _ => "Node!".into(),
            }
        }
        FieldSource::Head(_) => <Cursor as OutputType>::create_type_info(registry),
    };
    let ty = match declared.nullable {
        true => ty.trim_end_matches('!').to_owned(),
        false => ty,
    };
    let args = declared.all_args().map(|arg| argument(arg, registry)).collect();
    field(declared.name, declared.about, ty, args)
}

/// Enters an interface as one that a type has.
pub fn implement(object: &'static Object, interface: &'static Interface, registry: &mut Registry) {
    registry.add_implements(object.name, interface.name);
    if !registry.types.contains_key(interface.name) {
        let fields = interface.fields.iter().map(|field| declared(field, registry)).collect();
        registry.types.insert(interface.name.into(), interface_type(interface.name, interface.about, fields));
    }
    if let Some(MetaType::Interface { possible_types, .. }) = registry.types.get_mut(interface.name) {
        possible_types.insert(object.name.into());
    }
}

fn connection(of: &'static Object, registry: &mut Registry) -> String {
    let (node, name, edge) = (register(of, registry), of.connection_name(), of.edge_name());
    let plain = |name: &str, about: &str, ty: &str| field(name, about, ty, Vec::new());
    let mut add = |name: &str, about: &str, fields| {
        registry.types.entry(name.into()).or_insert_with(|| object_type(name, about, fields));
    };
    add(
        "PageInfo",
        "Position of a page in its list.",
        vec![
            plain("hasNextPage", "Whether items exist after this page.", "Boolean!"),
            plain("hasPreviousPage", "Whether items exist before this page.", "Boolean!"),
            plain("startCursor", "Cursor of the first item of this page; null if the page is empty.", "String"),
            plain("endCursor", "Cursor of the last item of this page; null if the page is empty.", "String"),
        ],
    );
    add(
        &edge,
        "An item of a list, with its cursor.",
        vec![plain("cursor", "Cursor of the item.", "String!"), plain("node", "The item.", &node)],
    );
    let mut fields = vec![
        plain("edges", "Items with their cursors.", &format!("[{edge}!]!")),
        plain("nodes", "Items without their cursors.", &format!("[{node}]!")),
        plain("pageInfo", "Position of this page in the list.", "PageInfo!"),
        plain("totalCount", "Number of items on all pages. It is counted only if it is selected.", "Int!"),
    ];
    if let Cursors::Events(_) = of.cursors {
        let about = "Where to continue: send it as `after` of the next query. It advances even if no event matched.";
        fields.push(plain("nextCursor", about, "Cursor!"));
    }
    add(&name, &format!("A page of a list of {}.", plural(of.name)), fields);
    format!("{name}!")
}

/// `InstanceEvent`: instance events.
fn plural(name: &str) -> String {
    let mut words = String::new();
    for char in name.chars() {
        if char.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(char.to_ascii_lowercase());
    }
    match words.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => words + "s",
    }
}
