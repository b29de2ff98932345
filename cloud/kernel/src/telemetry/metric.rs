//! A figure that operators read: declared once, recorded by name, listed in `docs/observability.md`.

use std::time::Duration;

use metrics::Label;

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How a figure behaves.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    /// Only rises.
    Counter,
    /// Rises and falls.
    Gauge,
    /// A distribution, with these upper bounds of its buckets.
    Histogram(&'static [f64]),
}

impl Kind {
    /// As Prometheus and the document call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// What a figure counts in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Yes (1) or no (0).
    YesNo,
    /// Seconds since 1970.
    UnixSeconds,
}

impl Unit {
    /// As the document calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::YesNo => "0 or 1",
            Self::UnixSeconds => "seconds since 1970",
        }
    }
}

/// A declared figure. Whoever records it gives one value for each of its labels, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// What it counts in.
    pub unit: Unit,
    /// Its labels; each has a bounded set of values.
    pub labels: &'static [&'static str],
    /// What it means, in one line.
    pub help: &'static str,
}

impl Metric {
    fn labelled(&self, values: &[&str]) -> Vec<Label> {
        debug_assert_eq!(
            values.len(),
            self.labels.len(),
            "{} has these labels: {:?}",
            self.name,
            self.labels
        );
        self.labels.iter().zip(values).map(|(name, value)| Label::new(*name, (*value).to_owned())).collect()
    }

    /// Counts one.
    pub fn count(&self, values: &[&str]) {
        self.add(values, 1);
    }

    /// Counts several.
    pub fn add(&self, values: &[&str], count: u64) {
        debug_assert_eq!(self.kind, Kind::Counter, "{} counts nothing", self.name);
        metrics::counter!(self.name, self.labelled(values)).increment(count);
    }

    /// Sets a counter that somebody else keeps, such as the kernel's seconds of processor time.
    pub fn reached(&self, values: &[&str], total: u64) {
        debug_assert_eq!(self.kind, Kind::Counter, "{} counts nothing", self.name);
        metrics::counter!(self.name, self.labelled(values)).absolute(total);
    }

    /// Says how much there is now.
    pub fn set(&self, values: &[&str], now: f64) {
        debug_assert_eq!(self.kind, Kind::Gauge, "{} has no present value", self.name);
        metrics::gauge!(self.name, self.labelled(values)).set(now);
    }

    /// One more now, or one less.
    pub fn change(&self, values: &[&str], by: f64) {
        debug_assert_eq!(self.kind, Kind::Gauge, "{} has no present value", self.name);
        metrics::gauge!(self.name, self.labelled(values)).increment(by);
    }

    /// Adds a time to a distribution.
    pub fn took(&self, values: &[&str], time: Duration) {
        debug_assert!(matches!(self.kind, Kind::Histogram(_)), "{} is no distribution", self.name);
        metrics::histogram!(self.name, self.labelled(values)).record(time.as_secs_f64());
    }
}

/// Tells the recorder what every figure means, so that it stands beside it when it is read.
pub fn describe_all() {
    for metric in super::figures::ALL {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.help),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            Kind::Histogram(_) => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
}

/// Declares figures and the list of all of them, so that none stands outside it.
macro_rules! figures {
    ($($constant:ident = $name:literal, $kind:expr, $unit:ident, [$($label:literal),*], $help:literal;)+) => {
        $(
            #[doc = $help]
            pub const $constant: Metric = Metric {
                name: $name, kind: $kind, unit: Unit::$unit, labels: &[$($label),*], help: $help,
            };
        )+
        /// Every figure of the cloud.
        pub const ALL: &[Metric] = &[$($constant),+];
    };
}
pub(super) use figures;
