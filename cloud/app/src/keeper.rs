//! Keeps the keys in step while the service runs, and tells the broker.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cloud_access::{REVOKED_TOPIC, Reread, Trust, broker_process, keep_keys};
use cloud_kernel::Kernel;
use nix::sys::signal::{Signal as Word, kill};
use nix::unistd::Pid;
use tokio::signal::unix::Signal;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// How often to look without a reason: what another process changed takes effect within this.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Looks at once, then at each SIGHUP, when keys are taken back, and now and then; until `stop` becomes true.
/// `broker` is the directory of the broker's files.
pub async fn run(
    kernel: Kernel,
    trust: Arc<Trust>,
    broker: PathBuf,
    mut hangup: Signal,
    mut stop: watch::Receiver<bool>,
) {
    let mut signals = kernel.live().listen_to_all();
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // A broker that runs already may have read older lists.
    let mut untold = true;
    let mut needs_start = false;
    while !*stop.borrow() {
        match keep_keys(&kernel, &trust, &broker).await {
            Ok(kept) => {
                untold |= kept.broker_changed;
                if kept.reread == Reread::NeedsStart && !needs_start {
                    tracing::warn!(
                        "another root or authority was installed: start the service and the broker anew"
                    );
                    needs_start = true;
                }
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "keys were not looked after");
            }
        }
        if untold {
            untold = !tell(&broker);
        }
        loop {
            tokio::select! {
                _ = look.tick() => {}
                _ = hangup.recv() => tracing::info!("told to read the keys anew"),
                signal = signals.next() => {
                    if signal.is_some_and(|(_, topic)| topic != REVOKED_TOPIC) {
                        continue;
                    }
                }
                _ = stop.changed() => {}
            }
            break;
        }
    }
}

/// Lets a Mosquitto that runs with these files read its lists anew. Whether there is nobody left to tell: one that is
/// started later reads them by itself.
fn tell(broker: &std::path::Path) -> bool {
    let Some(id) = broker_process(broker) else { return true };
    match kill(Pid::from_raw(id), Word::SIGHUP) {
        Ok(()) => {
            tracing::info!("the broker reads its lists anew");
            true
        }
        Err(error) => {
            tracing::error!(%error, "the broker could not be told; send SIGHUP to it");
            false
        }
    }
}
