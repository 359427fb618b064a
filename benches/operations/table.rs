//! Tables in Markdown: a row for each thing measured, a column for each size, and the ratio of the last to the first.

/// One table.
pub struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<(String, Vec<Cell>)>,
}

/// What was measured, and what it is compared by.
#[derive(Clone, Debug)]
pub struct Cell {
    pub text: String,
    pub number: f64,
}

impl Cell {
    pub fn new(text: String, number: f64) -> Cell {
        Cell { text, number }
    }
}

impl Table {
    pub fn new(title: &str, columns: &[&str]) -> Table {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Table { title: title.to_owned(), columns, rows: Vec::new() }
    }

    /// Adds a cell at the end of the row of this name.
    pub fn add(&mut self, row: &str, cell: Cell) {
        match self.rows.iter_mut().find(|(name, _)| name == row) {
            Some((_, cells)) => cells.push(cell),
            None => self.rows.push((row.to_owned(), vec![cell])),
        }
    }

    pub fn print(&self) {
        let ratio = self.columns.len() > 1;
        println!("\n| {} | {} |{}", self.title, self.columns.join(" | "), if ratio { " last / first |" } else { "" });
        println!("| --- |{}", " ---: |".repeat(self.columns.len() + usize::from(ratio)));
        for (name, cells) in &self.rows {
            let texts: Vec<_> = cells.iter().map(|cell| cell.text.as_str()).collect();
            let last = match (cells.first(), cells.last()) {
                (Some(first), Some(last)) if ratio => format!(" {:.1} |", last.number / first.number.max(1e-9)),
                _ => String::new(),
            };
            println!("| {name} | {} |{last}", texts.join(" | "));
        }
    }
}
