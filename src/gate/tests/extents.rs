use super::*;
use apollo_compiler::schema::ExtendedType;

/// A list without a declared length is counted as one item.
#[test]
fn every_list_of_objects_says_how_long_it_can_be() {
    let definitions = &GATE.schema.definitions;
    let mut lists = 0;
    for (name, ty) in &definitions.types {
        let fields = match ty {
            ExtendedType::Object(object) if !name.starts_with("__") => &object.fields,
            ExtendedType::Interface(interface) => &interface.fields,
            _ => continue,
        };
        for field in fields.values() {
            let item = definitions.types.get(field.ty.inner_named_type());
            let of_objects =
                matches!(item, Some(ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_)));
            let of_a_page = name.ends_with("Connection") && ["nodes", "edges"].contains(&field.name.as_str());
            if field.ty.is_list() && of_objects && !of_a_page {
                assert!(GATE.schema.extent(name, &field.name).is_some(), "{name}.{}", field.name);
                lists += 1;
            }
            let is_page = field.ty.inner_named_type().ends_with("Connection");
            let counted = matches!(GATE.schema.extent(name, &field.name), Some(crate::read::Extent::Page { .. }));
            assert_eq!(is_page, counted, "{name}.{}", field.name);
        }
    }
    assert!(lists > 20, "{lists}");
}
