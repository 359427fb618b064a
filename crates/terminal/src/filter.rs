//! `--filter`: conditions on the fields of a list's items.

use crate::failure::Failure;
use serde_json::Value;

/// A condition: the field has one of the values.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    key: String,
    values: Vec<String>,
    /// Whether the server has applied it already.
    is_applied: bool,
}

/// Conditions that all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    conditions: Vec<Condition>,
}

/// What a list can be filtered by.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// The names of fields.
    pub fields: &'static [&'static str],
    /// The field for which `state` and `status` are other words.
    pub status: Option<&'static str>,
    /// The fields that have one of a few words, and these words.
    pub words: &'static [(&'static str, &'static [&'static str])],
    /// Whether `label.KEY` is one of them.
    pub has_labels: bool,
}

impl Filter {
    /// Reads texts such as `state=failed,version=1.2.0`. Different keys must all hold; the same key twice means either.
    ///
    /// # Errors
    /// If a text has another form, or names a key or a status that does not exist.
    pub fn parse(texts: &[String], keys: Keys) -> Result<Filter, Failure> {
        let mut filter = Filter::default();
        for part in texts.iter().flat_map(|text| text.split(',')).filter(|part| !part.is_empty()) {
            let Some((key, value)) = part.split_once('=') else {
                return Err(Failure::usage(format!(
                    "The filter {part:?} is not a condition: write for example state=failed."
                )));
            };
            let key = keys.canonical(key.trim())?;
            for value in keys.values(&key, value.trim())? {
                filter.add(&key, value);
            }
        }
        Ok(filter)
    }

    fn add(&mut self, key: &str, value: String) {
        match self.conditions.iter_mut().find(|condition| condition.key == key) {
            Some(condition) => condition.values.push(value),
            None => {
                self.conditions.push(Condition { key: key.to_owned(), values: vec![value], is_applied: false });
            }
        }
    }

    /// Takes the values for a key, for the server to apply them.
    pub fn apply(&mut self, key: &str) -> Option<Vec<String>> {
        let condition = self.conditions.iter_mut().find(|condition| condition.key == key)?;
        condition.is_applied = true;
        Some(condition.values.clone())
    }

    /// As [`Filter::apply`], for a field that is true or false. Both are no condition.
    pub fn apply_bool(&mut self, key: &str) -> Option<bool> {
        let values = self.apply(key)?;
        let truth = values.iter().any(|value| value == "true");
        (!truth || values.iter().all(|value| value == "true")).then_some(truth)
    }

    /// Takes the labels that the server can apply: it knows only conditions that all hold, so of each key one value.
    pub fn apply_labels<L>(&mut self, make: impl Fn(String, String) -> L) -> Vec<L> {
        let mut labels = Vec::new();
        for condition in &mut self.conditions {
            if let (Some(key), [value]) = (condition.key.strip_prefix("label."), condition.values.as_slice()) {
                labels.push(make(key.to_owned(), value.clone()));
                condition.is_applied = true;
            }
        }
        labels
    }

    /// Whether the server applies all conditions, so that its counts are right.
    pub fn is_applied(&self) -> bool {
        self.conditions.iter().all(|condition| condition.is_applied)
    }

    /// Whether an item, in the form that scripts see, meets the conditions that the server has not applied.
    pub fn matches(&self, item: &Value) -> bool {
        self.conditions.iter().filter(|condition| !condition.is_applied).all(|condition| {
            let found = field(item, &condition.key);
            condition.values.contains(&found)
        })
    }
}

impl Keys {
    /// All keys, as they are written.
    pub fn names(&self) -> Vec<&'static str> {
        let state = self.status.map(|_| "state");
        let labels = self.has_labels.then_some("label.KEY");
        self.fields.iter().copied().chain(state).chain(labels).collect()
    }

    /// The name of a field, for a key that may be another word for it.
    fn canonical(&self, key: &str) -> Result<String, Failure> {
        if let (Some(field), "state" | "status") = (self.status, key) {
            return Ok(field.to_owned());
        }
        let is_label = self.has_labels && key.strip_prefix("label.").is_some_and(|label| !label.is_empty());
        if is_label || self.fields.contains(&key) {
            return Ok(key.to_owned());
        }
        let known = self.names();
        let mut failure =
            Failure::usage(format!("The list cannot be filtered by {key:?}. It has {}.", known.join(", ")));
        failure.suggest(&crate::nearest::among(key, known));
        Err(failure)
    }

    /// The values that a text stands for: words in any case, and `failed` for all statuses that end so.
    fn values(&self, key: &str, text: &str) -> Result<Vec<String>, Failure> {
        let Some((_, words)) = self.words.iter().find(|(field, _)| *field == key) else {
            return Ok(vec![text.to_owned()]);
        };
        let word = text.to_uppercase();
        let is_any_failure = self.status == Some(key) && word == "FAILED";
        let matches = |known: &&&str| **known == word || (is_any_failure && known.ends_with("FAILED"));
        let found: Vec<String> = words.iter().filter(matches).map(|word| (*word).to_owned()).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let mut failure = Failure::usage(format!("{key} has no value {text:?}. It is one of {}.", words.join(", ")));
        failure.suggest(&crate::nearest::among(&word, words.iter().copied()));
        Err(failure)
    }
}

/// The text of an item's field; empty if it is null.
fn field(item: &Value, key: &str) -> String {
    let value = match key.strip_prefix("label.") {
        Some(label) => {
            let labels = item["labels"].as_array().into_iter().flatten();
            labels.into_iter().find(|found| found["key"] == label).map_or(&Value::Null, |found| &found["value"])
        }
        None => &item[key],
    };
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KEYS: Keys = Keys {
        fields: &["hostname", "status", "version", "locked", "weight"],
        status: Some("status"),
        words: &[("status", &["RUNNING", "UPGRADE_FAILED", "REVERT_FAILED"])],
        has_labels: true,
    };

    fn filter(text: &str) -> Filter {
        Filter::parse(&[text.to_owned()], KEYS).unwrap()
    }

    #[test]
    fn different_keys_all_hold_and_the_same_key_twice_means_either() {
        let item = json!({ "hostname": "a", "status": "UPGRADE_FAILED", "version": "1.0", "weight": 100, "locked": true,
                           "labels": [{ "key": "rack", "value": "b" }] });
        for (text, matches) in [
            ("", true),
            ("state=failed", true),
            ("status=running", false),
            ("status=running,status=failed", true),
            ("version=1.0,version=2.0,hostname=a", true),
            ("version=1.0,hostname=b", false),
            ("weight=100,locked=true", true),
            ("label.rack=a,label.rack=b", true),
            ("label.rack=a", false),
        ] {
            assert_eq!(filter(text).matches(&item), matches, "{text}");
        }
    }

    #[test]
    fn what_the_server_applies_is_not_applied_again() {
        let mut filter = filter("state=failed,label.rack=a,label.side=l,label.side=r,locked=true,weight=3");
        assert_eq!(filter.apply("status"), Some(vec!["UPGRADE_FAILED".to_owned(), "REVERT_FAILED".to_owned()]));
        assert_eq!(filter.apply_bool("locked"), Some(true));
        assert_eq!(filter.apply_labels(|key, value| (key, value)), [("rack".to_owned(), "a".to_owned())]);
        assert_eq!(filter.apply("version"), None);
        assert!(!filter.is_applied());
        let item = json!({ "weight": 3, "labels": [{ "key": "side", "value": "r" }] });
        assert!(filter.matches(&item));
    }

    #[test]
    fn mistakes_say_what_there_is() {
        for (text, says) in [
            ("failed", "write for example"),
            ("stauts=failed", "Did you mean status"),
            ("state=runing", "Did you mean RUNNING"),
            ("label.=a", "label.KEY"),
        ] {
            let failure = Filter::parse(&[text.to_owned()], KEYS).unwrap_err();
            assert!(failure.message().contains(says), "{}", failure.message());
        }
    }
}
