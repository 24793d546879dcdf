//! The plots, in SVG.

mod bars;
mod goals;
mod layers;
mod panels;

use std::error::Error;

use plotters::prelude::*;

pub use self::goals::goals;
pub use self::layers::layers;
pub use self::panels::panels;

/// The width of all plots, in pixels.
const WIDTH: u32 = 960;

/// What is drawn on.
type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// Why a plot cannot be drawn.
type Failure = Box<dyn Error>;

const FONT: &str = "system-ui, sans-serif";
const INK: RGBColor = RGBColor(31, 41, 55);
const GREY: RGBColor = RGBColor(107, 114, 128);
const GRID: RGBColor = RGBColor(229, 231, 235);
const BLUE: RGBColor = RGBColor(0, 114, 178);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const ORANGE: RGBColor = RGBColor(213, 94, 0);
const PURPLE: RGBColor = RGBColor(204, 121, 167);

/// The style of a text. The library's unit is a little less than a pixel.
fn text(size: u32, colour: &RGBColor) -> TextStyle<'static> {
    (FONT, size).into_font().color(colour)
}

/// A drawing of this height. Its background is white, so that it is readable on dark pages, too.
fn drawn(height: u32, draw: impl FnOnce(&Area<'_>) -> Result<(), Failure>) -> String {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let done = area.fill(&WHITE).map_err(Failure::from).and_then(|()| draw(&area));
        done.and_then(|()| Ok(area.present()?)).expect("drawing into a text cannot fail");
    }
    svg
}

/// A number on an axis, abbreviated.
fn label(value: f64) -> String {
    match value {
        1e6.. => format!("{}M", value / 1e6),
        1e3.. => format!("{}k", value / 1e3),
        _ => value.to_string(),
    }
}
