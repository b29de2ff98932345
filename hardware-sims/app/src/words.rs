//! Everything the page says, in Swedish and in English.

use protocols_fieldbus::nodes::Indicator;
use sims_devices::{Contact, HeldTo, Leaf, Lock, ReleasedBy, SecuredBy, What};

/// A language of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Lang {
    #[default]
    Swedish,
    English,
}

impl Lang {
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        match code {
            "sv" => Some(Self::Swedish),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Swedish => "sv",
            Self::English => "en",
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Swedish => Self::English,
            Self::English => Self::Swedish,
        }
    }

    /// Its own name for itself.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Swedish => "Svenska",
            Self::English => "English",
        }
    }

    /// How a time of day is written, for `strftime`.
    pub(crate) const fn time_format(self) -> &'static str {
        match self {
            Self::Swedish => "%H.%M.%S",
            Self::English => "%H:%M:%S",
        }
    }

    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::Swedish => &SWEDISH,
            Self::English => &ENGLISH,
        }
    }
}

/// The fixed words.
pub(crate) struct Words {
    pub(crate) skip: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) notice: &'static str,
    pub(crate) notice_more: &'static str,
    pub(crate) live_on: &'static str,
    pub(crate) live_off: &'static str,
    pub(crate) reload: &'static str,
    pub(crate) plan: &'static str,
    pub(crate) doors: &'static str,
    pub(crate) keypad: &'static str,
    pub(crate) enter_code: &'static str,
    pub(crate) push: &'static str,
    pub(crate) close: &'static str,
    pub(crate) exit: &'static str,
    pub(crate) lock: &'static str,
    pub(crate) leaf: &'static str,
    pub(crate) node: &'static str,
    pub(crate) asked: &'static str,
    pub(crate) not_asked: &'static str,
    pub(crate) silent: &'static str,
    pub(crate) contact_stuck: &'static str,
    pub(crate) cover_open: &'static str,
    pub(crate) light: &'static str,
    pub(crate) lit: &'static str,
    pub(crate) dark: &'static str,
    pub(crate) lighting_node: &'static str,
    pub(crate) gateway: &'static str,
    pub(crate) log: &'static str,
    pub(crate) log_empty: &'static str,
    pub(crate) faults: &'static str,
    pub(crate) faults_hint: &'static str,
    pub(crate) no_faults: &'static str,
    pub(crate) make_silent: &'static str,
    pub(crate) mend_silent: &'static str,
    pub(crate) delay: &'static str,
    pub(crate) no_delay: &'static str,
    pub(crate) set_delay: &'static str,
    pub(crate) power_cycle: &'static str,
    pub(crate) stick_contact: &'static str,
    pub(crate) mend_contact: &'static str,
    pub(crate) open_cover: &'static str,
    pub(crate) close_cover: &'static str,
    pub(crate) force: &'static str,
    pub(crate) scanner: &'static str,
    pub(crate) code: &'static str,
    pub(crate) hold_code: &'static str,
    pub(crate) reader: &'static str,
    pub(crate) tag_number: &'static str,
    pub(crate) hold_tag: &'static str,
    pub(crate) ready: &'static str,
    pub(crate) no_broker: &'static str,
    pub(crate) cut_off: &'static str,
    pub(crate) lies_around: &'static str,
    pub(crate) cut_network: &'static str,
    pub(crate) mend_network: &'static str,
    pub(crate) make_late: &'static str,
    pub(crate) mend_late: &'static str,
}

static SWEDISH: Words = Words {
    skip: "Till hallen",
    kind: "Simulerad hall",
    notice: "Det här är en simulering.",
    notice_more: "Dörrarna finns bara på skärmen, men programmet i noderna är det riktiga.",
    live_on: "Visas direkt",
    live_off: "Ingen förbindelse, försöker igen",
    reload: "Visa läget nu",
    plan: "Plan över hallen",
    doors: "Dörrar",
    keypad: "Knappsats",
    enter_code: "Slå koden och #",
    push: "Öppna dörren",
    close: "Stäng dörren",
    exit: "Exitknapp",
    lock: "Lås",
    leaf: "Dörr",
    node: "Nod",
    asked: "Ansluten",
    not_asked: "Inte ansluten",
    silent: "Tyst (fel)",
    contact_stuck: "Kontakten har fastnat",
    cover_open: "Kåpan är öppen",
    light: "Ljus",
    lit: "Tänt",
    dark: "Släckt",
    lighting_node: "Belysning",
    gateway: "Undercentral",
    log: "Det här har hänt",
    log_empty: "Inget än. Tryck på en knapp eller öppna en dörr.",
    faults: "Prova fel",
    faults_hint: "Se hur undercentralen klarar det som går sönder.",
    no_faults: "Inga fel",
    make_silent: "Låt noden tystna",
    mend_silent: "Låt noden svara igen",
    delay: "Svaren dröjer",
    no_delay: "Inte alls",
    set_delay: "Ställ in",
    power_cycle: "Bryt strömmen ett ögonblick",
    stick_contact: "Låt kontakten fastna",
    mend_contact: "Laga kontakten",
    open_cover: "Öppna kåpan",
    close_cover: "Stäng kåpan",
    force: "Bryt upp dörren",
    scanner: "Skanner",
    code: "Kod",
    hold_code: "Håll upp koden",
    reader: "Taggläsare",
    tag_number: "Annan taggs nummer",
    hold_tag: "Håll taggen mot läsaren",
    ready: "Klar",
    no_broker: "Når inte platsens meddelandeserver",
    cut_off: "Utan nät (fel)",
    lies_around: "Skickar 30 s sent (fel)",
    cut_network: "Bryt skannerns nät",
    mend_network: "Laga skannerns nät",
    make_late: "Skicka koder 30 sekunder sent",
    mend_late: "Skicka koder genast igen",
};

static ENGLISH: Words = Words {
    skip: "To the hall",
    kind: "Simulated hall",
    notice: "This is a simulation.",
    notice_more: "The doors exist on this screen only, but the program in the nodes is the real one.",
    live_on: "Shown live",
    live_off: "No connection, trying again",
    reload: "Show what it is like now",
    plan: "Plan of the hall",
    doors: "Doors",
    keypad: "Keypad",
    enter_code: "Code, then #",
    push: "Open the door",
    close: "Close the door",
    exit: "Exit button",
    lock: "Lock",
    leaf: "Door",
    node: "Node",
    asked: "Connected",
    not_asked: "Not connected",
    silent: "Silent (fault)",
    contact_stuck: "The contact is stuck",
    cover_open: "The cover is open",
    light: "Light",
    lit: "On",
    dark: "Off",
    lighting_node: "Lighting",
    gateway: "Gateway",
    log: "What has happened",
    log_empty: "Nothing yet. Press a key or open a door.",
    faults: "Try faults",
    faults_hint: "See how the gateway copes with what breaks.",
    no_faults: "No faults",
    make_silent: "Make the node silent",
    mend_silent: "Let the node answer again",
    delay: "Replies are late by",
    no_delay: "Not at all",
    set_delay: "Set",
    power_cycle: "Cut the power for a moment",
    stick_contact: "Make the contact stick",
    mend_contact: "Mend the contact",
    open_cover: "Open the cover",
    close_cover: "Close the cover",
    force: "Break the door open",
    scanner: "Scanner",
    code: "Code",
    hold_code: "Hold up the code",
    reader: "Tag reader",
    tag_number: "Another tag’s number",
    hold_tag: "Hold the tag to the reader",
    ready: "Ready",
    no_broker: "Does not reach the site’s broker",
    cut_off: "Without network (fault)",
    lies_around: "Sends 30 s late (fault)",
    cut_network: "Cut the scanner’s network",
    mend_network: "Mend the scanner’s network",
    make_late: "Send codes 30 seconds late",
    mend_late: "Send codes at once again",
};

impl Lang {
    pub(crate) const fn lock(self, lock: Lock) -> &'static str {
        match (self, lock) {
            (Self::Swedish, Lock::Locked) => "Låst",
            (Self::Swedish, Lock::Released) => "Olåst",
            (Self::English, Lock::Locked) => "Locked",
            (Self::English, Lock::Released) => "Unlocked",
        }
    }

    pub(crate) const fn leaf(self, leaf: Leaf) -> &'static str {
        match (self, leaf) {
            (Self::Swedish, Leaf::Closed) => "Stängd",
            (Self::Swedish, Leaf::Open) => "Öppen",
            (Self::English, Leaf::Closed) => "Closed",
            (Self::English, Leaf::Open) => "Open",
        }
    }

    /// What the keypad answers; nothing while it is idle.
    pub(crate) const fn answer(self, indicator: Indicator) -> &'static str {
        match (self, indicator) {
            (_, Indicator::Idle) => "",
            (Self::Swedish, Indicator::Admitted) => "Välkommen",
            (Self::Swedish, Indicator::Refused) => "Nekad",
            (Self::English, Indicator::Admitted) => "Welcome",
            (Self::English, Indicator::Refused) => "Refused",
        }
    }

    /// The scanner's name.
    pub(crate) fn scanner_at(self, door: &str) -> String {
        match self {
            Self::Swedish => format!("Skanner vid {door}"),
            Self::English => format!("Scanner at {door}"),
        }
    }

    /// The reader's name.
    pub(crate) fn reader_at(self, door: &str) -> String {
        match self {
            Self::Swedish => format!("Taggläsare vid {door}"),
            Self::English => format!("Tag reader at {door}"),
        }
    }

    /// One of the sample tags, by its number from 0.
    pub(crate) const fn sample_tag(self, number: usize) -> &'static str {
        match (self, number) {
            (Self::Swedish, 0) => "Blå tagg",
            (Self::Swedish, 1) => "Röd tagg",
            (Self::Swedish, _) => "Gul tagg",
            (Self::English, 0) => "Blue tag",
            (Self::English, 1) => "Red tag",
            (Self::English, _) => "Yellow tag",
        }
    }

    pub(crate) fn late_by(self, delay_ms: u32) -> String {
        match self {
            Self::Swedish => format!("Svarar {delay_ms} ms sent (fel)"),
            Self::English => format!("Answers {delay_ms} ms late (fault)"),
        }
    }

    pub(crate) fn faults_active(self, count: usize) -> String {
        match (self, count) {
            (_, 0) => self.words().no_faults.to_owned(),
            (Self::Swedish, _) => format!("{count} fel just nu"),
            (Self::English, 1) => "1 fault now".to_owned(),
            (Self::English, _) => format!("{count} faults now"),
        }
    }

    pub(crate) fn bus(self, modbus: &str) -> String {
        match self {
            Self::Swedish => format!("Undercentralen når noderna med Modbus TCP på {modbus}."),
            Self::English => format!("The gateway reaches the nodes by Modbus TCP at {modbus}."),
        }
    }

    /// A line of the log as a sentence. The place stands before it.
    pub(crate) fn sentence(self, what: What) -> String {
        match self {
            Self::Swedish => swedish(what),
            Self::English => english(what),
        }
    }
}

fn swedish(what: What) -> String {
    let fixed = match what {
        What::CodeTyped { digits } => {
            let noun = if digits == 1 { "siffra" } else { "siffror" };
            return format!("Någon slår {digits} {noun} och #.");
        }
        What::ReplyDelay(delay_ms @ 1..) => return format!("Fel: svaren kommer {delay_ms} ms sent."),
        What::ReplyDelay(0) => "Svaren kommer i tid igen.",
        What::MasterCame => "Börjar lyssna på noderna.",
        What::MasterGone => "Hörs inte längre.",
        What::Shown(Indicator::Admitted) => "Knappsatsen lyser grönt: välkommen.",
        What::Shown(Indicator::Refused) => "Knappsatsen lyser rött: nekad.",
        What::Shown(Indicator::Idle) => "Knappsatsen slocknar.",
        What::Released(ReleasedBy::Master) => "Undercentralen låser upp.",
        What::Released(ReleasedBy::Exit) => "Exitknappen låser upp.",
        What::Secured(SecuredBy::Master) => "Undercentralen låser.",
        What::Secured(SecuredBy::Node) => "Noden låser av sig själv.",
        What::Opened => "Dörren öppnas.",
        What::ForcedOpen => "Dörren bryts upp.",
        What::PushedInVain => "Någon rycker i dörren. Den är låst.",
        What::Closed => "Dörren stängs.",
        What::ExitPressed => "Någon trycker på exitknappen.",
        What::Cover(true) => "Nodens kåpa stängs.",
        What::Cover(false) => "Nodens kåpa öppnas.",
        What::Lamp { lit: true, .. } => "Ljuset tänds.",
        What::Lamp { lit: false, .. } => "Ljuset släcks.",
        What::Silent(true) => "Fel: noden tystnar.",
        What::Silent(false) => "Noden svarar igen.",
        What::ContactStuck(Contact::Stuck(HeldTo::Closed)) => "Fel: kontakten fastnar i stängt läge.",
        What::ContactStuck(Contact::Stuck(HeldTo::Open)) => "Fel: kontakten fastnar i öppet läge.",
        What::ContactStuck(Contact::Follows) => "Kontakten följer dörren igen.",
        What::PowerCycled => "Noden tappar strömmen och startar om.",
        What::TagHeld => "Någon håller en tagg mot läsaren.",
        What::CodeHeld => "Någon håller upp en kod.",
        What::ScannerShown(Indicator::Admitted) => "Skannern lyser grönt: välkommen.",
        What::ScannerShown(Indicator::Refused) => "Skannern lyser rött: nekad.",
        What::ScannerShown(Indicator::Idle) => "Skannern slocknar.",
        What::ScannerConnected(true) => "Når platsens meddelandeserver.",
        What::ScannerConnected(false) => "Tappar platsens meddelandeserver.",
        What::OffLine(true) => "Fel: skannerns nät bryts.",
        What::OffLine(false) => "Skannerns nät är lagat.",
        What::Late(true) => "Fel: koder skickas 30 sekunder sent.",
        What::Late(false) => "Koder skickas genast igen.",
    };
    fixed.to_owned()
}

fn english(what: What) -> String {
    let fixed = match what {
        What::CodeTyped { digits } => {
            let noun = if digits == 1 { "digit" } else { "digits" };
            return format!("Somebody types {digits} {noun} and #.");
        }
        What::ReplyDelay(delay_ms @ 1..) => return format!("Fault: replies come {delay_ms} ms late."),
        What::ReplyDelay(0) => "Replies come in time again.",
        What::MasterCame => "Begins to listen to the nodes.",
        What::MasterGone => "Is no longer heard.",
        What::Shown(Indicator::Admitted) => "The keypad turns green: welcome.",
        What::Shown(Indicator::Refused) => "The keypad turns red: refused.",
        What::Shown(Indicator::Idle) => "The keypad goes dark.",
        What::Released(ReleasedBy::Master) => "The gateway unlocks.",
        What::Released(ReleasedBy::Exit) => "The exit button unlocks.",
        What::Secured(SecuredBy::Master) => "The gateway locks.",
        What::Secured(SecuredBy::Node) => "The node locks by itself.",
        What::Opened => "The door opens.",
        What::ForcedOpen => "The door is broken open.",
        What::PushedInVain => "Somebody tries the door. It is locked.",
        What::Closed => "The door closes.",
        What::ExitPressed => "Somebody presses the exit button.",
        What::Cover(true) => "The node's cover is closed.",
        What::Cover(false) => "The node's cover is opened.",
        What::Lamp { lit: true, .. } => "The light goes on.",
        What::Lamp { lit: false, .. } => "The light goes off.",
        What::Silent(true) => "Fault: the node falls silent.",
        What::Silent(false) => "The node answers again.",
        What::ContactStuck(Contact::Stuck(HeldTo::Closed)) => "Fault: the contact sticks at closed.",
        What::ContactStuck(Contact::Stuck(HeldTo::Open)) => "Fault: the contact sticks at open.",
        What::ContactStuck(Contact::Follows) => "The contact follows the door again.",
        What::PowerCycled => "The node loses power and starts again.",
        What::TagHeld => "Somebody holds a tag to the reader.",
        What::CodeHeld => "Somebody holds up a code.",
        What::ScannerShown(Indicator::Admitted) => "The scanner turns green: welcome.",
        What::ScannerShown(Indicator::Refused) => "The scanner turns red: refused.",
        What::ScannerShown(Indicator::Idle) => "The scanner goes dark.",
        What::ScannerConnected(true) => "Reaches the site’s broker.",
        What::ScannerConnected(false) => "Loses the site’s broker.",
        What::OffLine(true) => "Fault: the scanner’s network is cut.",
        What::OffLine(false) => "The scanner’s network is mended.",
        What::Late(true) => "Fault: codes are sent 30 seconds late.",
        What::Late(false) => "Codes are sent at once again.",
    };
    fixed.to_owned()
}
