//! Whether two systems answer the same: by value, whatever the order of their keys.

use anyhow::Context;
use serde_json::Value;

/// An answer in one form for all systems.
pub fn normal(body: &[u8]) -> anyhow::Result<Value> {
    let mut answer: Value = serde_json::from_slice(body)?;
    if answer.get("errors").is_some_and(|errors| !errors.is_null()) {
        anyhow::bail!("an answer with errors: {answer}");
    }
    let mut data = answer.get_mut("data").context("an answer without data")?.take();
    numbers(&mut data);
    Ok(data)
}

/// Some tell large numbers as texts.
fn numbers(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Ok(number) = text.parse::<i64>() {
                *value = number.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(numbers),
        Value::Object(map) => map.values_mut().for_each(numbers),
        _ => {}
    }
}
