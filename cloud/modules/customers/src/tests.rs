//! What is remembered of people, against a real Postgres.

mod applications;
mod register;
mod roles;
mod town;

use std::collections::BTreeSet;
use std::sync::Arc;

use cloud_contracts::{CustomerKind, Customers as _, ImportError, ImportReport, PublicNames as _};
use cloud_kernel::testing::Bench;
use cloud_kernel::web::Visit;
use cloud_kernel::{SignedIn, Viewer};
use cloud_ui::{Lang, Theme};
use protocols_ids::{CustomerId, Uuid};
use sqlx::{Connection as _, PgConnection};

use crate::personal_number::PersonalNumber;
use crate::provider::ProvidedPerson;
use crate::{CustomersPort, import, sign_in};

const ISSUER: &str = "https://login.example";
const NUMBER: &str = "18900101-9802";

/// Signs somebody in at `alfa`, and tells who they are then.
async fn sign_in(bench: &Bench, subject: &str, name: &str, number: Option<&str>) -> SignedIn {
    let tenant =
        bench.kernel.directory().tenant("alfa.localhost", bench.kernel.now()).await.unwrap().unwrap();
    let visit = Visit {
        kernel: bench.kernel.clone(),
        tenant: Arc::clone(&tenant),
        lang: Lang::Sv,
        theme: Theme::default(),
        viewer: Viewer::Anonymous,
        uri: "/sign-in/callback".parse().unwrap(),
        token: None,
    };
    let who = ProvidedPerson {
        subject: subject.into(),
        name: name.into(),
        email: None,
        language: None,
        personal_number: number.map(|number| PersonalNumber::parse(number).unwrap()),
        staff_id: subject.into(),
        groups: None,
    };
    let token = sign_in::admit(&visit, ISSUER, &who, None).await.unwrap();
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    let Viewer::SignedIn(person) = tx.viewer(&token).await.unwrap() else { panic!("nobody is signed in") };
    *person
}

async fn read(bench: &Bench, text: &str) -> Result<ImportReport, ImportError> {
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    let report = import(&mut tx, text, ISSUER).await?;
    tx.commit().await.unwrap();
    Ok(report)
}

fn club(role: &str) -> String {
    format!(
        "[[association]]\nslug = \"klubben\"\nname = \"Klubben\"\nkind = \"association\"\n\
         price_group = \"barn\"\n[[association.mandate]]\npersonal_number = \"{NUMBER}\"\nrole = \"{role}\"\n"
    )
}

async fn superuser(bench: &Bench) -> PgConnection {
    PgConnection::connect_with(&bench.superuser).await.unwrap()
}

#[tokio::test]
async fn whoever_signs_in_again_is_the_same_customer_under_the_name_of_today() {
    let bench = Bench::new().await;
    let first = sign_in(&bench, "sam", "Sam Lind", Some(NUMBER)).await;
    let again = sign_in(&bench, "sam", "Sam Berg", Some(NUMBER)).await;
    assert_eq!(first.person, again.person);
    let (before, now) = (first.acts_for.unwrap(), again.acts_for.unwrap());
    assert_eq!((before.0, now.1.as_str()), (now.0, "Sam Berg"));
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    let customer = CustomersPort.acted_for(&mut tx, again.person, now.0).await.unwrap().unwrap();
    assert_eq!((customer.kind, customer.name.as_str()), (CustomerKind::Person, "Sam Berg"));
}

#[tokio::test]
async fn a_number_lies_encrypted_and_is_found_only_in_its_tenant() {
    let bench = Bench::new().await;
    sign_in(&bench, "sam", "Sam Lind", Some(NUMBER)).await;
    let stored: Vec<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT personal_number_ciphertext, personal_number_hash FROM customers.identity")
            .fetch_all(&mut superuser(&bench).await)
            .await
            .unwrap();
    let [(ciphertext, hash)] = stored.as_slice() else { panic!("one identity") };
    assert!(!ciphertext.windows(4).any(|four| four == b"9802"));
    let number = PersonalNumber::parse(NUMBER).unwrap();
    assert_eq!(*hash, sign_in::number_hash(&bench.kernel, bench.alfa, &number));
    assert_ne!(*hash, sign_in::number_hash(&bench.kernel, bench.beta, &number));
}

#[tokio::test]
async fn the_same_file_again_changes_nothing() {
    let bench = Bench::new().await;
    let staff = "[[staff]]\nsubject = \"alex\"\nauthority = \"namnden\"\nrole = \"officer\"\n";
    let text = club("booker") + staff;
    assert_eq!(read(&bench, &text).await.unwrap(), ImportReport { created: 2, updated: 0 });
    assert_eq!(read(&bench, &text).await.unwrap(), ImportReport::default());
    // Nor once the one who was waited for has come.
    sign_in(&bench, "sam", "Sam Lind", Some(NUMBER)).await;
    assert_eq!(read(&bench, &text).await.unwrap(), ImportReport::default());
    let renamed = text.replace("name = \"Klubben\"", "name = \"Nya klubben\"");
    assert_eq!(read(&bench, &renamed).await.unwrap(), ImportReport { created: 0, updated: 1 });
}

#[tokio::test]
async fn a_mandate_reaches_who_signed_in_before_it_and_who_signs_in_after() {
    let bench = Bench::new().await;
    for comes_first in [true, false] {
        let bench = if comes_first { &bench } else { &Bench::new().await };
        if comes_first {
            sign_in(bench, "sam", "Sam Lind", Some(NUMBER)).await;
        }
        read(bench, &club("administrator")).await.unwrap();
        let sam = sign_in(bench, "sam", "Sam Lind", Some(NUMBER)).await;
        let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
        let all = crate::store::holds::acted_for(&mut tx, sam.person).await.unwrap();
        let names: Vec<_> = all.iter().map(|acted| acted.name.as_str()).collect();
        assert_eq!(names, ["Sam Lind", "Klubben"]);
        let klubben = CustomersPort.acted_for(&mut tx, sam.person, all[1].id).await.unwrap().unwrap();
        assert_eq!(klubben.price_group.as_deref(), Some("barn"));
    }
}

#[tokio::test]
async fn who_only_books_for_a_club_does_not_decide_for_it() {
    let bench = Bench::new().await;
    let sam = sign_in(&bench, "sam", "Sam", Some(NUMBER)).await;
    for (role, decides) in [("booker", false), ("administrator", true)] {
        read(&bench, &club(role)).await.unwrap();
        let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
        let all = crate::store::holds::acted_for(&mut tx, sam.person).await.unwrap();
        let [own, club] = [all[0].id, all[1].id];
        assert!(CustomersPort.administers(&mut tx, sam.person, own).await.unwrap(), "for oneself");
        assert_eq!(CustomersPort.administers(&mut tx, sam.person, club).await.unwrap(), decides, "{role}");
    }
}

#[tokio::test]
async fn nobody_acts_for_a_customer_without_a_mandate_or_in_another_tenant() {
    let bench = Bench::new().await;
    let sam = sign_in(&bench, "sam", "Sam Lind", Some(NUMBER)).await;
    let kim = sign_in(&bench, "kim", "Kim Berg", None).await;
    let (own, _) = sam.acts_for.unwrap();
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    assert_eq!(CustomersPort.acted_for(&mut tx, kim.person, own).await.unwrap(), None);
    let mut tx = bench.kernel.begin(bench.beta).await.unwrap();
    assert_eq!(CustomersPort.acted_for(&mut tx, sam.person, own).await.unwrap(), None);
}

#[tokio::test]
async fn one_human_being_with_two_ways_of_signing_in_is_one_customer() {
    let bench = Bench::new().await;
    read(&bench, &club("booker")).await.unwrap();
    let one = sign_in(&bench, "sam", "Sam Lind", Some(NUMBER)).await;
    let other = sign_in(&bench, "sam-by-other-means", "Sam Lind", Some(NUMBER)).await;
    assert_ne!(one.person, other.person);
    assert_eq!(one.acts_for, other.acts_for);
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    assert_eq!(crate::store::holds::acted_for(&mut tx, other.person).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_name_of_a_protected_person_is_told_to_nobody_else() {
    let bench = Bench::new().await;
    sign_in(&bench, "sam", "Sam Lind", Some(NUMBER)).await;
    sqlx::query("UPDATE customers.identity SET protected = true")
        .execute(&mut superuser(&bench).await)
        .await
        .unwrap();
    for subject in ["sam", "sam-by-other-means"] {
        let sam = sign_in(&bench, subject, "Sam Lind", Some(NUMBER)).await;
        let (own, own_name) = sam.acts_for.unwrap();
        assert_eq!(own_name, "Sam Lind");
        let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
        let told = CustomersPort.acted_for(&mut tx, sam.person, own).await.unwrap().unwrap();
        assert_eq!(told.name, "Skyddad");
    }
}

#[tokio::test]
async fn what_is_wrong_in_a_file_is_said_without_the_number() {
    let bench = Bench::new().await;
    let wrong = club("booker").replace(NUMBER, "18900101-9803");
    let told = read(&bench, &wrong).await.unwrap_err().to_string();
    assert!(told.contains("klubben") && told.contains("mandate 1") && !told.contains("9803"), "{told}");
    let staff = "[[staff]]\nsubject = \"alex\"\nauthority = \"ingen\"\nrole = \"officer\"\n";
    assert!(read(&bench, staff).await.unwrap_err().to_string().contains("ingen"));
}

#[tokio::test]
async fn associations_and_units_may_be_named_to_everybody_and_persons_and_companies_never() {
    let bench = Bench::new().await;
    sign_in(&bench, "sam", "Sam Lind", Some(NUMBER)).await;
    let one =
        |kind: &str| format!("[[association]]\nslug = \"{kind}\"\nname = \"En {kind}\"\nkind = \"{kind}\"\n");
    read(&bench, &["association", "company", "unit"].map(one).join("\n")).await.unwrap();
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    let all: Vec<Uuid> =
        sqlx::query_scalar("SELECT id FROM customers.customer").fetch_all(tx.conn()).await.unwrap();
    assert_eq!(all.len(), 4);
    let all: BTreeSet<CustomerId> = all.into_iter().map(CustomerId::new).collect();
    let public = CustomersPort.public_names(&mut tx, &all).await.unwrap();
    let mut names: Vec<String> = public.into_values().collect();
    names.sort();
    assert_eq!(names, ["En association", "En unit"]);
    let mut foreign = bench.kernel.begin(bench.beta).await.unwrap();
    assert!(CustomersPort.public_names(&mut foreign, &all).await.unwrap().is_empty());
}
