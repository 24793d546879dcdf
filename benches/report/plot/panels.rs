//! Growths, each in a panel with logarithmic scales.

use plotters::prelude::*;

use super::{Area, BLUE, Failure, GREEN, GREY, GRID, INK, ORANGE, PURPLE, drawn, label, text};
use crate::growth::{BATCHED, COMPUTED, Growth, Line, NATIVE, OURS};
use crate::peers::{AXUM, DJANGO, EXPRESS, PHP, SERVED};

const COLUMNS: usize = 3;
const PANEL_HEIGHT: usize = 300;

/// The colours of the lines of all plots. The colours in a plot are distinguishable with colour vision deficiencies.
const COLOURS: [(&str, RGBColor); 9] = [
    (NATIVE, GREY),
    (OURS, BLUE),
    (COMPUTED, GREEN),
    (BATCHED, ORANGE),
    (SERVED, BLUE),
    (AXUM, PURPLE),
    (EXPRESS, ORANGE),
    (DJANGO, GREEN),
    (PHP, GREY),
];

/// Draws each growth in a panel, and a key to the colours.
pub fn panels(growth: &[Growth], caption: &str) -> String {
    let rows = (growth.len() + 1).div_ceil(COLUMNS);
    drawn((rows * PANEL_HEIGHT) as u32, |area| {
        let panels = area.split_evenly((rows, COLUMNS));
        growth.iter().zip(&panels).try_for_each(|(growth, area)| panel(area, growth))?;
        key(&panels[growth.len()], growth, caption)
    })
}

fn panel(area: &Area<'_>, growth: &Growth) -> Result<(), Failure> {
    area.draw(&Text::new(growth.of.clone(), (12, 10), text(17, &INK)))?;
    area.draw(&Text::new(growth.measured.clone(), (12, 28), text(15, &GREY)))?;
    let points = || growth.lines.iter().flat_map(|line| &line.points);
    let across = points().map(|(at, _)| f64::from(*at));
    let up = points().flat_map(|(_, spread)| [spread.low, spread.high]);
    let (least, most) = (smallest(up.clone()), largest(up));
    let up = 10_f64.powf(least.log10().floor())..10_f64.powf(most.log10().ceil()) * 1.001;
    let across = smallest(across.clone())..largest(across) * 1.001;
    let mut chart = ChartBuilder::on(area)
        .margin_top(54)
        .margin_right(16)
        .set_label_area_size(LabelAreaPosition::Left, 44)
        .set_label_area_size(LabelAreaPosition::Bottom, 40)
        .build_cartesian_2d(across.log_scale(), up.log_scale())?;
    let quantity = |value: &f64| match growth.in_bytes {
        true => format!("{}B", label(*value).to_uppercase()),
        false => label(*value),
    };
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .label_style(text(15, &GREY))
        .x_labels(5)
        .y_labels(5)
        .x_label_formatter(&quantity)
        .y_label_formatter(&|value| label(*value))
        .draw()?;
    for line in &growth.lines {
        let colour = colour(&line.name);
        let medians = line.points.iter().map(|(at, spread)| (f64::from(*at), spread.median));
        chart.draw_series(LineSeries::new(medians, colour.stroke_width(2)).point_size(3))?;
        chart.draw_series(quartiles(line, colour))?;
    }
    Ok(())
}

/// A vertical line from quartile to quartile for each point.
fn quartiles(line: &Line, colour: RGBColor) -> impl Iterator<Item = PathElement<(f64, f64)>> {
    line.points.iter().map(move |(at, spread)| {
        let at = f64::from(*at);
        PathElement::new([(at, spread.low), (at, spread.high)], colour)
    })
}

/// The key: all lines with their colours, and the caption.
fn key(area: &Area<'_>, growth: &[Growth], caption: &str) -> Result<(), Failure> {
    let is_there = |name| growth.iter().any(|growth| growth.lines.iter().any(|line| line.name == name));
    let mut y = 56;
    for (name, colour) in COLOURS.iter().filter(|(name, _)| is_there(*name)) {
        area.draw(&PathElement::new([(12, y + 6), (40, y + 6)], colour.stroke_width(2)))?;
        area.draw(&Circle::new((26, y + 6), 3, colour.filled()))?;
        area.draw(&Text::new(*name, (48, y), text(15, &INK)))?;
        y += 24;
    }
    for line in caption.lines() {
        area.draw(&Text::new(line.to_owned(), (12, y + 8), text(15, &GREY)))?;
        y += 17;
    }
    Ok(())
}

fn smallest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}

fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::NEG_INFINITY, f64::max)
}

fn colour(name: &str) -> RGBColor {
    COLOURS.iter().find(|(of, _)| *of == name).map_or(BLACK, |(_, colour)| *colour)
}
