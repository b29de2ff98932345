//! Takes spans to a collector: OTLP over HTTP, in protobuf.
//!
//! Spans wait in a bounded queue and go in batches. A collector that is away loses what would have gone
//! meanwhile; nothing is tried twice, because nothing of the service may wait for whoever only watches it.

use std::time::Duration;

use anyhow::Context;
use cloud_kernel::error_chain;
use cloud_kernel::telemetry::{Attribute, SPANS_WAITING_MAX, Span, SpanKind, VERSION, figures};
use http::header;
use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{self as wire, ResourceSpans, ScopeSpans, Status, status};
use prost::Message as _;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

/// Spans of one request: some tens of kilobytes.
const BATCH_SPANS_MAX: usize = 256;
/// How long the first span of a batch waits for others.
const BATCH_WITHIN: Duration = Duration::from_secs(2);
/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The bit of a span's flags that says that it is sampled (W3C Trace Context §3.2.2.5).
const SAMPLED: u32 = 1;

/// Sends what it receives to a collector.
#[derive(Debug)]
pub struct Exporter {
    client: reqwest::Client,
    endpoint: String,
    spans: mpsc::Receiver<Span>,
    resource: Resource,
}

impl Exporter {
    /// For the collector at that URL. The sender is the kernel's tracer's.
    pub fn new(endpoint: &str, service: &str) -> anyhow::Result<(mpsc::Sender<Span>, Self)> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .user_agent("hallport")
            .build()
            .context("the client for the collector of spans")?;
        let (sender, spans) = mpsc::channel(SPANS_WAITING_MAX);
        let resource = Resource {
            attributes: vec![text("service.name", service), text("service.version", VERSION)],
            ..Resource::default()
        };
        Ok((sender, Self { client, endpoint: endpoint.to_owned(), spans, resource }))
    }

    /// Sends until `stop` becomes true, and what waits then.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut away = false;
        loop {
            let first = tokio::select! {
                span = self.spans.recv() => span,
                // The word to stop, or nobody left to say it.
                _ = stop.wait_for(|stop| *stop) => self.spans.try_recv().ok(),
            };
            let Some(first) = first else { return };
            let mut batch = vec![first];
            let until = if *stop.borrow() { Instant::now() } else { Instant::now() + BATCH_WITHIN };
            while batch.len() < BATCH_SPANS_MAX
                && let Ok(Some(span)) = timeout_at(until, self.spans.recv()).await
            {
                batch.push(span);
            }
            let count = u64::try_from(batch.len()).unwrap_or(0);
            match self.send(batch).await {
                Ok(()) => {
                    figures::SPANS.add(&["exported"], count);
                    away = false;
                }
                Err(error) => {
                    figures::SPANS.add(&["failed"], count);
                    // Once, not with every batch.
                    if !std::mem::replace(&mut away, true) {
                        tracing::warn!(error = error_chain(&error), "the collector takes no spans");
                    }
                }
            }
        }
    }

    async fn send(&self, batch: Vec<Span>) -> Result<(), reqwest::Error> {
        let scope = InstrumentationScope { name: "hallport".to_owned(), ..InstrumentationScope::default() };
        let spans = ScopeSpans {
            scope: Some(scope),
            spans: batch.into_iter().map(encoded).collect(),
            ..ScopeSpans::default()
        };
        let resource_spans = ResourceSpans {
            resource: Some(self.resource.clone()),
            scope_spans: vec![spans],
            ..ResourceSpans::default()
        };
        let request = ExportTraceServiceRequest { resource_spans: vec![resource_spans] };
        self.client
            .post(&self.endpoint)
            .header(header::CONTENT_TYPE, "application/x-protobuf")
            .body(request.encode_to_vec())
            .send()
            .await?
            .error_for_status()?;
        Ok(())
    }
}

fn encoded(span: Span) -> wire::Span {
    let kind = match span.kind {
        SpanKind::Internal => wire::span::SpanKind::Internal,
        SpanKind::Server => wire::span::SpanKind::Server,
        SpanKind::Producer => wire::span::SpanKind::Producer,
        SpanKind::Consumer => wire::span::SpanKind::Consumer,
    };
    let links = span.links.iter().map(|link| wire::span::Link {
        trace_id: link.trace.to_vec(),
        span_id: link.span.to_vec(),
        flags: SAMPLED,
        ..wire::span::Link::default()
    });
    wire::Span {
        trace_id: span.at.trace.to_vec(),
        span_id: span.at.span.to_vec(),
        parent_span_id: span.parent.map(|parent| parent.to_vec()).unwrap_or_default(),
        flags: SAMPLED,
        name: span.name,
        kind: kind.into(),
        start_time_unix_nano: nanos(span.began),
        end_time_unix_nano: nanos(span.ended),
        attributes: span.attributes.into_iter().map(attribute).collect(),
        links: links.collect(),
        status: span.failed.then(|| Status { code: status::StatusCode::Error.into(), ..Status::default() }),
        ..wire::Span::default()
    }
}

/// Nanoseconds since 1970; times outside what 64 bits hold become the nearest end.
fn nanos(at: Timestamp) -> u64 {
    let nanos = at.as_nanosecond().max(0);
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

fn attribute((name, value): (&'static str, Attribute)) -> KeyValue {
    match value {
        Attribute::Name(value) => text(name, &value),
        Attribute::Number(value) => keyed(name, Value::IntValue(value)),
    }
}

fn text(name: &str, value: &str) -> KeyValue {
    keyed(name, Value::StringValue(value.to_owned()))
}

fn keyed(name: &str, value: Value) -> KeyValue {
    KeyValue { key: name.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}
