//! The table for the terminal.

use crate::row::{Figure, Goal, Row};
use crate::spread::Spread;

/// The headings of the columns.
pub const HEAD: [&str; 5] = ["", "compared with", "ours", "result", "goal"];

/// The rows as a table, and below it how each was measured.
pub fn table(rows: &[Row]) -> String {
    let lines: Vec<[String; 5]> =
        [HEAD.map(str::to_owned)].into_iter().chain(rows.iter().map(cells)).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text += "\n";
    }
    text + "\nEach figure is the median of the rounds, with the quartiles in brackets.\n\n"
        + &explanations(rows)
}

/// A row as the cells of a table.
pub fn cells(row: &Row) -> [String; 5] {
    let (ours, others): (Vec<&Figure>, _) = row.figures.iter().partition(|figure| figure.of == "ours");
    let named = |figure: &&Figure| format!("{}: {}", figure.of, shown(figure));
    let others = others.iter().map(named).collect::<Vec<_>>().join("; ");
    let ours = ours.first().map(|figure| shown(figure)).unwrap_or_default();
    let result = match &row.result {
        result if result.of == "ours" => shown(result),
        result => format!("{}: {}", result.of, shown(result)),
    };
    [row.what.clone(), others, ours, result, outcome(row)]
}

fn outcome(row: &Row) -> String {
    let met = if row.met == Some(true) { "met" } else { "NOT MET" };
    let goal = row.goal.map_or("reported".to_owned(), |of| format!("{}: {met}", goal(of, &row.result.unit)));
    row.limit.iter().fold(goal, |goal, limit| format!("{goal}; limit {}", number(*limit)))
}

/// A goal with its unit.
pub fn goal(goal: Goal, unit: &str) -> String {
    match goal {
        Goal::AtLeast(least) => format!("≥ {least}"),
        Goal::AtMost(most) => format!("≤ {most} {unit}").trim_end().to_owned(),
    }
}

/// A figure without its quartiles.
pub fn median(figure: &Figure) -> String {
    format!("{} {}", number(figure.value.median), figure.unit).trim_end().to_owned()
}

/// A figure with its quartiles.
fn shown(figure: &Figure) -> String {
    let Spread { low, high, .. } = figure.value;
    if low == high {
        return median(figure);
    }
    format!("{} ({}–{})", median(figure), number(low), number(high))
}

/// A number with three significant digits, or a small whole one.
pub fn number(value: f64) -> String {
    match value.abs() {
        10_000.0.. => format!("{:.0}k", value / 1e3),
        1_000.0.. => format!("{:.1}k", value / 1e3),
        100.0.. => format!("{value:.0}"),
        _ if value.fract() == 0.0 => value.to_string(),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// How the rows were measured. Adjacent rows with the same explanation share it.
fn explanations(rows: &[Row]) -> String {
    let groups = rows.chunk_by(|one, other| one.how == other.how);
    let explanation = |group: &[Row]| {
        let whats: Vec<&str> = group.iter().map(|row| row.what.as_str()).collect();
        format!("{}:\n{}\n", whats.join(" / "), wrapped(&group[0].how))
    };
    groups.map(explanation).collect()
}

/// Text in lines that fit a terminal.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count() + 1;
        if column == 0 || column + length > 100 {
            lines += if column == 0 { "   " } else { "\n   " };
            column = 3;
        }
        lines += " ";
        lines += word;
        column += length;
    }
    lines
}
