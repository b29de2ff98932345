//! The loop: what happens goes into the core, what it wants is done.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use gateway_core::{Change, Core, Input, Output};
use gateway_fieldbus::{Fieldbus, Profiles, warnings};
use gateway_store::Store;
use gateway_uplink::{Enrolled, Fetches, Uplink};
use protocols_fieldbus::nodes::NodeEvent;
use protocols_wire::{JournalEntry, JournalEvent, decode};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep_until, timeout};

use crate::clock::{self, Clock};
use crate::config::Config;
use crate::figures::{self, Figures};
use crate::folder::Folder;
use crate::live::LiveFile;
use crate::writer::{Progress, Writer};

/// How long the disk may take at the end; what is not written then is told again by nobody.
const FLUSH_WITHIN: Duration = Duration::from_secs(5);
/// How often the core is asked how it is, for figures: nobody reads them more often.
const STATE_EVERY: Duration = Duration::from_secs(1);
/// How often `live.json` is brought up to date, where something has changed: soon enough for who looks at `status`.
const TELL_EVERY: Duration = Duration::from_secs(2);

struct Gateway {
    core: Core,
    clock: Clock,
    fieldbus: Fieldbus,
    profiles: Profiles,
    uplink: Uplink,
    fetches: Fetches,
    /// The secret that seals the table, and the ticket with which that is on disk.
    sealing: Option<(u64, u32)>,
    writer: Writer,
    live: LiveFile,
    figures: Arc<Figures>,
    state_due: Instant,
    wake_at: Option<Instant>,
}

/// Runs until SIGTERM or SIGINT.
pub(crate) async fn run(folder: &Folder, config: &Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let profiles = config.profiles()?;
    let site_login = config.site_login()?;
    let enrolled = Enrolled::load(folder.path())?;
    let _lock = folder.lock()?;
    let figures = Arc::new(Figures::default());
    let _listening = listen(config, &figures).await?;

    let mut store = Store::open(&folder.store(), enrolled.journal_generation()).await?;
    let clock = Clock::start();
    let boot = clock::boot()?;
    if let Some(aside) = store.put_aside() {
        tracing::error!(put_aside = %aside.display(), "the store was damaged: begun anew with what holds");
    }
    let stored = store.load(boot).await?;
    let (time_floor, seal_id) = (stored.time_floor, stored.seal_id);
    tracing::info!(
        gateway = %enrolled.gateway(), name = enrolled.name(), %boot,
        grants = stored.grants.len(), journal_head = stored.journal_head,
        unacknowledged = stored.unacknowledged.len(), damage = ?stored.damage, "starting"
    );
    let core = Core::new(stored, enrolled.for_core()?, clock.now());
    let (writer, mut written) = Writer::start(store, Arc::clone(&figures));
    let (fieldbus, mut from_bus) = Fieldbus::new(profiles.clone());
    let mut fieldbus = fieldbus.observed_by(Arc::clone(&figures).observer());
    fieldbus.set_site_login(site_login);
    let (uplink, mut from_cloud) = Uplink::start(&enrolled, core.last_will(clock.now()), time_floor)?;
    let (fetches, mut from_api) = Fetches::start(enrolled, folder.path(), &uplink);
    // What was to be forgotten when the power went.
    fetches.table_sealed_with(seal_id);
    let live = LiveFile::start(folder.live(), boot);
    let mut gateway = Gateway {
        core,
        clock,
        fieldbus,
        profiles,
        uplink,
        fetches,
        sealing: None,
        writer,
        live,
        figures,
        state_due: Instant::now(),
        wake_at: None,
    };
    let mut tell = tokio::time::interval(TELL_EVERY);

    loop {
        gateway.carry_out();
        let wake_at = gateway.wake_at;
        tokio::select! {
            // Doors first; nothing on a bus comes fast enough to keep the others waiting.
            biased;
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            Some(input) = from_bus.recv() => gateway.take(input),
            ticket = written.recv() => match ticket {
                Some(ticket) => gateway.written(ticket)?,
                None => return gateway.writer.finish().await.context("the disk gave up"),
            },
            input = from_cloud.recv() => match input {
                Some(input) => gateway.take(input),
                None => bail!("the connection to the cloud ended for good"),
            },
            _ = tell.tick() => gateway.live.tell(&gateway.core.state(gateway.clock.now())),
            Some(input) = from_api.recv() => gateway.take(input),
            () = sleep_until(wake_at.unwrap_or_else(Instant::now)), if wake_at.is_some() => {
                gateway.wake_at = None;
                gateway.take(Input::Tick);
            }
        }
    }
    tracing::info!("stopping");
    // What still comes is for the next run; unread, it would hold up the connection, and the farewell with it.
    tokio::spawn(async move { while from_cloud.recv().await.is_some() {} });
    gateway.stop().await
}

/// Lets figures be read, where the configuration says so; until what is returned is dropped.
async fn listen(config: &Config, figures: &Arc<Figures>) -> anyhow::Result<Option<Listening>> {
    let Some(address) = config.observability.metrics_listen else { return Ok(None) };
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen at {address} (observability.metrics_listen)"))?;
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "figures can be read from other machines");
    }
    Ok(Some(Listening(tokio::spawn(figures::serve(listener, Arc::clone(figures))))))
}

/// The task that lets figures be read.
struct Listening(tokio::task::JoinHandle<()>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Gateway {
    fn take(&mut self, input: Input) {
        self.live.note(&input);
        let lost = input == Input::BrokerLost;
        if lost || input == Input::BrokerConnected {
            self.figures.connected(!lost);
        }
        let presented = matches!(
            &input,
            Input::Node { event: NodeEvent::Key(_) | NodeEvent::TagByte(_), .. } | Input::Code { .. }
        );
        let began = Instant::now();
        self.core.handle(self.clock.now(), input);
        if presented {
            self.figures.decide.add(began.elapsed());
        }
        if self.state_due <= began {
            self.state_due = began + STATE_EVERY;
            self.figures.state(&self.core.state(self.clock.now()));
        }
        if lost {
            // The next connection leaves what holds now.
            self.uplink.set_last_will(self.core.last_will(self.clock.now()));
        }
    }

    fn written(&mut self, ticket: u64) -> anyhow::Result<()> {
        self.take(Input::Persisted { ticket });
        if let Some((_, seal_id)) = self.sealing.take_if(|(sealed, _)| *sealed <= ticket) {
            self.fetches.table_sealed_with(seal_id);
        }
        match self.writer.progress(ticket) {
            Progress::Goes => Ok(()),
            Progress::BeginAnew => bail!("the disk had fallen behind; begin anew from what is on it"),
        }
    }

    /// Does everything that the core wants. Nothing here waits.
    fn carry_out(&mut self) {
        while let Some(output) = self.core.poll_output() {
            match output {
                Output::Write { point, on } => self.fieldbus.write(point, on),
                Output::Indicate { device, indicator } => self.fieldbus.indicate(device, indicator),
                Output::Confirm { device, sequence } => self.fieldbus.confirm(device, sequence),
                Output::Persist { ticket, change } => {
                    match &change {
                        Change::Grants { seal_id, .. } => self.sealing = Some((ticket, *seal_id)),
                        Change::Lease { time_floor, .. } => self.uplink.raise_time_floor(*time_floor),
                        _ => {}
                    }
                    self.note(&change);
                    self.writer.put(ticket, change);
                }
                Output::Send { kind, payload } => self.uplink.publish(kind, payload),
                Output::Configure { config } => {
                    for warning in warnings(&config, &self.profiles) {
                        tracing::warn!("{warning}");
                    }
                    tracing::info!(revision = config.revision, site = config.site, "configured");
                    self.fieldbus.configure(&config);
                }
                Output::Fetch { certificate } => self.fetches.fetch(certificate),
                Output::WakeAt { uptime_ms } => self.wake_at = Some(self.clock.instant(uptime_ms)),
            }
        }
    }

    /// Counts decisions, and says them with what the cloud's traces and pages know them by.
    fn note(&self, change: &Change) {
        let Change::Append { entry, .. } = change else { return };
        let Ok(JournalEntry { sequence, event, .. }) = decode(entry) else { return };
        self.figures.note(&event);
        let booking = |grant| self.core.booking_number(grant);
        if let JournalEvent::Admitted { door, grant, .. } = event {
            tracing::info!(%door, %grant, booking = booking(grant), sequence, "admitted");
        }
        if let JournalEvent::AdmittedOffline { door, group, .. } = event {
            tracing::info!(%door, %group, sequence, "admitted by an off-line PIN");
        }
        if let JournalEvent::Refused { door, reason, grant, .. } = event {
            let number = grant.and_then(booking);
            let grant = grant.map(|grant| grant.to_string());
            tracing::info!(%door, ?reason, grant, booking = number, sequence, "refused");
        }
    }

    /// Doors stay as their nodes hold them; the journal is written, the cloud is told.
    async fn stop(self) -> anyhow::Result<()> {
        let farewell = self.core.last_will(self.clock.now());
        drop(self.fieldbus);
        let flushed = timeout(FLUSH_WITHIN, self.writer.finish()).await;
        self.uplink.stop(farewell).await;
        flushed.context("the disk did not take everything in time")?
    }
}
