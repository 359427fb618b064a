//! The results as a picture: a group of bars for each column of the report, relative to the floor.

use crate::report::Report;
use crate::systems::SystemKind;
use std::fmt::Write;

/// A color for each system.
const COLORS: [&str; SystemKind::ALL.len()] =
    ["#888888", "#1b6ac9", "#6aa9ee", "#b8860b", "#d9822b", "#c23b5a", "#8e4ec6", "#3d8f5f"];
const BAR_WIDTH: usize = 22;
const GROUP_WIDTH: usize = COLORS.len() * BAR_WIDTH + 40;
const HEIGHT: f64 = 260.0;

/// The rates at this number of connections, relative to the first system.
pub fn svg(report: &Report, connections: usize, kinds: &[SystemKind], columns: &[&'static str]) -> String {
    let ratio = |kind, column| {
        let (rate, floor) = (report.rate(connections, kind, column)?, report.rate(connections, kinds[0], column)?);
        Some(rate / floor)
    };
    let ratios = columns.iter().flat_map(|column| kinds.iter().filter_map(|kind| ratio(*kind, column)));
    let max = ratios.fold(1.0, f64::max);
    let (width, height) = (columns.len() * GROUP_WIDTH + 20, HEIGHT as usize + 60 + kinds.len() * 18);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (group, column) in columns.iter().enumerate() {
        let left = 20 + group * GROUP_WIDTH;
        let _ = writeln!(svg, "<text x=\"{left}\" y=\"{}\">{}</text>", HEIGHT + 36.0, column);
        for (place, kind) in kinds.iter().enumerate() {
            let Some(ratio) = ratio(*kind, column) else { continue };
            let (x, height) = (left + place * BAR_WIDTH, ratio / max * HEIGHT);
            let y = HEIGHT + 20.0 - height;
            let color = COLORS[*kind as usize];
            let width = BAR_WIDTH - 3;
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y:.1}\" width=\"{width}\" height=\"{height:.1}\" fill=\"{color}\"/>"
            );
            let _ = writeln!(svg, "<text x=\"{x}\" y=\"{:.1}\" font-size=\"9\">{ratio:.2}</text>", y - 3.0);
        }
    }
    for (place, kind) in kinds.iter().enumerate() {
        let (y, color) = (HEIGHT as usize + 56 + place * 18, COLORS[*kind as usize]);
        let name = kind.name().replace("**", "");
        let _ = writeln!(svg, "<rect x=\"20\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{color}\"/>", y - 11);
        let _ = writeln!(svg, "<text x=\"40\" y=\"{y}\">{name}</text>");
    }
    svg + "</svg>\n"
}
