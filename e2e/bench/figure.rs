//! How a bench hands its figures over: one JSON object a line on standard output, gathered by `deploy/bench`.
//!
//! Included by path from every bench in Rust. Needs nothing but the standard library.
#![allow(dead_code, reason = "each bench uses a part of it")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

/// One figure, as `docs/benchmarks.md` describes it.
pub struct Figure<'a> {
    /// Its name, unit last.
    pub name: &'a str,
    /// What was measured.
    pub value: f64,
    /// The unit of value, goal and floor. One that ends with `/s` is better when higher, any other when
    /// lower.
    pub unit: &'a str,
    /// What is to be reached; `None` where a figure only explains another.
    pub goal: Option<f64>,
    /// The same work by the barest means, in the same run; `None` where there is no such thing.
    pub floor: Option<f64>,
    /// How it was measured, and what the floor is.
    pub note: &'a str,
}

impl Figure<'_> {
    /// Writes the line.
    pub fn tell(&self) {
        let number = |value: Option<f64>| value.map_or("null".to_owned(), |value| format!("{value:.3}"));
        let line = format!(
            "{{\"name\":{},\"value\":{:.3},\"unit\":{},\"goal\":{},\"floor\":{},\"note\":{}}}\n",
            quoted(self.name),
            self.value,
            quoted(self.unit),
            number(self.goal),
            number(self.floor),
            quoted(self.note),
        );
        let mut out = std::io::stdout().lock();
        out.write_all(line.as_bytes()).and_then(|()| out.flush()).expect("standard output takes the figure");
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => write!(quoted, "\\u{:04x}", u32::from(c)).expect("a string takes it"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether fewer rounds were asked for, to see that everything works.
pub fn quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}

/// The smallest of the values that at least `percent` of them do not exceed (nearest rank).
pub fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    *sorted.get(rank - 1).expect("something was measured")
}

/// Milliseconds.
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Numbers from a seed (SplitMix64), so that every run asks the same.
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `bound`. Its bias is far below anything that a bench could notice.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let bound = u64::try_from(bound).expect("a number of 64 bits");
        usize::try_from(mixed % bound).expect("below a usize")
    }
}
