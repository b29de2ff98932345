//! Before hours change that somebody has booked within: which times, and the question whether it is meant.

use axum::response::{IntoResponse, Response};
use cloud_contracts::{ComingTime, Facilities as _, Facility};
use cloud_kernel::web::Failure;
use cloud_ui::{Button, ErrorSummary, Notice, t};
use http::StatusCode;
use maud::html;

use super::{Sent, Work};
use crate::FacilityRegister;
use crate::affected::affected;
use crate::pages::when_at;

/// Times that are named at most; of more the page says how many.
const NAMED_MAX: usize = 50;
/// The field in which a form says that it has been seen which times are met.
const SEEN: &str = "met_seen";

/// A facility as it was before a change of its hours.
pub(crate) struct Before(Facility);

impl Before {
    /// Reads it, ahead of the change.
    pub(crate) async fn read(work: &mut Work<'_>) -> Result<Self, Failure> {
        Ok(Self(FacilityRegister.by_slug(&mut work.tx, work.slug).await?.ok_or(Failure::NotFound)?))
    }

    /// After the change, still in its transaction: the page that asks, where booked times are met and nobody has said
    /// yet that it is meant. Nothing has changed then.
    pub(crate) async fn question<'a>(
        self,
        mut work: Work<'a>,
        sent: &Sent,
        keep: &str,
    ) -> Result<Result<Work<'a>, Response>, Failure> {
        if sent.ticked(SEEN) {
            return Ok(Ok(work));
        }
        let resources: Vec<_> = self.0.resources.iter().map(|resource| resource.id).collect();
        let coming = work.ports.space.coming(&mut work.tx, &resources).await?;
        let after = FacilityRegister.by_slug(&mut work.tx, work.slug).await?.ok_or(Failure::NotFound)?;
        let met = affected(&self.0, &after, &coming);
        if met.is_empty() {
            return Ok(Ok(work));
        }
        let (visit, ports, slug) = (work.visit, work.ports, work.slug);
        drop(work);
        let work = Work::begin(visit, ports, slug).await?;
        let page = self.page(work, sent, keep, &met).await?;
        Ok(Err((StatusCode::CONFLICT, page).into_response()))
    }

    async fn page(
        &self,
        work: Work<'_>,
        sent: &Sent,
        keep: &str,
        met: &[ComingTime],
    ) -> Result<maud::Markup, Failure> {
        let lang = work.visit.lang;
        let when = when_at(work.visit, &self.0);
        let name = |time: &ComingTime| {
            self.0.resource(time.resource).map(|resource| resource.name.clone()).unwrap_or_default()
        };
        let more = met.len().saturating_sub(NAMED_MAX);
        let body = html! {
            (Notice::warning(&t(lang, "facilities-met", &[("count", &met.len())])).more(&t(lang, "facilities-met-stand", &[])))
            ul {
                @for time in met.iter().take(NAMED_MAX) {
                    li { (when.span(time.starts_at, time.ends_at)) ", " (name(time)) ", " (t(lang, "facilities-met-number", &[("number", &time.number.to_string())])) }
                }
                @if more > 0 { li { (t(lang, "facilities-met-more", &[("count", &more)])) } }
            }
            form method="post" action=(work.visit.uri.path()) {
                @for (name, text) in sent.all() { input type="hidden" name=(name) value=(text); }
                input type="hidden" name=(SEEN) value="yes";
                (Button::primary(&t(lang, "facilities-met-anyway", &[])))
            }
            p.actions { (Button::quiet(&t(lang, "facilities-met-keep", &[])).href(keep)) }
        };
        let title = format!("{}: {}", t(lang, "facilities-met-title", &[]), work.known.facts.name);
        work.finish(&title, ErrorSummary::new(lang), body).await
    }
}
