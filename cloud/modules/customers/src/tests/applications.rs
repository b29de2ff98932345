//! Asking to be in the register, children, and what an officer answers.

use cloud_contracts::{CustomerLetters as _, CustomerStep, CustomerTold, Customers as _};
use cloud_kernel::Role;
use jiff::civil::date;
use protocols_ids::Uuid;

use super::town::{ALVA, ERIK, GORAN, Town, Visitor};
use crate::CustomersPort;

/// A child of the tax agency's test series, born on 5 January 2017.
const CHILD: &str = "20170105-2399";
const NEW: [(&str, &str); 5] = [
    ("kind", "association"),
    ("name", "Nya Bandyklubben"),
    ("organisation_number", "802999-9029"),
    ("town", "Åkersberga"),
    ("statement", "Vald på årsmötet"),
];

async fn waiting(town: &Town) -> Uuid {
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    sqlx::query_scalar("SELECT id FROM customers.application WHERE step = 'asked' ORDER BY asked_at LIMIT 1")
        .fetch_one(tx.conn())
        .await
        .unwrap()
}

async fn letter(town: &Town, matter: Uuid, step: CustomerStep) -> Option<String> {
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    let letter = CustomersPort.letter(&mut tx, CustomerTold { matter, step }).await.unwrap();
    letter.map(|letter| letter.reason)
}

#[tokio::test]
async fn an_association_registers_itself_is_approved_and_its_applicant_administers_it() {
    let town = Town::new().await;
    let alva = town.person("Alva", Some(ALVA), &[]).await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    let odd =
        town.post(&alva, "/associations/new", &[("kind", "association"), ("organisation_number", "1")]).await;
    assert_eq!(odd.status, 422);
    odd.says(&["name-error", "organisation_number-error"]);
    town.post(&alva, "/associations/new", &NEW).await.leads_to("/associations?done=asked");
    town.open(Some(&alva), "/associations").await.says(&["Nya Bandyklubben", "Väntar på beslut"]);
    let id = waiting(&town).await;
    assert_eq!(letter(&town, id, CustomerStep::Received).await.as_deref(), Some(""));
    assert_eq!(town.open(Some(&alva), &format!("/customers/applications/{id}")).await.status, 403);
    town.open(Some(&karin), "/customers").await.says(&["Ansökningar (1)"]);
    let path = format!("/customers/applications/{id}");
    town.open(Some(&karin), &path).await.says(&["Vald på årsmötet", "802999-9029", "Alva"]);
    town.post(&karin, &format!("{path}/approve"), &[]).await.leads_to("/customers/applications?done=decided");
    let club = town.customer("Nya Bandyklubben").await;
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    assert!(CustomersPort.administers(&mut tx, alva.id, club).await.unwrap());
    drop(tx);
    assert_eq!(letter(&town, id, CustomerStep::Approved).await.as_deref(), Some(""));
    assert_eq!(letter(&town, id, CustomerStep::Received).await, None, "the older letter is overtaken");
    assert_eq!(town.post(&karin, &format!("{path}/approve"), &[]).await.status, 409, "once");
    assert_eq!(town.post(&karin, &format!("{path}/refuse"), &[("reason", "Nej")]).await.status, 409);
    town.open(Some(&alva), "/associations").await.says(&["Administratör", "Godkänd"]);
}

#[tokio::test]
async fn an_application_is_refused_with_a_reason_that_the_applicant_reads_or_withdrawn() {
    let town = Town::new().await;
    let alva = town.person("Alva", Some(ALVA), &[]).await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    town.post(&alva, "/associations/new", &NEW).await;
    let id = waiting(&town).await;
    let path = format!("/customers/applications/{id}");
    assert_eq!(town.post(&karin, &format!("{path}/refuse"), &[("reason", " ")]).await.status, 422);
    town.post(&karin, &format!("{path}/refuse"), &[("reason", "Stadgar <b> saknas")])
        .await
        .leads_to("/customers/applications?done=decided");
    town.open(Some(&alva), "/associations").await.says(&["Avslagen", "Stadgar &lt;b&gt; saknas"]);
    assert_eq!(letter(&town, id, CustomerStep::Refused).await.as_deref(), Some("Stadgar <b> saknas"));
    town.post(&alva, "/associations/new", &NEW).await.leads_to("/associations?done=asked");
    let id = waiting(&town).await.to_string();
    let other = town.person("Göran", Some(GORAN), &[]).await;
    assert_eq!(town.post(&other, "/associations/withdraw", &[("application", &id)]).await.status, 404);
    town.post(&alva, "/associations/withdraw", &[("application", &id)])
        .await
        .leads_to("/associations?done=withdrawn");
    assert_eq!(town.post(&alva, "/associations/withdraw", &[("application", &id)]).await.status, 409);
    town.open(Some(&karin), "/customers/applications").await.says(&["Inga ansökningar väntar"]);
}

#[tokio::test]
async fn one_that_is_there_already_is_told_and_an_officer_gives_the_applicant_that_one() {
    let (town, club) = Town::with_club().await;
    let alva = town.person("Alva", Some(ALVA), &[]).await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    town.read("[[association]]\nslug = \"sand\"\nname = \"Sandbergs Bygg AB\"\nkind = \"company\"\norganisation_number = \"559999-9017\"\n").await;
    let same = [("kind", "association"), ("name", "Klubben!"), ("organisation_number", "8029999011")];
    let told = town.post(&alva, "/associations/new", &same).await;
    assert_eq!(told.status, 409);
    told.says(&["Det finns redan en kund som liknar den här", "<li>Klubben</li>", "value=\"Klubben!\""]);
    let company = [("kind", "company"), ("name", "Annat"), ("organisation_number", "5599999017")];
    let told = town.post(&alva, "/associations/new", &company).await;
    assert_eq!(told.status, 409);
    assert!(!told.text().contains("Sandbergs"), "a company may bear a person's name");
    let mut anyway = same.to_vec();
    anyway.push(("another", "yes"));
    town.post(&alva, "/associations/new", &anyway).await.leads_to("/associations?done=asked");
    let path = format!("/customers/applications/{}", waiting(&town).await);
    town.open(Some(&karin), &path).await.says(&["Samma organisationsnummer", &club.to_string()]);
    let person = town.customer("Alva").await.to_string();
    assert_eq!(
        town.post(&karin, &format!("{path}/approve"), &[("same", &person)]).await.status,
        409,
        "a person is no association"
    );
    town.post(&karin, &format!("{path}/approve"), &[("same", &club.to_string())])
        .await
        .leads_to("/customers/applications?done=decided");
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    assert!(CustomersPort.administers(&mut tx, alva.id, club).await.unwrap());
    let named: i64 = sqlx::query_scalar("SELECT count(*) FROM customers.customer WHERE name LIKE 'Klubben%'")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    assert_eq!(named, 1);
}

#[tokio::test]
async fn applications_of_one_person_are_bounded_and_hostile_ones_answered_beside_the_field() {
    let town = Town::new().await;
    let alva = town.person("Alva", Some(ALVA), &[]).await;
    let long = "a".repeat(2_000);
    let hostile = [
        ("kind", "association"),
        ("name", &*long),
        ("statement", &*long),
        ("web", "data:text/html,x"),
        ("sports", &*long),
    ];
    let answer = town.post(&alva, "/associations/new", &hostile).await;
    assert_eq!(answer.status, 422);
    answer.says(&["name-error", "statement-error", "web-error", "sports-error"]);
    assert_eq!(town.post(&alva, "/associations/new", &[("kind", "child"), ("name", "X")]).await.status, 400);
    for number in 0..crate::applying::WAITING_MAX {
        let name = format!("{number}{number}{number} förbundet");
        let sent = [("kind", "association"), ("name", name.as_str()), ("another", "yes")];
        town.post(&alva, "/associations/new", &sent).await.leads_to("/associations?done=asked");
    }
    let sent = [("kind", "association"), ("name", "En till"), ("another", "yes")];
    assert_eq!(town.post(&alva, "/associations/new", &sent).await.status, 409);
}

/// Registers the child and approves it.
async fn child_of(town: &Town, guardian: &Visitor, karin: &Visitor) -> protocols_ids::CustomerId {
    let sent = [("name", "Lo Lind"), ("personal_number", CHILD), ("guardian", "yes")];
    town.post(guardian, "/associations/child", &sent).await.leads_to("/associations?done=asked");
    let path = format!("/customers/applications/{}", waiting(town).await);
    town.open(Some(karin), &path).await.says(&["Lo Lind", "9 år"]);
    town.post(karin, &format!("{path}/approve"), &[]).await.leads_to("/customers/applications?done=decided");
    town.customer("Lo Lind").await
}

#[tokio::test]
async fn a_guardian_acts_for_a_child_whose_age_counts_until_the_child_is_of_age() {
    let town = Town::new().await;
    let alva = town.person("Alva", Some(ALVA), &[]).await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    for (number, assured, wrong) in [
        ("1", true, "personal_number-error"),
        (ERIK, true, "personal_number-error"),
        (CHILD, false, "guardian-error"),
    ] {
        let mut sent = vec![("name", "Lo Lind"), ("personal_number", number)];
        if assured {
            sent.push(("guardian", "yes"));
        }
        let answer = town.post(&alva, "/associations/child", &sent).await;
        assert_eq!(answer.status, 422);
        assert!(!answer.says(&[wrong, "Lo Lind"]).contains(number.get(9..).unwrap_or("????")));
    }
    let lo = child_of(&town, &alva, &karin).await;
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    let acted = CustomersPort.acted_for(&mut tx, alva.id, lo).await.unwrap().unwrap();
    assert_eq!(acted.name, "Lo Lind");
    let on = date(2026, 11, 23);
    assert_eq!(CustomersPort.age_for(&mut tx, alva.id, lo, on).await.unwrap(), Some(9));
    let own = town.customer("Alva").await;
    assert_eq!(CustomersPort.age_for(&mut tx, alva.id, own, on).await.unwrap(), Some(34));
    drop(tx);
    town.open(Some(&alva), "/act-for").await.says(&["Lo Lind", "Ditt barn"]);
    let written = town.everything_written().await;
    assert!(!written.contains("20170105") && !written.contains("Lo Lind"), "{written}");
    // To the day before the eighteenth birthday.
    town.comes("2035-01-04T12:00:00Z");
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    assert!(CustomersPort.acted_for(&mut tx, alva.id, lo).await.unwrap().is_some());
    drop(tx);
    town.comes("2035-01-05T12:00:00Z");
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    assert_eq!(CustomersPort.acted_for(&mut tx, alva.id, lo).await.unwrap(), None);
    drop(tx);
    // The child who signs in is the customer that it was.
    let grown = town.person("Lo", Some(CHILD), &[]).await;
    assert_eq!(town.signed_in(&grown.token).await.acts_for.unwrap().0, lo);
}

#[tokio::test]
async fn the_desk_registers_a_child_and_its_other_guardian() {
    let town = Town::new().await;
    let alva = town.person("Alva", Some(ALVA), &[]).await;
    let karin = town.person("Karin", None, &[Role::Officer]).await;
    let goran = town.person("Göran", Some(GORAN), &[]).await;
    let lo = child_of(&town, &alva, &karin).await;
    let acting = format!("/customers/{lo}/acting");
    let sent = [("label", "Göran E"), ("personal_number", GORAN)];
    assert_eq!(
        town.post(&alva, &format!("{acting}/guardian"), &sent).await.status,
        404,
        "a guardian makes no other"
    );
    town.post(&karin, &format!("{acting}/guardian"), &sent).await.leads_to(&format!("{acting}?done=given"));
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    assert!(CustomersPort.acted_for(&mut tx, goran.id, lo).await.unwrap().is_some());
    drop(tx);
    // Of a grown-up nobody is made the guardian.
    let adult = town.customer("Göran").await;
    let sent = [("label", "Alva"), ("personal_number", ALVA)];
    assert_eq!(town.post(&karin, &format!("/customers/{adult}/acting/guardian"), &sent).await.status, 409);
}
