//! Inventories in INI: `[group]`, `[group:children]`, `[group:vars]`, and hosts with variables behind them.

use super::groups::{Groups, Variables};
use super::ranges;
use crate::inventory::{Mistake, MistakeAt, Origin};

/// What the lines of a section are.
enum Section {
    Hosts(String),
    Children(String),
    Variables(String),
}

/// Reads an inventory.
///
/// # Errors
/// Each line that is wrong.
pub fn parse(name: &str, text: &str) -> Result<Groups, Vec<MistakeAt>> {
    let (file, mut groups, mut mistakes) = (Origin::file(name), Groups::default(), Vec::new());
    let mut section = Section::Hosts("ungrouped".to_owned());
    for (place, line) in text.lines().enumerate() {
        let (line, origin) = (line.trim(), file.line(place + 1));
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let read = match heading(line) {
            Some(heading) => heading.map(|heading| {
                if let Section::Hosts(group) | Section::Children(group) = &heading {
                    groups.group(group);
                }
                section = heading;
            }),
            None => entry(&mut groups, &section, line, &origin),
        };
        if let Err(what) = read {
            mistakes.push(origin.with(Mistake::Format(what)));
        }
    }
    if mistakes.is_empty() { Ok(groups) } else { Err(mistakes) }
}

/// The section that a line begins, or `None` if it is a line of one.
fn heading(line: &str) -> Option<Result<Section, String>> {
    let inside = line.strip_prefix('[')?;
    // A host may begin with a range.
    let (heading, rest) = inside.split_once(']')?;
    let rest = rest.trim();
    if !rest.is_empty() && !rest.starts_with(['#', ';']) {
        return None;
    }
    Some(match heading.split_once(':') {
        None => Ok(Section::Hosts(heading.trim().to_owned())),
        Some((group, "children")) => Ok(Section::Children(group.to_owned())),
        Some((group, "vars")) => Ok(Section::Variables(group.to_owned())),
        Some(_) => Err(format!("[{heading}] is neither a group nor its `children` or `vars`")),
    })
}

fn entry(groups: &mut Groups, section: &Section, line: &str, origin: &Origin) -> Result<(), String> {
    match section {
        Section::Variables(group) => {
            let (name, value) = line.split_once('=').ok_or("a variable is written NAME=VALUE")?;
            let value = words(value)?.into_iter().next().unwrap_or_default();
            groups.variable(group, name.trim(), value);
        }
        Section::Children(group) => match words(line)?.as_slice() {
            [child] => groups.child(group, child),
            _ => return Err("the name of one group is expected on each line".to_owned()),
        },
        Section::Hosts(group) => {
            let mut words = words(line)?.into_iter();
            let pattern = words.next().unwrap_or_default();
            let mut variables = Variables::new();
            for word in words {
                let (name, value) = word.split_once('=').ok_or_else(|| {
                    format!("{word:?} is not a variable, which is written NAME=VALUE; one host is on each line")
                })?;
                variables.insert(name.to_owned(), value.to_owned());
            }
            let (pattern, port) = split_port(&pattern);
            if let Some(port) = port {
                variables.entry("ansible_port".to_owned()).or_insert_with(|| port.to_owned());
            }
            for host in ranges::expand(pattern)? {
                groups.host(group, &host, origin, variables.clone());
            }
        }
    }
    Ok(())
}

/// Splits `host:2222`; the colon of a range is none of a port, and neither are those of an IPv6 address.
fn split_port(pattern: &str) -> (&str, Option<&str>) {
    match pattern.rsplit_once(':') {
        Some((host, port))
            if !port.is_empty()
                && port.bytes().all(|byte| byte.is_ascii_digit())
                && host.matches(':').count() == host.matches('[').count() =>
        {
            (host, Some(port))
        }
        _ => (pattern, None),
    }
}

/// The words of a line, up to a comment. Quotes keep spaces together and are no part of a word.
fn words(line: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote, mut has_word) = (Vec::new(), String::new(), None, false);
    for char in line.chars() {
        match (quote, char) {
            (Some(open), char) if open == char => quote = None,
            (None, '"' | '\'') => {
                quote = Some(char);
                has_word = true;
            }
            (None, '#') if !has_word => break,
            (None, char) if char.is_whitespace() => {
                if has_word {
                    words.push(std::mem::take(&mut word));
                    has_word = false;
                }
            }
            (_, char) => {
                word.push(char);
                has_word = true;
            }
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    if has_word {
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_that_is_wrong_is_named() {
        let text =
            "[web]\nweb-1 rack\nweb-[1\n[web:hosts]\nweb-2 a='b\n[web:vars]\nuser deploy\n[all:children]\nweb db\n";
        let mistakes: Vec<String> = parse("hosts", text).unwrap_err().iter().map(ToString::to_string).collect();
        for (mistake, expected) in mistakes.iter().zip([
            "hosts:2: \"rack\" is not a variable",
            "hosts:3: the range in \"web-[1\" is not closed",
            "hosts:4: [web:hosts] is neither",
            "hosts:5: a quote is not closed",
            "hosts:7: a variable is written",
            "hosts:9: the name of one group",
        ]) {
            assert!(mistake.starts_with(expected), "{mistake}");
        }
        assert_eq!(mistakes.len(), 6);
    }

    #[test]
    fn a_port_is_behind_the_last_colon() {
        for (pattern, expected) in [
            ("web:22", ("web", Some("22"))),
            ("web", ("web", None)),
            ("web[1:20]", ("web[1:20]", None)),
            ("web[1:20]:22", ("web[1:20]", Some("22"))),
            ("fd00::1", ("fd00::1", None)),
        ] {
            assert_eq!(split_port(pattern), expected);
        }
    }
}
