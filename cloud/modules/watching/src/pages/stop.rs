//! `/watches/{id}/stop/{proof}`: ends a wish from a letter, without signing in. The last part is a keyed hash of the wish,
//! which stands in its letters only.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Kernel};
use cloud_ui::{Button, Notice, t};
use data_encoding::HEXLOWER;
use maud::html;
use protocols_ids::WatchId;
use serde_json::json;
use watching_domain::State;

use crate::store;

/// Bytes of the hash in the address: 128 bits are not guessed.
const PROOF_BYTES: usize = 16;

fn proof(kernel: &Kernel, id: WatchId) -> String {
    let mut index = kernel.vault().index("watching.stop", id.as_bytes());
    index.truncate(PROOF_BYTES);
    HEXLOWER.encode(&index)
}

/// Where a wish is ended.
pub(crate) fn href(kernel: &Kernel, id: WatchId) -> String {
    format!("/watches/{id}/stop/{}", proof(kernel, id))
}

/// A question, since programs open links too.
pub async fn ask(visit: Visit, Path((id, shown)): Path<(WatchId, String)>) -> Result<Response, Failure> {
    if shown != proof(&visit.kernel, id) {
        return Err(Failure::NotFound);
    }
    let lang = visit.lang;
    let body =
        html! { form method="post" { p.actions { (Button::primary(&t(lang, "watching-stop", &[]))) } } };
    let page = visit.page(&t(lang, "watching-stop-title", &[])).lead(&t(lang, "watching-stop-lead", &[]));
    Ok(page.body(body).render().into_response())
}

/// Ends it. Once more is no harm.
pub async fn stop(visit: Visit, Path((id, shown)): Path<(WatchId, String)>) -> Result<Response, Failure> {
    if shown != proof(&visit.kernel, id) {
        return Err(Failure::NotFound);
    }
    let mut tx = visit.begin().await?;
    if let Some(watch) = store::find(&mut tx, id).await?.filter(|watch| watch.state != State::Stopped) {
        store::turn(&mut tx, id, State::Stopped).await?;
        let detail = json!({ "state": State::Stopped.as_str(), "by": "link" });
        tx.audit(Actor::Person(watch.person), "watching.turned", Some(id.uuid()), &detail).await?;
    }
    tx.commit().await?;
    let lang = visit.lang;
    let notice = Notice::success(&t(lang, "watching-stop-done", &[]));
    let body = html! { p { (Button::quiet(&t(lang, "watching-title", &[])).href("/watches")) } };
    let page = visit.page(&t(lang, "watching-stop-title", &[])).notice(notice).body(body);
    Ok(page.render().into_response())
}
