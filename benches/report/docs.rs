//! The figures in the documentation.
//!
//! A page has the rows of each part between two comments, `<!-- figures of PART -->` and `<!-- end -->`. The text
//! between them is replaced. The plots are files next to the page.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::calls;
use crate::growth::Growth;
use crate::plot::{goals, layers, panels};
use crate::report::{Measured, Report, Taken};
use crate::row::Row;
use crate::table::{HEAD, cells};

/// How many transactions are drawn in layers: those of up to 10 KB.
const LAYERED: usize = 3;

const END: &str = "<!-- end -->";

/// Writes the report into a page, and draws the plots next to it.
pub fn update(page: &Path, report: &Report) -> anyhow::Result<()> {
    let mut text = fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    for (name, part) in &report.parts {
        match &part.measured {
            Measured::Rows(rows) => {
                text = replaced(page, &text, name, &(markdown(rows) + &footer(&part.taken)))?;
            }
            Measured::Calls(costs) => {
                text = replaced(page, &text, name, &(calls::table(costs) + &footer(&part.taken)))?;
            }
            Measured::Growth(growth) => {
                draw(page, name, growth, &part.taken)?;
            }
        }
    }
    draw_rows(page, report)?;
    fs::write(page, text).with_context(|| format!("cannot write {}", page.display()))
}

/// Draws all figures with their goals, and the layers of the smallest transactions, next to a page or a report.
pub fn draw_rows(beside: &Path, report: &Report) -> anyhow::Result<()> {
    let rows = report.rows();
    for (name, svg) in [("goals.svg", goals(&rows)), ("layers.svg", layers(&rows, LAYERED))] {
        let path = beside.with_file_name(name);
        fs::write(&path, svg).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Draws the growth of a part next to a page or a report. Returns the path.
pub fn draw(beside: &Path, part: &str, growth: &[Growth], taken: &Taken) -> anyhow::Result<PathBuf> {
    let path = beside.with_file_name(format!("{part}.svg"));
    fs::write(&path, panels(growth, &caption(taken)))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn caption(taken: &Taken) -> String {
    let busy = if taken.is_busy() { "\nOther programs kept them busy." } else { "" };
    format!(
        "Medians of {} rounds on {} processors,\nquartiles as vertical lines.\nBoth scales are logarithmic.{busy}",
        taken.rounds, taken.processors
    )
}

/// The text of a page with the figures of a part replaced. Fails if it has no comments for them.
fn replaced(page: &Path, text: &str, part: &str, figures: &str) -> anyhow::Result<String> {
    let begin = format!("<!-- figures of {part} -->");
    let around = text.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) =
        around.with_context(|| format!("{} has no comments for the figures of {part}", page.display()))?;
    Ok(format!("{before}{begin}\n{figures}{END}{after}"))
}

fn markdown(rows: &[Row]) -> String {
    let mut lines = vec![HEAD.map(str::to_owned), HEAD.map(|_| "---".to_owned())];
    lines.extend(rows.iter().map(cells));
    lines.iter().map(|line| format!("| {} |\n", line.join(" | "))).collect()
}

/// When and how a part was measured.
fn footer(taken: &Taken) -> String {
    let busy = if taken.is_busy() { ", while other programs kept them busy" } else { "" };
    let rounds = format!("{} rounds of {} ms", taken.rounds, taken.round_ms);
    format!("\n*{rounds} on {} shared processors{busy}.*\n", taken.processors)
}
