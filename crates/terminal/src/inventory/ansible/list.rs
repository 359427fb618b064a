//! What `ansible-inventory --list` prints: groups by name, and the variables of hosts under `_meta`.

use super::groups::{Groups, Variables};
use crate::inventory::{Mistake, MistakeAt, Origin};
use serde_json::{Map, Value};

/// Reads an inventory.
///
/// # Errors
/// What is not as Ansible prints it.
pub fn parse(name: &str, text: &str) -> Result<Groups, Vec<MistakeAt>> {
    let file = Origin::file(name);
    let parsed: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| vec![file.line(error.line()).with(Mistake::Format(format!("this is not JSON: {error}")))])?;
    let mut groups = Groups::default();
    let wrong = |what: String| vec![file.with(Mistake::Format(what))];
    for (name, group) in &parsed {
        if name == "_meta" {
            continue;
        }
        let members = |member: &str| match &group[member] {
            Value::Null => Ok(Vec::new()),
            Value::Array(members) => {
                let texts: Option<Vec<&str>> = members.iter().map(Value::as_str).collect();
                texts.ok_or_else(|| wrong(format!("`{member}` of the group {name} must be a list of names")))
            }
            _ => Err(wrong(format!("`{member}` of the group {name} must be a list of names"))),
        };
        groups.group(name);
        for host in members("hosts")? {
            groups.host(name, host, &file, Variables::new());
        }
        for child in members("children")? {
            groups.child(name, child);
        }
        for (variable, value) in group["vars"].as_object().into_iter().flatten() {
            if let Some(value) = text_of(value) {
                groups.variable(name, variable, value);
            }
        }
    }
    let variables_of = parsed.get("_meta").and_then(|meta| meta["hostvars"].as_object());
    for (host, variables) in variables_of.into_iter().flatten() {
        let variables = variables.as_object().into_iter().flatten();
        let variables = variables.filter_map(|(name, value)| Some((name.clone(), text_of(value)?))).collect();
        groups.variables_of_host(host, &file, variables);
    }
    Ok(groups)
}

/// A value as a text; lists and objects are none.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ansible_does_not_print_is_refused() {
        for (text, expected) in [
            ("{\n\"web\": ", "list:2: this is not JSON"),
            (r#"{"web": {"hosts": {"a": {}}}}"#, "list: `hosts` of the group web must be a list"),
            (r#"{"web": {"children": [3]}}"#, "list: `children` of the group web must be a list"),
        ] {
            let mistake = parse("list", text).unwrap_err()[0].to_string();
            assert!(mistake.starts_with(expected), "{mistake}");
        }
    }
}
