//! Responses of different systems in one form, so that they can be compared by value.

use anyhow::Context;
use serde_json::Value;

/// The data of a response that has no errors.
pub fn data(body: &[u8]) -> anyhow::Result<Value> {
    let mut response: Value = serde_json::from_slice(body)?;
    if response.get("errors").is_some_and(|errors| !errors.is_null()) {
        anyhow::bail!("a response with errors: {response}");
    }
    let mut data = response.get_mut("data").context("a response without data")?.take();
    parse_numbers(&mut data);
    Ok(data)
}

/// Some systems write large numbers as strings.
fn parse_numbers(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Ok(number) = text.parse::<i64>() {
                *value = number.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(parse_numbers),
        Value::Object(map) => map.values_mut().for_each(parse_numbers),
        _ => {}
    }
}
