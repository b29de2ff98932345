//! Which of the processes carries.
//!
//! **Invariant:** of the processes that share a database, one carries; the others stand by and take over.
//!
//! ```text
//!   stand by ──lock taken──▶ carry ──lock or database lost──▶ stand by
//! ```
//!
//! For a moment two may carry, when the first does not know yet that it lost the lock: everything is sent at least
//! once, and whoever receives it knows what it has.

use std::sync::Arc;
use std::time::Duration;

use cloud_kernel::telemetry::BrokerLink;
use cloud_kernel::{Kernel, error_chain};
use protocols_ids::{GatewayId, TenantId};
use tokio::sync::{mpsc, watch};

use super::connection::{INBOX, connect, drive};
use super::{BrokerAddress, Courier, DATABASE_WAIT};
use crate::store::lead::{Ears, Lead};
use crate::trust::{CLOUD_NAME, Trust, TrustError};

/// How often a process that stands by tries to take over, and one that carries asks whether it still may.
const LEAD_EVERY: Duration = Duration::from_secs(1);
/// What other processes wrote, waiting to be looked at. When it is full the listening waits.
const EARS: usize = 256;

/// Waits for the lock, carries while it is held, and so on.
pub(super) async fn stand_by(
    kernel: Kernel,
    trust: Arc<Trust>,
    broker: BrokerAddress,
    status: watch::Sender<BrokerLink>,
    mut stop: watch::Receiver<bool>,
) {
    // One client id a process: a broker that knows clients by their id alone throws nobody out. Ours knows them
    // by their certificates, and closes the connection of a process that no longer holds the lock.
    let client_id = format!("{CLOUD_NAME}-{}", kernel.new_id::<uuid::Uuid>().simple());
    while !*stop.borrow() {
        match Lead::take(&kernel).await {
            Ok(Some(lead)) => {
                tracing::info!("this process carries messages to and from the gateways");
                status.send_replace(BrokerLink::Away);
                let carried =
                    Box::pin(carry(&kernel, &trust, &broker, &client_id, lead, status.clone(), stop.clone()))
                        .await;
                status.send_replace(BrokerLink::StandsBy);
                if let Err(error) = carried {
                    tracing::error!(error = error_chain(&error), "cannot connect to the broker");
                }
            }
            Ok(None) => tracing::debug!("another process carries messages"),
            Err(error) => {
                tracing::warn!(error = error_chain(&error), "cannot ask whether another process carries");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LEAD_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Carries until `stop` becomes true or the lock is lost.
async fn carry(
    kernel: &Kernel,
    trust: &Arc<Trust>,
    broker: &BrokerAddress,
    client_id: &str,
    lead: Lead,
    status: watch::Sender<BrokerLink>,
    stop: watch::Receiver<bool>,
) -> Result<(), TrustError> {
    let (client, connection) = connect(trust, broker, client_id)?;
    let (inbox, messages) = mpsc::channel(INBOX);
    let (ears, others) = mpsc::channel(EARS);
    let courier = Courier::new(kernel.clone(), Arc::clone(trust), client.clone(), status);
    let (ending, end) = watch::channel(false);
    let (lead, (), (), ()) = tokio::join!(
        keep_lead(lead, stop, ending),
        listen(kernel, ears, end.clone()),
        drive(connection, client, inbox, end.clone()),
        courier.run(messages, others, end),
    );
    // Only when nothing is carried any more.
    lead.release().await;
    Ok(())
}

/// Asks again and again whether the lock is held; says when it is lost, or when it is time to stop.
async fn keep_lead(mut lead: Lead, mut stop: watch::Receiver<bool>, ending: watch::Sender<bool>) -> Lead {
    while !*stop.borrow() {
        if !lead.holds().await {
            tracing::warn!("the database no longer says that this process carries; standing by");
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(LEAD_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
    ending.send_replace(true);
    lead
}

/// Hands on what other processes wrote for gateways. Without it the next look finds it.
async fn listen(
    kernel: &Kernel,
    told: mpsc::Sender<Option<(TenantId, GatewayId)>>,
    mut end: watch::Receiver<bool>,
) {
    while !*end.borrow() {
        let listening = async {
            let mut ears = Ears::open(kernel).await?;
            loop {
                if told.send(ears.next().await?).await.is_err() {
                    return Ok::<(), sqlx::Error>(());
                }
            }
        };
        tokio::select! {
            outcome = listening => if let Err(error) = outcome {
                tracing::warn!(error = error_chain(&error), "cannot hear what other processes write");
            },
            _ = end.changed() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(DATABASE_WAIT) => {}
            _ = end.changed() => {}
        }
    }
}
