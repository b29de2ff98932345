//! What only the running process knows, written beside the store for `status`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gateway_core::Input;
use protocols_ids::{BootId, DeviceId};
use protocols_wire::{StateReport, TimeQuality};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The clock's uncertainty is told in steps of this, so that its slow growth does not rewrite the file.
const UNCERTAINTY_STEP_MS: u64 = 100;

/// The file's content.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Live {
    pub(crate) boot: BootId,
    /// Whether the broker is connected.
    pub(crate) connected: bool,
    /// Devices that answer.
    pub(crate) answering: BTreeSet<DeviceId>,
    /// How the core is; `None` in a file of an older program.
    #[serde(default)]
    pub(crate) core: Option<LiveCore>,
}

/// What of the core's state is not on disk.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct LiveCore {
    /// `unknown`, `holdover` or `synchronised`.
    pub(crate) time_quality: String,
    /// How far the clock may be wrong, rounded up to a tenth of a second; `None`: nobody knows.
    pub(crate) clock_uncertainty_ms: Option<u64>,
    /// Whether the disk has stopped taking anything.
    pub(crate) disk_stalled: bool,
    /// Grants in the table that were taken back and open nothing.
    pub(crate) grants_taken_back: u32,
    /// Grants in the table that this program may not read.
    pub(crate) grants_not_understood: u32,
    /// Entries that wait for the cloud, on disk or still on their way to it.
    pub(crate) journal_waiting: u32,
}

impl From<&StateReport> for LiveCore {
    fn from(state: &StateReport) -> Self {
        let quality = match state.time_quality {
            TimeQuality::Unknown => "unknown",
            TimeQuality::Holdover => "holdover",
            TimeQuality::Synchronised => "synchronised",
        };
        Self {
            time_quality: quality.to_owned(),
            clock_uncertainty_ms: state
                .clock_uncertainty_ms
                .map(|ms| ms.div_ceil(UNCERTAINTY_STEP_MS).saturating_mul(UNCERTAINTY_STEP_MS)),
            disk_stalled: state.disk_stalled,
            grants_taken_back: state.grants_taken_back,
            grants_not_understood: state.grants_not_understood,
            journal_waiting: state.journal_waiting,
        }
    }
}

/// Keeps the file in step, in a task of its own: the doors never wait for a disk.
#[derive(Debug)]
pub(crate) struct LiveFile {
    live: watch::Sender<Live>,
    task: JoinHandle<()>,
}

impl LiveFile {
    pub(crate) fn start(path: PathBuf, boot: BootId) -> Self {
        let begun = Live { boot, connected: false, answering: BTreeSet::new(), core: None };
        let (live, mut seen) = watch::channel(begun);
        let task = tokio::spawn(async move {
            loop {
                let now = seen.borrow_and_update().clone();
                if let Err(error) = replace(&path, &now).await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "live.json is not written");
                }
                if seen.changed().await.is_err() {
                    return;
                }
            }
        });
        Self { live, task }
    }

    /// Takes in what came from bus or broker.
    pub(crate) fn note(&self, input: &Input) {
        self.live.send_if_modified(|live| match input {
            Input::BrokerConnected => !std::mem::replace(&mut live.connected, true),
            Input::BrokerLost => std::mem::replace(&mut live.connected, false),
            Input::DeviceFound { device, .. } => live.answering.insert(*device),
            Input::DeviceLost { device } => live.answering.remove(device),
            Input::Received { .. }
            | Input::Node { .. }
            | Input::Point { .. }
            | Input::Persisted { .. }
            | Input::Code { .. }
            | Input::Fetched { .. }
            | Input::FetchFailed
            | Input::Tick => false,
        });
    }

    /// Takes in how the core is.
    pub(crate) fn tell(&self, state: &StateReport) {
        let core = Some(LiveCore::from(state));
        self.live.send_if_modified(|live| {
            let changed = live.core != core;
            live.core = core;
            changed
        });
    }
}

impl Drop for LiveFile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn replace(path: &Path, live: &Live) -> std::io::Result<()> {
    let new = path.with_extension("json.new");
    tokio::fs::write(&new, serde_json::to_vec(live)?).await?;
    tokio::fs::rename(&new, path).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_an_older_program_is_read() {
        let text = r#"{"boot":"00000000-0000-0000-0000-000000000007","connected":true,"answering":[]}"#;
        let live: Live = serde_json::from_str(text).unwrap();
        assert!(live.connected && live.core.is_none());
    }
}
