//! The database knows the shape of a language's code, not which languages there are.

use cloud_kernel::SignInPerson;
use cloud_kernel::testing::Bench;

#[tokio::test]
async fn a_person_may_have_a_language_that_came_with_an_operators_files_and_nothing_else() {
    let bench = Bench::new().await;
    for (language, kept) in [("sv", true), ("se", true), ("sme", true), ("", false), ("Svenska", false)] {
        let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
        let person = SignInPerson {
            issuer: "test".to_owned(),
            subject: language.to_owned(),
            name: "Anna".to_owned(),
            email: None,
            language,
        };
        assert_eq!(tx.begin_session(&person).await.is_ok(), kept, "{language:?}");
    }
}
