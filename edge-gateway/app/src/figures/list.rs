//! Every figure of a gateway. What to do about each stands in `docs/observability.md`; a test compares the
//! two.

/// How a figure behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Where its value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum What {
    Decisions,
    Decide,
    Written,
    Turns,
    Commits,
    JournalWaiting,
    DevicesLost,
    Connected,
    Grants,
    Build,
    Cpu,
    Memory,
    OpenFiles,
}

/// A figure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) what: What,
    #[cfg_attr(not(test), expect(dead_code, reason = "compared with the document in tests"))]
    pub(super) unit: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "compared with the document in tests"))]
    pub(super) labels: &'static [&'static str],
    pub(super) help: &'static str,
}

const fn figure(
    name: &'static str,
    (kind, unit): (Kind, &'static str),
    labels: &'static [&'static str],
    what: What,
    help: &'static str,
) -> Figure {
    Figure { name, kind, what, unit, labels, help }
}

const TIMES: (Kind, &str) = (Kind::Histogram, "seconds");
const NUMBER: (Kind, &str) = (Kind::Gauge, "count");
const YES_NO: (Kind, &str) = (Kind::Gauge, "0 or 1");

/// All of them, in the order of the document.
pub(super) const ALL: &[Figure] = &[
    figure(
        "hallport_gateway_decisions_total",
        (Kind::Counter, "count"),
        &["outcome", "reason"],
        What::Decisions,
        "What was decided at the doors: admitted, or refused and why.",
    ),
    figure(
        "hallport_gateway_decide_seconds",
        TIMES,
        &[],
        What::Decide,
        "Time from a key, tag or scan to the orders that follow from it, the core alone.",
    ),
    figure(
        "hallport_gateway_write_seconds",
        TIMES,
        &[],
        What::Written,
        "Time from the order to switch a lock or lamp on to the device having taken it.",
    ),
    figure(
        "hallport_gateway_bus_turn_seconds",
        TIMES,
        &[],
        What::Turns,
        "Time of one turn on a bus: a write, a poll, or the introduction of a device.",
    ),
    figure(
        "hallport_gateway_disk_commit_seconds",
        TIMES,
        &[],
        What::Commits,
        "Time of one transaction on the disk.",
    ),
    figure(
        "hallport_gateway_journal_waiting",
        NUMBER,
        &[],
        What::JournalWaiting,
        "Journal entries that the cloud has not acknowledged.",
    ),
    figure("hallport_gateway_devices_lost", NUMBER, &[], What::DevicesLost, "Devices that do not answer."),
    figure(
        "hallport_gateway_broker_connected",
        YES_NO,
        &[],
        What::Connected,
        "Whether the broker is connected.",
    ),
    figure("hallport_gateway_grants", NUMBER, &[], What::Grants, "Grants in the table."),
    figure(
        "hallport_gateway_build_info",
        YES_NO,
        &["version"],
        What::Build,
        "Always 1; which program this is.",
    ),
    figure(
        "process_cpu_seconds_total",
        (Kind::Counter, "seconds"),
        &[],
        What::Cpu,
        "Processor time of this process, in whole seconds.",
    ),
    figure(
        "process_resident_memory_bytes",
        (Kind::Gauge, "bytes"),
        &[],
        What::Memory,
        "Resident memory of this process.",
    ),
    figure("process_open_fds", NUMBER, &[], What::OpenFiles, "Open files and sockets of this process."),
];

/// Clock ticks in a second, as user space sees them: 100 on every Linux (`sysconf(_SC_CLK_TCK)`, time(7)).
const TICKS_PER_SECOND: u64 = 100;

/// User and system time: the 14th and 15th field of proc(5)'s `stat`. The second, the program's name, may
/// hold blanks.
pub(super) fn cpu_seconds() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(user.checked_add(system)? / TICKS_PER_SECOND)
}

pub(super) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_ascii_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

pub(super) fn open_files() -> Option<u64> {
    u64::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}
