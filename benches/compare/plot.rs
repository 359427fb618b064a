//! What was measured, as a picture: a group of bars for each that was asked, the floor's rate being one.

use crate::report::Report;
use crate::systems::Kind;
use std::fmt::Write;

const COLORS: [&str; 8] = ["#888888", "#1b6ac9", "#6aa9ee", "#b8860b", "#d9822b", "#c23b5a", "#8e4ec6", "#3d8f5f"];
const BAR: usize = 22;
const GROUP: usize = COLORS.len() * BAR + 40;
const HEIGHT: f64 = 260.0;

/// Answers in a second over so many connections, relative to the first system.
pub fn svg(report: &Report, connections: usize, kinds: &[Kind], asked: &[&'static str]) -> String {
    let ratio = |kind, asked| {
        let (rate, floor) = (report.rate(connections, kind, asked)?, report.rate(connections, kinds[0], asked)?);
        Some(rate / floor)
    };
    let all = asked.iter().flat_map(|asked| kinds.iter().filter_map(|kind| ratio(*kind, asked)));
    let most = all.fold(1.0, f64::max);
    let (width, height) = (asked.len() * GROUP + 20, HEIGHT as usize + 60 + kinds.len() * 18);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (group, asked) in asked.iter().enumerate() {
        let left = 20 + group * GROUP;
        let _ = writeln!(svg, "<text x=\"{left}\" y=\"{}\">{}</text>", HEIGHT + 36.0, asked);
        for (place, kind) in kinds.iter().enumerate() {
            let Some(ratio) = ratio(*kind, asked) else { continue };
            let (x, tall) = (left + place * BAR, ratio / most * HEIGHT);
            let top = HEIGHT + 20.0 - tall;
            let color = COLORS[*kind as usize];
            let width = BAR - 3;
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{top:.1}\" width=\"{width}\" height=\"{tall:.1}\" fill=\"{color}\"/>"
            );
            let _ = writeln!(svg, "<text x=\"{x}\" y=\"{:.1}\" font-size=\"9\">{ratio:.2}</text>", top - 3.0);
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
