//! Who changed what in the register, the way back, and two who change the same thing at once.

use cloud_contracts::ComingTime;
use cloud_kernel::Role;
use sqlx::Connection as _;

use crate::town::{Answer, Town, Visitor, hidden};

const FACTS: [(&str, &str); 5] = [
    ("name", "Strandens IP"),
    ("authority", "namnden"),
    ("address", "Strandvägen 1"),
    ("description", "Konstgräs vid vattnet."),
    ("directions", "Buss 620 till Stranden."),
];

/// The facts of the facility with one of them different, as a form that was made when `seen` was the last change.
fn facts<'a>(seen: &'a str, changed: (&'a str, &'a str)) -> Vec<(&'a str, &'a str)> {
    let mut sent: Vec<(&str, &str)> = FACTS.into_iter().filter(|(name, _)| *name != changed.0).collect();
    sent.extend([changed, ("seen", seen)]);
    sent
}

async fn seen(town: &Town, person: &Visitor, path: &str) -> String {
    hidden(&town.open(Some(person), path).await.text(), &["seen"])[0].1.to_owned()
}

#[track_caller]
fn done(answer: &Answer) {
    assert_eq!(answer.status, 303, "{}", answer.text());
}

#[tokio::test]
async fn every_change_is_told_with_who_and_when_and_what_in_words() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    let sent = [
        ("name", "Strandens IP"),
        ("authority", "namnden"),
        ("address", "Ny 1 <b>"),
        ("accessibility-lift", "yes"),
    ];
    done(&town.post(&karin, "/register/strand", &sent).await);
    let night = [("kind", "always"), ("first", "5"), ("last", "5"), ("opens", "22:30"), ("closes", "02:00")];
    done(&town.post(&karin, "/register/strand/hours", &night).await);
    let hall = [("name", "Norra"), ("kind", "pitch"), ("parent", "planen"), ("persons_max", "60")];
    done(&town.post(&karin, "/register/strand/resources/norra", &hall).await);
    let goals = [("one", "mal"), ("name", "Mål"), ("stock", "6"), ("with-planen", "yes")];
    done(&town.post(&karin, "/register/strand/equipment", &goals).await);
    let closed = [("from", "2026-12-10"), ("reason", "Val")];
    done(&town.post(&karin, "/register/strand/exceptions", &closed).await);

    let page = town.open(Some(&karin), "/register/strand/history").await.says(&[
        "måndag 23 nov 10.00, karin",
        "Adress: Strandvägen 1 → Ny 1 &lt;b&gt;",
        "Hiss eller ramp till alla plan",
        "Fredag 08.00–22.00, 22.30–02.00",
        "Antal personer: 60",
        "Antal: 4 → 6",
        "Avvikande tid, Strandens IP",
        "Tider: stängt",
        "Orsak: Val",
        "från en fil",
    ]);
    assert!(page.find("Orsak: Val").unwrap() < page.find("Ny 1").unwrap(), "the newest first");
    let nora = town.person("nora", &[]).await;
    assert_eq!(town.open(Some(&nora), "/register/strand/history").await.status, 403);
    let english = town.open(Some(&karin), "/register/strand/history").await;
    assert!(!english.text().contains("opening_hours"), "no key of a file is shown");
}

#[tokio::test]
async fn facts_hours_resources_and_equipment_go_back_to_how_they_were() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    let before = town.facility("strand").await;

    let changed = town.post(&karin, "/register/strand", &facts("", ("description", "Fel text"))).await;
    done(&changed);
    assert_eq!(town.facility("strand").await.description, "Fel text");
    let undone = town.undo(&karin, &changed).await;
    let now = town.facility("strand").await;
    assert_eq!(now.description, "Konstgräs vid vattnet.");
    assert_eq!((now.accessibility, now.position), (before.accessibility.clone(), before.position));
    town.open(Some(&karin), undone.header("location")).await.says(&["Återställt.", "Ångra"]);
    // Going back is a change as any other, and is undone as any other.
    town.undo(&karin, &undone).await;
    assert_eq!(town.facility("strand").await.description, "Fel text");

    let gone = [("kind", "always"), ("first", "6"), ("last", "7")];
    let closed = town.post(&karin, "/register/strand/hours/remove", &gone).await;
    assert_eq!(town.hours("rummet", "2026-12-06").await, [""; 0]);
    town.undo(&karin, &closed).await;
    assert_eq!(town.hours("rummet", "2026-12-06").await, ["10-18"]);

    let hall = [
        ("name", "Norra"),
        ("kind", "room"),
        ("parent", ""),
        ("parts", "p1"),
        ("width", "20"),
        ("length", "40"),
    ];
    let changed = town.post(&karin, "/register/strand/resources/norra", &hall).await;
    done(&changed);
    town.undo(&karin, &changed).await;
    let now = town.facility("strand").await;
    let northern = |facility: &cloud_contracts::Facility| {
        format!("{:?}", facility.resources.iter().find(|one| one.slug == "norra").unwrap())
    };
    assert_eq!(northern(&now), northern(&before), "the same in everything, its id and parts too");

    let goals = [("one", "mal"), ("name", "Mål"), ("stock", "6"), ("with-planen", "yes")];
    let changed = town.post(&karin, "/register/strand/equipment", &goals).await;
    town.undo(&karin, &changed).await;
    assert_eq!(town.facility("strand").await.equipment[0].stock, Some(4));
    assert_eq!(town.space.stock.lock().unwrap().last().unwrap().1, Some(4), "booking is told of it");

    let closed = [("from", "2026-12-10"), ("reason", "Val")];
    let made = town.post(&karin, "/register/strand/exceptions", &closed).await;
    town.undo(&karin, &made).await;
    assert_eq!(town.hours("rummet", "2026-12-10").await, ["8-22"]);
}

#[tokio::test]
async fn what_does_not_go_back_says_why_and_what_was_never_there_is_not_found() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    let moved = [("name", "Norra halvan"), ("kind", "pitch"), ("parent", "planen"), ("parts", "p2")];
    let changed = town.post(&karin, "/register/strand/resources/norra", &moved).await;
    done(&changed);
    town.space.awaited.store(true, std::sync::atomic::Ordering::Relaxed);
    let no = changed.header("location").rsplit('=').next().unwrap();
    let refused = town.post(&karin, "/register/strand/history/restore", &[("no", no)]).await;
    assert_eq!(refused.status, 409);
    refused.says(&["Det finns bokningar framöver", "Delar av anläggningen som det tar: p2 → p1"]);

    town.space.awaited.store(false, std::sync::atomic::Ordering::Relaxed);
    let back = [("no", no)];
    done(&town.post(&karin, "/register/strand/history/restore", &back).await);
    let again = town.open(Some(&karin), &format!("/register/strand/history/restore?no={no}")).await;
    again.says(&["Det är redan som det var före."]);
    for no in ["0", "999999"] {
        let path = format!("/register/strand/history/restore?no={no}");
        assert_eq!(town.open(Some(&karin), &path).await.status, 404, "{no}");
    }
    assert_eq!(town.open(Some(&karin), "/register/strand/history/restore?no=x").await.status, 400);
    assert_eq!(town.post(&karin, "/register/strand/history/restore", &[]).await.status, 400);
    // A facility is made anew with another history: nobody goes back in it to what was another's.
    let sent = [("name", "Annan"), ("authority", "namnden")];
    done(&town.post(&karin, "/register/new", &sent).await);
    let path = format!("/register/annan/history/restore?no={no}");
    assert_eq!(town.open(Some(&karin), &path).await.status, 404);
}

#[tokio::test]
async fn of_two_who_change_the_same_facts_the_second_is_told_and_nothing_is_lost() {
    let town = Town::new().await;
    let (karin, siv) =
        (town.person("karin", &[Role::Officer]).await, town.person("siv", &[Role::Administrator]).await);
    let first = seen(&town, &karin, "/register/strand").await;
    assert_eq!(seen(&town, &siv, "/register/strand").await, first);
    done(&town.post(&karin, "/register/strand", &facts(&first, ("address", "Karins väg 2"))).await);

    let told = town.post(&siv, "/register/strand", &facts(&first, ("description", "Sivs text"))).await;
    assert_eq!(told.status, 409);
    let page = told.says(&[
        "Någon annan har ändrat sedan du öppnade sidan.",
        "karin",
        "Strandvägen 1 → Karins väg 2",
        "value=\"Karins väg 2\"",
        ">Sivs text</textarea>",
    ]);
    let now = town.facility("strand").await;
    assert_eq!(
        (now.address.as_deref(), now.description.as_str()),
        (Some("Karins väg 2"), "Konstgräs vid vattnet.")
    );

    let second = hidden(&page, &["seen"])[0].1;
    let mut sent = facts(second, ("description", "Sivs text"));
    sent.retain(|(name, _)| *name != "address");
    sent.push(("address", "Karins väg 2"));
    done(&town.post(&siv, "/register/strand", &sent).await);
    let now = town.facility("strand").await;
    assert_eq!((now.address.as_deref(), now.description.as_str()), (Some("Karins väg 2"), "Sivs text"));
    // Who sends the same form twice has changed nothing the second time.
    done(&town.post(&siv, "/register/strand", &sent).await);
}

#[tokio::test]
async fn of_two_who_change_the_same_resource_or_equipment_the_second_is_told() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    let path = "/register/strand/resources/norra";
    let first = seen(&town, &karin, path).await;
    let hall = |name: &'static str, persons: &'static str| {
        [("name", name), ("kind", "pitch"), ("parent", "planen"), ("persons_max", persons), ("parts", "p1")]
    };
    let with_seen = |fields: &[(&'static str, &'static str)], seen: &str| -> Vec<(&'static str, String)> {
        let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned()));
        fields.chain([("seen", seen.to_owned())]).collect()
    };
    let post = |path: &'static str, fields: Vec<(&'static str, String)>| {
        let (town, karin) = (&town, &karin);
        async move {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            town.post(karin, path, &fields).await
        }
    };
    done(&post(path, with_seen(&hall("Norra halvan", "60"), &first)).await);
    let told = post(path, with_seen(&hall("Norra", ""), &first)).await;
    assert_eq!(told.status, 409);
    told.says(&["Antal personer: 60", "value=\"Norra\"", "value=\"60\""]);

    let path = "/register/strand/equipment";
    let first = seen(&town, &karin, "/register/strand/equipment?one=mal").await;
    let goals = |name: &'static str, stock: &'static str| {
        [("one", "mal"), ("name", name), ("stock", stock), ("with-planen", "yes")]
    };
    done(&post(path, with_seen(&goals("Mål", "6"), &first)).await);
    let told = post(path, with_seen(&goals("Stora mål", "4"), &first)).await;
    assert_eq!(told.status, 409);
    told.says(&["Antal: 4 → 6", "value=\"Stora mål\"", "value=\"6\""]);
    assert_eq!(town.facility("strand").await.equipment[0].name, "Mål");
}

#[tokio::test]
async fn of_two_who_change_the_hours_the_second_is_told_and_at_once_none_is_lost() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    let first = seen(&town, &karin, "/register/strand/hours").await;
    let night = [("kind", "eve"), ("first", "5"), ("last", "5"), ("opens", "22:30"), ("closes", "02:00")];
    let mut sent = night.to_vec();
    sent.push(("seen", &first));
    done(&town.post(&karin, "/register/strand/hours", &sent).await);
    let gone = [("kind", "always"), ("first", "6"), ("last", "7"), ("seen", first.as_str())];
    let told = town.post(&karin, "/register/strand/hours/remove", &gone).await;
    assert_eq!(told.status, 409);
    told.says(&["Någon annan har ändrat", "Aftnar före helgdag: Fredag 22.30–02.00"]);
    assert_eq!(town.hours("rummet", "2026-12-06").await, ["10-18"], "Sundays are as they were");

    // Two forms that arrive in the same moment: each adds what it says to what the other wrote.
    let day = |number: &'static str| {
        [("kind", "term"), ("first", number), ("last", number), ("opens", "17:00"), ("closes", "20:00")]
    };
    let (monday, tuesday) = (day("1"), day("2"));
    let (one, other) = tokio::join!(
        town.post(&karin, "/register/strand/hours", &monday),
        town.post(&karin, "/register/strand/hours", &tuesday)
    );
    done(&one);
    done(&other);
    let kept = town.facility("strand").await.special_hours.by_kind;
    assert_eq!(kept.iter().filter(|(kind, _)| *kind == cloud_contracts::DayKind::Term).count(), 2);
}

#[tokio::test]
async fn hours_within_which_somebody_has_booked_change_only_when_that_has_been_seen() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    let room = town.facility("strand").await.resources.iter().find(|one| one.slug == "rummet").unwrap().id;
    let time = |number, starts_at: &str, ends_at: &str| ComingTime {
        starts_at: starts_at.parse().unwrap(),
        ends_at: ends_at.parse().unwrap(),
        resource: room,
        number,
    };
    *town.space.coming.lock().unwrap() = vec![
        time(1001, "2026-12-05T10:00:00Z", "2026-12-05T12:00:00Z"),
        time(1002, "2026-12-07T10:00:00Z", "2026-12-07T12:00:00Z"),
        time(1003, "2026-12-12T03:00:00Z", "2026-12-12T04:00:00Z"),
    ];
    let gone = [("kind", "always"), ("first", "6"), ("last", "7")];
    let asks = town.post(&karin, "/register/strand/hours/remove", &gone).await;
    assert_eq!(asks.status, 409);
    let page = asks.says(&[
        "En bokad tid hamnar utanför öppettiderna.",
        "lördag 5 dec 11.00–13.00, Rummet &lt;b&gt;, bokning 1001",
        "name=\"first\" value=\"6\"",
        "Ändra ändå",
    ]);
    assert!(!page.contains("1002") && !page.contains("1003"), "only those that are met: {page}");
    assert_eq!(town.hours("rummet", "2026-12-05").await, ["10-18"], "nothing has changed yet");
    let meant = [gone[0], gone[1], gone[2], ("met_seen", "yes")];
    let changed = town.post(&karin, "/register/strand/hours/remove", &meant).await;
    done(&changed);
    assert_eq!(town.hours("rummet", "2026-12-05").await, [""; 0]);
    town.undo(&karin, &changed).await;

    // Other hours ask the same, and so does going back to hours that were shorter.
    let closed = [("from", "2026-12-07"), ("reason", "Val")];
    let asks = town.post(&karin, "/register/strand/exceptions", &closed).await;
    assert_eq!(asks.status, 409);
    asks.says(&["bokning 1002"]);
    assert_eq!(town.hours("rummet", "2026-12-07").await, ["8-22"]);
    let night = [("kind", "always"), ("first", "6"), ("last", "6"), ("opens", "03:00"), ("closes", "06:00")];
    let longer = town.post(&karin, "/register/strand/hours", &night).await;
    done(&longer);
    let no = longer.header("location").rsplit('=').next().unwrap();
    let asks = town.post(&karin, "/register/strand/history/restore", &[("no", no)]).await;
    assert_eq!(asks.status, 409);
    asks.says(&["bokning 1003", "name=\"no\""]);
}

#[tokio::test]
async fn an_owners_people_go_back_in_what_is_theirs_to_say_and_in_nothing_else() {
    let town = Town::new().await;
    let (erik, siv) = (town.person("erik", &[]).await, town.person("siv", &[Role::Administrator]).await);
    let mut superuser = sqlx::PgConnection::connect_with(&town.bench.superuser).await.unwrap();
    sqlx::query("INSERT INTO customers.customer (tenant_id, id, kind, slug, name) VALUES ($1, gen_random_uuid(), 'association', 'if', 'Strandens IF')")
        .bind(town.bench.alfa.uuid())
        .execute(&mut superuser)
        .await
        .unwrap();
    let mut given = facts("", ("description", "Föreningens"));
    given.push(("owner", "if"));
    let changed = town.post(&siv, "/register/strand", &given).await;
    done(&changed);
    town.representatives.0.lock().unwrap().push(erik.id);
    town.undo(&erik, &changed).await;
    let now = town.facility("strand").await;
    assert_eq!(now.description, "Konstgräs vid vattnet.");
    assert_eq!(town.open(Some(&erik), "/register/strand").await.status, 200, "it is still theirs");
}
