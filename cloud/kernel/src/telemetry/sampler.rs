//! Figures that nobody counts as they happen: how much waits, how many gateways are silent. Looked at now and
//! then.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::{BrokerLink, Metric, figures, process};
use crate::{Kernel, outbox};

/// How often to look. Prometheus asks every 15 to 60 seconds.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// What one look has found, summed over all tenants.
#[derive(Debug, Default)]
pub struct Measures(BTreeMap<(&'static str, Vec<String>), (Metric, f64)>);

impl Measures {
    /// Adds to a figure that is summed over tenants.
    pub fn add(&mut self, metric: &Metric, values: &[&str], amount: f64) {
        self.entry(metric, values).1 += amount;
    }

    /// Keeps the greatest of a figure.
    pub fn at_least(&mut self, metric: &Metric, values: &[&str], amount: f64) {
        let found = self.entry(metric, values);
        found.1 = found.1.max(amount);
    }

    fn entry(&mut self, metric: &Metric, values: &[&str]) -> &mut (Metric, f64) {
        let key = (metric.name, values.iter().map(|value| (*value).to_owned()).collect());
        self.0.entry(key).or_insert((*metric, 0.0))
    }
}

/// Looks, and sets what it finds.
pub struct Sampler {
    kernel: Kernel,
    set: BTreeSet<(&'static str, Vec<String>)>,
}

impl Sampler {
    /// A sampler for the program of that name. Nothing is looked at yet.
    pub fn new(kernel: Kernel, program: &str) -> Self {
        process::introduce(program, kernel.now());
        Self { kernel, set: BTreeSet::new() }
    }

    /// Looks until `stop` becomes true.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*stop.borrow() {
            tokio::select! {
                _ = tick.tick() => self.look().await,
                _ = stop.changed() => {}
            }
        }
    }

    /// Looks once. While the database does not answer, what it would tell stays as it was.
    pub async fn look(&mut self) {
        process::measure();
        self.measure_here();
        match self.ask().await {
            Ok(measures) => self.show(&measures),
            Err(error) => {
                tracing::warn!(
                    error = crate::error_chain(&error),
                    "figures cannot be read from the database"
                );
            }
        }
    }

    fn measure_here(&self) {
        for (name, pool) in self.kernel.database().pools() {
            let (size, idle) =
                (f64::from(pool.size()), f64::from(u32::try_from(pool.num_idle()).unwrap_or(0)));
            figures::DATABASE_CONNECTIONS.set(&[name, "idle"], idle);
            figures::DATABASE_CONNECTIONS.set(&[name, "in_use"], (size - idle).max(0.0));
        }
        let health = self.kernel.health();
        if let Some(ago) = health.worker_looked_ago() {
            figures::WORKER_LOOKED.set(&[], ago.as_secs_f64());
        }
        if let Some(link) = health.broker_link() {
            figures::BROKER_CONNECTED.set(&[], f64::from(u8::from(link == BrokerLink::Connected)));
        }
    }

    async fn ask(&self) -> Result<Measures, sqlx::Error> {
        let mut measures = Measures::default();
        outbox::measure(&self.kernel, &mut measures).await?;
        for (tenant, _) in self.kernel.directory().tenants().await? {
            let mut tx = self.kernel.begin(tenant).await?;
            for module in self.kernel.registry().modules() {
                module.measure(&mut tx, &mut measures).await?;
            }
            tx.commit().await?;
        }
        Ok(measures)
    }

    /// Sets what was found; what was there before and is gone is none.
    fn show(&mut self, measures: &Measures) {
        for (key, (metric, amount)) in &measures.0 {
            metric.set(&strs(&key.1), *amount);
            self.set.insert(key.clone());
        }
        for (name, values) in &self.set {
            if !measures.0.contains_key(&(*name, values.clone()))
                && let Some(metric) = figures::ALL.iter().find(|metric| metric.name == *name)
            {
                metric.set(&strs(values), 0.0);
            }
        }
    }
}

fn strs(values: &[String]) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

impl std::fmt::Debug for Sampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sampler").finish_non_exhaustive()
    }
}
