//! What operators see of the service: figures, spans, health.
//!
//! **Invariant:** no figure has a label, and no span an attribute, that names a person, holds a code or
//! quotes a text that somebody wrote: labels are names of our own, attributes are ids, numbers and such
//! names.

pub mod figures;
mod health;
mod metric;
mod process;
mod sampler;
mod trace;

pub use health::{BrokerLink, Health, Part, PartState, Readiness};
pub use metric::{Kind, Metric, Unit, VERSION, describe_all};
pub use sampler::{Measures, Sampler};
pub(crate) use trace::Untold;
pub use trace::{
    Attribute, SPANS_WAITING_MAX, Span, SpanId, SpanKind, SpanRef, Story, TraceId, Tracer, current_span,
    in_span, read_traceparent,
};
