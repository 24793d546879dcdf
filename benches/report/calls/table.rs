//! The table of the costs of calls, in Markdown.

use super::{Costs, Expected};
use crate::table::number;

/// The quantities that have a column.
const QUANTITIES: [usize; 5] = [1, 10, 100, 1_000, 10_000];

/// The costs of calls, in microseconds.
pub fn table(all: &[Costs]) -> String {
    let head = "| call | as these grow | 1 | 10 | 100 | 1,000 | 10,000 | ten times as many |\n";
    let rule = "| --- | --- | --: | --: | --: | --: | --: | --- |\n";
    let rows = all.iter().map(|costs| format!("| {} |\n", cells(costs).join(" | ")));
    [head.to_owned(), rule.to_owned()].into_iter().chain(rows).collect()
}

fn cells(costs: &Costs) -> Vec<String> {
    let at = |quantity: usize| {
        let point = costs.points.iter().find(|(at, _)| *at == quantity);
        point.map(|(_, spread)| format!("{} µs", number(spread.median))).unwrap_or_default()
    };
    let names = [costs.what.clone(), costs.of.clone()];
    names.into_iter().chain(QUANTITIES.map(at)).chain([verdict(costs)]).collect()
}

fn verdict(costs: &Costs) -> String {
    let times = format!("× {}", number(costs.growth.median));
    match costs.expected {
        _ if costs.is_worse() => format!("**{times}: WORSE**"),
        Expected::Flat => format!("{times}: flat"),
        Expected::Proportional => format!("{times}: linear"),
    }
}
