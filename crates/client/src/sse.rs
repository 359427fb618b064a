//! Reads server-sent events.

use std::mem;

/// One event. An event without data only says that the stream is alive and, by its id, how far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub kind: String,
    pub id: Option<String>,
    /// Its lines of data, joined by line breaks; `None` without any.
    pub data: Option<String>,
}

/// Cuts bytes into events, however they arrive.
#[derive(Default)]
pub struct Parser {
    /// What came of the line that is not complete.
    line: Vec<u8>,
    event: Event,
    has_fields: bool,
}

impl Parser {
    /// Returns the events that are complete with these bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = mem::take(&mut self.line);
                events.extend(self.complete_line(&String::from_utf8_lossy(&line)));
            }
        }
        events
    }

    fn complete_line(&mut self, line: &str) -> Option<Event> {
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            let event = mem::take(&mut self.event);
            return mem::take(&mut self.has_fields).then_some(event);
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.event.kind),
            "id" => self.event.id = Some(value.to_owned()),
            "data" => match &mut self.event.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                none => *none = Some(value.to_owned()),
            },
            // A comment, which says that the stream is alive, or a field of a later protocol.
            _ => {}
        }
        self.has_fields = true;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ":\n\nid: c1\n\nevent: next\r\nid: c2\r\ndata: {\"ü\":1}\r\n\r\nevent: complete\ndata:\n\n";

    #[test]
    fn events_are_the_same_wherever_their_bytes_are_cut() {
        let event = |kind: &str, id: Option<&str>, data: Option<&str>| Event {
            kind: kind.to_owned(),
            id: id.map(str::to_owned),
            data: data.map(str::to_owned),
        };
        let expected = [
            Event::default(),
            event("", Some("c1"), None),
            event("next", Some("c2"), Some("{\"ü\":1}")),
            event("complete", None, Some("")),
        ];
        for cut in 0..STREAM.len() {
            let mut parser = Parser::default();
            let mut events = parser.push(&STREAM.as_bytes()[..cut]);
            events.extend(parser.push(&STREAM.as_bytes()[cut..]));
            assert_eq!(events, expected, "cut at {cut}");
        }
    }

    #[test]
    fn an_event_that_is_not_complete_is_none() {
        let mut parser = Parser::default();
        assert_eq!(parser.push(b"event: next\nid: c9\ndata: 1\n"), []);
    }
}
