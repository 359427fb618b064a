//! Inventories in YAML: groups with `hosts`, `children` and `vars`.

use super::groups::{Groups, Variables};
use super::ranges;
use crate::inventory::{Mistake, MistakeAt, Origin};
use std::collections::HashMap;
use yaml_rust2::Event;
use yaml_rust2::parser::{MarkedEventReceiver, Parser};
use yaml_rust2::scanner::Marker;

/// How deep groups and variables may be nested.
const MAX_DEPTH: usize = 100;

/// A value with its line.
#[derive(Clone, Debug)]
struct Node {
    line: usize,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Scalar(String),
    /// Keys with their lines, in the order of the text.
    Mapping(Vec<(String, usize, Node)>),
    /// A list, or an alias: nothing that an inventory is made of.
    Other,
}

/// Reads an inventory.
///
/// # Errors
/// Where the text is not YAML, or everything in it that is not an inventory.
pub fn parse(name: &str, text: &str) -> Result<Groups, Vec<MistakeAt>> {
    let file = Origin::file(name);
    let mut tree = Tree::default();
    let wrong = |line: usize, what: String| vec![file.line(line).with(Mistake::Format(what))];
    Parser::new_from_str(text)
        .load(&mut tree, false)
        .map_err(|error| wrong(error.marker().line(), format!("this is not YAML: {}", error.info())))?;
    if let Some(line) = tree.too_deep {
        return Err(wrong(line, format!("values are nested more than {MAX_DEPTH} deep")));
    }
    let root = tree.root.unwrap_or(Node { line: 1, value: Value::Other });
    let mut reader = Reader { file, groups: Groups::default(), mistakes: Vec::new() };
    for (group, line, node) in reader.mapping(&root, "an inventory has groups by their names") {
        reader.group(group, *line, node);
    }
    if reader.mistakes.is_empty() { Ok(reader.groups) } else { Err(reader.mistakes) }
}

/// Makes values of the parser's events.
#[derive(Default)]
struct Tree {
    root: Option<Node>,
    /// The containers that are not closed, each with the key that waits for its value.
    open: Vec<(Node, Option<(String, usize)>)>,
    too_deep: Option<usize>,
}

impl MarkedEventReceiver for Tree {
    fn on_event(&mut self, event: Event, mark: Marker) {
        let line = mark.line();
        match event {
            Event::Scalar(text, ..) => self.add(Node { line, value: Value::Scalar(text) }),
            Event::Alias(_) => self.add(Node { line, value: Value::Other }),
            Event::MappingStart(..) => self.begin(line, Value::Mapping(Vec::new())),
            Event::SequenceStart(..) => self.begin(line, Value::Other),
            Event::MappingEnd | Event::SequenceEnd => {
                if let Some((node, _)) = self.open.pop() {
                    self.add(node);
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart | Event::DocumentEnd => {}
        }
    }
}

impl Tree {
    fn begin(&mut self, line: usize, value: Value) {
        if self.open.len() >= MAX_DEPTH {
            self.too_deep.get_or_insert(line);
        }
        self.open.push((Node { line, value }, None));
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut() {
            None => {
                self.root.get_or_insert(node);
            }
            Some((Node { value: Value::Mapping(entries), .. }, key)) => match (key.take(), node.value) {
                (Some((name, line)), value) => entries.push((name, line, Node { line: node.line, value })),
                (None, Value::Scalar(name)) => *key = Some((name, node.line)),
                (None, _) => *key = Some((String::new(), node.line)),
            },
            // Lists are not looked into.
            Some(_) => {}
        }
    }
}

struct Reader {
    file: Origin,
    groups: Groups,
    mistakes: Vec<MistakeAt>,
}

impl Reader {
    fn wrong(&mut self, line: usize, what: impl Into<String>) {
        self.mistakes.push(self.file.line(line).with(Mistake::Format(what.into())));
    }

    /// The entries of a mapping, none for nothing. Adds a mistake for another value, and for a key that is there twice.
    fn mapping<'n>(&mut self, node: &'n Node, expected: &str) -> &'n [(String, usize, Node)] {
        match &node.value {
            Value::Mapping(entries) => {
                let mut seen: HashMap<&str, usize> = HashMap::new();
                for (key, line, _) in entries {
                    if let Some(first) = seen.insert(key, *line) {
                        self.wrong(*line, format!("{key} is here twice, first in line {first}"));
                    }
                }
                entries
            }
            Value::Scalar(text) if text.is_empty() || text == "~" || text == "null" => &[],
            Value::Scalar(_) | Value::Other => {
                self.wrong(node.line, expected);
                &[]
            }
        }
    }

    fn group(&mut self, name: &str, line: usize, node: &Node) {
        self.groups.group(name);
        let expected = "a group has `hosts`, `children` and `vars`";
        for (part, part_line, node) in self.mapping(node, expected) {
            match part.as_str() {
                "hosts" => self.hosts(name, node),
                "children" => {
                    for (child, line, node) in
                        self.mapping(node, "`children` are groups by their names, each with a colon")
                    {
                        self.groups.child(name, child);
                        self.group(child, *line, node);
                    }
                }
                "vars" => {
                    for (variable, value) in self.variables(node) {
                        self.groups.variable(name, &variable, value);
                    }
                }
                other => self
                    .wrong(*part_line, format!("{other:?} is no part of the group {name} (line {line}): {expected}")),
            }
        }
    }

    fn hosts(&mut self, group: &str, node: &Node) {
        for (pattern, line, node) in self.mapping(node, "`hosts` are hosts by their names, each with a colon") {
            let variables = self.variables(node);
            let origin = self.file.line(*line);
            match ranges::expand(pattern) {
                Ok(hosts) => {
                    for host in hosts {
                        self.groups.host(group, &host, &origin, variables.clone());
                    }
                }
                Err(what) => self.wrong(*line, what),
            }
        }
    }

    /// The variables that are texts.
    fn variables(&mut self, node: &Node) -> Variables {
        let entries = self.mapping(node, "variables are names with values");
        let text = |(name, _, node): &(String, usize, Node)| match &node.value {
            Value::Scalar(text) => Some((name.clone(), text.clone())),
            Value::Mapping(_) | Value::Other => None,
        };
        entries.iter().filter_map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named_with_their_lines() {
        for (text, expected) in [
            ("all:\n  hosts: {\n", "y:3: this is not YAML"),
            ("- a\n", "y:1: an inventory has groups"),
            ("all:\n  hosts:\n    - web-1\n", "y:3: `hosts` are hosts by their names"),
            ("all:\n  hosts:\n    web-1:\n    web-2:\n    web-1:\n", "y:5: web-1 is here twice, first in line 3"),
            ("all:\n  host:\n    web-1:\n", "y:2: \"host\" is no part of the group all (line 1)"),
            ("all:\n  hosts:\n    web-[1:\n", "y:3: "),
            ("web:\n  hosts:\n    web-1: rack\n", "y:3: variables are names with values"),
        ] {
            let mistakes = parse("y", text).unwrap_err();
            assert!(mistakes[0].to_string().starts_with(expected), "{mistakes:?}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_aliases_are_no_hosts() {
        let deep = format!("a: {}{}", "{a: ".repeat(200), "}".repeat(200));
        assert!(parse("y", &deep).unwrap_err()[0].to_string().contains("nested more than"));
        let alias = "x: &x\n  hosts:\n    web-1:\nall:\n  children:\n    web: *x\n";
        assert!(parse("y", alias).unwrap_err()[0].to_string().starts_with("y:6: a group has `hosts`"));
    }
}
