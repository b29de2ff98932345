//! The loop: what happens goes into the core, what it wants is done.

use std::time::Duration;

use anyhow::{Context, bail};
use gateway_core::{Change, Core, Input, Output};
use gateway_fieldbus::{Fieldbus, Profiles, warnings};
use gateway_store::Store;
use gateway_uplink::{Enrolled, Fetches, Uplink};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep_until, timeout};

use crate::clock::{self, Clock};
use crate::config::Config;
use crate::folder::Folder;
use crate::live::LiveFile;
use crate::writer::{Progress, Writer};

/// How long the disk may take at the end; what is not written then is told again by nobody.
const FLUSH_WITHIN: Duration = Duration::from_secs(5);

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
    let (writer, mut written) = Writer::start(store);
    let (mut fieldbus, mut from_bus) = Fieldbus::new(profiles.clone());
    fieldbus.set_site_login(site_login);
    let (uplink, mut from_cloud) = Uplink::start(&enrolled, core.last_will(clock.now()), time_floor)?;
    let (fetches, mut fetched) = Fetches::start(enrolled, folder.path(), &uplink, time_floor);
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
            Some(input) = fetched.recv() => gateway.take(input),
            () = sleep_until(wake_at.unwrap_or_else(Instant::now)), if wake_at.is_some() => {
                gateway.wake_at = None;
                gateway.take(Input::Tick);
            }
        }
    }
    tracing::info!("stopping");
    gateway.stop().await
}

impl Gateway {
    fn take(&mut self, input: Input) {
        self.live.note(&input);
        let lost = input == Input::BrokerLost;
        self.core.handle(self.clock.now(), input);
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
                    if let Change::Grants { seal_id, .. } = &change {
                        self.sealing = Some((ticket, *seal_id));
                    }
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

    /// Doors stay as their nodes hold them; the journal is written, the cloud is told.
    async fn stop(self) -> anyhow::Result<()> {
        let farewell = self.core.last_will(self.clock.now());
        drop(self.fieldbus);
        let flushed = timeout(FLUSH_WITHIN, self.writer.finish()).await;
        self.uplink.stop(farewell).await;
        flushed.context("the disk did not take everything in time")?
    }
}
