//! The forms on which the register is maintained.

use std::sync::atomic::Ordering;

use cloud_kernel::Role;
use sqlx::Connection;

use crate::town::Town;

#[tokio::test]
async fn an_officer_changes_what_is_known_and_a_wrong_field_is_told_beside_it() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    town.open(Some(&karin), "/register").await.says(&["Strandens IP", "href=\"/register/strand\""]);
    town.open(Some(&karin), "/register/strand").await.says(&[
        "Buss 620 till Stranden.",
        "59.48",
        "karta = 4711",
    ]);

    let wrong = [
        ("name", ""),
        ("position", "95"),
        ("longitude", "18"),
        ("authority", "namnden"),
        ("address", "Ny 1"),
    ];
    let answer = town.post(&karin, "/register/strand", &wrong).await;
    assert_eq!(answer.status, 422);
    answer.says(&["name-error", "Fyll i det här.", "position-error", "value=\"Ny 1\""]);
    assert_eq!(
        town.facility("strand").await.address.as_deref(),
        Some("Strandvägen 1"),
        "nothing has changed"
    );

    let right = [
        ("name", "Strandens IP"),
        ("address", "Ny 1"),
        ("position", "59,5"),
        ("longitude", "18,25"),
        ("accessibility-lift", "yes"),
        ("authority", "namnden"),
        ("other_ids", "karta = 4712\r\nekonomi = 99"),
    ];
    let answer = town.post(&karin, "/register/strand", &right).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let facility = town.facility("strand").await;
    assert_eq!(facility.address.as_deref(), Some("Ny 1"));
    assert_eq!(facility.accessibility, ["lift"]);
    assert_eq!(facility.description, "", "an emptied field is empty");
    assert_eq!(town.trail().await, ["facilities.facility_changed"]);
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    let detail: serde_json::Value =
        sqlx::query_scalar("SELECT detail FROM kernel.audit WHERE action = 'facilities.facility_changed'")
            .fetch_one(tx.conn())
            .await
            .unwrap();
    let address = serde_json::json!({ "key": "address", "from": "Strandvägen 1", "to": "Ny 1" });
    assert!(detail["changes"].as_array().unwrap().contains(&address), "{detail}");
}

#[tokio::test]
async fn an_owners_people_maintain_their_own_facility_and_nobody_elses() {
    let town = Town::new().await;
    let erik = town.person("erik", &[]).await;
    town.representatives.0.lock().unwrap().push(erik.id);
    assert_eq!(town.open(Some(&erik), "/register/strand").await.status, 403, "it is the municipality's");

    let mut superuser = sqlx::PgConnection::connect_with(&town.bench.superuser).await.unwrap();
    sqlx::query("INSERT INTO customers.customer (tenant_id, id, kind, slug, name) VALUES ($1, gen_random_uuid(), 'association', 'if', 'Strandens IF')")
        .bind(town.bench.alfa.uuid())
        .execute(&mut superuser)
        .await
        .unwrap();
    let siv = town.person("siv", &[Role::Administrator]).await;
    let given = [("name", "Strandens IP"), ("authority", "namnden"), ("owner", "if")];
    assert_eq!(town.post(&siv, "/register/strand", &given).await.status, 303);

    let page = town.open(Some(&erik), "/register/strand").await;
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("name=\"owner\""), "whose it is is not theirs to say");
    let sent = [("name", "Strandens nya IP"), ("authority", "bolaget"), ("owner", "")];
    assert_eq!(town.post(&erik, "/register/strand", &sent).await.status, 303);
    let again = town.open(Some(&siv), "/register/strand").await;
    again.says(&["Strandens nya IP", "<option value=\"if\" selected>"]);
    town.open(None, "/facilities/strand/about").await.says(&["Strandens nya IP"]);
    let nora = town.person("nora", &[]).await;
    assert_eq!(town.open(Some(&nora), "/register/strand").await.status, 403);
    // Who only books for the owner reads what everybody reads.
    town.representatives.0.lock().unwrap().push(nora.id);
    town.representatives.1.lock().unwrap().push(nora.id);
    assert_eq!(town.open(Some(&nora), "/register/strand").await.status, 403);
    // What goes out of the register is the municipality's to decide.
    assert_eq!(town.open(Some(&erik), "/register/strand/remove").await.status, 403);
}

#[tokio::test]
async fn a_resource_is_made_and_changed_and_keeps_its_parts_while_bookings_hang_on_it() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    let berth = [
        ("name", "Båtplats 7"),
        ("kind", "berth"),
        ("boat_length_cm", "7,5"),
        ("boat_beam_cm", "2,6"),
        ("persons_max", ""),
    ];
    let made = town.post(&karin, "/register/strand/resources", &berth).await;
    assert_eq!(made.status, 303, "{}", made.text());
    assert_eq!(
        made.header("location"),
        "/register/strand/resources/batplats-7?done=saved",
        "nothing to go back to"
    );
    let facility = town.facility("strand").await;
    let made = facility.resources.iter().find(|one| one.slug == "batplats-7").unwrap();
    let kind =
        cloud_contracts::ResourceKind::Berth { length_cm: Some(750), beam_cm: Some(260), draught_cm: None };
    assert_eq!(made.kind, kind);
    assert!(town.space.parts.lock().unwrap().contains(&made.parts[0]), "booking knows its part");
    assert_eq!(
        town.post(&karin, "/register/strand/resources", &berth).await.status,
        422,
        "the name is taken"
    );

    let wrong =
        [("name", "Norra"), ("kind", "pitch"), ("persons_max", "många"), ("width", "x"), ("parts", "p1")];
    let answer = town.post(&karin, "/register/strand/resources/norra", &wrong).await;
    assert_eq!(answer.status, 422);
    answer.says(&["persons_max-error", "width-error", "value=\"många\""]);

    let moved = [("name", "Norra"), ("kind", "pitch"), ("parent", "planen"), ("parts", "p2")];
    town.space.awaited.store(true, Ordering::Relaxed);
    let refused = town.post(&karin, "/register/strand/resources/norra", &moved).await;
    assert_eq!(refused.status, 422);
    refused.says(&["Det finns bokningar framöver"]);
    town.space.awaited.store(false, Ordering::Relaxed);
    assert_eq!(town.post(&karin, "/register/strand/resources/norra", &moved).await.status, 303);
    let outside = [("name", "Norra"), ("kind", "pitch"), ("parent", "planen"), ("parts", "rum")];
    town.post(&karin, "/register/strand/resources/norra", &outside).await.says(&["Delen rum hör inte till"]);
}

#[tokio::test]
async fn hours_and_exceptions_are_added_and_taken_away_and_an_exception_can_be_put_back() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    let night = [("kind", "always"), ("first", "5"), ("last", "5"), ("opens", "22:30"), ("closes", "02:00")];
    assert_eq!(town.post(&karin, "/register/strand/hours", &night).await.status, 303);
    assert_eq!(town.hours("rummet", "2026-12-05").await, ["0-2", "10-18"], "the night to Saturday");
    let clash = town.post(&karin, "/register/strand/hours", &night).await;
    assert_eq!(clash.status, 422);
    clash.says(&["Tiden krockar"]);
    let gone = [("kind", "always"), ("first", "6"), ("last", "7")];
    assert_eq!(town.post(&karin, "/register/strand/hours/remove", &gone).await.status, 303);
    assert_eq!(town.hours("rummet", "2026-12-06").await, [""; 0], "Sundays are closed now");

    let backwards = [("from", "2026-12-24"), ("to", "2026-12-23"), ("reason", "")];
    let wrong = town.post(&karin, "/register/strand/exceptions", &backwards).await;
    assert_eq!(wrong.status, 422);
    wrong.says(&["to-error", "reason-error"]);
    let closed = [("from", "2026-12-10"), ("reason", "Val")];
    assert_eq!(town.post(&karin, "/register/strand/exceptions", &closed).await.status, 303);
    assert_eq!(town.hours("rummet", "2026-12-10").await, [""; 0]);
    let page = town.open(Some(&karin), "/register/strand/hours").await.says(&["Städdag", "Val"]);
    let id =
        page.split("name=\"exception\" value=\"").nth(2).and_then(|rest| rest.split('"').next()).unwrap();
    let removed = town.post(&karin, "/register/strand/exceptions/remove", &[("exception", id)]).await;
    assert_eq!(removed.status, 303, "{}", removed.text());
    assert_eq!(town.hours("rummet", "2026-12-10").await, ["8-22"]);
    town.undo(&karin, &removed).await;
    assert_eq!(town.hours("rummet", "2026-12-10").await, [""; 0], "undone");
}

#[tokio::test]
async fn the_school_year_is_the_administrators() {
    let town = Town::new().await;
    let (karin, siv) =
        (town.person("karin", &[Role::Officer]).await, town.person("siv", &[Role::Administrator]).await);
    assert_eq!(town.open(Some(&karin), "/register/school-year").await.status, 403);
    let term = [("kind", "term"), ("name", "Våren"), ("first", "2027-01-11"), ("last", "2027-06-11")];
    assert_eq!(town.post(&siv, "/register/school-year", &term).await.status, 303);
    town.open(Some(&siv), "/register/school-year").await.says(&["Våren", "11 juni 2027"]);
    let wrong = [("kind", "term"), ("name", ""), ("first", "2027-06-11"), ("last", "2027-01-11")];
    assert_eq!(town.post(&siv, "/register/school-year", &wrong).await.status, 422);
    let gone = [("kind", "term"), ("first", "2027-01-11")];
    assert_eq!(town.post(&siv, "/register/school-year/remove", &gone).await.status, 303);
    town.open(Some(&siv), "/register/school-year").await.says(&["Inga terminer än"]);
}

#[tokio::test]
async fn a_new_facility_begins_with_a_name_and_its_first_thing_to_book() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    town.open(Some(&karin), "/register/new").await.says(&["namnden"]);
    let sent = [("name", "Ängens bygdegård"), ("authority", "namnden")];
    let made = town.post(&karin, "/register/new", &sent).await;
    assert_eq!(made.header("location"), "/register/angens-bygdegard/resources", "{}", made.text());
    assert_eq!(town.post(&karin, "/register/new", &sent).await.status, 422, "the name is taken");
    for name in ["New", "!!!", ""] {
        let answer = town.post(&karin, "/register/new", &[("name", name), ("authority", "namnden")]).await;
        assert_eq!(answer.status, 422, "{name}");
    }
    let hall = [("name", "Stora salen"), ("kind", "premises"), ("persons_max", "80")];
    assert_eq!(town.post(&karin, "/register/angens-bygdegard/resources", &hall).await.status, 303);
    town.open(None, "/facilities/angens-bygdegard/about").await.says(&["Stora salen", "Festlokal"]);
}

/// A grey picture of 700 × 350 pixels.
fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(700, 350).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn a_photo_is_drawn_anew_shown_with_its_words_and_taken_away() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    let picture = png();
    let send = |alt: &'static str, file: Vec<u8>| {
        let (town, karin) = (&town, &karin);
        async move {
            let pieces = [
                ("alt", None, alt.as_bytes()),
                ("resource", None, &b"planen"[..]),
                ("file", Some("C:\\semester.exe"), file.as_slice()),
            ];
            town.upload(karin, "/register/strand/photos", &pieces).await
        }
    };
    let silent = send("", picture.clone()).await;
    assert_eq!(silent.status, 422);
    silent.says(&["Beskriv vad fotot visar."]);
    let hostile = send("Planen", b"<svg onload=alert(1)>".to_vec()).await;
    assert_eq!(hostile.status, 422);
    hostile.says(&["Filen är inget foto."]);
    let large = send("Planen", vec![0; 13 * 1024 * 1024]).await;
    assert_eq!(large.status, 422);
    large.says(&["högst 12 megabyte"]);

    let kept = send("Planen i \"sol\"", picture).await;
    assert_eq!(kept.status, 303, "{}", kept.text());
    let page = town
        .open(None, "/facilities/strand/planen")
        .await
        .says(&["alt=\"Planen i &quot;sol&quot;\"", "480w"]);
    let path =
        page.split("<img class=\"photo\" src=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(path.ends_with("/700"), "{path}");
    let image = town.open(None, path).await;
    assert_eq!((image.status.as_u16(), image.header("content-type")), (200, "image/jpeg"));
    assert!(
        image.header("cache-control").contains("max-age")
            && image.header("x-content-type-options") == "nosniff"
    );
    assert_eq!(image.bytes[..3], [0xff, 0xd8, 0xff]);
    assert_eq!(town.open(None, &path.replace("/700", "/701")).await.status, 404);

    let id = path.split('/').nth(2).unwrap();
    assert_eq!(town.post(&karin, "/register/strand/photos/remove", &[("photo", id)]).await.status, 303);
    assert_eq!(town.open(None, path).await.status, 404);
    assert_eq!(town.trail().await, ["facilities.photo_made", "facilities.photo_removed"]);
}

#[tokio::test]
async fn a_file_is_tried_told_line_by_line_and_read_in_only_when_all_of_it_can_be() {
    let town = Town::new().await;
    let siv = town.person("siv", &[Role::Administrator]).await;
    let read = |action: &'static str, format: &'static str, text: String| {
        let (town, siv) = (&town, &siv);
        async move {
            let pieces = [
                ("format", None, format.as_bytes()),
                ("action", None, action.as_bytes()),
                ("file", Some("fil"), text.as_bytes()),
            ];
            town.upload(siv, "/register/import", &pieces).await
        }
    };
    let csv = "facility;resource;name;kind;parts;persons_max\n\
               strand;rummet;Stora rummet;;;40\n\
               strand;bastun;Bastun;other;bastu;12\n\
               strand;norra;;;;\n";
    let tried = read("try", "csv", csv.to_owned()).await;
    assert_eq!(tried.status, 200, "{}", tried.text());
    tried.says(&[
        "1 nya, 1 ändrade, 1 som förut, 0 nekade.",
        "Namn: Rummet &lt;b&gt; → Stora rummet",
        "Antal personer: 40",
        "Läs in på riktigt",
    ]);
    assert_eq!(town.facility("strand").await.resources.len(), 3, "a try changes nothing");

    let wrong = read("apply", "csv", format!("{csv}slottet;salen;Salen;;;\nstrand;x;X;slott;;\n")).await;
    assert_eq!(wrong.status, 422);
    wrong.says(&[
        "anläggning ”slottet”, objekt ”salen”",
        "Det finns ingen anläggning ”slottet”.",
        ">5<",
        "kind: ”slott” är inget av hall, pitch",
        ">6<",
        "Inget har ändrats",
    ]);
    assert_eq!(town.facility("strand").await.resources.len(), 3, "one wrong line keeps all of it out");

    let applied = read("apply", "csv", csv.to_owned()).await;
    applied.says(&["Filen är inläst."]);
    let facility = town.facility("strand").await;
    assert_eq!(facility.resources.len(), 4);
    assert_eq!(facility.resources.iter().find(|one| one.slug == "rummet").unwrap().persons_max, Some(40));

    // What is written is read as nothing new.
    let written = town.open(None, "/open-data/facilities.csv").await.text();
    read("try", "csv", written).await.says(&["0 nya, 0 ändrade, 4 som förut, 0 nekade."]);
    let written = town.open(None, "/open-data/facilities.geojson").await.text();
    read("try", "geojson", written).await.says(&["0 nya, 0 ändrade, 1 som förut, 0 nekade."]);
    let unreadable = read("try", "toml", "\n[[facility]".to_owned()).await;
    unreadable.says(&[
        "Filen går inte att läsa från rad 2.",
        "Vad läsaren sa (på engelska)",
        "<pre lang=\"en\">",
    ]);
    read("try", "csv", "facility,resource,colour\n".to_owned())
        .await
        .says(&["rad 1: Det finns ingen kolumn ”colour”."]);
    let karin = town.person("karin", &[Role::Officer]).await;
    assert_eq!(town.open(Some(&karin), "/register/import").await.status, 403);
}

#[tokio::test]
async fn what_nobody_awaits_goes_out_of_the_register_and_the_rest_says_why_it_stays() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    let made = [("name", "Boden"), ("kind", "room")];
    assert_eq!(town.post(&karin, "/register/strand/resources", &made).await.status, 303);
    let path = "/register/strand/resources/boden/remove";
    town.open(Some(&karin), path).await.says(&["Ta bort Boden?", "Gamla bokningar finns kvar"]);

    town.space.awaited.store(true, Ordering::Relaxed);
    let stays = town.post(&karin, path, &[]).await;
    assert_eq!(stays.status, 409);
    stays.says(&["Boden går inte att ta bort", "Det finns tider bokade framåt"]);
    town.space.awaited.store(false, Ordering::Relaxed);
    let gone = town.post(&karin, path, &[]).await;
    assert_eq!(gone.status, 303, "{}", gone.text());
    assert!(!town.facility("strand").await.resources.iter().any(|one| one.slug == "boden"));
    assert!(town.trail().await.contains(&"facilities.resource_removed".to_owned()));
    assert_eq!(town.open(Some(&karin), path).await.status, 404);

    // A facility goes when nothing is left in it; a whole after its parts.
    let stays = town.post(&karin, "/register/strand/remove", &[]).await;
    assert_eq!(stays.status, 409);
    stays.says(&["Det här finns kvar"]);
}
