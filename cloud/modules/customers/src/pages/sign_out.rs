//! `POST /sign-out`: ends the session here. The one at the provider is the provider's.

use axum::response::Redirect;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{SESSION_COOKIE, Viewer};

pub(crate) async fn post(visit: Visit, jar: CookieJar) -> Result<(CookieJar, Redirect), Failure> {
    if let Viewer::SignedIn(session) = &visit.viewer {
        let mut tx = visit.begin().await?;
        tx.end_session(session).await?;
        tx.commit().await?;
    }
    Ok((jar.remove(Cookie::build(SESSION_COOKIE).path("/")), Redirect::to("/")))
}
