//! Keeps keys in step beside everything else: takes what a ceremony installed, changes over to the next signing key
//! when the gateways know it, renews what broker and cloud show, and writes the broker's lists of who was taken back.
//!
//! Each round reads the truth anew and may be repeated; several replicas come to the same.

use std::path::Path;

use cloud_kernel::Kernel;

use crate::broker::{BrokerFilesError, update_broker_files};
use crate::store::{gateway, keys};
use crate::trust::{ChangeOver, Reread, Trust, TrustError};

/// Why a round was not finished. The next one begins anew.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// The database.
    #[error("keys in the database")]
    Database(#[from] sqlx::Error),
    /// The secrets directory.
    #[error("keys on disk")]
    Trust(#[from] TrustError),
    /// The broker's files.
    #[error("keys of the broker")]
    Broker(#[from] BrokerFilesError),
}

/// What a round found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeysKept {
    /// What became of reading the secrets directory.
    pub reread: Reread,
    /// Whether another key signs from now on.
    pub changed_over: bool,
    /// Whether the broker's lists changed, so that it must be told.
    pub broker_changed: bool,
}

/// One round. `broker` is the directory of the broker's files.
pub async fn keep_keys(kernel: &Kernel, trust: &Trust, broker: &Path) -> Result<KeysKept, KeeperError> {
    let now = kernel.now();
    let reread = trust.reread(now)?;
    if reread == Reread::Changed {
        tracing::info!(serial = trust.serial(), "a newer trust bundle or signing key is in force");
    }
    let (mut certificates, mut gateways, mut behind) = (Vec::new(), Vec::new(), 0_usize);
    let waiting = trust.change_over();
    let mut tenants: Vec<_> =
        gateway::everywhere(kernel).await?.into_iter().map(|(tenant, _)| tenant).collect();
    tenants.dedup();
    for tenant in tenants {
        let mut tx = kernel.begin(tenant).await?;
        certificates.append(&mut keys::revoked(&mut tx).await?);
        gateways.append(&mut keys::revoked_gateways(&mut tx).await?);
        if let Some(ChangeOver { serial, .. }) = waiting {
            let all = gateway::all(&mut tx).await?;
            behind += all
                .iter()
                .filter(|one| one.enrolment.is_some())
                .filter(|one| one.report.as_ref().is_none_or(|report| report.trust_serial < serial))
                .count();
        }
        tx.commit().await?;
    }
    let changed_over = match waiting {
        Some(waits) if behind == 0 || waits.is_overdue(now) => {
            let done = trust.sign_with_next(now)?;
            if done {
                let key = trust.signer().key_id();
                tracing::info!(key = %data_encoding::HEXLOWER.encode(&key.0), behind, "another key signs from now on");
            }
            done
        }
        Some(_) | None => false,
    };
    if trust.renew_own(now)? {
        tracing::info!("the broker's certificate and the cloud's own at the broker were renewed");
    }
    let broker_changed = update_broker_files(broker, trust, &certificates, &gateways, now)?;
    Ok(KeysKept { reread, changed_over, broker_changed })
}
