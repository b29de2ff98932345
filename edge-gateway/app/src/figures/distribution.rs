//! Times, counted in buckets.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds of the buckets in microseconds, with the seconds that Prometheus reads: from a decision in
/// memory to a disk that has stalled.
const BOUNDS: [(u64, &str); 13] = [
    (50, "0.00005"),
    (250, "0.00025"),
    (500, "0.0005"),
    (1_000, "0.001"),
    (3_000, "0.003"),
    (10_000, "0.01"),
    (30_000, "0.03"),
    (100_000, "0.1"),
    (200_000, "0.2"),
    (300_000, "0.3"),
    (500_000, "0.5"),
    (2_000_000, "2"),
    (10_000_000, "10"),
];

/// How often something took how long. A time beyond the last bound counts in the sum and the count only.
#[derive(Debug, Default)]
pub(crate) struct Distribution {
    buckets: [AtomicU64; BOUNDS.len()],
    count: AtomicU64,
    sum_us: AtomicU64,
}

impl Distribution {
    pub(crate) fn add(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|(bound, _)| us <= *bound);
        if let Some(count) = bucket.and_then(|at| self.buckets.get(at)) {
            count.fetch_add(1, Relaxed);
        }
        self.count.fetch_add(1, Relaxed);
        self.sum_us.fetch_add(us, Relaxed);
    }

    pub(super) fn render(&self, name: &str, text: &mut String) {
        let mut so_far = 0;
        for ((_, bound), count) in BOUNDS.iter().zip(&self.buckets) {
            so_far += count.load(Relaxed);
            // Writing to a string cannot fail.
            _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {so_far}");
        }
        let (count, sum) = (self.count.load(Relaxed), Duration::from_micros(self.sum_us.load(Relaxed)));
        // What is added meanwhile may be in a bucket and not yet in the count: never fewer in all than in
        // some.
        let count = count.max(so_far);
        _ = writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {count}");
        _ = writeln!(text, "{name}_sum {}", sum.as_secs_f64());
        _ = writeln!(text, "{name}_count {count}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_counts_in_every_bucket_from_its_own_on() {
        let distribution = Distribution::default();
        for ms in [1, 2, 400, 60_000] {
            distribution.add(Duration::from_millis(ms));
        }
        let mut text = String::new();
        distribution.render("a", &mut text);
        for line in [
            "a_bucket{le=\"0.0005\"} 0",
            "a_bucket{le=\"0.001\"} 1",
            "a_bucket{le=\"0.003\"} 2",
            "a_bucket{le=\"0.5\"} 3",
            "a_bucket{le=\"10\"} 3",
            "a_bucket{le=\"+Inf\"} 4",
            "a_sum 60.403",
            "a_count 4",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
    }
}
