//! `journal verify` and `journal export`: the journal as it lies on disk, beside a running gateway or without one.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use gateway_store::{JournalVerdict, Store};
use protocols_wire::{JournalFrame, UnixMs, decode};

use crate::folder::Folder;
use crate::out::{remark, say};
use crate::told::Told;

/// Entries that are read at once: some 100 KiB.
const PAGE: u16 = 500;

/// How entries are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values, the names of the columns first.
    Csv,
}

/// Which journal, and from whose folder.
#[derive(Debug, clap::Args)]
pub(crate) struct Source {
    /// Folder of this gateway: identity, journal, grants.
    #[arg(long)]
    pub(crate) data: PathBuf,
    /// Another store than the folder's own: a damaged one that was put aside.
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
}

/// What to write, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Entries from this time on: `2026-11-28` (the day's beginning, UTC) or `2026-11-28T06:00:00Z`.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) from: Option<UnixMs>,
    /// Entries before this time.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) to: Option<UnixMs>,
    /// How entries are written.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub(crate) format: Format,
    /// A new file to write to; without it standard output. A file that exists is never overwritten.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

impl Source {
    async fn open(&self) -> anyhow::Result<Store> {
        let own = Folder::new(self.data.clone()).store();
        let path = self.store.as_deref().unwrap_or(&own);
        if !path.exists() {
            bail!("there is no journal yet: {} does not exist", path.display());
        }
        Ok(Store::open_read_only(path).await?)
    }
}

fn instant(text: &str) -> Result<UnixMs, String> {
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Ok(UnixMs(instant.as_millisecond()));
    }
    // A time without a zone would be read as its date.
    let date: jiff::civil::Date = Some(text)
        .filter(|text| text.len() == "2026-11-28".len())
        .and_then(|text| text.parse().ok())
        .ok_or("neither a date (2026-11-28) nor a time with its zone (2026-11-28T06:00:00Z)".to_owned())?;
    let begins = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|error| error.to_string())?;
    Ok(UnixMs(begins.timestamp().as_millisecond()))
}

/// Says in words what holds, and answers whether everything does.
pub(crate) async fn verify(source: &Source) -> anyhow::Result<bool> {
    let verdict = source.open().await?.verify_journal().await.context("the journal cannot be read")?;
    let JournalVerdict { marks, hold, broken } = verdict;
    say(&format!("generation   {}", marks.generation));
    say(&format!("last entry   {}", marks.head));
    say(&format!(
        "acknowledged {}: the cloud has it up to here, {} wait",
        marks.acknowledged,
        marks.head.saturating_sub(marks.acknowledged)
    ));
    let first = marks.forgotten.saturating_add(1);
    match (marks.forgotten, marks.head) {
        (_, 0) => say("on disk      nothing was ever written"),
        (forgotten, head) if forgotten == head => {
            say("on disk      nothing; all was acknowledged and has been deleted");
        }
        (_, head) => say(&format!("on disk      entries {first} to {head}")),
    }
    match broken {
        None if hold == 0 => say("holds        yes: there is nothing to verify"),
        None => say(&format!(
            "holds        yes: {hold} entries without a gap, each chained to the one before, up to the last that was \
             written"
        )),
        Some(broken) => {
            say(&format!("holds        {hold} entries from {first} on"));
            say(&format!("BROKEN       {broken}"));
            say("             At its next start the gateway puts this journal aside and begins a new one.");
        }
    }
    Ok(broken.is_none())
}

/// Writes the journal's entries; answers how many.
pub(crate) async fn export(wanted: &Export) -> anyhow::Result<()> {
    let mut store = wanted.source.open().await?;
    match &wanted.output {
        None => match written(&mut store, wanted, io::stdout().lock()).await {
            // Whoever read has seen enough.
            Err(Failed::Write(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            Err(Failed::Write(error)) => Err(error).context("cannot write the answer"),
            Err(Failed::Read(error)) => Err(error),
            Ok(_) => Ok(()),
        },
        Some(path) => {
            let file = new_file(path)?;
            match written(&mut store, wanted, &file).await {
                Ok(count) => {
                    file.sync_all().with_context(|| format!("cannot write {}", path.display()))?;
                    say(&format!("{count} entries in {}", path.display()));
                    Ok(())
                }
                Err(failed) => {
                    // Half an export would be taken for a whole one.
                    drop(std::fs::remove_file(path));
                    Err(match failed {
                        Failed::Write(error) => {
                            anyhow::Error::new(error).context(format!("cannot write {}", path.display()))
                        }
                        Failed::Read(error) => error,
                    })
                }
            }
        }
    }
}

fn new_file(path: &Path) -> anyhow::Result<File> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => Ok(file),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists already, and nothing is ever overwritten: name another file", path.display())
        }
        Err(error) => Err(error).with_context(|| format!("cannot create {}", path.display())),
    }
}

enum Failed {
    Write(io::Error),
    Read(anyhow::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

async fn written(store: &mut Store, wanted: &Export, to: impl Write) -> Result<u64, Failed> {
    let unreadable = |error| Failed::Read(anyhow::Error::new(error).context("the journal cannot be read"));
    let marks = store.journal_marks().await.map_err(unreadable)?;
    let mut to = BufWriter::new(to);
    if wanted.format == Format::Csv {
        writeln!(to, "{}", Told::csv_head())?;
    }
    let mut count = 0_u64;
    let mut last = marks.forgotten;
    // What is written meanwhile belongs to the next export.
    while last < marks.head {
        let page = store.journal_after(last, PAGE).await.map_err(unreadable)?;
        let (Some(first), Some(end)) = (page.first(), page.last()) else { break };
        if first.sequence != last.saturating_add(1) {
            remark(&format!(
                "entries {} to {} are not there: deleted while this was read, or missing (journal verify tells)",
                last.saturating_add(1),
                first.sequence.saturating_sub(1)
            ));
        }
        last = end.sequence;
        for entry in page.into_iter().filter(|entry| entry.sequence <= marks.head) {
            // What cannot be read has no time, and is told whatever is asked for.
            let at = decode::<JournalFrame>(&entry.entry).ok().map(|frame| frame.at);
            let early = wanted.from.is_some_and(|from| at.is_some_and(|at| at < from));
            let late = wanted.to.is_some_and(|to| at.is_some_and(|at| at >= to));
            if early || late {
                continue;
            }
            let told = Told::new(marks, entry.sequence, &entry.entry);
            let line = match wanted.format {
                Format::Jsonl => told.json(),
                Format::Csv => told.csv(),
            };
            writeln!(to, "{line}")?;
            count = count.saturating_add(1);
        }
    }
    to.flush()?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_or_an_instant_with_its_zone_is_a_time() {
        assert_eq!(instant("2026-11-28"), instant("2026-11-28T00:00:00Z"));
        assert_eq!(instant("2026-11-28T01:00:00+01:00"), instant("2026-11-28"));
        for wrong in ["yesterday", "2026-13-01", "2026-11-28T06:00:00", ""] {
            assert!(instant(wrong).unwrap_err().contains("2026-11-28T06:00:00Z"), "{wrong}");
        }
    }
}
