//! What the processor time of a transaction consists of, as bars of layers.

use plotters::prelude::*;

use super::bars::{Bars, Layout};
use super::{Area, BLUE, Failure, GREEN, GREY, INK, ORANGE, drawn, text};
use crate::row::{Goal, Row};

const BAR_HEIGHT: u32 = 50;
const LAYOUT: Layout = Layout { top: 84, left: 160, right: 40, bottom: 28 };

/// The layers, from the left, with their colours.
const LAYERS: [(&str, RGBColor); 4] = [
    ("the store", GREY),
    ("a relay: calls to the store from an instance", BLUE),
    ("the core, native", GREEN),
    ("the rest: WebAssembly, and calls between components", ORANGE),
];

/// A transaction: its name, where its layers end in microseconds, and its goal.
struct Transaction<'r> {
    name: &'r str,
    ends: [f64; LAYERS.len()],
    goal: Option<f64>,
}

impl<'r> Transaction<'r> {
    /// The transaction of a row that has the figures of all layers.
    fn of(row: &'r Row) -> Option<Self> {
        let figure = |name| row.figures.iter().find(|figure| figure.of == name).map(|it| it.value.median);
        let (store, relay) = (figure("store alone")?, figure("relay")?);
        let ends = [store, relay, relay + figure("core, native")?, figure("ours")?];
        let goal = match row.goal {
            Some(Goal::AtMost(most)) => Some(store + most),
            _ => None,
        };
        Some(Self { name: &row.what, ends, goal })
    }
}

/// Draws the first `count` rows that have the figures of all layers, and their goals as lines.
pub fn layers(rows: &[Row], count: usize) -> String {
    let transactions: Vec<Transaction<'_>> = rows.iter().filter_map(Transaction::of).take(count).collect();
    let height = LAYOUT.top + LAYOUT.bottom + transactions.len() as u32 * BAR_HEIGHT;
    drawn(height, |area| {
        key(area)?;
        if transactions.is_empty() { Ok(()) } else { draw(area, &transactions) }
    })
}

fn key(area: &Area<'_>) -> Result<(), Failure> {
    area.draw(&Text::new("Where the processor time of a transaction goes, in µs", (12, 10), text(17, &INK)))?;
    for (number, (name, colour)) in LAYERS.iter().enumerate() {
        let (x, y) = (12 + number as i32 % 2 * 400, 34 + number as i32 / 2 * 20);
        area.draw(&Rectangle::new([(x, y), (x + 20, y + 11)], colour.filled()))?;
        area.draw(&Text::new(*name, (x + 28, y), text(15, &INK)))?;
    }
    Ok(())
}

fn draw(area: &Area<'_>, transactions: &[Transaction<'_>]) -> Result<(), Failure> {
    let ends =
        transactions.iter().flat_map(|transaction| transaction.ends.into_iter().chain(transaction.goal));
    let most = ends.fold(0.0, f64::max) * 1.02;
    let names: Vec<&str> = transactions.iter().map(|transaction| transaction.name).collect();
    let mut bars = Bars::new(area, &LAYOUT, &names, most, &f64::to_string)?;
    for (number, transaction) in transactions.iter().enumerate() {
        let begins = [0.0].into_iter().chain(transaction.ends);
        for (ends, (_, colour)) in begins.zip(transaction.ends).zip(LAYERS) {
            bars.part(number, ends, 10, colour)?;
        }
        if let Some(goal) = transaction.goal {
            bars.line(goal, number, number)?;
            bars.write(number, goal + most * 0.005, "goal")?;
        }
    }
    Ok(())
}
