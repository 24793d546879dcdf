//! All figures with a goal, as bars.

use plotters::prelude::*;

use super::bars::{Bars, Layout};
use super::{Area, Failure, GREEN, GREY, INK, ORANGE, WIDTH, drawn, text};
use crate::row::{Goal, Row};
use crate::table::{goal, median};

const BAR_HEIGHT: u32 = 22;
const LAYOUT: Layout = Layout { top: 64, left: 300, right: 190, bottom: 28 };

/// The end of the scale, in goals. Bars that leave it are cut off.
const MOST: f64 = 2.0;

const EXPLAINED: &str = "A bar that ends left of the line meets its goal: half as long is twice as good. Bars end at \
twice the goal. A triangle is the limit, where it was measured.";

/// A figure over its goal, or the goal over the figure if it should be large: up to 1, the goal is met.
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
    drawn(LAYOUT.top + LAYOUT.bottom + rows.len() as u32 * BAR_HEIGHT, |area| {
        area.draw(&Text::new("Figures and their goals", (12, 10), text(17, &INK)))?;
        area.draw(&Text::new(EXPLAINED, (12, 34), text(15, &GREY)))?;
        figures(area, &rows)?;
        if rows.is_empty() { Ok(()) } else { bars(area, &rows) }
    })
}

fn bars(area: &Area<'_>, rows: &[(&Row, Goal)]) -> Result<(), Failure> {
    let names: Vec<&str> = rows.iter().map(|(row, _)| row.what.as_str()).collect();
    let label = |value: &f64| if *value == 1.0 { "goal".to_owned() } else { value.to_string() };
    let mut bars = Bars::new(area, &LAYOUT, &names, MOST, &label)?;
    for (number, (row, goal)) in rows.iter().enumerate() {
        let colour = if row.met == Some(true) { GREEN } else { ORANGE };
        bars.part(number, (0.0, use_of(row.result.value.median, *goal)), 3, colour)?;
        if let Some(limit) = row.limit {
            bars.mark(number, use_of(limit, *goal))?;
        }
    }
    bars.line(1.0, 0, rows.len() - 1)
}

/// Writes the figures and their goals to the right of the bars.
fn figures(area: &Area<'_>, rows: &[(&Row, Goal)]) -> Result<(), Failure> {
    let x = (WIDTH - LAYOUT.right + 10) as i32;
    for (number, (row, of)) in rows.iter().enumerate() {
        let y = (LAYOUT.top + 5 + number as u32 * BAR_HEIGHT) as i32;
        let figure = format!("{}, goal {}", median(&row.result), goal(*of, &row.result.unit));
        area.draw(&Text::new(figure, (x, y), text(15, &GREY)))?;
    }
    Ok(())
}
