//! The Python environment with the programs that read what we write.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// A program of the environment.
pub fn program(name: &str) -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told where their peers are by their environment"
    )]
    let venv = std::env::var("HALLPORT_TEST_VENV")
        .expect("HALLPORT_TEST_VENV names no Python environment with icalendar; ./deploy/test makes one");
    PathBuf::from(venv).join("bin").join(name)
}

/// What Python's `icalendar` reads in a file: its name, and its events with their times by the clocks of Stockholm.
pub fn read_calendar(file: &str) -> Value {
    let script = "
import json, sys
from zoneinfo import ZoneInfo
from icalendar import Calendar
calendar = Calendar.from_ical(sys.stdin.buffer.read())
clock = lambda event, name: event[name].dt.astimezone(ZoneInfo('Europe/Stockholm')).strftime('%Y-%m-%d %H.%M %Z')
text = lambda event, name: str(event[name]) if name in event else None
events = [{'uid': text(e, 'UID'), 'sequence': int(e['SEQUENCE']), 'from': clock(e, 'DTSTART'), 'to': clock(e, 'DTEND'),
           'hours': (e['DTEND'].dt - e['DTSTART'].dt).total_seconds() / 3600,
           'summary': text(e, 'SUMMARY'), 'location': text(e, 'LOCATION'), 'description': text(e, 'DESCRIPTION'),
           'status': text(e, 'STATUS'), 'url': text(e, 'URL'), 'stamp': clock(e, 'DTSTAMP'),
           'modified': clock(e, 'LAST-MODIFIED'), 'errors': [str(x) for x in e.errors]} for e in calendar.walk('VEVENT')]
print(json.dumps({'name': text(calendar, 'NAME'), 'version': text(calendar, 'VERSION'), 'method': text(calendar, 'METHOD'),
                  'errors': [str(x) for x in calendar.errors], 'events': events}))";
    let mut python = Command::new(program("python3"))
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 of HALLPORT_TEST_VENV");
    python.stdin.take().unwrap().write_all(file.as_bytes()).unwrap();
    let read = python.wait_with_output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    serde_json::from_slice(&read.stdout).unwrap()
}
