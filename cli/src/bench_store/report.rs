//! The figures, for people and as JSON.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json as value};

use super::figures::{Figures, Latencies};

/// The figures, and what they mean for requests.
pub fn report(figures: &[Figures]) -> String {
    let mut text = String::new();
    for figures in figures {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "values of {} KB", figures.size / 1000);
        write_latencies(&mut text, "one read", &figures.read);
        write_latencies(&mut text, "one compare-and-swap", &figures.replace);
        let _ = writeln!(
            text,
            "  64 at a time          {:.0} reads and as many compare-and-swaps a second",
            figures.per_second
        );
        if figures.evicted > 0 {
            let _ = writeln!(
                text,
                "  evictions             {} during the measurement: the store has too little memory",
                figures.evicted
            );
        }
        let _ = writeln!(text, "  {}\n", meaning(figures));
    }
    text.push_str("A request that changes a session takes one read and one compare-and-swap; all hosts share the store.\n");
    text
}

fn write_latencies(text: &mut String, name: &str, latencies: &Latencies) {
    let Latencies { median, p90, p99, max } = latencies;
    let [median, p90, p99, max] = [median, p90, p99, max].map(|duration| milliseconds(*duration));
    let _ = writeln!(
        text,
        "  {name:<21} median {median:.3} ms, 90 % within {p90:.3} ms, 99 % within {p99:.3} ms, longest {max:.3} ms"
    );
}

fn meaning(figures: &Figures) -> String {
    let both = milliseconds(figures.read.median + figures.replace.median);
    format!(
        "so a request with a session of this size waits about {both:.2} ms for the store, and requests from this machine \
         are limited to about {:.0} a second by the store",
        figures.per_second
    )
}

/// The figures as JSON. Durations are in seconds.
pub fn json(figures: &[Figures]) -> String {
    let sizes: Vec<_> = figures.iter().map(size).collect();
    format!("{:#}\n", value!({ "sizes": sizes }))
}

fn size(figures: &Figures) -> Value {
    value!({
        "value_bytes": figures.size,
        "read": latencies(&figures.read),
        "compare_and_swap": latencies(&figures.replace),
        "concurrency": super::keys::KEYS,
        "requests_per_second": figures.per_second,
        "evicted": figures.evicted,
    })
}

fn latencies(latencies: &Latencies) -> Value {
    value!({
        "median_seconds": latencies.median.as_secs_f64(),
        "p90_seconds": latencies.p90.as_secs_f64(),
        "p99_seconds": latencies.p99.as_secs_f64(),
        "max_seconds": latencies.max.as_secs_f64(),
    })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_what_the_figures_mean_for_requests() {
        let latencies = |millis| Latencies::of(vec![Duration::from_millis(millis)]);
        let figures =
            Figures { size: 1000, read: latencies(1), replace: latencies(2), per_second: 1234.4, evicted: 0 };
        let text = report(std::slice::from_ref(&figures));
        assert!(text.starts_with("values of 1 KB\n  one read              median 1.000 ms, "), "{text}");
        assert!(text.contains("waits about 3.00 ms for the store") && text.contains("about 1234 a second"));
        assert!(!text.contains("evict"), "{text}");
        let evicting = report(&[Figures { evicted: 2, ..figures }]);
        assert!(evicting.contains("evictions             2 during"), "{evicting}");
    }
}
