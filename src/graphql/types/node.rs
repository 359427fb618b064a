use crate::read::declare::{Interface, id};

pub static NODE: Interface =
    Interface { name: "Node", about: "A thing with a globally unique, typed id.", fields: &[NODE_ID] };

const NODE_ID: crate::read::declare::Field = {
    let mut field = id();
    field.about = "Global id. Its prefix names the type, the rest is opaque.";
    field
};
