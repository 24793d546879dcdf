//! Horizontal bars, one below the other.

use plotters::chart::ChartContext;
use plotters::coord::ranged1d::{SegmentValue, SegmentedCoord};
use plotters::coord::types::{RangedCoordf64, RangedCoordusize};
use plotters::prelude::*;

use super::{Area, Failure, GRID, INK, text};

/// A chart of bars.
pub struct Bars<'a, 'b> {
    chart: ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, SegmentedCoord<RangedCoordusize>>>,
    count: usize,
}

/// The sizes of a chart of bars, in pixels.
pub struct Layout {
    /// Above the bars.
    pub top: u32,
    /// Left of the bars, for their names.
    pub left: u32,
    /// Right of the bars.
    pub right: u32,
    /// Below the bars, for the scale.
    pub bottom: u32,
}

impl<'a, 'b> Bars<'a, 'b> {
    /// A chart with a bar of each name, of which there is at least one, from 0 to `most`.
    pub fn new(
        area: &'a Area<'b>,
        layout: &Layout,
        names: &[&str],
        most: f64,
        label: &dyn Fn(&f64) -> String,
    ) -> Result<Self, Failure> {
        let count = names.len();
        let mut chart = ChartBuilder::on(area)
            .margin_top(layout.top)
            .margin_right(layout.right)
            .set_label_area_size(LabelAreaPosition::Left, layout.left)
            .set_label_area_size(LabelAreaPosition::Bottom, layout.bottom)
            .build_cartesian_2d(0.0..most, (0..count - 1).into_segmented())?;
        let name = |at: &SegmentValue<usize>| match at {
            SegmentValue::CenterOf(at) | SegmentValue::Exact(at) => names.iter().rev().nth(*at),
            SegmentValue::Last => None,
        };
        chart
            .configure_mesh()
            .disable_y_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(GRID)
            .label_style(text(15, &INK))
            .x_labels(5)
            .x_label_formatter(label)
            .y_labels(count + 1)
            .y_label_formatter(&|at| name(at).map(|name| (*name).to_owned()).unwrap_or_default())
            .draw()?;
        Ok(Self { chart, count })
    }

    /// Draws a part of a bar, with this margin above and below. Bars are counted from the top.
    pub fn part(
        &mut self,
        bar: usize,
        (begin, end): (f64, f64),
        margin: u32,
        colour: RGBColor,
    ) -> Result<(), Failure> {
        let (low, high) = self.edges(bar);
        let mut part = Rectangle::new([(begin, low), (end, high)], colour.filled());
        part.set_margin(margin, margin, 0, 0);
        self.chart.draw_series([part])?;
        Ok(())
    }

    /// Draws a line across the bars from one to another.
    pub fn line(&mut self, at: f64, first: usize, last: usize) -> Result<(), Failure> {
        let ends = [(at, self.edges(first).1), (at, self.edges(last).0)];
        self.chart.draw_series([PathElement::new(ends, INK.stroke_width(2))])?;
        Ok(())
    }

    /// Draws a mark in the middle of a bar.
    pub fn mark(&mut self, bar: usize, at: f64) -> Result<(), Failure> {
        let place = (at, SegmentValue::CenterOf(self.count - 1 - bar));
        self.chart.draw_series([TriangleMarker::new(place, 5, INK.filled())])?;
        Ok(())
    }

    /// Writes something at the upper edge of a bar.
    pub fn write(&mut self, bar: usize, at: f64, what: &str) -> Result<(), Failure> {
        let place = (at, self.edges(bar).1);
        self.chart.draw_series([Text::new(what.to_owned(), place, text(15, &INK))])?;
        Ok(())
    }

    /// The lower and the upper edge of a bar. The library counts from the bottom.
    fn edges(&self, bar: usize) -> (SegmentValue<usize>, SegmentValue<usize>) {
        let at = self.count - 1 - bar;
        (SegmentValue::Exact(at), SegmentValue::Exact(at + 1))
    }
}
