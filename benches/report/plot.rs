//! The plot of a growth, in SVG.

mod scale;

use std::fmt::Write;

use self::scale::{Scale, label, label_in_bytes};
use crate::growth::{BATCHED, COMPUTED, Growth, Line, NATIVE, OURS};
use crate::peers::{AXUM, DJANGO, EXPRESS, PHP, SERVED};
use crate::spread::Spread;

/// The width of the drawing, and the size of each panel.
const WIDTH: usize = 960;
const PANEL_WIDTH: usize = 320;
const PANEL_HEIGHT: usize = 300;

/// The area of the lines in a panel.
const LEFT: f64 = 48.0;
const RIGHT: f64 = 304.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 246.0;

/// The colours of the lines of all plots. The colours in a plot are distinguishable with colour vision deficiencies.
const COLOURS: [(&str, &str); 9] = [
    (NATIVE, "#6b7280"),
    (OURS, "#0072b2"),
    (COMPUTED, "#009e73"),
    (BATCHED, "#d55e00"),
    (SERVED, "#0072b2"),
    (AXUM, "#cc79a7"),
    (EXPRESS, "#d55e00"),
    (DJANGO, "#009e73"),
    (PHP, "#6b7280"),
];

const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#1f2937}.title{font-weight:600;font-size:13px}\
.small{font-size:11px;fill:#4b5563}.grid{stroke:#e5e7eb}.line{fill:none;stroke-width:2}";

/// Draws each growth in a panel, and a key to the colours.
pub fn plot(growth: &[Growth], caption: &str) -> String {
    let columns = WIDTH / PANEL_WIDTH;
    let height = (growth.len() + 1).div_ceil(columns) * PANEL_HEIGHT;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\"><title>{}</title>\
         <style>{STYLE}</style><rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        title(growth)
    );
    let panels = growth.iter().map(panel).chain([key(growth, caption)]);
    for (index, panel) in panels.enumerate() {
        let (x, y) = (index % columns * PANEL_WIDTH, index / columns * PANEL_HEIGHT);
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">\n{panel}</g>");
    }
    svg + "</svg>\n"
}

fn title(growth: &[Growth]) -> String {
    let titles: Vec<String> =
        growth.iter().map(|growth| format!("{}: {}", growth.of, growth.measured)).collect();
    titles.join("; ")
}

fn panel(growth: &Growth) -> String {
    let points = || growth.lines.iter().flat_map(|line| &line.points);
    let across = Scale::over(points().map(|(at, _)| f64::from(*at)), LEFT, RIGHT);
    let spreads = points().flat_map(|(_, spread)| [spread.low, spread.high]);
    let up = Scale::over_decades(spreads, BOTTOM, TOP);
    let mut svg = String::new();
    let _ = writeln!(svg, "<text class=\"title\" x=\"12\" y=\"18\">{}</text>", growth.of);
    let _ = writeln!(svg, "<text class=\"small\" x=\"12\" y=\"34\">{}</text>", growth.measured);
    for (value, y) in up.decades() {
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>\
             <text class=\"small\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            y + 4.0,
            label(value)
        );
    }
    for (value, x) in across.decades() {
        let text = if growth.in_bytes { label_in_bytes(value) } else { label(value) };
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{x:.1} {TOP}V{BOTTOM}\"/>\
             <text class=\"small\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{text}</text>",
            BOTTOM + 18.0
        );
    }
    growth.lines.iter().for_each(|drawn| svg += &line(drawn, &across, &up));
    svg
}

/// A line through the medians, with a mark for each, and another from quartile to quartile.
fn line(line: &Line, across: &Scale, up: &Scale) -> String {
    let colour = colour(&line.name);
    let mut path = String::new();
    let mut marks = String::new();
    for (at, Spread { low, median, high }) in &line.points {
        let (x, y) = (across.position(f64::from(*at)), up.position(*median));
        let _ = write!(path, "{}{x:.1} {y:.1}", if path.is_empty() { 'M' } else { 'L' });
        let _ = write!(
            marks,
            "<path d=\"M{x:.1} {:.1}V{:.1}\" stroke=\"{colour}\"/>\
             <circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>",
            up.position(*low),
            up.position(*high)
        );
    }
    format!("<path class=\"line\" stroke=\"{colour}\" d=\"{path}\"/>{marks}\n")
}

/// The key: all lines with their colours.
fn key(growth: &[Growth], caption: &str) -> String {
    let is_there = |name| growth.iter().any(|growth| growth.lines.iter().any(|line| line.name == name));
    let mut svg = String::new();
    for (index, (name, colour)) in COLOURS.iter().filter(|(name, _)| is_there(*name)).enumerate() {
        let y = 64 + index * 24;
        let _ = writeln!(
            svg,
            "<path class=\"line\" stroke=\"{colour}\" d=\"M12 {y}H40\"/>\
             <circle cx=\"26\" cy=\"{y}\" r=\"3\" fill=\"{colour}\"/><text x=\"48\" y=\"{}\">{name}</text>",
            y + 4
        );
    }
    for (index, text) in caption.lines().enumerate() {
        let y = 176 + index * 16;
        let _ = writeln!(svg, "<text class=\"small\" x=\"12\" y=\"{y}\">{text}</text>");
    }
    svg
}

fn colour(name: &str) -> &'static str {
    COLOURS.iter().find(|(of, _)| *of == name).map_or("#000000", |(_, colour)| colour)
}
