//! Whether an answer is the one that the specification allows.

use crate::general::reference::{Fault, Path};
use serde_json::Value;
use std::collections::BTreeSet;

/// Whether the data is the same byte for byte, and the errors are of what failed: each error is one that there is, at
/// its place; and whatever came to null because of errors has one of them. (Where a failure takes more than one field,
/// the specification leaves open which of them are reported.)
pub fn same(ours: &str, data: &str, faults: &BTreeSet<(String, Fault)>) -> Result<(), String> {
    let begin = format!("{{\"data\":{data}");
    let rest = ours.strip_prefix(&begin).filter(|rest| rest.starts_with(['}', ',']));
    if rest.is_none() {
        return Err(format!("data differs\n  ours: {ours}\nwanted: {{\"data\":{data}}}\nfound: {faults:?}"));
    }
    let answer: Value = serde_json::from_str(ours).map_err(|error| error.to_string())?;
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    let mut places = BTreeSet::new();
    for error in &errors {
        let extensions = &error["extensions"];
        let at = error["path"].to_string();
        let known = faults.iter().any(|(path, fault)| {
            *path == at
                && fault.code == extensions["code"]
                && fault.reason.is_none_or(|reason| reason == extensions["reason"])
                && fault.argument == extensions["argument"].as_str().map(str::to_owned)
        });
        if !known {
            return Err(format!("an error that nothing is wrong for: {error}\nfound: {faults:?}"));
        }
        let path = error["path"].as_array().cloned().unwrap_or_default();
        places.insert(place(&answer["data"], &path));
    }
    let wanted: BTreeSet<String> = faults
        .iter()
        .map(|(path, _)| {
            let path: Path = serde_json::from_str(path).unwrap_or_default();
            place(&answer["data"], &path)
        })
        .collect();
    match wanted == places {
        true => Ok(()),
        false => {
            Err(format!("these are null for errors: {wanted:?}\nerrors are reported of these: {places:?}\n{ours}"))
        }
    }
}

/// How far down a path there is something, the null that ends it included.
fn place(data: &Value, path: &[Value]) -> String {
    let mut at = data;
    for (deep, segment) in path.iter().enumerate() {
        if at.is_null() {
            return Value::from(&path[..deep]).to_string();
        }
        at = match segment {
            Value::String(key) => &at[key.as_str()],
            segment => &at[segment.as_u64().unwrap_or_default() as usize],
        };
    }
    Value::from(path).to_string()
}
