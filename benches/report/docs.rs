//! The figures in the documentation.
//!
//! A page has the rows of each part between two comments, `<!-- figures of PART -->` and `<!-- end -->`. The text
//! between them is replaced. The plots are files next to the page.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::growth::Growth;
use crate::plot::plot;
use crate::report::{Measured, Report, Taken};
use crate::row::Row;
use crate::table::{HEAD, cells};

const END: &str = "<!-- end -->";

/// Writes the report into a page, and draws the plots next to it.
pub fn update(page: &Path, report: &Report) -> anyhow::Result<()> {
    let mut text = fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    for (name, part) in &report.parts {
        match &part.measured {
            Measured::Rows(rows) => {
                text = replaced(&text, name, &markdown(rows, &part.taken)).with_context(|| {
                    format!("{} has no comments for the figures of {name}", page.display())
                })?;
            }
            Measured::Growth(growth) => {
                draw(page, name, growth, &part.taken)?;
            }
        }
    }
    fs::write(page, text).with_context(|| format!("cannot write {}", page.display()))
}

/// Draws the growth of a part next to a page or a report. Returns the path.
pub fn draw(beside: &Path, part: &str, growth: &[Growth], taken: &Taken) -> anyhow::Result<PathBuf> {
    let path = beside.with_file_name(format!("{part}.svg"));
    fs::write(&path, plot(growth, &caption(taken)))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn caption(taken: &Taken) -> String {
    format!(
        "Medians of {} rounds on {} processors,\nquartiles as vertical lines.\nBoth scales are logarithmic.",
        taken.rounds, taken.processors
    )
}

/// The text with the figures of a part replaced; none if it has no comments for them.
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
