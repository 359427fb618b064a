//! graphql-js in a process of its own.

use super::{Request, Verdict};
use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;
use lockkeeper::graphql::sdl;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Oracle {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// What it judges by.
    pub schema: Valid<Schema>,
}

impl Oracle {
    pub fn start() -> Oracle {
        let mut process = Command::new("node")
            .args(["verdict.js", "../../schema.graphql"])
            .current_dir(crate::node_folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js is installed");
        let (input, output) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        let schema = Schema::parse_and_validate(sdl(), "schema.graphql").unwrap();
        Oracle { process, input, output, schema }
    }

    pub fn verdict(&mut self, request: &Request) -> Verdict {
        let Request { text, variables } = request;
        writeln!(self.input, "{}", json!({ "query": text, "variables": variables })).unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let mut verdict: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        match verdict["refused"].take() {
            Value::String(why) => Verdict::Refused(why),
            _ => Verdict::Taken(verdict["values"].take()),
        }
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
