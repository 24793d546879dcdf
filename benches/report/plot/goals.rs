//! All figures with a goal, as bars.

use plotters::coord::ranged1d::SegmentValue;
use plotters::prelude::*;

use super::{Area, BLUE, Failure, GREEN, GREY, GRID, INK, ORANGE, drawn, text};
use crate::row::{Goal, Row};
use crate::table::{goal, median};

const BAR_HEIGHT: u32 = 22;
const NAMES_WIDTH: u32 = 300;
const HEAD: i32 = 64;

/// The end of the scale, in goals. Bars that leave it are cut off.
const MOST: f64 = 2.0;

/// A figure over its goal, or the goal over the figure if it should be large: below 1, the goal is met.
fn use_of(value: f64, goal: Goal) -> f64 {
    let used = match goal {
        Goal::AtLeast(least) => least / value,
        Goal::AtMost(most) => value / most,
    };
    used.min(MOST)
}

/// Draws a bar for each row that has a goal: shorter is better, and up to the line in the middle the goal is met. A mark
/// has the limit, where it is known.
pub fn goals(rows: &[Row]) -> String {
    let rows: Vec<(&Row, Goal)> = rows
        .iter()
        .filter_map(|row| Some((row, row.goal?)))
        .filter(|(_, goal)| !matches!(goal, Goal::AtMost(0.0)))
        .collect();
    if rows.is_empty() {
        return drawn(HEAD as u32, |_| Ok(()));
    }
    let height = HEAD as u32 + 32 + rows.len() as u32 * BAR_HEIGHT;
    drawn(height, |area| bars(area, &rows))
}

fn bars(area: &Area<'_>, rows: &[(&Row, Goal)]) -> Result<(), Failure> {
    area.draw(&Text::new("Figures and their goals", (12, 10), text(17, &INK)))?;
    let explained = "A bar that ends left of the line meets its goal: half as long is twice as good. A triangle \
                     is the limit, where it was measured.";
    area.draw(&Text::new(explained, (12, 30), text(15, &GREY)))?;
    let mut chart = ChartBuilder::on(area)
        .margin_top(HEAD)
        .margin_right(190)
        .set_label_area_size(LabelAreaPosition::Left, NAMES_WIDTH)
        .set_label_area_size(LabelAreaPosition::Bottom, 28)
        .build_cartesian_2d(0.0..MOST, (0..rows.len() - 1).into_segmented())?;
    let row_at = |at: &SegmentValue<usize>| match at {
        // The first row is at the top.
        SegmentValue::CenterOf(at) | SegmentValue::Exact(at) => {
            rows.len().checked_sub(at + 1).and_then(|row| rows.get(row))
        }
        _ => None,
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .label_style(text(15, &INK))
        .y_labels(rows.len() + 1)
        .y_label_formatter(&|at| row_at(at).map(|(row, _)| row.what.clone()).unwrap_or_default())
        .x_labels(5)
        .x_label_formatter(&|value| if *value == 1.0 { "goal".to_owned() } else { value.to_string() })
        .draw()?;
    for (at, (row, goal)) in rows.iter().rev().enumerate() {
        let used = use_of(row.result.value.median, *goal);
        let colour = if row.met == Some(true) { GREEN } else { ORANGE };
        let (low, high) = (SegmentValue::Exact(at), SegmentValue::Exact(at + 1));
        let mut bar = Rectangle::new([(0.0, low), (used, high)], colour.filled());
        bar.set_margin(3, 3, 0, 0);
        chart.draw_series([bar])?;
        if let Some(limit) = row.limit {
            let place = (use_of(limit, *goal), SegmentValue::CenterOf(at));
            chart.draw_series([TriangleMarker::new(place, 5, BLUE.filled())])?;
        }
    }
    let ends = [(1.0, SegmentValue::Exact(0)), (1.0, SegmentValue::Exact(rows.len()))];
    chart.draw_series([PathElement::new(ends, INK.stroke_width(2))])?;
    for (number, (row, of)) in rows.iter().enumerate() {
        let y = HEAD + 5 + number as i32 * BAR_HEIGHT as i32;
        let figure = format!("{}, goal {}", median(&row.result), goal(*of, &row.result.unit));
        area.draw(&Text::new(figure, (780, y), text(15, &GREY)))?;
    }
    Ok(())
}
