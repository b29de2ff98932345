//! What comes from the cloud. Each message is verified for its topic, then taken in or refused; a refused
//! one changes nothing but a counter.

use minicbor::Decode;
use protocols_access::{Applied, ApplyError, Step};
use protocols_door::Seen;
use protocols_wire::{
    GrantBatch, JournalAck, JournalEvent, Kind, Posture, SiteConfig, TimeQuality, Topic, open,
};

use crate::refusal::Refusal;
use crate::site::{check, hours_ms, mode};
use crate::{Change, Core, Now, Output};

impl Core {
    pub(crate) fn received(&mut self, now: Now, topic: &str, payload: &[u8]) {
        if let Err(refusal) = self.take_message(now, topic, payload) {
            refusal.count(&mut self.refused);
            self.uplink.report_soon(now);
        }
    }

    fn take_message(&mut self, now: Now, topic: &str, payload: &[u8]) -> Result<(), Refusal> {
        let parsed = Topic::parse(topic).ok_or(Refusal::Malformed)?;
        if parsed.gateway != self.identity.gateway {
            return Err(Refusal::Signature);
        }
        match parsed.kind {
            Kind::Grants => self.take_grants(now, self.opened(now, topic, payload)?),
            Kind::Config => self.take_config(now, &self.opened(now, topic, payload)?),
            Kind::Posture => self.take_posture(now, self.opened(now, topic, payload)?),
            Kind::Lease => self.take_lease(now, self.opened(now, topic, payload)?),
            Kind::Command => self.take_command(now, &self.opened(now, topic, payload)?),
            Kind::Ack => self.take_ack(now, self.opened(now, topic, payload)?),
            // Nothing comes down on the topics that lead up.
            Kind::State | Kind::Journal | Kind::Resync => Err(Refusal::Impossible),
        }
    }

    fn opened<T>(&self, now: Now, topic: &str, payload: &[u8]) -> Result<T, Refusal>
    where
        T: for<'b> Decode<'b, ()>,
    {
        let clock_known = now.quality != TimeQuality::Unknown;
        Ok(open(topic, payload, |id| self.identity.trusted(id, now.wall, clock_known))?)
    }

    fn take_grants(&mut self, now: Now, batch: GrantBatch) -> Result<(), Refusal> {
        // Under a secret that is not here every credential would be unknown.
        if self.identity.sealer(batch.seal_id).is_none() {
            self.want_secret(now, batch.seal_id);
            return Err(Refusal::Impossible);
        }
        let snapshot = batch.base == 0;
        match self.table.apply(batch) {
            Ok(Applied::Whole(step)) => self.take_step(now, step),
            Ok(Applied::Collecting { .. }) => self.uplink.part_came(now),
            // The snapshot that was asked for says that the table is right already.
            Err(ApplyError::Replayed { own, offered })
                if snapshot && own == offered && !self.uplink.is_settled() =>
            {
                self.in_step();
            }
            Err(error @ (ApplyError::Gap { .. } | ApplyError::Sealed { .. })) => {
                self.uplink.want(now);
                return Err(error.into());
            }
            Err(error @ (ApplyError::Replayed { .. } | ApplyError::Impossible | ApplyError::TooLarge)) => {
                return Err(error.into());
            }
        }
        Ok(())
    }

    fn take_step(&mut self, now: Now, step: Step) {
        let Step {
            replace,
            upserts,
            removals,
            expired_before,
            position,
            seal_id,
            issued_at,
            hash,
            taken_back,
        } = step;
        let ticket = self.out.persist(Change::Grants {
            replace,
            upserts,
            removals,
            expired_before,
            position,
            seal_id,
            hash: hash.bytes(),
            taken_back,
        });
        self.moved(ticket);
        self.record(now, JournalEvent::GrantsApplied { position });
        if replace || !self.from_scratch {
            self.in_step();
        }
        self.heard_at = self.heard_at.max(Some(issued_at));
        // Until the first heartbeat a batch is the only sign of life there is.
        if self.lease.until.is_none() && self.lease.heartbeat_at < Some(issued_at) {
            self.lease.heartbeat_at = Some(issued_at);
            // It says nothing about the time: `clock_error_ms` counts from the first heartbeat on.
            self.out.persist(Change::Lease {
                lease_until: None,
                heartbeat_at: issued_at,
                time_floor: self.clock.floor(now.uptime_ms),
                clock_error_ms: 0,
            });
        }
    }

    fn in_step(&mut self) {
        self.from_scratch = false;
        self.uplink.settle();
    }

    fn take_config(&mut self, now: Now, config: &SiteConfig) -> Result<(), Refusal> {
        match self.site.revision {
            Some(own) if config.revision < own => return Err(Refusal::Replayed),
            // Retained: it comes again with every connection.
            Some(own) if config.revision == own => return Ok(()),
            Some(_) | None => {}
        }
        check(config)?;
        self.out.persist(Change::Config { config: Box::new(config.clone()) });
        self.record(now, JournalEvent::Configured { revision: config.revision });
        self.out.push(Output::Configure { config: Box::new(config.clone()) });
        self.configure(now, config);
        self.uplink.report_now(now);
        Ok(())
    }

    fn take_posture(&mut self, now: Now, posture: Posture) -> Result<(), Refusal> {
        let own = self.posture.map_or(0, |posture| posture.counter);
        if posture.counter < own {
            return Err(Refusal::Replayed);
        }
        // Retained: it comes again with every connection.
        if posture.counter == own {
            return Ok(());
        }
        self.posture = Some(posture);
        for door in 0..self.site.doors.len() {
            self.door_sees(now, door, Seen::Mode(mode(posture.mode)));
        }
        self.out.persist(Change::Posture { posture });
        self.record(now, JournalEvent::PostureChanged { mode: posture.mode });
        self.uplink.report_now(now);
        Ok(())
    }

    fn take_ack(&mut self, now: Now, ack: JournalAck) -> Result<(), Refusal> {
        self.journal.acknowledge(&mut self.out, now, hours_ms(self.site.policy.journal_kept_h), ack)
    }
}
