//! The figures in the documentation.
//!
//! A page has a place for the rows of each part, between two comments: `<!-- figures of PART -->` and `<!-- end -->`.
//! What is between them is replaced; the plot goes beside the page.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::growth;
use crate::report::{Measured, Part, Report, Taken};
use crate::row::Row;
use crate::table::{HEAD, cells};

const END: &str = "<!-- end -->";

/// The name of the plot.
pub const PLOT: &str = "growth.svg";

/// Writes what the report has into a page, and draws the plot beside it.
pub fn update(page: &Path, report: &Report) -> anyhow::Result<()> {
    let mut text = fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    for (name, part) in &report.parts {
        match &part.measured {
            Measured::Rows(rows) => {
                text = replaced(&text, name, &markdown(rows, &part.taken))
                    .with_context(|| format!("{} has no place for the figures of {name}", page.display()))?;
            }
            Measured::Growth(_) => draw(page, part)?,
        }
    }
    fs::write(page, text).with_context(|| format!("cannot write {}", page.display()))
}

/// Draws the growth, if this is what a part has, beside a page or a report.
pub fn draw(beside: &Path, part: &Part) -> anyhow::Result<()> {
    let Measured::Growth(growth) = &part.measured else { return Ok(()) };
    let plot = growth::plot(growth, &caption(&part.taken));
    let path = beside.with_file_name(PLOT);
    fs::write(&path, plot).with_context(|| format!("cannot write {}", path.display()))
}

fn caption(taken: &Taken) -> String {
    format!(
        "Medians of {} rounds on {} processors,\nquartiles as vertical lines.\nBoth scales are logarithmic.",
        taken.rounds, taken.processors
    )
}

/// The text with other figures of a part; none if it has no place for them.
fn replaced(text: &str, part: &str, figures: &str) -> Option<String> {
    let (before, rest) = text.split_once(&begin(part))?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{}\n{figures}{END}{after}", begin(part)))
}

fn begin(part: &str) -> String {
    format!("<!-- figures of {part} -->")
}

fn markdown(rows: &[Row], taken: &Taken) -> String {
    let mut lines = vec![HEAD.map(str::to_owned), HEAD.map(|_| "---".to_owned())];
    lines.extend(rows.iter().map(cells));
    let table: String = lines.iter().map(|line| format!("| {} |\n", line.join(" | "))).collect();
    let busy = if taken.is_busy() { ", while other programs kept them busy" } else { "" };
    let rounds = format!("{} rounds of {} ms", taken.rounds, taken.round_ms);
    format!("{table}\n*{rounds} on {} shared processors{busy}.*\n", taken.processors)
}
