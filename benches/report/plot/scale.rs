//! Logarithmic scales.

/// A scale from values to positions.
pub struct Scale {
    least: f64,
    most: f64,
    begin: f64,
    end: f64,
}

impl Scale {
    /// A scale from the least of these values, drawn at `begin`, to the largest, drawn at `end`.
    pub fn over(values: impl Iterator<Item = f64> + Clone, begin: f64, end: f64) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(f64::NEG_INFINITY, f64::max);
        Self { least: least.log10(), most: most.log10(), begin, end }
    }

    /// The same, from the power of ten below to that above.
    pub fn over_decades(values: impl Iterator<Item = f64> + Clone, begin: f64, end: f64) -> Self {
        let exact = Self::over(values, begin, end);
        Self { least: exact.least.floor(), most: exact.most.ceil(), ..exact }
    }

    /// The position of a value.
    pub fn position(&self, value: f64) -> f64 {
        self.begin + (value.log10() - self.least) / (self.most - self.least) * (self.end - self.begin)
    }

    /// The powers of ten on the scale, with their positions.
    pub fn decades(&self) -> impl Iterator<Item = (f64, f64)> {
        let exponents = self.least.ceil() as i32..=(self.most + 0.01).floor() as i32;
        exponents.map(|exponent| 10_f64.powi(exponent)).map(|value| (value, self.position(value)))
    }
}

/// A power of ten, abbreviated.
pub fn label(value: f64) -> String {
    match value {
        1e6.. => format!("{}M", value / 1e6),
        1e3.. => format!("{}k", value / 1e3),
        _ => value.to_string(),
    }
}

/// A power of ten in bytes, abbreviated.
pub fn label_in_bytes(value: f64) -> String {
    match value {
        1e6.. => format!("{} MB", value / 1e6),
        1e3.. => format!("{} KB", value / 1e3),
        _ => format!("{value} B"),
    }
}
