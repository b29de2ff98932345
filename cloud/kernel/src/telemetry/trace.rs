//! Spans: what took how long, and what it belongs to.
//!
//! A request has a trace of its own, or continues its caller's (W3C Trace Context). What one thing goes
//! through over hours and processes is its *story*: a trace whose id is the thing's UUID, with span ids that
//! are derived from what the step is. So a step names the one before it without anything having been stored,
//! and the same step told twice is the same span. See `docs/decisions/a-bookings-trace-is-its-id.md`.
//!
//! **Invariant:** spans never hold anything up: where too many wait, the newest are dropped and counted.

use std::sync::OnceLock;

use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::figures;

/// Spans that wait for the collector: some seconds of a city's busiest day. Beyond it they are dropped.
pub const SPANS_WAITING_MAX: usize = 4096;
/// Spans of one transaction: a snapshot carries thousands of bookings, and nobody reads that many.
const SPANS_IN_A_TRANSACTION_MAX: usize = 256;
/// What a story's span ids are derived under.
const STORY_CONTEXT: &[u8] = b"hallport-story-1";

/// The 16 bytes of a trace's id; not all zero.
pub type TraceId = [u8; 16];
/// The 8 bytes of a span's id; not all zero.
pub type SpanId = [u8; 8];

/// Points at a span.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SpanRef {
    /// Its trace.
    pub trace: TraceId,
    /// The span.
    pub span: SpanId,
}

/// Which side of a conversation a span is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpanKind {
    /// Work within.
    Internal,
    /// Answers a request.
    Server,
    /// Hands something over that is dealt with later.
    Producer,
    /// Deals with what was handed over.
    Consumer,
}

/// What is said about a span. Never a name, a code, or a text that somebody wrote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Attribute {
    /// An id, or a name of our own.
    Name(String),
    /// A number.
    Number(i64),
}

/// Something that took time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// Itself.
    pub at: SpanRef,
    /// What it is part of, within the same trace.
    pub parent: Option<SpanId>,
    /// What it was.
    pub name: String,
    /// Which side.
    pub kind: SpanKind,
    /// When it began.
    pub began: Timestamp,
    /// When it ended; not before it began.
    pub ended: Timestamp,
    /// More about it.
    pub attributes: Vec<(&'static str, Attribute)>,
    /// Spans of other traces that it has to do with.
    pub links: Vec<SpanRef>,
    /// Whether it failed.
    pub failed: bool,
}

impl Span {
    /// The same with a fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &(impl ToString + ?Sized)) -> Self {
        self.attributes.push((name, Attribute::Name(value.to_string())));
        self
    }

    /// The same with a number; one beyond 2⁶³ stands as the greatest.
    #[must_use]
    pub fn with_number(mut self, name: &'static str, value: u64) -> Self {
        self.attributes.push((name, Attribute::Number(i64::try_from(value).unwrap_or(i64::MAX))));
        self
    }

    /// The same as the given side of a conversation.
    #[must_use]
    pub fn of_kind(mut self, kind: SpanKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same with a link, where there is one.
    #[must_use]
    pub fn linked(mut self, to: Option<SpanRef>) -> Self {
        self.links.extend(to);
        self
    }
}

/// What a thing goes through: a trace whose id is the thing's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Story(Uuid);

impl Story {
    /// The story of a thing.
    pub const fn of(id: Uuid) -> Self {
        Self(id)
    }

    /// The id of a step: the same wherever and whenever it is asked for. `key` tells steps of one name apart.
    pub fn step(self, name: &str, key: &str) -> SpanId {
        let mut text = STORY_CONTEXT.to_vec();
        text.extend_from_slice(self.0.as_bytes());
        text.extend_from_slice(name.as_bytes());
        text.push(0);
        text.extend_from_slice(key.as_bytes());
        let hash = digest(&SHA256, &text);
        let mut id = [0; 8];
        id.copy_from_slice(&hash.as_ref()[..8]);
        // All zero means 'no span'. It comes once in 2⁶⁴.
        if id == [0; 8] { [1; 8] } else { id }
    }

    /// The step with which it begins.
    pub fn root(self) -> SpanId {
        self.step("", "")
    }

    /// The first span.
    pub fn begins(self, name: &str, began: Timestamp, ended: Timestamp) -> Span {
        self.span(self.root(), None, name, began, ended)
    }

    /// A later span, part of `parent`.
    pub fn goes_on(
        self,
        (name, key): (&str, &str),
        parent: SpanId,
        began: Timestamp,
        ended: Timestamp,
    ) -> Span {
        self.span(self.step(name, key), Some(parent), name, began, ended)
    }

    fn span(
        self,
        id: SpanId,
        parent: Option<SpanId>,
        name: &str,
        began: Timestamp,
        ended: Timestamp,
    ) -> Span {
        Span {
            at: SpanRef { trace: self.0.into_bytes(), span: id },
            parent,
            name: name.to_owned(),
            kind: SpanKind::Internal,
            began,
            ended: ended.max(began),
            attributes: Vec::new(),
            links: Vec::new(),
            failed: false,
        }
    }
}

/// Takes spans towards the collector; off until somebody receives them.
#[derive(Debug, Default)]
pub struct Tracer(OnceLock<mpsc::Sender<Span>>);

impl Tracer {
    /// From now on spans go there. Only the first call counts.
    pub fn send_to(&self, sender: mpsc::Sender<Span>) {
        if self.0.set(sender).is_err() {
            tracing::error!("spans have a receiver already; the first one stays");
        }
    }

    /// Whether anybody receives spans: without, nothing is read or made for their sake.
    pub fn is_on(&self) -> bool {
        self.0.get().is_some()
    }

    /// Hands a span over, or drops it where too many wait.
    pub fn tell(&self, span: Span) {
        if let Some(sender) = self.0.get()
            && sender.try_send(span).is_err()
        {
            figures::SPANS.count(&["dropped"]);
        }
    }
}

/// Spans that are told if and when a transaction commits.
#[derive(Debug, Default)]
pub(crate) struct Untold(Vec<Span>);

impl Untold {
    pub(crate) fn keep(&mut self, span: Span) {
        if self.0.len() < SPANS_IN_A_TRANSACTION_MAX {
            self.0.push(span);
        } else {
            figures::SPANS.count(&["dropped"]);
        }
    }

    pub(crate) fn tell(self, tracer: &Tracer) {
        for span in self.0 {
            tracer.tell(span);
        }
    }
}

tokio::task_local! {
    static CURRENT: SpanRef;
}

/// The span of the request or delivery that this runs in.
pub fn current_span() -> Option<SpanRef> {
    CURRENT.try_with(|span| *span).ok()
}

/// Runs `work` as part of the span.
pub async fn in_span<T>(span: SpanRef, work: impl Future<Output = T>) -> T {
    CURRENT.scope(span, work).await
}

/// Reads `traceparent` (W3C Trace Context §3.2); `None` for what is none. Later versions may add fields.
pub fn read_traceparent(text: &str) -> Option<SpanRef> {
    let mut fields = text.split('-');
    let (version, trace, span, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let version_0_ends = version != "00" || fields.next().is_none();
    if !version_0_ends || version == "ff" || hex::<1>(version).is_none() || hex::<1>(flags).is_none() {
        return None;
    }
    let (trace, span) = (hex::<16>(trace)?, hex::<8>(span)?);
    (trace != [0; 16] && span != [0; 8]).then_some(SpanRef { trace, span })
}

/// Lower-case hexadecimal digits for `N` bytes.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_context_is_read_and_nonsense_is_not() {
        let read = read_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
        assert_eq!(read.trace[..2], [0x4b, 0xf9]);
        assert_eq!(read.span, [0, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]);
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
        assert_eq!(read_traceparent(later), Some(read));
        for nonsense in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-01",
        ] {
            assert_eq!(read_traceparent(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_step_has_the_same_id_wherever_it_is_asked_for() {
        let story = Story::of(Uuid::from_u128(7));
        assert_eq!(story.step("a", "1"), Story::of(Uuid::from_u128(7)).step("a", "1"));
        let others = [story.root(), story.step("a", "2"), story.step("a1", ""), story.step("b", "1")];
        assert!(others.iter().all(|other| *other != story.step("a", "1")));
        assert_ne!(Story::of(Uuid::from_u128(8)).root(), story.root());
        assert_eq!(story.begins("x", Timestamp::UNIX_EPOCH, Timestamp::MIN).ended, Timestamp::UNIX_EPOCH);
    }

    #[tokio::test]
    async fn spans_are_dropped_where_nobody_takes_them_and_nothing_waits() {
        let tracer = Tracer::default();
        let span = Story::of(Uuid::from_u128(7)).begins("x", Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        tracer.tell(span.clone());
        assert!(!tracer.is_on());
        let (sender, mut receiver) = mpsc::channel(1);
        tracer.send_to(sender);
        tracer.tell(span.clone());
        tracer.tell(span.clone());
        assert_eq!(receiver.recv().await, Some(span));
        assert!(receiver.try_recv().is_err());
    }

    #[tokio::test]
    async fn what_runs_in_a_span_knows_it() {
        let span = SpanRef { trace: [1; 16], span: [2; 8] };
        assert_eq!(current_span(), None);
        assert_eq!(in_span(span, async { current_span() }).await, Some(span));
    }
}
