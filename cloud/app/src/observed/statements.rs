//! What a page costs the database, counted on a real connection by what sqlx says that it sends.

use axum::body::Body;
use http::{Request, StatusCode, header};
use tower::ServiceExt as _;

use super::city::{Captured, City};

/// The most that a week may cost a visitor: the one that names the tenant, and the register, the rules, what is taken and
/// the prices. `BEGIN` and `COMMIT` are not counted: they plan and read nothing.
const WEEK_STATEMENTS_MAX: usize = 5;

/// The statements of a log, without those that only begin and end transactions.
fn statements(log: &str) -> Vec<&str> {
    log.lines()
        .filter(|line| line.contains("sqlx::query:"))
        .filter(|line| {
            !["BEGIN", "COMMIT", "ROLLBACK"].iter().any(|end| line.contains(&format!("summary=\"{end}\"")))
        })
        .collect()
}

#[tokio::test]
async fn a_week_and_a_day_cost_a_visitor_four_statements_and_the_tenants_with_the_real_register_and_prices() {
    let city = City::new().await;
    for path in ["/facilities/provhallen?view=week&resource=hallen", "/facilities/provhallen"] {
        let ask = || {
            let request = Request::get(path).header(header::HOST, "provhallen.localhost");
            city.pages.clone().oneshot(request.body(Body::empty()).unwrap())
        };
        // The first request finds out which tenant the host is, and is believed for some time.
        assert_eq!(ask().await.unwrap().status(), StatusCode::OK);
        let (log, logging) = Captured::begin("sqlx=debug");
        assert_eq!(ask().await.unwrap().status(), StatusCode::OK);
        drop(logging);
        let log = log.text();
        let sent = statements(&log);
        assert!(sent[0].contains("set_config"), "{sent:#?}");
        assert!((2..=WEEK_STATEMENTS_MAX).contains(&sent.len()), "{path}: {sent:#?}");
    }
}
