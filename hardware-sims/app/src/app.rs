//! What every route needs: the hall, its names, and the wall clock of its log.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sims_devices::{Hall, Happened, Place, Scene, What};

use crate::config::HallConfig;
use crate::words::Lang;

/// Shared by every route; clones are the same.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

struct Parts {
    hall: Hall,
    config: HallConfig,
    zone: TimeZone,
    began: Timestamp,
    modbus: String,
}

impl App {
    /// `began` is the wall clock when the hall's own time was zero; `modbus` the address that masters use.
    pub(crate) fn new(
        hall: Hall,
        config: HallConfig,
        zone: TimeZone,
        began: Timestamp,
        modbus: String,
    ) -> Self {
        Self(Arc::new(Parts { hall, config, zone, began, modbus }))
    }

    pub(crate) fn hall(&self) -> &Hall {
        &self.0.hall
    }

    pub(crate) fn config(&self) -> &HallConfig {
        &self.0.config
    }

    pub(crate) fn modbus(&self) -> &str {
        &self.0.modbus
    }

    /// The unit id of the door that the page calls `number`, counted from 1.
    pub(crate) fn door_unit(&self, number: usize) -> Option<u8> {
        let index = number.checked_sub(1)?;
        self.0.config.doors.get(index).map(|door| door.unit)
    }

    /// Whether the scanner is called that in the page's addresses.
    pub(crate) fn has_scanner(&self, device: &str) -> bool {
        self.0.config.scanner.as_ref().is_some_and(|scanner| scanner.username == device)
    }

    /// The log as sentences, newest first.
    pub(crate) fn lines(&self, scene: &Scene, lang: Lang) -> impl Iterator<Item = Line<'_>> {
        scene.log.clone().into_iter().rev().map(move |happened| self.line(&happened, lang))
    }

    fn line(&self, happened: &Happened, lang: Lang) -> Line<'_> {
        let since = SignedDuration::from_millis(i64::try_from(happened.at_ms).unwrap_or(i64::MAX));
        let at = self.0.began.saturating_add(since).unwrap_or(self.0.began).to_zoned(self.0.zone.clone());
        Line {
            number: happened.number,
            at: at.strftime(lang.time_format()).to_string(),
            place: self.place(happened, lang),
            text: lang.sentence(happened.what),
        }
    }

    fn place(&self, happened: &Happened, lang: Lang) -> Cow<'_, str> {
        if happened.place == Place::Scanner {
            let door = self.0.config.scanner.as_ref().and_then(|scanner| self.door_name(scanner.door));
            return lang.scanner_at(door.unwrap_or_default()).into();
        }
        self.fixed_place(happened, lang).into()
    }

    fn door_name(&self, number: usize) -> Option<&str> {
        let index = number.checked_sub(1)?;
        self.0.config.doors.get(index).map(|door| door.name.as_str())
    }

    fn fixed_place(&self, happened: &Happened, lang: Lang) -> &str {
        let (config, words) = (&self.0.config, lang.words());
        match (happened.place, happened.what) {
            (Place::Bus, _) => words.gateway,
            (Place::Scanner, _) => words.scanner,
            (Place::Node(_), What::Lamp { zone, .. }) => {
                config.zones.get(usize::from(zone)).map_or(words.lighting_node, |name| name)
            }
            (Place::Node(unit), _) => {
                let door = config.doors.iter().find(|door| door.unit == unit);
                door.map_or(words.lighting_node, |door| &door.name)
            }
        }
    }
}

/// A line of the log, ready to read.
pub(crate) struct Line<'a> {
    /// Rises by one.
    pub(crate) number: u64,
    /// Time of day.
    pub(crate) at: String,
    /// Door, zone, node or gateway.
    pub(crate) place: Cow<'a, str>,
    /// A sentence.
    pub(crate) text: String,
}
