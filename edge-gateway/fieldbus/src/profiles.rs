//! Device profiles: those that come with the program, and a folder of others.

use std::collections::BTreeMap;
use std::path::Path;

use protocols_fieldbus::profile::{Point, Profile};

use crate::bus::INPUTS_SPAN_MAX;

/// Shorter than a round trip on any bus would only queue requests.
const POLL_MS_MIN: u32 = 5;
/// Longer and nobody would call it an input.
const POLL_MS_MAX: u32 = 60_000;
/// A serial converter at 9 600 baud needs this much for the longest answer.
const TIMEOUT_MS_MIN: u32 = 20;
/// Longer and one dead device would hold up its whole bus.
const TIMEOUT_MS_MAX: u32 = 5_000;

const BUILT_IN: [(&str, &str); 2] = [
    ("hallport-door-node.toml", include_str!("../../profiles/hallport-door-node.toml")),
    ("hallport-lighting-node.toml", include_str!("../../profiles/hallport-lighting-node.toml")),
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
        let profile: Profile = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_at(text, span.start));
            wrong(line, error.message().to_owned())
        })?;
        let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or(file);
        if let Some((key, words)) = fault(&profile, stem) {
            return Err(wrong(line_of(text, key), words));
        }
        if self.by_name.contains_key(&profile.name) {
            return Err(wrong(
                line_of(text, "name"),
                format!("there is already a profile named '{}'", profile.name),
            ));
        }
        self.by_name.insert(profile.name.clone(), profile);
        Ok(())
    }
}

/// What the types cannot refuse: the key that is wrong, and why.
fn fault(profile: &Profile, stem: &str) -> Option<(&'static str, String)> {
    if profile.name != stem {
        return Some(("name", format!("name is '{}', but the file is named '{stem}'", profile.name)));
    }
    if !(POLL_MS_MIN..=POLL_MS_MAX).contains(&profile.poll_ms) {
        let words = format!("poll_ms is {}, allowed is {POLL_MS_MIN} to {POLL_MS_MAX}", profile.poll_ms);
        return Some(("poll_ms", words));
    }
    if !(TIMEOUT_MS_MIN..=TIMEOUT_MS_MAX).contains(&profile.timeout_ms) {
        let words =
            format!("timeout_ms is {}, allowed is {TIMEOUT_MS_MIN} to {TIMEOUT_MS_MAX}", profile.timeout_ms);
        return Some(("timeout_ms", words));
    }
    if profile.event_queue && profile.identity.is_none() {
        let words = "event_queue is for our own nodes, which prove themselves: add [identity]".to_owned();
        return Some(("event_queue", words));
    }
    if profile.identity.as_ref().is_some_and(|identity| identity.values.is_empty()) {
        return Some(("values", "values is empty: it would let any device pass".to_owned()));
    }
    if profile.points.is_empty() {
        return Some(("name", "there are no points: add at least one [points.…]".to_owned()));
    }
    let inputs = || profile.points.values().copied().filter_map(input_address);
    if let (Some(first), Some(last)) = (inputs().min(), inputs().max())
        && last - first >= INPUTS_SPAN_MAX
    {
        let words =
            format!("inputs lie from {first} to {last}; they are read at once, at most {INPUTS_SPAN_MAX}");
        return Some(("[points", words));
    }
    None
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

fn line_of(text: &str, key: &str) -> usize {
    text.lines().position(|line| line.trim_start().starts_with(key)).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_fieldbus::nodes;
    use protocols_fieldbus::profile::Pulse;

    const SWITCH: &str = "name = \"switch\"\ndescription = \"A relay\"\npoll_ms = 100\ntimeout_ms = 200\n\n\
                          [points.lock]\ntype = \"coil\"\naddress = 4\n";

    fn words(text: &str) -> String {
        let mut profiles = Profiles { by_name: BTreeMap::new() };
        profiles.add("site/switch.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn the_profiles_of_our_nodes_say_what_the_register_map_says() {
        let profiles = Profiles::built_in().unwrap();
        let door = profiles.get("hallport-door-node").unwrap();
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

        let lighting = profiles.get("hallport-lighting-node").unwrap();
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
            ["hallport-door-node", "hallport-lighting-node", "switch"]
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
}
