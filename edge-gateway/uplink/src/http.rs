//! One question to the cloud's API, and its answer.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, StatusCode, Url};
use rustls::ClientConfig;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::resolve::Resolver;

/// For the whole exchange; the cloud signs a certificate in milliseconds.
const WITHIN: Duration = Duration::from_secs(30);
/// An answer is a few kilobytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum AskError {
    /// No connection, or it broke.
    Send(reqwest::Error),
    /// Longer than any answer.
    TooLong,
}

/// Posts `question` as JSON; the answer may hold secrets.
pub(crate) async fn ask(
    tls: ClientConfig,
    url: Url,
    question: &impl Serialize,
) -> Result<(StatusCode, Zeroizing<Vec<u8>>), AskError> {
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(true)
        // The environment is not configuration, and a proxy would be one more who could answer.
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .dns_resolver(Arc::new(Resolver))
        .timeout(WITHIN)
        .build()
        .map_err(AskError::Send)?;
    let mut response = client.post(url).json(question).send().await.map_err(AskError::Send)?;
    let status = response.status();
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(AskError::Send)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(AskError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}
