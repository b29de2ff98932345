//! Every figure of the cloud. What to do about each stands in `docs/observability.md`; a test compares the
//! two.

use super::metric::{Kind, Metric, Unit, figures};

/// Requests and transactions: from one millisecond to what a person gives up at.
const FAST: Kind =
    Kind::Histogram(&[0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]);
/// From a booking to the door: the goals are 150 ms and 500 ms, a silent site takes hours.
const DELIVERY: Kind =
    Kind::Histogram(&[0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0, 86400.0]);

use Kind::{Counter, Gauge};

figures! {
    HTTP_REQUESTS = "hallport_http_requests_total", Counter, Count, ["method", "route", "status"],
        "Requests for pages and routes that were answered, by route template.";
    HTTP_SECONDS = "hallport_http_request_seconds", FAST, Seconds, ["method", "route"],
        "Time from a request to the head of its answer.";
    LIVE_PAGES = "hallport_live_pages", Gauge, Count, [],
        "Open pages that listen for a change.";
    DATABASE_CONNECTIONS = "hallport_database_connections", Gauge, Count, ["pool", "state"],
        "Connections to Postgres, in use and idle.";
    DATABASE_WAIT = "hallport_database_wait_seconds", FAST, Seconds, [],
        "Time until a transaction had its connection and had begun.";
    DATABASE_TRANSACTIONS = "hallport_database_transactions_total", Counter, Count, ["outcome"],
        "Tenants' transactions that were committed, dropped, or could not begin.";
    OUTBOX_ROWS = "hallport_outbox_rows", Gauge, Count, ["kind"],
        "Events that still wait to be delivered.";
    OUTBOX_OLDEST = "hallport_outbox_oldest_seconds", Gauge, Seconds, ["kind"],
        "Age of the oldest event that waits.";
    OUTBOX_PARKED = "hallport_outbox_parked_streams", Gauge, Count, [],
        "Streams that failed too often and wait for somebody's eyes.";
    JOBS_WAITING = "hallport_jobs_waiting", Gauge, Count, ["kind"],
        "Jobs whose time has come and that are not done.";
    JOBS_LATE = "hallport_jobs_late_seconds", Gauge, Seconds, ["kind"],
        "How late the latest job is.";
    JOBS_PARKED = "hallport_jobs_parked", Gauge, Count, [],
        "Jobs that failed too often and wait for somebody's eyes.";
    WORKED = "hallport_worker_handled_total", Counter, Count, ["work", "kind", "outcome"],
        "Events and jobs that were tried: done, failed, or parked.";
    WORK_SECONDS = "hallport_worker_seconds", FAST, Seconds, ["work", "kind"],
        "Time that one event or job took.";
    WORKER_LOOKED = "hallport_worker_last_look_seconds", Gauge, Seconds, [],
        "Time since this process last looked for work.";
    BROKER_CONNECTED = "hallport_broker_connected", Gauge, YesNo, [],
        "Whether this process is connected to the broker.";
    PUBLISHED = "hallport_messages_published_total", Counter, Count, ["kind", "outcome"],
        "Messages handed to the connection with the broker, or dropped because its queue was full.";
    TAKEN_IN = "hallport_messages_taken_total", Counter, Count, ["kind"],
        "Messages of gateways that were taken in.";
    REFUSED = "hallport_messages_refused_total", Counter, Count, ["reason"],
        "Messages that changed nothing, by reason.";
    BATCHES_BUILT = "hallport_batches_built_total", Counter, Count, ["form"],
        "Batches of grants that were built: deltas and snapshots.";
    BATCHES_SENT = "hallport_batches_sent_total", Counter, Count, [],
        "Batches of grants that were sent, repetitions included.";
    BATCHES_CONFIRMED = "hallport_batches_confirmed_total", Counter, Count, [],
        "Batches of grants that a gateway said it has.";
    BOOKING_TO_GATEWAY = "hallport_booking_to_gateway_seconds", DELIVERY, Seconds, [],
        "Time from a booking to the gateway's word that the door knows, for bookings within the horizon.";
    SITES = "hallport_sites", Gauge, Count, ["state"],
        "Gateways that speak, are silent, or were never enrolled.";
    SITES_BEHIND = "hallport_sites_behind", Gauge, Count, [],
        "Gateways that lack a batch.";
    SITES_BROKEN = "hallport_sites_journal_broken", Gauge, Count, [],
        "Gateways whose journal contradicts what it said before.";
    SITES_DEVICES_LOST = "hallport_sites_devices_lost", Gauge, Count, [],
        "Devices on site that do not answer, of gateways that speak.";
    SITES_TABLES_DIFFERED = "hallport_sites_tables_differed", Gauge, Count, [],
        "How often a gateway's table was not what it must be, all gateways together.";
    JOURNAL_ENTRIES = "hallport_journal_entries_total", Counter, Count, ["kind"],
        "Journal entries that were stored.";
    JOURNAL_ALARMS = "hallport_journal_alarms_total", Counter, Count, ["kind"],
        "Journal entries that somebody should hear of.";
    JOURNAL_DELAY = "hallport_journal_delay_seconds", DELIVERY, Seconds, [],
        "Time from what happened on site to its being stored.";
    MAILS = "hallport_mails_total", Counter, Count, ["outcome"],
        "Mails: sent, failed, not sent, or to be tried again.";
    BOOKINGS = "hallport_bookings_total", Counter, Count, ["outcome"],
        "Wishes to book: held, booked, requested, clash, or refused.";
    SPANS = "hallport_spans_total", Counter, Count, ["outcome"],
        "Spans of traces: exported, dropped because too many waited, or failed at the collector.";
    BUILD = "hallport_build_info", Gauge, YesNo, ["program", "version"],
        "Always 1; which program this is.";
    PROCESS_CPU = "process_cpu_seconds_total", Counter, Seconds, [],
        "Processor time of this process, in whole seconds.";
    PROCESS_MEMORY = "process_resident_memory_bytes", Gauge, Bytes, [],
        "Resident memory of this process.";
    PROCESS_FDS = "process_open_fds", Gauge, Count, [],
        "Open files and sockets of this process.";
    PROCESS_FDS_MAX = "process_max_fds", Gauge, Count, [],
        "How many it may open.";
    PROCESS_STARTED = "process_start_time_seconds", Gauge, UnixSeconds, [],
        "When this process started.";
}
