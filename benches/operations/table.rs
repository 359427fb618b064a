//! Tables in Markdown: a row for each thing measured, a column for each size, and how it grows from the first to the last.

/// One table.
pub struct Table {
    pub title: String,
    pub columns: Vec<Column>,
    pub rows: Vec<(String, Vec<Cell>)>,
}

/// A size, as it is called and as a number.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub size: f64,
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

    /// A number with so many digits behind the point.
    pub fn number(number: f64, digits: usize) -> Cell {
        Cell::new(format!("{number:.digits$}"), number)
    }
}

impl Table {
    pub fn new(title: &str, columns: &[Column]) -> Table {
        Table { title: title.to_owned(), columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a cell at the end of the row of this name.
    pub fn add(&mut self, row: &str, cell: Cell) {
        match self.rows.iter_mut().find(|(name, _)| name == row) {
            Some((_, cells)) => cells.push(cell),
            None => self.rows.push((row.to_owned(), vec![cell])),
        }
    }

    pub fn print(&self) {
        let compared = self.columns.len() > 1;
        let names: Vec<_> = self.columns.iter().map(|column| column.name.as_str()).collect();
        println!(
            "\n| {} | {} |{}",
            self.title,
            names.join(" | "),
            if compared { " last / first | growth |" } else { "" }
        );
        println!("| --- |{}", " ---: |".repeat(names.len() + if compared { 2 } else { 0 }));
        for (name, cells) in &self.rows {
            let texts: Vec<_> = cells.iter().map(|cell| cell.text.as_str()).collect();
            let growth = if compared { self.growth(cells) } else { String::new() };
            println!("| {name} | {} |{growth}", texts.join(" | "));
        }
    }

    /// The ratio of the last to the first, and the power of the size with which it grows; in bold if that is faster than
    /// n log n.
    fn growth(&self, cells: &[Cell]) -> String {
        let (first, last) = (cells[0].number, cells[cells.len() - 1].number);
        if first <= 0.0 || last <= 0.0 {
            return " – | – |".to_owned();
        }
        let (small, large) = (self.columns[0].size, self.columns[cells.len() - 1].size);
        let (ratio, power) = (last / first, (last / first).ln() / (large / small).ln());
        let most = large * (large + 1.0).ln() / (small * (small + 1.0).ln());
        let bold = if ratio > most { "**" } else { "" };
        format!(" {ratio:.1} | {bold}n^{power:.2}{bold} |")
    }
}
