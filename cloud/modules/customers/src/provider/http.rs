//! What carries requests to the provider.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use cloud_kernel::error_chain;
use openidconnect::{AsyncHttpClient, DiscoveryError, HttpRequest, HttpResponse};

use super::SignInError;

/// Bytes of an answer that are read at most: a discovery document or a set of keys is a few kilobytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// How long the provider may take; somebody is waiting in front of a page.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long it may take to be reached.
const CONNECT: Duration = Duration::from_secs(3);

/// An HTTP client that follows no redirects, so that a provider cannot send us elsewhere with our secret.
pub(super) struct Http(reqwest::Client);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// Not reached, or cut off.
    #[error("HTTP")]
    Exchange(#[from] reqwest::Error),
    /// The answer does not end.
    #[error("answer is longer than {ANSWER_BYTES_MAX} bytes")]
    TooLong,
    /// It was reached and does not describe itself as an OpenID provider with our issuer's name.
    #[error("discovery: {0}")]
    Discovery(String),
}

impl HttpError {
    pub(super) fn from_discovery(error: DiscoveryError<Self>) -> Self {
        match error {
            DiscoveryError::Request(error) => error,
            other => Self::Discovery(error_chain(&other)),
        }
    }
}

impl Http {
    pub(super) fn new() -> Result<Self, SignInError> {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .connect_timeout(CONNECT)
            .user_agent("hallport")
            .build()
            .map(Self)
            .map_err(|error| SignInError::Http(error.into()))
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut answer = self.0.execute(request.try_into()?).await?;
        let mut response = HttpResponse::new(Vec::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        while let Some(chunk) = answer.chunk().await? {
            if response.body().len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(HttpError::TooLong);
            }
            response.body_mut().extend_from_slice(&chunk);
        }
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.exchange(request))
    }
}
