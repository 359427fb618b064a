//! Requests that are nearly right.

use super::Request;
use serde_json::{Value, json};
use testkit::choices::Choices;

/// What stands in for a token.
const OTHERS: [&str; 58] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ":",
    "!",
    "$",
    "@",
    "=",
    "|",
    "&",
    "...",
    "-",
    ".",
    "\\",
    "#x\n",
    "\r",
    ",",
    "null",
    "true",
    "1",
    "-0",
    "1.0",
    "2147483648",
    "1e3",
    "01",
    "\"x\"",
    "\"\"",
    "\"\"\"y\"\"\"",
    "\"\\u0041\"",
    "\"\\uD83D\"",
    "{ a: 1 }",
    "{}",
    "[1]",
    "[]",
    "RUNNING",
    "on",
    "fragment",
    "query",
    "mutation",
    "subscription",
    "$v0",
    "$v1",
    "@skip(if: true)",
    "@include(if: $v0)",
    "@deprecated",
    "@nope",
    "= null",
    "= 1",
    "__typename",
    "id",
    "name",
    "x: id",
    "x: name",
    "... on Service { id }",
    "first: 2",
];

/// The tokens of a text, white space included.
pub fn tokens(text: &str) -> Vec<String> {
    let (mut tokens, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let word = |char: char| char == '_' || char.is_ascii_alphanumeric();
        let length = match first {
            '"' if rest.starts_with("\"\"\"") => rest[3..].find("\"\"\"").map_or(rest.len(), |end| end + 6),
            '"' => rest[1..].find(['"', '\n']).map_or(rest.len(), |end| end + 2),
            '.' if rest.starts_with("...") => 3,
            first if word(first) => rest.find(|char| !word(char)).unwrap_or(rest.len()),
            first => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token.to_owned());
        rest = after;
    }
    tokens
}

/// Damages a text in one to three places.
pub fn text(choices: &mut Choices, text: &str) -> String {
    let mut tokens = tokens(text);
    for _ in 0..=choices.below(3) {
        let place = choices.below(tokens.len());
        let other = tokens[choices.below(tokens.len())].clone();
        match choices.below(6) {
            0 => drop(tokens.remove(place)),
            1 => tokens.insert(place, other),
            2 => tokens[place] = other,
            3 => tokens.insert(place, format!(" {} ", choices.pick(&OTHERS))),
            _ => tokens[place] = format!(" {} ", choices.pick(&OTHERS)),
        }
        if tokens.is_empty() {
            break;
        }
    }
    tokens.concat()
}

/// Damages one value.
pub fn variables(choices: &mut Choices, request: &mut Request) {
    let names: Vec<String> = request.variables.keys().cloned().collect();
    if names.is_empty() || choices.one_in(8) {
        request.variables.insert("more".to_owned(), json!([[]]));
        return;
    }
    let name = choices.pick(&names).clone();
    match choices.one_in(5) {
        true => drop(request.variables.remove(&name)),
        false => value(choices, request.variables.get_mut(&name).unwrap()),
    }
}

fn value(choices: &mut Choices, at: &mut Value) {
    match at {
        Value::Object(fields) if !fields.is_empty() && !choices.one_in(4) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = choices.pick(&names).clone();
            match choices.below(6) {
                0 => drop(fields.remove(&name)),
                1 => drop(fields.insert("more".to_owned(), json!(1))),
                _ => value(choices, fields.get_mut(&name).unwrap()),
            }
        }
        Value::Array(items) if !items.is_empty() && !choices.one_in(4) => {
            let place = choices.below(items.len());
            value(choices, &mut items[place]);
        }
        at => {
            let others = [
                json!(null),
                json!(0),
                json!(1.0),
                json!(1.5),
                json!(-3),
                json!(2_147_483_648_u64),
                json!(1e20),
                json!(true),
                json!(""),
                json!("x"),
                json!("RUNNING"),
                json!([]),
                json!([null]),
                json!({}),
                json!({ "a": 1 }),
            ];
            *at = choices.pick(&others).clone();
        }
    }
}
