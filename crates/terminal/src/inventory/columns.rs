//! Inventories in CSV: a table with a heading.

use super::{Entry, Inventory, Mistake, MistakeAt, Origin, OwnedLabels};
use csv::{ReaderBuilder, StringRecord, Trim};
use std::collections::BTreeMap;

/// What a column is about.
enum Column {
    Hostname,
    Address,
    Label(String),
    Other,
}

/// Reads a table with the columns `hostname`, `address` (which is the hostname where it is missing or empty) and `label.KEY`
/// for each label. It is separated by commas, semicolons or tabs, as its heading shows. An empty cell is no label.
///
/// # Errors
/// What is wrong with the table, with the lines.
pub fn parse(name: &str, text: &str) -> Result<Inventory, Vec<MistakeAt>> {
    let file = Origin::file(name);
    let heading = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = [b';', b'\t'].into_iter().find(|byte| heading.as_bytes().contains(byte)).unwrap_or(b',');
    let mut reader = ReaderBuilder::new().delimiter(separator).trim(Trim::All).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|error| vec![wrong(&file, &error)])?.clone();
    let columns: Vec<Column> = headings.iter().map(column).collect();
    check_headings(&file, &headings, &columns)?;
    let (mut hosts, mut mistakes) = (Vec::new(), Vec::new());
    for record in reader.records() {
        match record {
            Ok(record) => hosts.push(entry(file.line(line_of(text, &record)), &columns, &record)),
            Err(error) => mistakes.push(wrong(&file, &error)),
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let keys = columns.iter().filter_map(|column| match column {
        Column::Label(key) => Some(key.clone()),
        _ => None,
    });
    let owned = OwnedLabels { keys: keys.collect(), ..OwnedLabels::default() };
    let others: Vec<&str> = headings
        .iter()
        .zip(&columns)
        .filter(|(_, column)| matches!(column, Column::Other))
        .map(|(heading, _)| heading)
        .collect();
    let notes = match others.is_empty() {
        true => Vec::new(),
        false => vec![format!("Columns that were not read: {}. A label is a column label.KEY.", others.join(", "))],
    };
    Ok(Inventory { hosts, owned, notes })
}

fn column(heading: &str) -> Column {
    match heading.to_ascii_lowercase().as_str() {
        "hostname" | "host" => Column::Hostname,
        "address" => Column::Address,
        _ => match heading.split_at_checked("label.".len()) {
            Some((prefix, key)) if prefix.eq_ignore_ascii_case("label.") => Column::Label(key.to_owned()),
            _ => Column::Other,
        },
    }
}

fn check_headings(file: &Origin, headings: &StringRecord, columns: &[Column]) -> Result<(), Vec<MistakeAt>> {
    let is_hostname = |column: &&Column| matches!(column, Column::Hostname);
    let is_address = |column: &&Column| matches!(column, Column::Address);
    let what = match (columns.iter().filter(is_hostname).count(), columns.iter().filter(is_address).count()) {
        (0, _) => {
            let found = headings.iter().collect::<Vec<_>>().join(", ");
            format!(
                "the first line must be a heading with the columns hostname, address and label.KEY; it has: {found}"
            )
        }
        (1, 0 | 1) => {
            let mut seen = std::collections::HashSet::new();
            let labels = columns.iter().filter_map(|column| match column {
                Column::Label(key) => Some(key),
                _ => None,
            });
            match labels.into_iter().find(|key| !seen.insert(*key)) {
                Some(key) => format!("the heading has the column label.{key} twice"),
                None => return Ok(()),
            }
        }
        _ => "the heading has a column twice: hostname (or host) and address must be there once".to_owned(),
    };
    Err(vec![file.line(1).with(Mistake::Format(what))])
}

/// The line of a record: the reader counts empty lines before it to it.
fn line_of(text: &str, record: &StringRecord) -> usize {
    let Some(position) = record.position() else { return 0 };
    let from = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
    let empty = from.iter().take_while(|byte| b"\r\n".contains(byte)).filter(|byte| **byte == b'\n');
    position.line() as usize + empty.count()
}

fn entry(origin: Origin, columns: &[Column], record: &StringRecord) -> Entry {
    let (mut hostname, mut address, mut labels) = (String::new(), String::new(), BTreeMap::new());
    for (column, cell) in columns.iter().zip(record) {
        match column {
            Column::Hostname => cell.clone_into(&mut hostname),
            Column::Address => cell.clone_into(&mut address),
            Column::Label(key) if !cell.is_empty() => {
                labels.insert(key.clone(), cell.to_owned());
            }
            Column::Label(_) | Column::Other => {}
        }
    }
    if address.is_empty() {
        address.clone_from(&hostname);
    }
    Entry { hostname, address, labels: Some(labels), origin }
}

fn wrong(file: &Origin, error: &csv::Error) -> MistakeAt {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line) as usize;
            let what = format!("the line has {len} cells, but the heading has {expected_len}");
            file.line(line).with(Mistake::Format(what))
        }
        _ => file.with(Mistake::Format(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_names_addresses_and_labels() {
        for separator in [",", ";", "\t"] {
            let text = "Hostname,address,label.rack,owner\n\nweb-1, 192.0.2.1 ,\"a\",ann\nweb-2,,,bo\n";
            let inventory = parse("hosts.csv", &text.replace(',', separator)).unwrap();
            let hosts: Vec<_> = inventory
                .hosts
                .iter()
                .map(|host| {
                    format!("{}: {} {} {:?}", host.origin, host.hostname, host.address, host.labels.as_ref().unwrap())
                })
                .collect();
            assert_eq!(hosts, ["hosts.csv:3: web-1 192.0.2.1 {\"rack\": \"a\"}", "hosts.csv:4: web-2 web-2 {}"]);
            assert!(inventory.owned.owns("rack") && !inventory.owned.owns("zone"));
            assert_eq!(inventory.notes.len(), 1);
        }
    }

    #[test]
    fn a_table_that_does_not_fit_its_heading_is_refused_with_the_line() {
        for (text, expected) in [
            ("name,ip\na,b\n", "t:1: the first line must be a heading"),
            ("hostname,host\na,b\n", "t:1: the heading has a column twice"),
            ("hostname,label.a,label.a\nx,1,2\n", "t:1: the heading has the column label.a twice"),
            ("hostname,address\nweb-1,::1\nweb-2\n", "t:3: the line has 1 cells, but the heading has 2"),
        ] {
            let mistake = parse("t", text).unwrap_err()[0].to_string();
            assert!(mistake.starts_with(expected), "{mistake}");
        }
    }
}
