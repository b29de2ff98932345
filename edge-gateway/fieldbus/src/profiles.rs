//! Device profiles: those that come with the program, and a folder of others.

use std::collections::BTreeMap;
use std::path::Path;

use protocols_fieldbus::profile::{ModbusProfile, MqttProfile, Point, Profile, ProfileHead, Transport};

use crate::bus::INPUTS_SPAN_MAX;

/// Shorter than a round trip on any bus would only queue requests.
const POLL_MS_MIN: u32 = 5;
/// Longer and nobody would call it an input.
const POLL_MS_MAX: u32 = 60_000;
/// A serial converter at 9 600 baud needs this much for the longest answer.
const TIMEOUT_MS_MIN: u32 = 20;
/// Longer and one dead device would hold up its whole bus.
const TIMEOUT_MS_MAX: u32 = 5_000;

/// More would be no message of a scanner or a contact, and is read by nobody in time.
const PAYLOAD_BYTES_MAX: u32 = 16 * 1024;
/// More than a door needs in any second, and far below what would keep the gateway from its doors.
const MESSAGES_PER_S_MAX: u32 = 100;
/// Shorter and one lost packet would be an alarm.
const WITHIN_S_MIN: u32 = 2;
/// Longer and a dead scanner would go unnoticed for an evening.
const WITHIN_S_MAX: u32 = 3_600;
/// Room for a device's root before it in what MQTT allows.
const TOPIC_BYTES_MAX: usize = 200;

const BUILT_IN: [(&str, &str); 3] = [
    ("hallport-door-node.toml", include_str!("../../profiles/hallport-door-node.toml")),
    ("hallport-lighting-node.toml", include_str!("../../profiles/hallport-lighting-node.toml")),
    ("hallport-qr-scanner.toml", include_str!("../../profiles/hallport-qr-scanner.toml")),
];

/// The profiles at hand, by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profiles {
    by_name: BTreeMap<String, Profile>,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// What the file says is not a profile.
    #[error("{file}:{line}: {words}")]
    Wrong {
        /// The file's path.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong and what would be right.
        words: String,
    },
}

impl Profiles {
    /// The profiles of our own nodes.
    pub fn built_in() -> Result<Self, ProfileError> {
        let mut profiles = Self { by_name: BTreeMap::new() };
        for (file, text) in BUILT_IN {
            profiles.add(file, text)?;
        }
        Ok(profiles)
    }

    /// Adds every `*.toml` of `folder`, which may not take the name of a profile that is already there.
    pub fn add_folder(&mut self, folder: &Path) -> Result<(), ProfileError> {
        let unreadable =
            |path: &Path, source| ProfileError::Unreadable { path: path.display().to_string(), source };
        let entries = std::fs::read_dir(folder).map_err(|source| unreadable(folder, source))?;
        let mut paths = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| unreadable(folder, source))?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
            self.add(&path.display().to_string(), &text)?;
        }
        Ok(())
    }

    /// The profile of that name.
    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.by_name.get(name)
    }

    /// The names of all profiles, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    fn add(&mut self, file: &str, text: &str) -> Result<(), ProfileError> {
        let wrong = |line, words| ProfileError::Wrong { file: file.to_owned(), line, words };
        let unread = |error: toml::de::Error| {
            let line = error.span().map_or(1, |span| line_at(text, span.start));
            wrong(line, error.message().to_owned())
        };
        // In two steps, so that a fault is told with its line: a choice among kinds would forget it.
        let head: ProfileHead = toml::from_str(text).map_err(unread)?;
        let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or(file);
        let (profile, fault) = match head.transport {
            Transport::Modbus => {
                let profile: ModbusProfile = toml::from_str(text).map_err(unread)?;
                let fault = modbus_fault(&profile);
                (Profile::Modbus(profile), fault)
            }
            Transport::Mqtt => {
                let profile: MqttProfile = toml::from_str(text).map_err(unread)?;
                let fault = mqtt_fault(&profile);
                (Profile::Mqtt(Box::new(profile)), fault)
            }
        };
        if profile.name() != stem {
            let words = format!("name is '{}', but the file is named '{stem}'", profile.name());
            return Err(wrong(line_of(text, None, "name"), words));
        }
        if let Some(Fault { section, key, words }) = fault {
            return Err(wrong(line_of(text, section, key), words));
        }
        if self.by_name.contains_key(profile.name()) {
            return Err(wrong(
                line_of(text, None, "name"),
                format!("there is already a profile named '{}'", profile.name()),
            ));
        }
        self.by_name.insert(profile.name().to_owned(), profile);
        Ok(())
    }
}

/// What the types cannot refuse: where it stands, and what is wrong.
struct Fault {
    /// The section's name, without brackets.
    section: Option<&'static str>,
    key: &'static str,
    words: String,
}

fn fault(section: Option<&'static str>, key: &'static str, words: impl Into<String>) -> Fault {
    Fault { section, key, words: words.into() }
}

fn modbus_fault(profile: &ModbusProfile) -> Option<Fault> {
    if !(POLL_MS_MIN..=POLL_MS_MAX).contains(&profile.poll_ms) {
        let words = format!("poll_ms is {}, allowed is {POLL_MS_MIN} to {POLL_MS_MAX}", profile.poll_ms);
        return Some(fault(None, "poll_ms", words));
    }
    if !(TIMEOUT_MS_MIN..=TIMEOUT_MS_MAX).contains(&profile.timeout_ms) {
        let words =
            format!("timeout_ms is {}, allowed is {TIMEOUT_MS_MIN} to {TIMEOUT_MS_MAX}", profile.timeout_ms);
        return Some(fault(None, "timeout_ms", words));
    }
    if profile.event_queue && profile.identity.is_none() {
        let words = "event_queue is for our own nodes, which prove themselves: add [identity]";
        return Some(fault(None, "event_queue", words));
    }
    if profile.identity.as_ref().is_some_and(|identity| identity.values.is_empty()) {
        return Some(fault(Some("identity"), "values", "values is empty: it would let any device pass"));
    }
    if profile.points.is_empty() {
        return Some(fault(None, "name", "there are no points: add at least one [points.…]"));
    }
    let inputs = || profile.points.values().copied().filter_map(input_address);
    if let (Some(first), Some(last)) = (inputs().min(), inputs().max())
        && last - first >= INPUTS_SPAN_MAX
    {
        let words =
            format!("inputs lie from {first} to {last}; they are read at once, at most {INPUTS_SPAN_MAX}");
        return Some(fault(None, "[points", words));
    }
    None
}

fn mqtt_fault(profile: &MqttProfile) -> Option<Fault> {
    let MqttProfile { limits, status, scan, indicate, points, .. } = profile;
    let ranges = [
        ("limits", "payload_bytes", limits.payload_bytes, 1, PAYLOAD_BYTES_MAX),
        ("limits", "messages_per_s", limits.messages_per_s, 1, MESSAGES_PER_S_MAX),
        ("status", "within_s", status.within_s, WITHIN_S_MIN, WITHIN_S_MAX),
    ];
    for (section, key, value, least, most) in ranges {
        if !(least..=most).contains(&value) {
            return Some(fault(
                Some(section),
                key,
                format!("{key} is {value}, allowed is {least} to {most}"),
            ));
        }
    }
    if scan.is_none() && indicate.is_none() && points.is_empty() {
        let words = "the device would be for nothing: add [scan], [indicate] or at least one [points.…]";
        return Some(fault(None, "name", words));
    }
    if status.online == status.offline {
        return Some(fault(Some("status"), "offline", "online and offline are the same text"));
    }
    let own: Vec<(&'static str, &str)> = [("status", status.topic.as_str())]
        .into_iter()
        .chain(scan.iter().map(|scan| ("scan", scan.topic.as_str())))
        .chain(indicate.iter().map(|indicate| ("indicate", indicate.topic.as_str())))
        .collect();
    // Inputs may share a topic: one message can tell several.
    let inputs = points.values().map(|point| ("points", point.topic.as_str()));
    for (at, (section, topic)) in own.iter().copied().chain(inputs).enumerate() {
        if own.iter().take(at).any(|(_, other)| *other == topic) {
            return Some(fault(Some(section), "topic", format!("topic '{topic}' is used twice")));
        }
        if !is_topic(topic) {
            let words = format!(
                "topic '{topic}' is none: 1 to {TOPIC_BYTES_MAX} bytes, no '+', no '#', no '/' at either end"
            );
            return Some(fault(Some(section), "topic", words));
        }
    }
    pointer_fault(profile).or_else(|| scan_fault(profile))
}

fn pointer_fault(profile: &MqttProfile) -> Option<Fault> {
    let status = &profile.status;
    let of_status = [("state", Some(&status.state)), ("uptime_ms", status.uptime_ms.as_ref())]
        .into_iter()
        .chain([("start", status.start.as_ref())])
        .map(|(key, pointer)| ("status", key, pointer));
    let of_scan = profile.scan.iter().flat_map(|scan| {
        [
            ("scan", "text", Some(&scan.text)),
            ("scan", "uptime_ms", Some(&scan.uptime_ms)),
            ("scan", "sequence", Some(&scan.sequence)),
            ("scan", "start", scan.start.as_ref()),
        ]
    });
    let of_points = profile.points.values().map(|point| ("points", "state", Some(&point.state)));
    of_status.chain(of_scan).chain(of_points).find_map(|(section, key, pointer)| {
        let pointer = pointer.filter(|pointer| !pointer.starts_with('/'))?;
        Some(fault(Some(section), key, format!("'{pointer}' is no JSON pointer: it begins with '/'")))
    })
}

/// A scan whose age nobody knows would open the door whenever it comes.
fn scan_fault(profile: &MqttProfile) -> Option<Fault> {
    let scan = profile.scan.as_ref()?;
    if profile.status.uptime_ms.is_none() {
        let words = "[scan] needs uptime_ms in [status] too: without it no scan's age is known";
        return Some(fault(Some("status"), "topic", words));
    }
    if profile.status.start.is_some() != scan.start.is_some() {
        return Some(fault(Some("scan"), "topic", "start stands in both [status] and [scan], or in neither"));
    }
    None
}

fn is_topic(topic: &str) -> bool {
    (1..=TOPIC_BYTES_MAX).contains(&topic.len())
        && !topic.contains(['+', '#', '\0'])
        && !topic.starts_with('/')
        && !topic.ends_with('/')
}

fn input_address(point: Point) -> Option<u16> {
    match point {
        Point::DiscreteInput { address, .. } => Some(address),
        Point::Coil { .. } | Point::HoldingRegister { .. } => None,
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The first line with that key, after its section's heading where it has one.
fn line_of(text: &str, section: Option<&str>, key: &str) -> usize {
    let begins = |line: &str, with: &str| line.trim_start().starts_with(with);
    let heading = section.map(|section| format!("[{section}"));
    let from = heading.and_then(|heading| text.lines().position(|line| begins(line, &heading))).unwrap_or(0);
    let found = text.lines().skip(from).position(|line| begins(line, key));
    found.map_or(from, |index| from + index) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_fieldbus::profile::Pulse;
    use protocols_fieldbus::{nodes, scanner};

    const SWITCH: &str = "name = \"switch\"\ndescription = \"A relay\"\npoll_ms = 100\ntimeout_ms = 200\n\n\
                          [points.lock]\ntype = \"coil\"\naddress = 4\n";

    fn words(text: &str) -> String {
        let mut profiles = Profiles { by_name: BTreeMap::new() };
        profiles.add("site/switch.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn the_profiles_of_our_nodes_say_what_the_register_map_says() {
        let profiles = Profiles::built_in().unwrap();
        let modbus = |name: &str| match profiles.get(name) {
            Some(Profile::Modbus(profile)) => profile.clone(),
            other => panic!("{name} is {other:?}"),
        };
        let door = modbus("hallport-door-node");
        let identity = door.identity.as_ref().unwrap();
        assert_eq!(identity.input_register, nodes::MAGIC_AT);
        assert_eq!(identity.values, [nodes::MAGIC, nodes::NodeKind::Door.register(), nodes::MAP_VERSION]);
        assert_eq!(door.points["lock"], Point::Coil { address: nodes::RELEASE_COIL, pulse: Pulse::Device });
        let input = |name: &str| match door.points[name] {
            Point::DiscreteInput { address, inverted: false } => address,
            other => panic!("{name} is {other:?}"),
        };
        assert_eq!(input("contact"), nodes::CONTACT_INPUT);
        assert_eq!(input("rex"), nodes::EXIT_INPUT);
        assert_eq!(input("tamper"), nodes::TAMPER_INPUT);
        assert_eq!(door.setup["release_ms"].holding_register, nodes::RELEASE_MS_AT);
        assert_eq!(door.setup["watchdog_ms"].holding_register, nodes::WATCHDOG_MS_AT);

        let lighting = modbus("hallport-lighting-node");
        assert_eq!(lighting.identity.as_ref().unwrap().values[1], nodes::NodeKind::Lighting.register());
        assert_eq!(lighting.points.len(), usize::from(nodes::LAMPS));
    }

    #[test]
    fn a_folder_adds_its_profiles_and_may_not_replace_ours() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("switch.toml"), SWITCH).unwrap();
        std::fs::write(folder.path().join("notes.txt"), "not a profile").unwrap();
        let mut profiles = Profiles::built_in().unwrap();
        profiles.add_folder(folder.path()).unwrap();
        assert_eq!(
            profiles.names().collect::<Vec<_>>(),
            ["hallport-door-node", "hallport-lighting-node", "hallport-qr-scanner", "switch"]
        );
        let error = profiles.add_folder(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("switch.toml:1: there is already a profile named 'switch'"), "{error}");
        let missing = profiles.add_folder(&folder.path().join("missing")).unwrap_err();
        assert!(matches!(missing, ProfileError::Unreadable { .. }));
    }

    #[test]
    fn a_fault_is_told_with_file_line_and_words() {
        let with = |from: &str, to: &str| words(&SWITCH.replace(from, to));
        assert_eq!(
            with("\"switch\"", "\"relay\""),
            "site/switch.toml:1: name is 'relay', but the file is named 'switch'"
        );
        assert_eq!(
            with("poll_ms = 100", "poll_ms = 1"),
            "site/switch.toml:3: poll_ms is 1, allowed is 5 to 60000"
        );
        assert_eq!(
            with("timeout_ms = 200", "timeout_ms = 9999"),
            "site/switch.toml:4: timeout_ms is 9999, allowed is 20 to 5000"
        );
        let unknown = with("address = 4", "address = 4\ncolour = 1");
        assert!(unknown.starts_with("site/switch.toml:") && unknown.contains("colour"), "{unknown}");
        let beyond = with("address = 4", "address = 70000");
        assert!(beyond.starts_with("site/switch.toml:") && beyond.contains("70000"), "{beyond}");
        assert!(with("timeout_ms", "event_queue = true\ntimeout_ms").contains(":4: event_queue"));
        let open = format!("{SWITCH}[identity]\ninput_register = 0\nvalues = []\n");
        assert_eq!(words(&open), "site/switch.toml:11: values is empty: it would let any device pass");
        let input =
            |name, address| format!("[points.{name}]\ntype = \"discrete_input\"\naddress = {address}\n");
        let wide = format!("{SWITCH}{}{}", input("near", 0), input("far", 256));
        assert!(words(&wide).contains("inputs lie from 0 to 256"), "{}", words(&wide));
        assert!(words("name = ").starts_with("site/switch.toml:1: "));
    }

    const SCANNER: &str = include_str!("../../profiles/hallport-qr-scanner.toml");

    fn scanner_words(from: &str, to: &str) -> String {
        assert!(SCANNER.contains(from), "{from}");
        let mut profiles = Profiles { by_name: BTreeMap::new() };
        let text = SCANNER.replacen(from, to, 1);
        profiles.add("hallport-qr-scanner.toml", &text).unwrap_err().to_string()
    }

    #[test]
    fn the_profile_of_our_scanner_says_what_the_nodes_words_say() {
        let profiles = Profiles::built_in().unwrap();
        let Some(Profile::Mqtt(profile)) = profiles.get("hallport-qr-scanner") else { panic!("no MQTT") };
        assert_eq!(profile.status.topic, scanner::STATUS_TOPIC);
        assert_eq!((&*profile.status.online, &*profile.status.offline), (scanner::ONLINE, scanner::OFFLINE));
        assert_eq!(profile.scan.as_ref().unwrap().topic, scanner::SCAN_TOPIC);
        let indicate = profile.indicate.as_ref().unwrap();
        assert_eq!(indicate.topic, scanner::INDICATE_TOPIC);
        let payloads = (&*indicate.admitted, &*indicate.refused, &*indicate.idle);
        assert_eq!(payloads, (scanner::ADMITTED, scanner::REFUSED, scanner::IDLE));
    }

    #[test]
    fn a_fault_in_a_profile_for_mqtt_is_told_with_file_line_and_words() {
        for (from, to, line, words) in [
            ("transport = \"mqtt\"", "transport = \"zigbee\"", 3, "zigbee"),
            ("payload_bytes = 4096", "payload_bytes = 99999", 6, "allowed is 1 to 16384"),
            ("messages_per_s = 10", "messages_per_s = 0", 7, "allowed is 1 to 100"),
            ("messages_per_s = 10", "messages_per_s = -1", 7, "-1"),
            ("topic = \"status\"", "topic = \"#\"", 10, "no '#'"),
            ("topic = \"scan\"", "topic = \"scan/\"", 19, "no '/'"),
            ("topic = \"scan\"", "topic = \"status\"", 19, "used twice"),
            ("topic = \"indicate\"", "topic = \"scan\"", 26, "used twice"),
            ("offline = \"offline\"", "offline = \"online\"", 13, "the same text"),
            ("within_s = 15", "within_s = 1", 16, "allowed is 2 to 3600"),
            ("state = \"/state\"", "state = \"state\"", 11, "no JSON pointer"),
            ("sequence = \"/sequence\"", "sequence = \"\"", 22, "no JSON pointer"),
            ("sequence = \"/sequence\"", "", 18, "sequence"),
            ("uptime_ms = \"/uptime_ms\"\n", "", 10, "age"),
            ("start = \"/start\"\n", "", 18, "in neither"),
            ("idle = \"idle\"", "idle = \"idle\"\nblink = 1", 30, "blink"),
        ] {
            let told = scanner_words(from, to);
            let place = format!("hallport-qr-scanner.toml:{line}: ");
            assert!(told.starts_with(&place) && told.contains(words), "{from} -> {to}: {told}");
        }
        let nothing = SCANNER.split("[scan]").next().unwrap();
        let mut profiles = Profiles { by_name: BTreeMap::new() };
        let told = profiles.add("hallport-qr-scanner.toml", nothing).unwrap_err().to_string();
        assert!(told.contains("for nothing"), "{told}");
    }
}
