//! The hall in real time.

mod network;

use core::future::Future;
use core::time::Duration;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use firmware_nodes::{Exception, Node};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_modbus::server::tcp::{Server, accept_tcp_connection};

use crate::layout::{Layout, LayoutError};
use crate::modbus::Connection;
use crate::scene::Scene;
use crate::site::{Action, Refusal, Reply, ScannerAction, Site};
pub use network::ScannerNetwork;

/// How often time passes in the hall: a third of the nodes' debounce time, so that no input is seen late by
/// more than a blink.
const TICK: Duration = Duration::from_millis(10);

/// A [`Site`] that runs by tokio's clock. Clones are the same hall.
#[derive(Clone, Debug)]
pub struct Hall(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    site: Mutex<Site>,
    began: Instant,
    scene: watch::Sender<Arc<Scene>>,
}

impl Hall {
    /// A hall whose time begins now, and passes while [`Self::run`] runs.
    pub fn new(layout: &Layout) -> Result<Self, LayoutError> {
        let site = Site::new(layout)?;
        let (scene, _) = watch::channel(Arc::new(site.scene(0)));
        Ok(Self(Arc::new(Shared { site: Mutex::new(site), began: Instant::now(), scene })))
    }

    /// What is seen now.
    pub fn scene(&self) -> Arc<Scene> {
        self.0.scene.borrow().clone()
    }

    /// Follows what is seen; scenes that pass faster than they are looked at are skipped.
    pub fn watch(&self) -> watch::Receiver<Arc<Scene>> {
        self.0.scene.subscribe()
    }

    /// Somebody does something at a device, or it breaks.
    pub fn act(&self, unit: u8, action: Action) -> Result<(), Refusal> {
        self.with_site(|site, now_ms| site.act(now_ms, unit, action))
    }

    /// Somebody does something at the scanner, or it breaks.
    pub fn act_at_scanner(&self, action: ScannerAction<'_>) -> Result<(), Refusal> {
        self.with_site(|site, now_ms| site.act_at_scanner(now_ms, action))
    }

    /// Lets time pass; never ends.
    pub async fn run(&self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            self.with_site(Site::tick);
        }
    }

    /// Answers Modbus TCP on `listener` until accepting fails. Dropping the future ends every connection.
    pub fn serve_modbus(&self, listener: TcpListener) -> impl Future<Output = io::Result<()>> + Send + use<> {
        let hall = self.clone();
        async move {
            Server::new(listener)
                .serve(
                    &|stream, peer| {
                        let hall = hall.clone();
                        async move {
                            tracing::debug!(%peer, "a master connects");
                            accept_tcp_connection(stream, peer, |_| Ok(Some(Connection(hall.clone()))))
                        }
                    },
                    |error| tracing::debug!(%error, "a master's connection broke"),
                )
                .await
        }
    }

    /// Keeps the scanner connected to the site's broker; never ends.
    pub async fn connect_scanner(&self, network: ScannerNetwork) {
        network::drive(self, network).await;
    }

    pub(crate) fn request<T>(
        &self,
        unit: u8,
        ask: impl FnOnce(&mut dyn Node) -> Result<T, Exception>,
    ) -> Reply<T> {
        self.with_site(|site, now_ms| site.request(now_ms, unit, ask))
    }

    /// Does something to the site and publishes what came of it.
    fn with_site<T>(&self, act: impl FnOnce(&mut Site, u64) -> T) -> T {
        let mut site = self.lock();
        // Read under the lock, so that the site's time never goes back.
        let now_ms = u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let outcome = act(&mut site, now_ms);
        let scene = site.scene(now_ms);
        self.0.scene.send_if_modified(|shown| {
            let changed = **shown != scene;
            if changed {
                *shown = Arc::new(scene);
            }
            changed
        });
        outcome
    }

    /// A panic in the middle of a step leaves a hall that is still a hall.
    fn lock(&self) -> MutexGuard<'_, Site> {
        self.0.site.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
