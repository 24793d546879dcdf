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
    let Some(goal) = row.goal else { return "reported".to_owned() };
    let goal = match goal {
        Goal::AtLeast(least) => format!("≥ {least}"),
        Goal::AtMost(most) => format!("≤ {most} {}", row.result.unit),
    };
    let met = if row.met == Some(true) { "met" } else { "NOT MET" };
    format!("{}: {met}", goal.trim_end())
}

/// A figure with its quartiles.
fn shown(figure: &Figure) -> String {
    let Spread { low, median, high } = figure.value;
    let unit = if figure.unit.is_empty() { String::new() } else { format!(" {}", figure.unit) };
    if low == high {
        return format!("{}{unit}", number(median));
    }
    format!("{}{unit} ({}–{})", number(median), number(low), number(high))
}

/// A number with three significant digits, or a small whole one.
fn number(value: f64) -> String {
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
