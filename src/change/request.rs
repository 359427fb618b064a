//! A request for a change: who sent it, and which words of it count for an idempotency key.

use crate::domain::Caller;
use crate::limits::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A request for a change.
#[derive(Clone, Debug)]
pub struct Request {
    pub caller: Caller,
    /// The same in answers, logs and audit entries.
    pub request_id: String,
    /// The mutation's field, for example `upgradeInstances`.
    pub operation: &'static str,
    /// The coerced input, defaults filled in.
    pub input: Value,
    /// The key, if the caller sent one.
    pub idempotency_key: Option<String>,
    /// How much of the input is kept in the audit entry of a refusal.
    pub audit_input: Bytes,
}

impl Request {
    /// What a key stands for: the mutation and its coerced input, as it was written: an id and a name of the same thing
    /// differ. `idempotencyKey`, `dryRun` and `expectedCount` do not belong to it: a client asks with them what would
    /// happen, and may ask again with others. A value that was left out, null and the default are equal; lists of hosts
    /// are sorted, unless their order matters (R10).
    pub(super) fn fingerprint(&self) -> String {
        let mut input = self.input.clone();
        if let Some(input) = input.as_object_mut() {
            for field in ["idempotencyKey", "dryRun", "expectedCount"] {
                input.remove(field);
            }
            // Only where the hosts are moved as they are given does their order matter.
            let as_given = input.get("rollout").is_some_and(|rollout| rollout["order"] == "AS_GIVEN");
            for list in ["hostIds", "hostnames"].into_iter().filter(|_| !as_given) {
                if let Some(Value::Array(hosts)) = input.get_mut("hosts").and_then(|hosts| hosts.get_mut(list)) {
                    hosts.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                }
            }
        }
        let mut text = String::from(self.operation);
        canonical(&input, &mut text);
        hex::encode(Sha256::digest(text))
    }
}

/// One spelling of a value: keys sorted, nulls left out.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().filter(|(_, value)| !value.is_null()).collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for value in list {
                canonical(value, out);
                out.push(',');
            }
            out.push(']');
        }
        value => out.push_str(&value.to_string()),
    }
}
