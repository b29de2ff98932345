//! `/reports/{report}/{proof}`: how it goes with what somebody reported. The last part is a keyed hash of the report, which
//! whoever reported it has, and their letter.

use axum::Extension;
use axum::extract::Path;
use cloud_kernel::Kernel;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Facts, Notice, t};
use data_encoding::HEXLOWER;
use faults_domain::State;
use maud::{Markup, html};
use uuid::Uuid;

use super::{kind_name, place_words, state_badge, when_at};
use crate::{Ports, store};

/// Bytes of the hash in the address: 128 bits are not guessed.
const PROOF_BYTES: usize = 16;

fn proof(kernel: &Kernel, report: Uuid) -> String {
    let mut index = kernel.vault().index("faults.report", report.as_bytes());
    index.truncate(PROOF_BYTES);
    HEXLOWER.encode(&index)
}

/// Where it is shown.
pub(crate) fn href(kernel: &Kernel, report: Uuid) -> String {
    format!("/reports/{report}/{}", proof(kernel, report))
}

/// The page.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path((report, shown)): Path<(Uuid, String)>,
) -> Result<Markup, Failure> {
    if shown != proof(&visit.kernel, report) {
        return Err(Failure::NotFound);
    }
    let mut tx = visit.begin().await?;
    let (fault, sent_at) = store::fault_of_report(&mut tx, report).await?.ok_or(Failure::NotFound)?;
    let fault = store::find(&mut tx, fault).await?.ok_or(Failure::NotFound)?;
    let all = ports.facilities.all(&mut tx).await?;
    tx.commit().await?;
    let lang = visit.lang;
    let facility = all.iter().find(|facility| facility.id == fault.facility);
    let when = facility.map_or_else(|| visit.when(), |facility| when_at(&visit, facility));
    let goes_on = match fault.state {
        State::Reported | State::Joined(_) => t(lang, "faults-receipt-reported", &[]),
        State::Taken(_) => t(lang, "faults-receipt-taken", &[]),
        State::Mended => t(lang, "faults-receipt-mended", &[("time", &when.near_clock(fault.changed_at))]),
        State::NoFault => t(lang, "faults-receipt-no-fault", &[("time", &when.near_clock(fault.changed_at))]),
    };
    let body = html! {
        p.lead { (state_badge(lang, fault.state)) }
        p { (goes_on) }
        (Facts::new()
            .row(&t(lang, "faults-where", &[]), place_words(facility, fault.place.as_ref()))
            .row(&t(lang, "faults-what", &[]), kind_name(lang, fault.kind))
            .row(&t(lang, "faults-sent", &[]), when.near_clock(sent_at)))
        p.quiet { (t(lang, "faults-receipt-keep", &[])) }
        @if let Some(facility) = facility {
            p { a href={ "/report/" (facility.slug) } { (t(lang, "faults-report-another", &[])) } }
        }
    };
    let mut page = visit.page(&t(lang, "faults-receipt-title", &[]));
    if visit.uri.query() == Some("done") {
        page = page.notice(Notice::success(&t(lang, "faults-receipt-thanks", &[])));
    }
    Ok(page.body(body).render())
}
