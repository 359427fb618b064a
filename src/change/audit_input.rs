//! How much of an input the audit log keeps.

use crate::limits::Bytes;
use serde_json::{Value, json};
use std::borrow::Cow;

/// The input, or, if its JSON is longer than the limit, an object that says so and has the beginning of that JSON:
/// `{"cut": true, "bytes": 1048576, "begin": "{\"serviceId\":…"}`. Its own JSON is at most as long as the limit, or as
/// an object whose beginning is empty.
pub(super) fn cut(input: &Value, limit: Bytes) -> Cow<'_, Value> {
    let text = input.to_string();
    if text.len() <= limit.0 {
        return Cow::Borrowed(input);
    }
    let shown = |begin: &str| json!({ "cut": true, "bytes": text.len(), "begin": begin });
    let mut room = limit.0.saturating_sub(shown("").to_string().len());
    let begin = text.char_indices().find(|(_, char)| match room.checked_sub(quoted_len(*char)) {
        Some(left) => {
            room = left;
            false
        }
        None => true,
    });
    Cow::Owned(shown(begin.map_or(&text, |(end, _)| &text[..end])))
}

/// How many bytes a character of JSON takes within a string of JSON: control characters are escaped there already.
fn quoted_len(char: char) -> usize {
    match char {
        '"' | '\\' => 2,
        char => char.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_short_input_is_kept_as_it_is() {
        let input = json!({ "name": "web" });
        assert_eq!(*cut(&input, Bytes::kibi(4)), input);
    }

    proptest! {
        #[test]
        fn a_long_input_is_an_object_that_says_so_and_keeps_to_the_limit(text in "(\\PC|\\n|\"|\\\\){200,400}", limit in 100_usize..500) {
            let input = json!({ "description": text, "hosts": ["a", "b"] });
            let whole = input.to_string();
            let kept = cut(&input, Bytes(limit));
            if whole.len() > limit {
                let begin = kept["begin"].as_str().unwrap();
                prop_assert!(whole.starts_with(begin) && !begin.is_empty());
                prop_assert_eq!(&kept["bytes"], &json!(whole.len()));
                prop_assert!((limit - 3..=limit).contains(&kept.to_string().len()), "{}", kept);
            } else {
                prop_assert_eq!(&*kept, &input);
            }
        }
    }

    #[test]
    fn without_room_nothing_but_the_length_is_kept() {
        let input = json!({ "name": "a".repeat(99) });
        assert_eq!(*cut(&input, Bytes(0)), json!({ "cut": true, "bytes": 110, "begin": "" }));
    }
}
