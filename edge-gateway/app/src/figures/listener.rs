//! Answers `GET /metrics`, and nothing else: HTTP/1.1 as far as Prometheus speaks it, without a library.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Figures;

/// Readers at once: a Prometheus or two, and somebody with curl. More wait.
const READERS_MAX: usize = 4;
/// Bytes of a request: a line and some headers.
const REQUEST_BYTES_MAX: usize = 4096;
/// How long one reader may take in all.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, figures: Arc<Figures>) {
    let places = Arc::new(Semaphore::new(READERS_MAX));
    loop {
        // Nobody closes it.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a reader of figures was not accepted"
                );
                // Out of file descriptors, mostly: it would fail again at once.
                tokio::time::sleep(PATIENCE).await;
                continue;
            }
        };
        let figures = Arc::clone(&figures);
        tokio::spawn(async move {
            // Who is too slow or goes away gets nothing.
            drop(timeout(PATIENCE, answer(stream, &figures)).await);
            drop(place);
        });
    }
}

async fn answer(mut stream: TcpStream, figures: &Figures) -> std::io::Result<()> {
    let mut request = Vec::with_capacity(512);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if request.len() >= REQUEST_BYTES_MAX || stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let (status, body) = match line {
        b"GET /metrics HTTP/1.1" | b"GET /metrics HTTP/1.0" => ("200 OK", figures.render()),
        _ => ("404 Not Found", "figures are at /metrics\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(address: std::net::SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn figures_are_read_at_their_path_and_nothing_else_is() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(serve(listener, Arc::default()));
        let figures = ask(address, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let (head, body) = figures.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
        assert!(body.contains("hallport_gateway_grants 0\n"), "{body}");
        for other in
            ["GET / HTTP/1.1\r\n\r\n", "POST /metrics HTTP/1.1\r\n\r\n", "\r\n\r\n", "GET /metrics\r\n\r\n"]
        {
            assert!(ask(address, other).await.starts_with("HTTP/1.1 404"), "{other}");
        }
        // One that never ends its request is cut off, and is no harm to the others.
        assert_eq!(ask(address, &"a".repeat(REQUEST_BYTES_MAX)).await, "");
        assert!(ask(address, "GET /metrics HTTP/1.0\r\n\r\n").await.starts_with("HTTP/1.1 200"));
        serving.abort();
    }
}
