//! Every term of the tables has only marks that mean something where it stands.

use super::{all_types, supplied_types};
use crate::read::declare::{
    Arg, ArgRole, Column, Field, FieldSource, List, Object, Order, ParentMatch, Piece, Relation, Term,
};
use async_graphql::registry::Registry;

/// Whether a term can take this argument: its value is a text or an id, and is always there.
fn is_bound(arg: &Arg) -> bool {
    let ty = (arg.ty)(&mut Registry::default());
    match arg.role {
        ArgRole::Id(_) | ArgRole::Text(_) => true,
        ArgRole::Plain => ty == "String!",
        _ => false,
    }
}

/// Checks the marks of a term beside text, the row and words; arguments must be of this field.
fn check(place: &str, term: Term, allowed: &[Piece], field: Option<&Field>) {
    for piece in term.pieces() {
        let fits = match piece {
            Piece::Text(_) | Piece::Row | Piece::Word(_) | Piece::EndWord => true,
            Piece::Argument(name) => {
                field.is_some_and(|field| field.args.iter().any(|arg| arg.name == *name && is_bound(arg)))
            }
            piece => allowed.contains(piece),
        };
        assert!(fits, "{place}: {piece:?} means nothing here");
    }
}

fn check_column(place: &str, column: Column, field: Option<&Field>) {
    if let Some(term) = column.term {
        check(place, term, &[], field);
    }
}

fn plain(place: &str, column: Column) {
    assert!(column.term.is_none(), "{place}: {} is no column of a table", column.name);
}

/// What a list is ordered by: of the row alone, even if it is a term.
fn check_order(place: &str, order: Order) {
    order.columns.iter().for_each(|column| check_column(place, *column, None));
}

fn check_list(place: &str, list: List, field: &Field) {
    if let Some(Relation::Query(query)) = list.from {
        check(place, query, &[Piece::Parents, Piece::Conditions], None);
    }
    match list.parent {
        None => {}
        Some(ParentMatch::Column(column)) => plain(place, column),
        Some(ParentMatch::Condition(condition)) => {
            check(place, condition, &[Piece::Parent], None);
            let is_limited = matches!(field.source, FieldSource::Connection(_) | FieldSource::Find(_));
            assert!(is_limited, "{place}: rows of a whole list have a column for their parent");
        }
    }
    if let Some(condition) = list.condition {
        check(place, condition, &[], Some(field));
    }
    list.order.into_iter().for_each(|order| check_order(place, order));
    list.release.into_iter().for_each(|column| plain(place, column));
}

fn check_field(object: &Object, field: &'static Field) {
    let place = &format!("{}.{}", object.name, field.name);
    match field.source {
        FieldSource::Ref(_, column) => check_column(place, column, None),
        FieldSource::Column(_, column) => check_column(place, column, Some(field)),
        FieldSource::Computed { columns, .. } => {
            for column in columns {
                check_column(place, *column, Some(field));
            }
        }
        FieldSource::Embedded { present, .. } => {
            if let Some(column) = present {
                check_column(place, column, None);
            }
        }
        FieldSource::One { to, key } => {
            assert!(to.table.is_some(), "{place}: {} has no table", to.name);
            check_column(place, key, None);
        }
        FieldSource::Union(union) => union.of.iter().for_each(|(_, column)| plain(place, *column)),
        FieldSource::Find(list) | FieldSource::Connection(list) | FieldSource::List(list) => {
            check_list(place, list, field);
        }
        FieldSource::Id => assert!(object.node.is_some(), "{place}: the type has no global id"),
        FieldSource::Head(log) => check(place, log.ends, &[], None),
        FieldSource::SuppliedList { .. }
        | FieldSource::SuppliedIds { .. }
        | FieldSource::Made { .. }
        | FieldSource::Node(_)
        | FieldSource::Nodes(_) => {}
    }
}

#[test]
fn every_term_has_only_marks_that_mean_something_where_it_stands() {
    let types = all_types();
    assert!(types.len() > 30, "these are not all: {}", types.len());
    for object in types {
        plain(object.name, object.key);
        check_order(object.name, object.order);
        if let Some(listed) = object.listed {
            check(object.name, listed, &[], None);
        }
        for field in object.fields.iter().chain(object.interface.into_iter().flat_map(|interface| interface.fields)) {
            check_field(object, field);
        }
    }
}

/// What a row has that is supplied is said by whoever supplies it: a term would have no row to stand over.
#[test]
fn what_is_supplied_has_values_and_no_terms() {
    for object in supplied_types() {
        for field in object.fields {
            let place = &format!("{}.{}", object.name, field.name);
            match field.source {
                FieldSource::Ref(_, column) | FieldSource::Column(_, column) => plain(place, column),
                FieldSource::Computed { columns, .. } => columns.iter().for_each(|column| plain(place, *column)),
                FieldSource::One { key, .. } => plain(place, key),
                FieldSource::List(list) => {
                    let is_there = list.supplied.is_some() || list.parent.is_none();
                    assert!(is_there, "{place} has no name in a supplied row, and belongs to one");
                }
                _ => {}
            }
        }
    }
}
