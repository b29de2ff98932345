//! Roles handed over by an association's own people.

use cloud_contracts::Customers as _;
use cloud_kernel::Role as Staff;
use protocols_ids::CustomerId;

use super::town::{ALVA, ERIK, GORAN, MARIA, Town, Visitor, field};
use crate::CustomersPort;
use crate::store::{holds, mandates};

async fn books(town: &Town, person: &Visitor, club: CustomerId) -> bool {
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    CustomersPort.acted_for(&mut tx, person.id, club).await.unwrap().is_some()
}

/// The mandate that somebody has for the club.
async fn mandate(town: &Town, person: &Visitor, club: CustomerId) -> String {
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    let all = mandates::acting(&mut tx, club).await.unwrap();
    all.iter().find(|acting| acting.people.contains(&person.id)).unwrap().id.to_string()
}

fn give<'a>(label: &'a str, role: &'a str, number: &'a str) -> [(&'a str, &'a str); 3] {
    [("label", label), ("role", role), ("personal_number", number)]
}

#[tokio::test]
async fn an_administrator_gives_a_role_by_number_which_is_never_shown_again_nor_written_down() {
    let (town, club) = Town::with_club().await;
    let erik = town.person("Erik", Some(ERIK), &[]).await;
    let acting = format!("/customers/{club}/acting");
    let odd = town.post(&erik, &acting, &give("Göran E", "king", "19660411-2399")).await;
    assert_eq!(odd.status, 422);
    let page = odd.says(&["role-error", "personal_number-error", "value=\"Göran E\""]);
    assert!(!page.contains("2399"));
    town.post(&erik, &acting, &give("Göran E", "booker", GORAN))
        .await
        .leads_to(&format!("{acting}?done=given"));
    town.open(Some(&erik), &acting).await.says(&["Göran E", "Väntar på första inloggningen"]);
    assert_eq!(
        town.post(&erik, &acting, &give("Göran E", "booker", GORAN)).await.status,
        409,
        "he has it already"
    );
    let goran = town.person("Göran Ekström", Some(GORAN), &[]).await;
    assert!(books(&town, &goran, club).await);
    // Whoever gives by number does not learn what its bearer is called.
    let page = town.open(Some(&erik), &acting).await.says(&["Göran E"]);
    assert!(!page.contains("Ekström"));
    assert_eq!(page.matches("Väntar på första").count(), 1, "Maria is waited for, he is not any more");
    town.open(Some(&goran), "/associations").await.says(&["Klubben", "Bokare"]);
    let written = town.everything_written().await;
    assert!(!written.contains("2398") && !written.contains("19660411"), "{written}");
    assert!(!page.contains("2398"));
}

#[tokio::test]
async fn a_role_holds_between_its_days_and_a_session_acts_no_longer_than_that() {
    let (town, club) = Town::with_club().await;
    let erik = town.person("Erik", Some(ERIK), &[]).await;
    let alva = town.person("Alva", Some(ALVA), &[]).await;
    let acting = format!("/customers/{club}/acting");
    let mut sent = give("Alva", "booker", ALVA).to_vec();
    sent.extend([("from", "2026-11-24"), ("to", "2026-11-24")]);
    town.post(&erik, &acting, &sent).await.leads_to(&format!("{acting}?done=given"));
    assert!(!books(&town, &alva, club).await, "it begins tomorrow");
    let refused = town.post(&alva, "/act-for", &[("customer", &club.to_string())]).await;
    assert_eq!(refused.status, 422);
    town.bench.clock.advance(jiff::SignedDuration::from_hours(14));
    assert!(books(&town, &alva, club).await, "at midnight where the tenant is");
    // Her session is from yesterday and lasts twelve hours.
    let alva = town.person("Alva", Some(ALVA), &[]).await;
    town.bench.clock.advance(jiff::SignedDuration::from_hours(18));
    let alva = Visitor { token: town.person("Alva", Some(ALVA), &[]).await.token, ..alva };
    town.post(&alva, "/act-for", &[("customer", &club.to_string())]).await.leads_to("/");
    assert_eq!(town.signed_in(&alva.token).await.acts_for.unwrap().0, club);
    town.bench.clock.advance(jiff::SignedDuration::from_hours(6));
    assert!(!books(&town, &alva, club).await, "it ended at midnight");
    assert_eq!(town.signed_in(&alva.token).await.acts_for, None, "and the session acts for it no more");
}

#[tokio::test]
async fn a_treasurer_and_a_leader_do_not_book_and_read_who_acts() {
    let (town, club) = Town::with_club().await;
    let erik = town.person("Erik", Some(ERIK), &[]).await;
    let acting = format!("/customers/{club}/acting");
    for (role, number, name) in [("treasurer", ALVA, "Alva"), ("leader", GORAN, "Göran")] {
        town.post(&erik, &acting, &give(name, role, number)).await.leads_to(&format!("{acting}?done=given"));
        let person = town.person(name, Some(number), &[]).await;
        assert!(!books(&town, &person, club).await, "{role}");
        let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
        assert!(!CustomersPort.administers(&mut tx, person.id, club).await.unwrap(), "{role}");
        drop(tx);
        let page = town.open(Some(&person), &acting).await.says(&["Alva"]);
        assert!(!page.contains("acting/take-back"), "{role} changes nothing");
        assert_eq!(town.post(&person, &acting, &give("X", "booker", MARIA)).await.status, 404);
    }
}

#[tokio::test]
async fn what_is_taken_back_or_changed_holds_for_open_sessions_at_once() {
    let (town, club) = Town::with_club().await;
    let erik = town.person("Erik", Some(ERIK), &[]).await;
    let maria = town.person("Maria", Some(MARIA), &[]).await;
    let other_way = town.person("Maria på dator", Some(MARIA), &[]).await;
    for session in [&maria, &other_way] {
        town.post(session, "/act-for", &[("customer", &club.to_string())]).await.leads_to("/");
    }
    let acting = format!("/customers/{club}/acting");
    let id = mandate(&town, &maria, club).await;
    let prefix = id.replace('-', "");
    let (from, to) = (format!("{prefix}-from"), format!("{prefix}-to"));
    let backwards = [("mandate", id.as_str()), (&from, "2026-12-02"), (&to, "2026-12-01")];
    assert_eq!(town.post(&erik, &format!("{acting}/change"), &backwards).await.status, 422);
    let ended = [("mandate", id.as_str()), (&to, "2026-11-22")];
    town.post(&erik, &format!("{acting}/change"), &ended).await.leads_to(&format!("{acting}?done=changed"));
    for session in [&maria, &other_way] {
        assert_eq!(town.signed_in(&session.token).await.acts_for, None);
        assert!(!books(&town, session, club).await);
    }
    let taken = [("mandate", id.as_str())];
    town.post(&erik, &format!("{acting}/take-back"), &taken)
        .await
        .leads_to(&format!("{acting}?done=taken-back"));
    assert_eq!(town.post(&erik, &format!("{acting}/take-back"), &taken).await.status, 409);
    let actions = town.trail(club).await;
    assert!(
        actions.ends_with(&["customers.role_changed".into(), "customers.role_taken_back".into()]),
        "{actions:?}"
    );
}

#[tokio::test]
async fn the_last_administrator_neither_leaves_nor_is_taken_back_but_by_staff() {
    let (town, club) = Town::with_club().await;
    let erik = town.person("Erik", Some(ERIK), &[]).await;
    let acting = format!("/customers/{club}/acting");
    let id = mandate(&town, &erik, club).await;
    let leave = format!("/associations/leave/{id}");
    town.open(Some(&erik), &leave).await.says(&["bara en administratör ge dig den igen"]);
    let refused = town.post(&erik, &leave, &[]).await;
    assert_eq!(refused.status, 409);
    refused.says(&["Det måste finnas en administratör"]);
    assert_eq!(town.post(&erik, &format!("{acting}/take-back"), &[("mandate", &id)]).await.status, 409);
    let to = format!("{}-to", id.replace('-', ""));
    assert_eq!(
        town.post(&erik, &format!("{acting}/change"), &[("mandate", &id), (&to, "2026-11-01")]).await.status,
        409
    );
    // One who waits is none yet; one who has come is.
    town.post(&erik, &acting, &give("Alva", "administrator", ALVA))
        .await
        .leads_to(&format!("{acting}?done=given"));
    assert_eq!(town.post(&erik, &leave, &[]).await.status, 409);
    let alva = town.person("Alva", Some(ALVA), &[]).await;
    town.post(&erik, &leave, &[]).await.leads_to("/associations?done=left");
    assert!(!books(&town, &erik, club).await);
    // Staff takes back the last one too, and the page says what follows.
    let karin = town.person("Karin", None, &[Staff::Officer]).await;
    let last = mandate(&town, &alva, club).await;
    town.post(&karin, &format!("{acting}/take-back"), &[("mandate", &last)])
        .await
        .leads_to(&format!("{acting}?done=taken-back"));
    town.open(Some(&karin), &acting).await.says(&["Ingen är administratör"]);
}

#[tokio::test]
async fn of_two_administrators_who_take_each_other_back_at_once_one_stays() {
    let (town, club) = Town::with_club().await;
    let erik = town.person("Erik", Some(ERIK), &[]).await;
    let acting = format!("/customers/{club}/acting");
    town.post(&erik, &acting, &give("Alva", "administrator", ALVA))
        .await
        .leads_to(&format!("{acting}?done=given"));
    let alva = town.person("Alva", Some(ALVA), &[]).await;
    let (his, hers) = (mandate(&town, &erik, club).await, mandate(&town, &alva, club).await);
    let path = format!("{acting}/take-back");
    let (his, hers) = ([("mandate", his.as_str())], [("mandate", hers.as_str())]);
    let (one, other) = tokio::join!(town.post(&erik, &path, &hers), town.post(&alva, &path, &his));
    let done = [&one, &other].into_iter().filter(|answer| answer.status == 303).count();
    assert_eq!(done, 1, "{} {}", one.status, other.status);
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    let lead = [erik.id, alva.id];
    let mut leading = 0;
    for person in lead {
        leading += usize::from(holds::administers(&mut tx, person, club).await.unwrap());
    }
    assert_eq!(leading, 1);
}

/// The link of the letter, as notifications asks for it.
async fn link(town: &Town) -> String {
    use cloud_contracts::{CustomerLetters as _, CustomerStep, CustomerTold};
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    let matter = sqlx::query_scalar("SELECT id FROM customers.invitation WHERE ended_at IS NULL")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    let told = CustomerTold { matter, step: CustomerStep::Invited };
    let letter = CustomersPort.letter(&mut tx, told).await.unwrap().unwrap();
    assert_eq!(letter.email.as_deref(), Some("alva@post.example"));
    letter.path
}

#[tokio::test]
async fn an_invitation_is_taken_once_within_its_time_and_its_link_stands_in_the_letter_only() {
    let (town, club) = Town::with_club().await;
    let erik = town.person("Erik", Some(ERIK), &[]).await;
    let alva = town.person("Alva", Some(ALVA), &[]).await;
    let acting = format!("/customers/{club}/acting");
    for odd in ["alva", "alva@post.example, bo@post.example", "alva@post.example\nBcc: x@y.example"] {
        let sent = [("label", "Alva"), ("role", "booker"), ("email", odd)];
        assert_eq!(town.post(&erik, &acting, &sent).await.status, 422, "{odd}");
    }
    let both = [("label", "Alva"), ("role", "booker"), ("email", "a@b.example"), ("personal_number", ALVA)];
    assert_eq!(town.post(&erik, &acting, &both).await.status, 422);
    let invite = [("label", "Alva"), ("role", "booker"), ("email", "alva@post.example")];
    town.post(&erik, &acting, &invite).await.leads_to(&format!("{acting}?done=invited"));
    let path = link(&town).await;
    let token = path.rsplit('/').next().unwrap().to_owned();
    assert!(!town.everything_written().await.contains(&token));
    assert!(!town.open(Some(&erik), &acting).await.says(&["alva@post.example"]).contains(&token));
    assert_eq!(town.open(None, &path).await.status, 303, "one signs in first");
    town.open(Some(&alva), &path).await.says(&["Du är inbjuden att bli Bokare för Klubben"]);
    assert!(!books(&town, &alva, club).await, "looking is not taking");
    town.post(&alva, &path, &[]).await.leads_to("/associations?done=taken");
    assert!(books(&town, &alva, club).await);
    let goran = town.person("Göran", Some(GORAN), &[]).await;
    assert_eq!(town.post(&goran, &path, &[]).await.status, 404, "once");
    assert!(!books(&town, &goran, club).await);
    // Another one is withdrawn, and a third grows too old.
    town.post(&erik, &acting, &invite).await;
    let path = link(&town).await;
    let id = field(&town.open(Some(&erik), &acting).await.text(), "invitation");
    town.post(&erik, &format!("{acting}/withdraw"), &[("invitation", &id)])
        .await
        .leads_to(&format!("{acting}?done=withdrawn"));
    assert_eq!(town.post(&goran, &path, &[]).await.status, 404);
    town.post(&erik, &acting, &invite).await;
    let path = link(&town).await;
    town.bench.clock.advance(jiff::SignedDuration::from_hours(14 * 24));
    let goran = town.person("Göran", Some(GORAN), &[]).await;
    assert_eq!(town.post(&goran, &path, &[]).await.status, 404);
    assert_eq!(town.open(Some(&goran), "/invitations/%00").await.status, 404);
}

#[tokio::test]
async fn invitations_of_one_day_are_bounded() {
    let (town, club) = Town::with_club().await;
    let erik = town.person("Erik", Some(ERIK), &[]).await;
    let acting = format!("/customers/{club}/acting");
    let mut statuses = Vec::new();
    for number in 0..=crate::roles::INVITATIONS_A_DAY_MAX {
        let email = format!("nr{number}@post.example");
        let sent = [("label", "Nr"), ("role", "leader"), ("email", email.as_str())];
        statuses.push(town.post(&erik, &acting, &sent).await.status.as_u16());
    }
    assert_eq!(statuses.pop(), Some(409));
    assert!(statuses.iter().all(|status| *status == 303), "{statuses:?}");
}
