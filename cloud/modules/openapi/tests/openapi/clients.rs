use http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use crate::town::{CLUB, OTHERS, Town};

#[tokio::test]
async fn a_secret_is_exchanged_for_a_token_that_holds_for_an_hour() {
    let town = Town::new().await;
    let (id, secret) = town.client(&["facilities:read", "bookings:read"], &[CLUB], 600).await;
    let given = town.ask_token(&id, &secret, &[]).await;
    assert_eq!((given.status, given.header("cache-control")), (StatusCode::OK, "no-store"));
    let answer = given.json();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(answer["scope"], json!("facilities:read bookings:read"));
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(town.read(token, "/api/v1/facilities").await.status, StatusCode::OK);

    let pair = data_encoding::BASE64.encode(format!("{id}:{secret}").as_bytes());
    let basic = format!("Basic {pair}");
    let fields =
        [("grant_type", "client_credentials"), ("scope", "bookings:read"), ("more", "is left alone")];
    let by_header = town.post_with(None, "/api/oauth/token", &fields, &[("authorization", &basic)]).await;
    assert_eq!(by_header.json()["scope"], json!("bookings:read"));
    let less = by_header.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(town.read(&less, "/api/v1/facilities").await.status, StatusCode::FORBIDDEN);

    town.bench.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(town.read(token, "/api/v1/facilities").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_request_for_a_token_that_is_none_is_refused_as_oauth_says() {
    let town = Town::new().await;
    let (id, secret) = town.client(&["facilities:read"], &[], 600).await;
    let stranger = "0193597c-7e3f-7000-8000-000000000000";
    for (fields, status, error) in [
        (vec![], 400, "invalid_request"),
        (vec![("grant_type", "password")], 400, "unsupported_grant_type"),
        (vec![("grant_type", "client_credentials")], 401, "invalid_client"),
        (
            vec![("grant_type", "client_credentials"), ("client_id", stranger), ("client_secret", &secret)],
            401,
            "invalid_client",
        ),
        (
            vec![("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", "hps_guess")],
            401,
            "invalid_client",
        ),
        (
            vec![("grant_type", "client_credentials"), ("client_id", "me"), ("client_secret", &secret)],
            401,
            "invalid_client",
        ),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", &id),
                ("client_secret", &secret),
                ("scope", "bookings:write"),
            ],
            400,
            "invalid_scope",
        ),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", &id),
                ("client_secret", &secret),
                ("scope", "everything"),
            ],
            400,
            "invalid_scope",
        ),
    ] {
        let answer = town.post(None, "/api/oauth/token", &fields).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (status, &json!(error)), "{fields:?}");
    }
    let broken = town
        .post_with(
            None,
            "/api/oauth/token",
            &[("grant_type", "client_credentials")],
            &[("authorization", "Basic !")],
        )
        .await;
    assert_eq!(
        (broken.status, broken.header("www-authenticate")),
        (StatusCode::UNAUTHORIZED, "Basic realm=\"Hallport\"")
    );
}

#[tokio::test]
async fn whoever_tries_secrets_is_slowed_down_and_so_is_a_program_that_asks_too_often() {
    let town = Town::new().await;
    let (id, secret) = town.client(&["facilities:read"], &[], 60).await;
    let mut tried = 0;
    let refused = loop {
        let answer = town.ask_token(&id, "hps_guess", &[]).await;
        tried += 1;
        assert!(tried < 50, "secrets can be tried without end");
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
    };
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    assert_eq!(
        town.ask_token(&id, &secret, &[]).await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "the right one too"
    );
    town.bench.clock.advance(SignedDuration::from_secs(wait));
    let token = town.ask_token(&id, &secret, &[]).await.json()["access_token"].as_str().unwrap().to_owned();

    let mut asked = 0;
    let refused = loop {
        let answer = town.read(&token, "/api/v1/facilities").await;
        asked += 1;
        assert!(asked < 100, "a program may ask without end");
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
    };
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.json()["type"], json!("/api/problems/too-often"));
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    town.bench.clock.advance(SignedDuration::from_secs(wait));
    assert_eq!(town.read(&token, "/api/v1/facilities").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_secret_is_shown_once_and_a_new_one_or_taking_back_ends_what_was_given_for_it() {
    let town = Town::new().await;
    let (id, secret) = town.client(&["facilities:read"], &[], 600).await;
    let administrator = town.administrator().await;
    let page = town.get(Some(&administrator), &format!("/api/clients/{id}")).await;
    assert!(page.text.contains(&id) && !page.text.contains(&secret));
    let token = town.ask_token(&id, &secret, &[]).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(town.read(&token, "/api/v1/facilities").await.status, StatusCode::OK);

    let renewed = town.post(Some(&administrator), &format!("/api/clients/{id}/renew"), &[]).await;
    let new = renewed.element("client-secret");
    assert_eq!(town.read(&token, "/api/v1/facilities").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(town.ask_token(&id, &secret, &[]).await.status, StatusCode::UNAUTHORIZED);
    let token = town.ask_token(&id, &new, &[]).await.json()["access_token"].as_str().unwrap().to_owned();

    let gone = town.post(Some(&administrator), &format!("/api/clients/{id}/take-back"), &[]).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER);
    assert_eq!(town.read(&token, "/api/v1/facilities").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(town.ask_token(&id, &new, &[]).await.status, StatusCode::UNAUTHORIZED);
    assert!(town.get(Some(&administrator), "/api/clients").await.text.contains("Togs bort"));
}

#[tokio::test]
async fn only_an_administrator_lets_programs_in_and_what_cannot_be_is_told_beside_its_field() {
    let town = Town::new().await;
    let (anna, administrator) = (town.person("Anna").await, town.administrator().await);
    for path in ["/api/clients", "/api/clients/new"] {
        assert_eq!(town.get(Some(&anna), path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(
        town.post(Some(&anna), "/api/clients", &[("name", "Mitt")]).await.status,
        StatusCode::FORBIDDEN
    );
    let stranger = "0193597c-7e3f-7000-8000-000000000000";
    for (fields, says) in [
        (vec![("scope", "webhooks"), ("rate", "60")], "Skriv ett namn"),
        (vec![("name", "<script>"), ("rate", "60")], "Välj minst en sak"),
        (vec![("name", "<script>"), ("scope", "webhooks"), ("rate", "0")], "Skriv ett tal från 1 till"),
        (
            vec![("name", "<script>"), ("scope", "webhooks"), ("rate", "60"), ("customer", stranger)],
            "Välj bland kunderna",
        ),
    ] {
        let refused = town.post(Some(&administrator), "/api/clients", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(refused.text.contains(says) && !refused.text.contains("<script>"), "{}", refused.text);
    }
    assert_eq!(town.count("SELECT count(*) FROM openapi.client").await, 0);
}

#[tokio::test]
async fn a_program_acts_for_those_that_were_chosen_and_no_others_from_then_on() {
    let town = Town::new().await;
    let (id, secret) = town.client(&["customers:read"], &[CLUB], 600).await;
    let token = town.ask_token(&id, &secret, &[]).await.json()["access_token"].as_str().unwrap().to_owned();
    let names = |answer: serde_json::Value| {
        let list = answer["customers"].as_array().unwrap().clone();
        list.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(town.read(&token, "/api/v1/customers").await.json()), ["Hallens IF"]);
    let administrator = town.administrator().await;
    let others = OTHERS.to_string();
    let fields =
        [("name", "Registret"), ("rate", "60"), ("scope", "customers:read"), ("customer", others.as_str())];
    let saved = town.post(Some(&administrator), &format!("/api/clients/{id}"), &fields).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/api/clients?done=saved"));
    assert_eq!(names(town.read(&token, "/api/v1/customers").await.json()), ["Grannens BK"]);
}

#[tokio::test]
async fn somebodys_own_token_does_what_was_chosen_until_its_end_or_until_it_is_taken_back() {
    let town = Town::new().await;
    let anna = town.member("Anna").await;
    let fields = [("name", "Skriptet"), ("days", "30"), ("scope", "customers:read"), ("scope", "webhooks")];
    let made = town.post(Some(&anna), "/api/tokens", &fields).await;
    let token = made.element("new-token");
    assert!(!town.get(Some(&anna), "/api/tokens").await.text.contains(&token));
    assert_eq!(town.read(&token, "/api/v1/customers").await.json()["customers"].as_array().unwrap().len(), 2);
    assert_eq!(town.read(&token, "/api/v1/bookings").await.status, StatusCode::FORBIDDEN);
    let list = town.get(Some(&anna), "/api/tokens").await.text;
    let (_, rest) = list.split_once("/api/tokens/").unwrap();
    let take_back = format!("/api/tokens/{}/take-back", rest.split_once('/').unwrap().0);
    let petra = town.person("Petra").await;
    assert_eq!(town.post(Some(&petra), &take_back, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(town.post(Some(&anna), &take_back, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(town.read(&token, "/api/v1/customers").await.status, StatusCode::UNAUTHORIZED);

    let short = town.post(Some(&anna), "/api/tokens", &fields).await.element("new-token");
    town.bench.clock.advance(SignedDuration::from_hours(30 * 24));
    assert_eq!(town.read(&short, "/api/v1/customers").await.status, StatusCode::UNAUTHORIZED);
    let anna = town.member("Anna").await;
    for (fields, says) in [
        (vec![("name", ""), ("days", "30"), ("scope", "customers:read")], "Skriv ett namn"),
        (vec![("name", "a"), ("days", "9999"), ("scope", "customers:read")], "Välj hur länge"),
        (vec![("name", "a"), ("days", "30"), ("scope", "webhooks")], "Välj minst en sak"),
    ] {
        let refused = town.post(Some(&anna), "/api/tokens", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(says), "{says}");
    }
}

#[tokio::test]
async fn secrets_and_tokens_lie_nowhere_in_the_clear_and_every_call_is_written_down_with_its_client() {
    let town = Town::new().await;
    let (id, secret) = town.client(&["facilities:read"], &[], 600).await;
    let token = town.ask_token(&id, &secret, &[]).await.json()["access_token"].as_str().unwrap().to_owned();
    town.read(&token, "/api/v1/facilities").await;
    let all = town.everything().await;
    assert!(all.contains("openapi.called") && all.contains("/api/v1/facilities"), "the call is written down");
    assert!(!all.contains(&secret) && !all.contains(&token));
    let called = town
        .count("SELECT count(*) FROM kernel.audit a JOIN openapi.client c ON c.id = a.subject AND c.person_id = a.person_id WHERE a.action = 'openapi.called'")
        .await;
    assert_eq!(called, 1);
}
