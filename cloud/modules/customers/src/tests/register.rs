//! The register on its pages.

use cloud_contracts::Customers as _;
use cloud_kernel::Role;
use sqlx::{Connection as _, PgConnection};

use super::town::{ALVA, ERIK, MARIA, Town, field};
use crate::CustomersPort;

const CLUB: [(&str, &str); 6] = [
    ("name", "Klubben"),
    ("organisation_number", "802999-9011"),
    ("town", "Åkersberga"),
    ("email", "kansli@klubben.example"),
    ("sports", "Innebandy, innebandy, Bandy"),
    ("age-7-12", "yes"),
];

#[tokio::test]
async fn an_officer_finds_a_customer_by_name_number_and_town_and_others_find_no_register() {
    let (town, club) = Town::with_club().await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    let href = format!("href=\"/customers/{club}\"");
    for search in [
        "/customers",
        "/customers?q=klub",
        "/customers?q=802999",
        "/customers?q=%C3%A5kersberga&kind=association",
    ] {
        town.open(Some(&karin), search).await.says(&[&href, "1 kund", "802999-9011"]);
    }
    for nothing in
        ["/customers?q=%25", "/customers?kind=company", "/customers?q=a%00b", "/customers?page=99999999999"]
    {
        let page = town.open(Some(&karin), nothing).await;
        assert!(
            page.status.is_success() && !page.text().contains("Klubben</a>") || nothing.contains("page"),
            "{nothing}"
        );
    }
    let sam = town.person("Sam", None, &[]).await;
    assert_eq!(town.open(Some(&sam), "/customers").await.status, 403);
    assert_eq!(town.open(Some(&sam), &format!("/customers/{club}")).await.status, 404);
    assert_eq!(town.open(None, "/customers").await.status, 303);
}

#[tokio::test]
async fn what_is_known_is_changed_told_in_the_history_and_a_wrong_field_is_told_beside_it() {
    let (town, club) = Town::with_club().await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    let edit = format!("/customers/{club}/edit");
    let page = town.open(Some(&karin), &edit).await.text();
    let revision = field(&page, "revision");
    let mut wrong = CLUB.to_vec();
    wrong.extend([
        ("revision", revision.as_str()),
        ("web", "javascript:alert(1)"),
        ("telephone", "<script>"),
    ]);
    let answer = town.post(&karin, &edit, &wrong).await;
    assert_eq!(answer.status, 422);
    let page = answer.says(&["web-error", "telephone-error", "value=\"&lt;script&gt;\"", "Innebandy, Bandy"]);
    assert!(!page.contains("value=\"<script>"));
    let mut right = CLUB.to_vec();
    right.extend([("revision", revision.as_str()), ("web", "klubben.example")]);
    town.post(&karin, &edit, &right).await.leads_to(&format!("/customers/{club}?done=saved"));
    town.open(Some(&karin), &format!("/customers/{club}")).await.says(&[
        "Innebandy, Bandy",
        "href=\"https://klubben.example\"",
        "7-12",
    ]);
    let history = town.open(Some(&karin), &format!("/customers/{club}/history")).await;
    history.says(&["Ändrade webbplats, idrotter och verksamheter, åldersgrupper", "Karin"]);
}

#[tokio::test]
async fn of_two_who_change_a_customer_at_once_neither_loses_anything() {
    let (town, club) = Town::with_club().await;
    let [karin, siv] = [
        town.person("Karin", None, &[Role::Officer]).await,
        town.person("Siv", None, &[Role::Officer]).await,
    ];
    let edit = format!("/customers/{club}/edit");
    let before = town.open(Some(&karin), &edit).await.text();
    let was = |name: &'static str| (name, field(&before, name));
    let base: Vec<(&str, String)> = [
        was("revision"),
        was("was-name"),
        was("was-organisation_number"),
        was("was-address"),
        was("was-town"),
        was("was-email"),
        was("was-telephone"),
        was("was-web"),
        was("was-sports"),
        was("was-age_groups"),
    ]
    .into();
    let form = |changed: &'static [(&'static str, &'static str)]| {
        let mut all: Vec<(&str, &str)> = base.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.extend([("name", "Klubben"), ("organisation_number", "802999-9011"), ("town", "Åkersberga")]);
        all.push(("email", "kansli@klubben.example"));
        all.retain(|(name, _)| !changed.iter().any(|(other, _)| other == name));
        all.extend(changed);
        all
    };
    town.post(&siv, &edit, &form(&[("telephone", "08-123 45")]))
        .await
        .leads_to(&format!("/customers/{club}?done=saved"));
    let second = town.post(&karin, &edit, &form(&[("town", "Vaxholm")])).await;
    assert_eq!(second.status, 409);
    let page = second.says(&[
        "Någon annan har ändrat under tiden: Telefon",
        "value=\"08-123 45\"",
        "value=\"Vaxholm\"",
    ]);
    let revision = field(&page, "revision");
    let mut again = form(&[("town", "Vaxholm"), ("telephone", "08-123 45")]);
    again.retain(|(name, _)| *name != "revision");
    again.push(("revision", &revision));
    town.post(&karin, &edit, &again).await.leads_to(&format!("/customers/{club}?done=saved"));
    town.open(Some(&siv), &format!("/customers/{club}")).await.says(&["Vaxholm", "08-123 45"]);
}

#[tokio::test]
async fn an_entitlement_holds_between_its_days_and_a_customer_that_has_ended_books_no_more() {
    let (town, club) = Town::with_club().await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    let erik = town.person("Erik", Some(ERIK), &[]).await;
    let path = format!("/customers/{club}/entitlements");
    let odd = town
        .post(&karin, &path, &[("group", ""), ("from", "2026-12-01"), ("to", "2026-11-01"), ("reason", " ")])
        .await;
    assert_eq!(odd.status, 422);
    odd.says(&["group-error", "to-error", "reason-error"]);
    let given = [
        ("group", "barn"),
        ("from", "2026-11-24"),
        ("to", "2026-11-25"),
        ("reason", "Minst hälften under 20 år"),
    ];
    town.post(&karin, &path, &given).await.leads_to(&format!("{path}?done=saved"));
    for (hours, group) in [(0, None), (24, Some("barn")), (24, Some("barn")), (24, None)] {
        town.bench.clock.advance(jiff::SignedDuration::from_hours(hours));
        let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
        let acted = CustomersPort.acted_for(&mut tx, erik.id, club).await.unwrap().unwrap();
        assert_eq!(acted.price_group.as_deref(), group);
    }
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    let end = format!("/customers/{club}/end");
    town.post(&karin, &end, &[("on", "2026-11-26"), ("reason", "Upplöst")])
        .await
        .leads_to(&format!("/customers/{club}?done=ended"));
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    assert_eq!(CustomersPort.acted_for(&mut tx, erik.id, club).await.unwrap(), None);
    drop(tx);
    town.open(Some(&karin), &format!("/customers/{club}")).await.says(&["Har upphört", "Upplöst"]);
    assert!(!town.open(Some(&karin), "/customers").await.text().contains("Klubben</a>"));
    town.open(Some(&karin), "/customers?ended=yes").await.says(&["Klubben</a>"]);
    town.post(&karin, &end, &[("again", "yes")]).await.leads_to(&format!("/customers/{club}?done=again"));
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    assert!(CustomersPort.acted_for(&mut tx, erik.id, club).await.unwrap().is_some());
}

#[tokio::test]
async fn an_association_keeps_its_own_details_and_board_and_neither_its_name_nor_its_price_group() {
    let (town, club) = Town::with_club().await;
    let erik = town.person("Erik", Some(ERIK), &[]).await;
    let maria = town.person("Maria", Some(MARIA), &[]).await;
    let edit = format!("/customers/{club}/edit");
    let page = town.open(Some(&erik), &edit).await.text();
    assert!(!page.contains("id=\"name\"") && !page.contains("id=\"organisation_number\""));
    let revision = field(&page, "revision");
    let sent = [
        ("revision", revision.as_str()),
        ("name", "Kapad"),
        ("town", "Vaxholm"),
        ("email", "ny@klubben.example"),
    ];
    town.post(&erik, &edit, &sent).await.leads_to(&format!("/customers/{club}?done=saved"));
    town.open(Some(&erik), &format!("/customers/{club}")).await.says(&["<h1>Klubben</h1>", "Vaxholm"]);
    let posts = format!("/customers/{club}/posts");
    let odd =
        town.post(&erik, &posts, &[("post", "king"), ("name", ""), ("email", "x"), ("from", "igår")]).await;
    assert_eq!(odd.status, 422);
    odd.says(&["post-error", "name-error", "email-error", "from-error"]);
    town.post(&erik, &posts, &[("post", "chair"), ("name", "Åsa <b>"), ("from", "2026-01-01")])
        .await
        .leads_to(&format!("{posts}?done=saved"));
    let page = town.open(Some(&maria), &posts).await.says(&["Åsa &lt;b&gt;", "Ordförande"]);
    assert!(!page.contains("posts/remove"), "who only books does not keep the board");
    for closed in ["/entitlements", "/history", "/end"] {
        assert_eq!(
            town.open(Some(&erik), &format!("/customers/{club}{closed}")).await.status,
            404,
            "{closed}"
        );
    }
    assert_eq!(town.post(&maria, &edit, &sent).await.status, 404);
    let post = field(&town.open(Some(&erik), &posts).await.text(), "post_id");
    town.post(&erik, &format!("{posts}/remove"), &[("post_id", &post)])
        .await
        .leads_to(&format!("{posts}?done=saved"));
    town.open(Some(&erik), &posts).await.says(&["Inga uppdrag är inskrivna"]);
    assert_eq!(
        town.trail(club).await,
        ["customers.changed", "customers.post_added", "customers.post_removed"]
    );
}

#[tokio::test]
async fn somebody_without_e_id_is_a_customer_of_the_desk_and_the_same_one_when_they_sign_in() {
    let town = Town::new().await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    let odd = town
        .post(
            &karin,
            "/customers/new",
            &[("kind", "person"), ("name", "Alva Lind"), ("personal_number", "19920315-2386")],
        )
        .await;
    assert_eq!(odd.status, 422);
    let page = odd.says(&["personal_number-error", "Alva Lind"]);
    assert!(!page.contains("2386"), "the number is not shown again");
    let nowhere = town.post(&karin, "/customers/new", &[("kind", "person"), ("name", "Alva Lind")]).await;
    nowhere.says(&["address-error"]);
    let sent =
        [("kind", "person"), ("name", "Alva Lind"), ("telephone", "08-123 45"), ("personal_number", ALVA)];
    let made = town.post(&karin, "/customers/new", &sent).await;
    let alva = town.customer("Alva Lind").await;
    made.leads_to(&format!("/customers/{alva}?done=made"));
    town.open(Some(&karin), &format!("/customers/{alva}"))
        .await
        .says(&["Ingen har loggat in som den här personen"]);
    // The same number again is the same person.
    town.post(&karin, "/customers/new", &sent).await.leads_to(&format!("/customers/{alva}?done=known"));
    town.post(&karin, "/customers/find", &[("personal_number", ALVA)])
        .await
        .leads_to(&format!("/customers/{alva}"));
    let person = town.person("Alva", Some(ALVA), &[]).await;
    assert_eq!(town.signed_in(&person.token).await.acts_for.unwrap().0, alva);
    assert!(!town.everything_written().await.contains("2385"), "no number stands in the trail or the outbox");
}

#[tokio::test]
async fn a_protected_person_is_found_by_number_only_and_read_for_a_reason_that_is_kept() {
    let town = Town::new().await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    town.person("Alva", Some(ALVA), &[]).await;
    let mut superuser = PgConnection::connect_with(&town.bench.superuser).await.unwrap();
    sqlx::query("UPDATE customers.identity SET protected = true").execute(&mut superuser).await.unwrap();
    sqlx::query("UPDATE customers.customer SET address = 'Gömda vägen 1' WHERE name = 'Alva'")
        .execute(&mut superuser)
        .await
        .unwrap();
    let alva = town.customer("Alva").await;
    assert!(!town.open(Some(&karin), "/customers?q=alva").await.text().contains(&alva.to_string()));
    town.post(&karin, "/customers/find", &[("personal_number", ALVA)])
        .await
        .leads_to(&format!("/customers/{alva}"));
    let card = town.open(Some(&karin), &format!("/customers/{alva}")).await.says(&["<h1>Skyddad</h1>"]);
    assert!(!card.contains("Alva") && !card.contains("Gömda"));
    for closed in ["/edit", "/acting"] {
        assert_eq!(
            town.open(Some(&karin), &format!("/customers/{alva}{closed}")).await.status,
            404,
            "{closed}"
        );
    }
    let reveal = format!("/customers/{alva}/reveal");
    assert_eq!(town.post(&karin, &reveal, &[("reason", " ")]).await.status, 422);
    town.post(&karin, &reveal, &[("reason", "Ringer om en bokning")]).await.says(&["Alva", "Gömda vägen 1"]);
    assert_eq!(town.trail(alva).await.last().unwrap(), "customers.protected_read");
    let history = town.open(Some(&karin), &format!("/customers/{alva}/history")).await;
    let page = history.says(&["Läste skyddade uppgifter: Ringer om en bokning"]);
    assert!(!page.contains("Alva"), "what she did herself is told without her name");
}

#[tokio::test]
async fn staff_marks_an_identity_as_protected_for_a_reason_and_takes_the_mark_away() {
    let town = Town::new().await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    let alva_herself = town.person("Alva", Some(ALVA), &[]).await;
    let alva = town.customer("Alva").await;
    let protect = format!("/customers/{alva}/protect");
    town.open(Some(&karin), &protect).await.says(&["Skydda uppgifterna"]);
    assert_eq!(town.open(Some(&alva_herself), &protect).await.status, 404, "staff marks, nobody else");
    let yes = [("protected", "yes"), ("reason", " ")];
    assert_eq!(town.post(&karin, &protect, &yes).await.status, 422);
    let yes = [("protected", "yes"), ("reason", "Avi från folkbokföringen")];
    assert_eq!(town.post(&alva_herself, &protect, &yes).await.status, 404);
    town.post(&karin, &protect, &yes).await.leads_to(&format!("/customers/{alva}?done=protected"));
    let card = town.open(Some(&karin), &format!("/customers/{alva}")).await.says(&["<h1>Skyddad</h1>"]);
    assert!(!card.contains("Alva"));
    town.open(Some(&karin), &format!("/customers/{alva}/history")).await.says(&["Avi från folkbokföringen"]);
    let no = [("protected", "no"), ("reason", "Skyddet har upphört")];
    town.post(&karin, &protect, &no).await.leads_to(&format!("/customers/{alva}?done=protected"));
    town.open(Some(&karin), &format!("/customers/{alva}")).await.says(&["<h1>Alva</h1>"]);

    let nobody = town.person("Karins egen", None, &[]).await;
    let own = town.signed_in(&nobody.token).await.acts_for.unwrap().0;
    let refused = town.post(&karin, &format!("/customers/{own}/protect"), &yes).await;
    assert_eq!(refused.status, 409);
    refused.says(&["Personen har inget personnummer här"]);
}

#[tokio::test]
async fn associations_are_open_data_and_nothing_in_it_is_about_a_person() {
    let (town, club) = Town::with_club().await;
    let erik = town.person("Erik", Some(ERIK), &[]).await;
    town.post(&erik, &format!("/customers/{club}/posts"), &[("post", "chair"), ("name", "Ordförande Åsa")])
        .await;
    town.read(
        "[[association]]\nslug = \"bygg\"\nname = \"Bygg AB\"\nkind = \"company\"\n\
               [[association]]\nslug = \"summa\"\nname = \"=SUM(A1)\"\nkind = \"association\"\n",
    )
    .await;
    let json = town.open(None, "/open-data/associations.json").await;
    let data: serde_json::Value = serde_json::from_str(&json.text()).unwrap();
    assert_eq!(data["associations"].as_array().unwrap().len(), 2);
    assert_eq!(data["associations"][1]["organisation_number"], "802999-9011");
    assert_eq!(json.header("access-control-allow-origin"), "*");
    let csv = town.open(None, "/open-data/associations.csv").await;
    csv.says(&[
        "slug,name,organisation_number,town,sports,age_groups,web",
        "klubben,Klubben,802999-9011,Åkersberga",
        "'=SUM(A1)",
    ]);
    for published in [json.text(), csv.text()] {
        for private in ["Erik", "Åsa", "kansli@", "Bygg"] {
            assert!(!published.contains(private), "{private}");
        }
    }
}

#[tokio::test]
async fn two_customers_that_are_one_are_shown_side_by_side_and_made_one() {
    let (town, club) = Town::with_club().await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    let goran = town.person("Göran", Some(super::town::GORAN), &[]).await;
    town.read(&format!(
        "[[association]]\nslug = \"klubben-if\"\nname = \"Klubben IF\"\nkind = \"association\"\nweb = \"https://klubben.example\"\n\
         email = \"KANSLI@klubben.example\"\n\
         [[association.mandate]]\npersonal_number = \"{}\"\nrole = \"booker\"\n",
        super::town::GORAN
    ))
    .await;
    let gone = town.customer("Klubben IF").await;
    let page = town.open(Some(&karin), "/customers/duplicates").await.says(&["Samma e-post"]);
    assert!(page.contains(&gone.to_string()) && page.contains(&club.to_string()));
    // Whoever acts for the one that goes acts on for the other.
    town.post(&goran, "/act-for", &[("customer", &gone.to_string())]).await.leads_to("/");
    let preview = format!("/customers/merge?kept={club}&gone={gone}");
    let page =
        town.open(Some(&karin), &preview).await.says(&["802999-9011", "1 roll", "https://klubben.example"]);
    let (kept_id, gone_id) = (club.to_string(), gone.to_string());
    let (seen, stale) = (field(&page, "kept_revision"), "77".to_owned());
    let sent = |kept: &str| {
        [
            ("kept", kept_id.clone()),
            ("gone", gone_id.clone()),
            ("kept_revision", kept.to_owned()),
            ("gone_revision", field(&page, "gone_revision")),
        ]
    };
    let form = |fields: [(&'static str, String); 4]| fields.map(|(name, value)| (name, value));
    let late = form(sent(&stale));
    let late: Vec<(&str, &str)> = late.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(town.post(&karin, "/customers/merge", &late).await.status, 409);
    let right = form(sent(&seen));
    let right: Vec<(&str, &str)> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
    town.post(&karin, "/customers/merge", &right).await.leads_to(&format!("/customers/{club}?done=merged"));
    assert_eq!(town.post(&karin, "/customers/merge", &right).await.status, 409, "once");
    town.open(Some(&karin), &format!("/customers/{gone}")).await.says(&["Den här kunden är nu Klubben"]);
    town.open(Some(&karin), &format!("/customers/{club}")).await.says(&["https://klubben.example"]);
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    assert!(CustomersPort.acted_for(&mut tx, goran.id, club).await.unwrap().is_some());
    assert_eq!(CustomersPort.acted_for(&mut tx, goran.id, gone).await.unwrap(), None);
    assert_eq!(CustomersPort.by_id(&mut tx, gone).await.unwrap().unwrap().id, club, "it leads on");
    drop(tx);
    assert_eq!(town.signed_in(&goran.token).await.acts_for.unwrap(), (club, "Klubben".to_owned()));
    assert!(town.everything_written().await.contains(&gone.to_string()));
}

#[tokio::test]
async fn a_person_and_an_association_or_two_people_with_two_numbers_are_never_one() {
    let (town, club) = Town::with_club().await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    town.person("Alva", Some(ALVA), &[]).await;
    town.person("Erik", Some(ERIK), &[]).await;
    let (alva, erik) = (town.customer("Alva").await, town.customer("Erik").await);
    for (kept, gone) in [(club, alva), (alva, club), (alva, erik), (alva, alva)] {
        town.open(Some(&karin), &format!("/customers/merge?kept={kept}&gone={gone}"))
            .await
            .says(&["kan inte slås ihop"]);
        let (kept, gone) = (kept.to_string(), gone.to_string());
        let sent = [
            ("kept", kept.as_str()),
            ("gone", gone.as_str()),
            ("kept_revision", "1"),
            ("gone_revision", "1"),
        ];
        assert_eq!(town.post(&karin, "/customers/merge", &sent).await.status, 409);
    }
}
