//! `/faults/places/{slug}/labels`: a sheet of labels to print and to put on walls.

use axum::Extension;
use axum::extract::Path;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, print_button, qr_code, t};
use maud::{Markup, html};

use super::worked_at;
use crate::{Ports, store};

/// An address that no QR code holds.
#[derive(Debug, thiserror::Error)]
#[error("an address is too long for a QR code")]
struct TooLongForQr;

/// The sheet.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let (_, facility) = worked_at(&visit, &mut tx, &ports, &slug).await?;
    let places = store::places(&mut tx, facility.id).await?;
    tx.commit().await?;
    let lang = visit.lang;
    let facilitys = (facility.name.clone(), format!("/report/{slug}"));
    let places = places.into_iter().map(|place| (place.name, format!("/report/{slug}/{}", place.no)));
    let mut labels = Vec::new();
    for (name, path) in std::iter::once(facilitys).chain(places) {
        let url = visit.kernel.service().url(&visit.tenant.host, &path);
        let label = t(lang, "faults-label-alt", &[("place", &name)]);
        let picture = qr_code(&url, &label).ok_or_else(|| Failure::internal(TooLongForQr))?;
        labels.push((name, url, picture));
    }
    let body = html! {
        div.schedule-tools {
            (print_button(lang, &visit.tenant.name, &visit.when().day_and_clock(visit.kernel.now())))
            (Button::quiet(&t(lang, "faults-labels-back", &[])).href(&format!("/faults/places/{slug}")))
        }
        ul.labels {
            @for (name, url, picture) in &labels {
                li.label {
                    p.label-what { (t(lang, "faults-label-what", &[])) }
                    (picture)
                    p.label-place { (name) }
                    // For those whose phone reads no code.
                    p.label-address { (url) }
                    p.quiet { (facility.name) ", " (visit.tenant.name) }
                }
            }
        }
    };
    Ok(visit
        .page(&t(lang, "faults-labels", &[]))
        .crumb(&t(lang, "faults-title", &[]), "/faults")
        .crumb(&t(lang, "faults-labels-title", &[]), &format!("/faults/places/{slug}"))
        .lead(&facility.name)
        .body(body)
        .render())
}
