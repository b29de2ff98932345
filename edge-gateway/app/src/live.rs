//! What only the running process knows, written beside the store for `status`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gateway_core::Input;
use protocols_ids::{BootId, DeviceId};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The file's content.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Live {
    pub(crate) boot: BootId,
    /// Whether the broker is connected.
    pub(crate) connected: bool,
    /// Devices that answer.
    pub(crate) answering: BTreeSet<DeviceId>,
}

/// Keeps the file in step, in a task of its own: the doors never wait for a disk.
#[derive(Debug)]
pub(crate) struct LiveFile {
    live: watch::Sender<Live>,
    task: JoinHandle<()>,
}

impl LiveFile {
    pub(crate) fn start(path: PathBuf, boot: BootId) -> Self {
        let (live, mut seen) = watch::channel(Live { boot, connected: false, answering: BTreeSet::new() });
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
