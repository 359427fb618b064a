//! Tables as a picture: a panel for each. Both axes are logarithmic, so that what grows as a power of the size is a
//! straight line; the slanted lines behind grow as the size does.

use crate::table::{Cell, Table};
use std::fmt::Write;

const COLORS: [&str; 8] = ["#1b6ac9", "#d9822b", "#3d8f5f", "#c23b5a", "#8e4ec6", "#555555", "#2aa5a0", "#b8860b"];
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 280.0;
/// Left of a panel are the numbers, above it the title, below it the sizes and a line for each row.
const LEFT: f64 = 60.0;
const TOP: f64 = 40.0;
const LINE: f64 = 15.0;
/// From one panel to the next.
const STEP: f64 = LEFT + WIDTH + 40.0;

/// The tables that have more than one size, two beside each other.
pub fn svg(tables: &[&Table]) -> String {
    let tables: Vec<_> = tables.iter().filter(|table| table.columns.len() > 1).collect();
    let (mut body, mut top) = (String::new(), 0.0);
    for pair in tables.chunks(2) {
        for (left, table) in [LEFT, LEFT + STEP].into_iter().zip(pair) {
            panel(&mut body, table, left, top + TOP);
        }
        let rows = pair.iter().map(|table| table.rows.len()).max().unwrap_or_default();
        top += TOP + HEIGHT + LINE * (rows as f64 + 3.0);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{top}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{body}</svg>\n",
        2.0 * STEP
    )
}

/// Where numbers are, within a panel.
struct Scale {
    sizes: (f64, f64),
    /// Powers of ten.
    numbers: (f64, f64),
}

impl Scale {
    fn of(table: &Table) -> Scale {
        let sizes = table.columns.iter().map(|column| column.size.log10());
        let numbers = table.rows.iter().flat_map(|(_, cells)| cells).filter_map(power);
        let ends = |(low, high): (f64, f64), at: f64| (low.min(at), high.max(at));
        let none = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = numbers.fold(none, ends);
        Scale { sizes: sizes.fold(none, ends), numbers: (low.floor(), high.ceil()) }
    }

    fn x(&self, size: f64) -> f64 {
        (size.log10() - self.sizes.0) / (self.sizes.1 - self.sizes.0) * WIDTH
    }

    fn y(&self, power: f64) -> f64 {
        HEIGHT - (power - self.numbers.0) / (self.numbers.1 - self.numbers.0) * HEIGHT
    }
}

/// Where a cell is on a logarithmic axis; what is nothing is nowhere.
fn power(cell: &Cell) -> Option<f64> {
    (cell.number > 0.0).then(|| cell.number.log10())
}

fn panel(out: &mut String, table: &Table, left: f64, top: f64) {
    let scale = Scale::of(table);
    let _ = writeln!(out, "<svg x=\"{}\" y=\"{}\" width=\"{STEP}\" overflow=\"visible\">", left - LEFT, top - TOP);
    let _ = writeln!(
        out,
        "<text x=\"{LEFT}\" y=\"{}\" font-size=\"13\" font-weight=\"bold\">{}</text>",
        TOP - 12.0,
        plain(&table.title)
    );
    let _ = writeln!(out, "<svg x=\"{LEFT}\" y=\"{TOP}\" width=\"{WIDTH}\" height=\"{HEIGHT}\">");
    grid(out, &scale);
    let _ = writeln!(out, "</svg>\n<g transform=\"translate({LEFT} {TOP})\">");
    for column in &table.columns {
        let (x, y) = (scale.x(column.size), HEIGHT + LINE);
        let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>", column.name);
    }
    for power in decades(&scale) {
        let (y, number) = (scale.y(power) + 4.0, 10f64.powf(power));
        let _ = writeln!(out, "<text x=\"-6\" y=\"{y:.1}\" text-anchor=\"end\">{number}</text>");
    }
    for (place, (name, cells)) in table.rows.iter().enumerate() {
        row(out, table, &scale, place, (name, cells));
    }
    let _ = writeln!(out, "</g>\n</svg>");
}

/// The powers of ten that have a line.
fn decades(scale: &Scale) -> impl Iterator<Item = f64> {
    let (low, high) = scale.numbers;
    (low as i32..=high as i32).map(f64::from)
}

fn grid(out: &mut String, scale: &Scale) {
    let _ = writeln!(out, "<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#999999\"/>");
    let growth = scale.sizes.1 - scale.sizes.0;
    for power in decades(scale) {
        let y = scale.y(power);
        let _ = writeln!(out, "<path d=\"M0 {y:.1} H{WIDTH}\" stroke=\"#dddddd\"/>");
        for below in [power, power - growth.ceil()] {
            let (from, to) = (scale.y(below), scale.y(below + growth));
            let _ = writeln!(
                out,
                "<path d=\"M0 {from:.1} L{WIDTH} {to:.1}\" stroke=\"#dddddd\" stroke-dasharray=\"2 3\"/>"
            );
        }
    }
}

/// The line of a row, and its name below the panel. What comes after the last color is dashed.
fn row(out: &mut String, table: &Table, scale: &Scale, place: usize, (name, cells): (&str, &[Cell])) {
    let color = COLORS[place % COLORS.len()];
    let dashes = if place < COLORS.len() { "" } else { " stroke-dasharray=\"5 3\"" };
    let points = table
        .columns
        .iter()
        .zip(cells)
        .filter_map(|(column, cell)| Some((scale.x(column.size), scale.y(power(cell)?))));
    let line: Vec<_> = points.clone().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let stroke = format!("fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\"{dashes}");
    let _ = writeln!(out, "<polyline points=\"{}\" {stroke}/>", line.join(" "));
    for (x, y) in points {
        let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{color}\"/>");
    }
    let y = HEIGHT + LINE * (place as f64 + 2.4);
    let _ = writeln!(out, "<path d=\"M-40 {:.1} h24\" {stroke}/>", y - 4.0);
    let _ = writeln!(out, "<text x=\"-10\" y=\"{y:.1}\">{}</text>", plain(name));
}

/// A text as it stands in a picture.
fn plain(text: &str) -> String {
    text.replace('`', "").replace('&', "&amp;").replace('<', "&lt;")
}
