//! Words of the municipality's own.

use cloud_kernel::Role;
use http::{Method, StatusCode};

use super::*;

const PAGE: &str = "/desk/messages/words/booking_confirmed/sv";

#[tokio::test]
async fn an_administrators_words_stand_in_the_letter_with_what_is_filled_in_and_go_back_to_ours() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    let admin = world.staff(Role::Administrator).await;
    let (status, _, page) = world.ask(&admin, Method::GET, PAGE, &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Din bokning {number} är bekräftad"), "{page}");
    let words = [
        ("subject", "Välkommen, {customer}"),
        ("lead", "Bokning {number} hos {municipality} gäller."),
        ("closing", "Ring 08-123 om du undrar. <b>"),
    ];
    let press = |what| [&words[..], &[("press", what)]].concat();
    let (status, _, page) = world.ask(&admin, Method::POST, PAGE, &press("preview")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("Välkommen, Föreningen") && page.contains("&lt;b&gt;") && !page.contains("undrar. <b>"),
        "{page}"
    );
    assert_eq!(
        world.ask(&admin, Method::POST, PAGE, &press("save")).await.1,
        "/desk/messages/words?done=saved"
    );
    world.confirm().await;
    world.work().await;
    let letter = mailbox.mail().pop().unwrap();
    assert_eq!(text(&letter, "subject"), "Välkommen, Sam Lind");
    let body = text(&letter, "text");
    assert!(body.contains("Bokning 1042 hos alfa kommun gäller.") && body.contains("Ring 08-123"), "{body}");
    assert!(!body.contains("Din bokning 1042 är bekräftad."), "{body}");
    assert_eq!(
        world.ask(&admin, Method::POST, PAGE, &press("back")).await.1,
        "/desk/messages/words?done=back"
    );
    let (_, _, page) = world.ask(&admin, Method::GET, PAGE, &[]).await;
    assert!(page.contains("Din bokning {number} är bekräftad"), "{page}");
}

#[tokio::test]
async fn what_cannot_be_filled_in_is_named_beside_the_field_and_only_administrators_change_words() {
    let world = World::new(None, None, "sv").await;
    let admin = world.staff(Role::Administrator).await;
    let long = "a".repeat(121);
    for (subject, said) in [
        ("{nummer}", "{nummer}"),
        ("a { b", "klammer"),
        ("", "Skriv något här"),
        (long.as_str(), "högst 120 tecken"),
    ] {
        let form = [("subject", subject), ("lead", "x"), ("closing", ""), ("press", "save")];
        let (status, _, page) = world.ask(&admin, Method::POST, PAGE, &form).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{subject}");
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(world.ask(&world.token, Method::GET, PAGE, &[]).await.0, StatusCode::FORBIDDEN);
    assert_eq!(
        world.ask(&admin, Method::GET, "/desk/messages/words/guest_let_in/sv", &[]).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        world.ask(&admin, Method::GET, "/desk/messages/words/booking_confirmed/xx", &[]).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_municipality_says_when_nothing_rings() {
    let world = World::new(None, None, "sv").await;
    let admin = world.staff(Role::Administrator).await;
    let page = "/desk/messages/words";
    let (_, _, body) = world.ask(&admin, Method::GET, page, &[]).await;
    assert!(body.contains("Nu: 21.00–07.00"), "{body}");
    let form = [("quiet", "yes"), ("from", "20:00"), ("until", "20:00")];
    assert_eq!(world.ask(&admin, Method::POST, page, &form).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let form = [("quiet", "yes"), ("from", "20:00"), ("until", "08:00")];
    assert_eq!(world.ask(&admin, Method::POST, page, &form).await.1, "/desk/messages/words?done=saved");
    assert!(world.ask(&admin, Method::GET, page, &[]).await.2.contains("Nu: 20.00–08.00"));
    assert_eq!(
        world.ask(&admin, Method::POST, page, &[("from", "x")]).await.1,
        "/desk/messages/words?done=saved"
    );
    assert!(world.ask(&admin, Method::GET, page, &[]).await.2.contains("Nu: sms får komma när som helst"));
}
