//! What is closed for a while, as files say it: in `facilities.toml`, and as CSV, one a line.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};

use crate::document::FILE_BYTES_MAX;
use crate::fault::{Fault, Place, Thing};
use crate::tables::{check_head, unreadable};
use crate::wrong::{LINE_CHARS_MAX, Wrong, check_slug, check_text};
use crate::{DocumentError, Refusal};

/// What sort of closing it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ClosedKind {
    /// Nobody gets in.
    Closed,
    /// One gets in, and cannot play.
    Unplayable,
}

impl ClosedKind {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Closed, Self::Unplayable];

    /// Its key, as files and the database write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Unplayable => "unplayable",
        }
    }

    /// The kind with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// Something that is closed, from and until by the clock of its facility.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClosureEntry {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// The short name of what is closed; `None` is the facility.
    pub resource: Option<String>,
    /// How.
    pub kind: ClosedKind,
    /// From.
    pub from: DateTime,
    /// Until; `None` is until further notice.
    pub to: Option<DateTime>,
    /// Why, for everybody to read.
    pub reason: String,
}

/// What a file says of a closing, before it is checked.
pub(crate) struct Said<'a> {
    pub(crate) resource: Option<&'a str>,
    pub(crate) kind: Option<&'a str>,
    pub(crate) from: &'a str,
    pub(crate) to: Option<&'a str>,
    pub(crate) reason: &'a str,
}

impl Said<'_> {
    pub(crate) fn check(&self, line: usize) -> Result<ClosureEntry, Fault> {
        let kind = match self.kind {
            None => ClosedKind::Closed,
            Some(key) => ClosedKind::parse(key)
                .ok_or_else(|| Fault::none_of("kind", key, &ClosedKind::ALL.map(ClosedKind::key)))?,
        };
        let from = moment("from", self.from)?;
        let to = self.to.map(|to| moment("to", to)).transpose()?;
        if to.is_some_and(|to| to <= from) {
            return Err(Fault::Wrong("to", Wrong::Backwards));
        }
        if self.reason.trim().is_empty() {
            return Err(Fault::Wrong("reason", Wrong::Missing));
        }
        check_text(self.reason, LINE_CHARS_MAX).map_err(|wrong| Fault::Wrong("reason", wrong))?;
        let resource = self.resource.map(str::to_owned);
        Ok(ClosureEntry { line, resource, kind, from, to, reason: self.reason.trim().to_owned() })
    }
}

/// A date with its clock. A date alone is refused: whether the day itself is meant is anybody's guess.
fn moment(key: &'static str, text: &str) -> Result<DateTime, Fault> {
    let refuse = || Fault::NoMoment { key, text: text.to_owned() };
    if text.parse::<Date>().is_ok() && !text.contains(['T', ' ']) {
        return Err(refuse());
    }
    text.parse().map_err(|_| refuse())
}

/// A line of a file of closings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClosureRow {
    /// The short name of the facility.
    pub facility: String,
    /// What the line says.
    pub closure: ClosureEntry,
}

const COLUMNS: [&str; 6] = ["facility", "resource", "kind", "from", "to", "reason"];

/// Whether a table tells of closings: it has a column for their beginning.
pub fn tells_of_closures(text: &str) -> bool {
    let head = text.strip_prefix('\u{feff}').unwrap_or(text).lines().next().unwrap_or_default();
    head.split([',', ';']).any(|column| column.trim().trim_matches('"') == "from")
}

/// Reads closings from CSV with comma or semicolon: the first line names the columns, in any order.
pub fn read_closures(text: &str) -> Result<(Vec<ClosureRow>, Vec<Refusal>), DocumentError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(DocumentError::too_long());
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let delimiter = if text.lines().next().unwrap_or_default().contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns: Vec<String> =
        reader.headers().map_err(|error| unreadable(&error))?.iter().map(str::to_owned).collect();
    check_head(&columns, &COLUMNS, &["facility", "from", "reason"])?;
    let (mut rows, mut refusals): (Vec<ClosureRow>, Vec<Refusal>) = (Vec::new(), Vec::new());
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| unreadable(&error))? {
        let line = record.position().map_or(0, csv::Position::line);
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        let cells: BTreeMap<&str, &str> = columns.iter().map(String::as_str).zip(record.iter()).collect();
        let cell = |column| cells.get(column).copied().filter(|cell| !cell.is_empty());
        let facility = cell("facility").unwrap_or_default();
        let said = Said {
            resource: cell("resource"),
            kind: cell("kind"),
            from: cell("from").unwrap_or_default(),
            to: cell("to"),
            reason: cell("reason").unwrap_or_default(),
        };
        let row = if record.len() > columns.len() {
            Err(Fault::TooManyCells)
        } else {
            let slug = check_slug(facility).map_err(|wrong| Fault::Wrong("facility", wrong));
            slug.and_then(|()| said.check(line))
        };
        let same = |closure: &ClosureEntry, old: &ClosureRow| {
            (old.facility.as_str(), &old.closure.resource, old.closure.from)
                == (facility, &closure.resource, closure.from)
        };
        let row = row.and_then(|closure| {
            if rows.iter().any(|old| same(&closure, old)) { Err(Fault::Twice) } else { Ok(closure) }
        });
        match row {
            Ok(closure) => rows.push(ClosureRow { facility: facility.to_owned(), closure }),
            Err(what) => {
                let at = Place::within(facility, Thing::Closure(said.from.to_owned()));
                refusals.push(Refusal { line, at, what });
            }
        }
    }
    Ok((rows, refusals))
}

/// Writes closings as CSV, in a form that [`read_closures`] reads.
pub fn write_closures(rows: &[ClosureRow]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory does not fail, and every line has the same number of cells.
    let mut written = writer.write_record(COLUMNS);
    for ClosureRow { facility, closure } in rows {
        let cells = [
            facility.clone(),
            closure.resource.clone().unwrap_or_default(),
            closure.kind.key().to_owned(),
            closure.from.to_string(),
            closure.to.map(|to| to.to_string()).unwrap_or_default(),
            closure.reason.clone(),
        ];
        written = written.and_then(|()| writer.write_record(cells));
    }
    let bytes = written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn closings_are_written_as_they_are_read() {
        let closure = ClosureEntry {
            line: 2,
            resource: None,
            kind: ClosedKind::Closed,
            from: "2026-12-24T08:00".parse().unwrap(),
            to: None,
            reason: "Golvet slipas, \"igen\"".to_owned(),
        };
        let half = ClosureEntry {
            line: 3,
            resource: Some("norra".to_owned()),
            kind: ClosedKind::Unplayable,
            to: Some("2026-12-26T00:00".parse().unwrap()),
            ..closure.clone()
        };
        let rows = [closure, half].map(|closure| ClosureRow { facility: "strand".to_owned(), closure });
        assert_eq!(read_closures(&write_closures(&rows)).unwrap(), (rows.to_vec(), Vec::new()));
    }

    #[test]
    fn each_wrong_line_is_told_with_its_number() {
        let text = "facility;from;to;kind;reason\n\
                    strand;2026-12-24T08:00;;;Jul\n\
                    strand;2026-12-24;;;Jul\n\
                    strand;2026-12-24T08:00;2026-12-24T07:00;;Jul\n\
                    strand;2026-12-25T08:00;;war;Jul\n\
                    strand;2026-12-26T08:00;;;\n\
                    Strand;2026-12-27T08:00;;;Jul\n\
                    strand;2026-12-24T08:00;;;Igen\n";
        let (rows, refusals) = read_closures(text).unwrap();
        assert_eq!(rows.len(), 1);
        let told: Vec<String> =
            refusals.iter().map(|refusal| format!("{} {}", refusal.line, refusal.what)).collect();
        assert_eq!(
            told,
            [
                "3 from must be a date and a time such as 2026-12-24T08:00, not \"2026-12-24\"",
                "4 to must not come before the beginning",
                "5 kind \"war\" is none of closed, unplayable",
                "6 reason must not be empty",
                "7 facility must be 1 to 60 of a–z, 0–9 and hyphens",
                "8 stands twice",
            ]
        );
    }

    #[test]
    fn a_table_with_a_beginning_tells_of_closings() {
        assert!(tells_of_closures("\u{feff}facility;\"from\";reason\n"));
        assert!(!tells_of_closures("facility,resource,name\nfrom,a,b\n"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            drop(read_closures(&text));
            drop(read_closures(&format!("facility,from,reason\n{text}")));
        }
    }
}
