//! Calendar files (RFC 5545) that phones and computers take in: from a page to download, with a mail, and read again
//! and again from an address ([`Feed`]).
//!
//! Times are written in UTC, so that no zone needs to be described. Whoever calls never puts a code into an
//! event: calendars are shared and copied to other people's servers.

use jiff::Timestamp;

/// What the reader's calendar shall do with the events (RFC 5546 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Take them in; with a higher sequence in the place of what it has.
    Publish,
    /// Take them away.
    Cancel,
}

impl Method {
    /// As in a file and in the `method` parameter of its media type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "PUBLISH",
            Self::Cancel => "CANCEL",
        }
    }

    const fn status(self) -> &'static str {
        match self {
            Self::Publish => "CONFIRMED",
            Self::Cancel => "CANCELLED",
        }
    }
}

/// Who holds the calendar that the events come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organizer {
    /// A name for people.
    pub name: String,
    /// A URI: `mailto:` where there is a mailbox, otherwise the address of the pages.
    pub uri: String,
}

/// One time in a calendar. Texts are plain; they are escaped here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The same for the same time for ever, and nowhere else in the world: `<id>@<host>`.
    pub uid: String,
    /// Higher for each change: a calendar keeps the highest.
    pub sequence: u32,
    /// From.
    pub starts_at: Timestamp,
    /// To.
    pub ends_at: Timestamp,
    /// The line that a calendar shows.
    pub summary: String,
    /// Where, in words.
    pub location: Option<String>,
    /// More, in lines.
    pub description: Option<String>,
    /// The page about it.
    pub url: Option<String>,
}

/// A calendar file with one event or several; `stamp` is when it is made.
///
/// Serve it as `text/calendar; charset=utf-8; method=…` with [`Method::as_str`].
pub fn file(method: Method, organizer: &Organizer, stamp: Timestamp, events: &[Event]) -> String {
    let mut out = begun();
    out.line("METHOD", method.as_str());
    for event in events {
        out.line("BEGIN", "VEVENT");
        out.times(event, stamp);
        out.line("STATUS", method.status());
        out.line(&format!("ORGANIZER;CN={}", parameter(&organizer.name)), &organizer.uri);
        out.words(event);
        out.line("END", "VEVENT");
    }
    out.line("END", "VCALENDAR");
    out.0
}

/// A calendar that readers come back to: the same text for the same events, so that they can be told that nothing
/// changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// What readers call it.
    pub name: String,
    /// How often they are asked to come back, in minutes.
    pub refresh_minutes: u32,
    /// The times, in order.
    pub events: Vec<FeedEvent>,
}

/// One time of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedEvent {
    /// The time.
    pub event: Event,
    /// How it stands.
    pub status: FeedStatus,
    /// When anything about it last changed.
    pub changed_at: Timestamp,
}

/// How a time of a feed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedStatus {
    /// It is asked for.
    Tentative,
    /// It holds.
    Confirmed,
    /// It will not be.
    Cancelled,
}

impl Feed {
    /// The file. It has no method: it is the calendar itself, not a message about one, so that the stamp of an event is
    /// when it changed (RFC 5545 §3.8.7.2).
    pub fn file(&self) -> String {
        let every = format!("PT{}M", self.refresh_minutes);
        let mut out = begun();
        out.line("CALSCALE", "GREGORIAN");
        // RFC 7986, and what was there before it.
        out.line("NAME", &text(&self.name));
        out.line("X-WR-CALNAME", &text(&self.name));
        out.line("REFRESH-INTERVAL;VALUE=DURATION", &every);
        out.line("X-PUBLISHED-TTL", &every);
        for FeedEvent { event, status, changed_at } in &self.events {
            out.line("BEGIN", "VEVENT");
            out.times(event, *changed_at);
            out.line("LAST-MODIFIED", &utc(*changed_at));
            out.line(
                "STATUS",
                match status {
                    FeedStatus::Tentative => "TENTATIVE",
                    FeedStatus::Confirmed => "CONFIRMED",
                    FeedStatus::Cancelled => "CANCELLED",
                },
            );
            // Who is cancelled is free then.
            out.line("TRANSP", if *status == FeedStatus::Cancelled { "TRANSPARENT" } else { "OPAQUE" });
            out.words(event);
            out.line("END", "VEVENT");
        }
        out.line("END", "VCALENDAR");
        out.0
    }
}

fn begun() -> Lines {
    let mut out = Lines::default();
    out.line("BEGIN", "VCALENDAR");
    out.line("VERSION", "2.0");
    out.line("PRODID", "-//Hallport//Hallport//SV");
    out
}

/// Octets of a line before it is folded, without its end (RFC 5545 §3.1).
const LINE_OCTETS_MAX: usize = 75;

#[derive(Default)]
struct Lines(String);

impl Lines {
    /// Writes a content line, folded between characters.
    fn line(&mut self, name: &str, value: &str) {
        let mut octets = 0;
        // A line break or another control character here would begin a line of its own making.
        for character in name.chars().chain([':']).chain(value.chars()).filter(|c| !c.is_control()) {
            if octets + character.len_utf8() > LINE_OCTETS_MAX {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            self.0.push(character);
            octets += character.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    fn times(&mut self, event: &Event, stamp: Timestamp) {
        self.line("UID", &event.uid);
        self.line("SEQUENCE", &event.sequence.to_string());
        self.line("DTSTAMP", &utc(stamp));
        self.line("DTSTART", &utc(event.starts_at));
        self.line("DTEND", &utc(event.ends_at));
    }

    fn words(&mut self, event: &Event) {
        self.line("SUMMARY", &text(&event.summary));
        if let Some(location) = &event.location {
            self.line("LOCATION", &text(location));
        }
        if let Some(description) = &event.description {
            self.line("DESCRIPTION", &text(description));
        }
        if let Some(url) = &event.url {
            self.line("URL", url);
        }
    }
}

/// `20261127T170000Z`.
fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A value of type TEXT (RFC 5545 §3.3.11).
fn text(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for character in plain.replace("\r\n", "\n").chars() {
        match character {
            '\\' | ';' | ',' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
    out
}

/// A quoted parameter value (RFC 5545 §3.2), which can hold everything but quotes.
fn parameter(plain: &str) -> String {
    format!("\"{}\"", plain.replace('"', "'"))
}

#[cfg(test)]
mod tests {
    use super::{Event, Feed, FeedEvent, FeedStatus, Method, Organizer, file};

    fn made(method: Method, change: impl FnOnce(&mut Event)) -> String {
        let mut event = Event {
            uid: "0190@osteraker.localhost".into(),
            sequence: 0,
            starts_at: "2026-11-27T17:00:00Z".parse().unwrap(),
            ends_at: "2026-11-27T19:00:00Z".parse().unwrap(),
            summary: "Sporthallen".into(),
            location: None,
            description: None,
            url: None,
        };
        change(&mut event);
        let organizer = Organizer { name: "Österåker".into(), uri: "https://osteraker.example/".into() };
        file(method, &organizer, "2026-11-22T09:00:00Z".parse().unwrap(), &[event])
    }

    /// A file's lines, unfolded as a reader does it.
    fn lines(file: &str) -> Vec<String> {
        file.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn a_time_is_published_in_utc_with_what_every_event_must_have() {
        assert_eq!(
            lines(&made(Method::Publish, |_| {})),
            [
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                "PRODID:-//Hallport//Hallport//SV",
                "METHOD:PUBLISH",
                "BEGIN:VEVENT",
                "UID:0190@osteraker.localhost",
                "SEQUENCE:0",
                "DTSTAMP:20261122T090000Z",
                "DTSTART:20261127T170000Z",
                "DTEND:20261127T190000Z",
                "STATUS:CONFIRMED",
                "ORGANIZER;CN=\"Österåker\":https://osteraker.example/",
                "SUMMARY:Sporthallen",
                "END:VEVENT",
                "END:VCALENDAR",
            ]
        );
    }

    #[test]
    fn a_cancelled_time_says_so_twice() {
        let file = made(Method::Cancel, |event| event.sequence = 1);
        for line in ["METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1"] {
            assert!(lines(&file).iter().any(|l| l == line), "{line}");
        }
    }

    #[test]
    fn what_means_something_in_a_calendar_is_escaped() {
        let file = made(Method::Publish, |event| {
            event.summary = "Hall A; halva 1, norr \\ söder".into();
            event.description = Some("rad 1\r\nrad 2\nrad 3".into());
        });
        assert!(lines(&file).contains(&"SUMMARY:Hall A\\; halva 1\\, norr \\\\ söder".to_owned()));
        assert!(lines(&file).contains(&"DESCRIPTION:rad 1\\nrad 2\\nrad 3".to_owned()));
    }

    #[test]
    fn no_text_can_begin_a_line_of_its_own() {
        let file = made(Method::Publish, |event| {
            event.summary = "a\rATTENDEE:mailto:x@example.org".into();
            event.url = Some("https://a.example/\r\nATTACH:https://evil.example/".into());
        });
        assert!(!lines(&file).iter().any(|line| line.starts_with("ATT")));
    }

    #[test]
    fn long_lines_are_folded_between_characters_and_read_back_whole() {
        let long = "Idrottshallen på Åkerö, östra änden 🏸 ".repeat(9);
        let file = made(Method::Publish, |event| event.location = Some(long.clone()));
        assert!(file.split("\r\n").all(|line| line.len() <= 75));
        let unfolded = lines(&file).into_iter().find_map(|l| l.strip_prefix("LOCATION:").map(str::to_owned));
        assert_eq!(unfolded.unwrap().replace("\\,", ","), long);
    }

    #[test]
    fn a_feed_is_the_same_for_the_same_events_and_says_of_each_how_it_stands() {
        let event = |uid: &str| Event {
            uid: uid.into(),
            sequence: 1,
            starts_at: "2026-11-27T17:00:00Z".parse().unwrap(),
            ends_at: "2026-11-27T19:00:00Z".parse().unwrap(),
            summary: "Hallens IF".into(),
            location: None,
            description: None,
            url: None,
        };
        let told = |uid: &str, status| FeedEvent {
            event: event(uid),
            status,
            changed_at: "2026-11-22T09:00:00Z".parse().unwrap(),
        };
        let events = vec![told("a", FeedStatus::Confirmed), told("b", FeedStatus::Cancelled)];
        let file = Feed { name: "Hallen, A".into(), refresh_minutes: 60, events }.file();
        let lines = lines(&file);
        let has = |line: &str| lines.iter().filter(|one| *one == line).count();
        assert_eq!(has("NAME:Hallen\\, A"), 1);
        assert_eq!(has("REFRESH-INTERVAL;VALUE=DURATION:PT60M"), 1);
        assert_eq!(has("LAST-MODIFIED:20261122T090000Z"), 2);
        assert_eq!(has("DTSTAMP:20261122T090000Z"), 2);
        assert_eq!((has("STATUS:CONFIRMED"), has("STATUS:CANCELLED"), has("TRANSP:TRANSPARENT")), (1, 1, 1));
        assert!(!file.contains("METHOD"), "a feed is the calendar itself");
    }
}
