use cloud_booking::import;
use cloud_contracts::ImportError;
use http::StatusCode;

use crate::hall::{Answer, HALF_1, Hall, OneFacility, Person, ROOM, SEVEN, SIX, WHOLE, last_of};

/// Österåker's published rules, as far as they are about booking.
const OSTERAKER: &str = r#"
[[rules]]
for = "tenant"
first = "2026-01-01"
[rules.parameters]
step_minutes = 30
booker_age_min = 18
approval = "always"
decided_within_working_days = 3
decided_new_within_working_days = 14

[[rules]]
for = "resource:hallen/stora"
first = "2026-01-01"
[rules.parameters]
purposes = ["match"]
"#;

#[tokio::test]
async fn a_request_keeps_its_time_until_an_officer_says_yes_and_only_then_opens_doors() {
    let hall = Hall::new().await;
    hall.rules(OSTERAKER).await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let form = hall.get(Some(&anna), &format!("/book?resource={HALF_1}&start={SIX}&minutes=60")).await;
    assert!(form.says("Skicka förfrågan"), "{}", form.text);

    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let shown = hall.get(Some(&anna), &page).await;
    // A new customer: fourteen working days after Tuesday 24 November's eve.
    for text in ["Förfrågan är skickad", "Väntar på beslut", "Besked senast"] {
        assert!(shown.says(text), "{text} is missing: {}", shown.text);
    }
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'doors.issued'").await, 0);
    // Nobody else gets the time meanwhile.
    let bo = hall.person("Bo").await;
    assert_eq!(hall.book(&bo, HALF_1, SIX, 60).await.status, StatusCode::CONFLICT);

    let queue = hall.get(Some(&officer), "/desk/requests").await;
    assert!(queue.says("Hallens IF") && queue.says(&format!("{page}/decide")), "{}", queue.text);
    let decided = hall.post(Some(&officer), &format!("{page}/decide"), &[("decision", "approve")]).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.text);
    assert!(hall.get(Some(&anna), &page).await.says("Tiden är din"));
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'doors.issued'").await, 1);
    assert_eq!(hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'booking.approved'").await, 1);
    assert!(hall.get(Some(&officer), "/desk/requests").await.says("Inget väntar på beslut"));
    // A second decision changes nothing.
    let again = [("decision", "refuse"), ("reason", "Nej")];
    hall.post(Some(&officer), &format!("{page}/decide"), &again).await;
    assert!(hall.get(Some(&anna), &page).await.says("Tiden är din"));
}

#[tokio::test]
async fn a_refused_request_tells_why_and_gives_its_time_back() {
    let hall = Hall::new().await;
    hall.rules(OSTERAKER).await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let decide = format!("{page}/decide");
    let silent = hall.post(Some(&officer), &decide, &[("decision", "refuse"), ("reason", "  ")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.says("Skriv varför du säger nej"));
    let long = "n".repeat(2001);
    let too_long = hall.post(Some(&officer), &decide, &[("decision", "approve"), ("reason", &long)]).await;
    assert_eq!(too_long.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reason = "Matchen på lördag går före <3";
    hall.post(Some(&officer), &decide, &[("decision", "refuse"), ("reason", reason)]).await;
    let shown = hall.get(Some(&anna), &page).await;
    assert!(
        shown.says("Förfrågan fick nej") && shown.says("Matchen på lördag går före &lt;3"),
        "{}",
        shown.text
    );
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, 0);
    // Somebody else gets it.
    let bo = hall.person("Bo").await;
    hall.booked(&bo, HALF_1, SIX, 60).await;
}

#[tokio::test]
async fn only_officers_of_the_authority_decide_and_write_notes() {
    let hall = Hall::new().await;
    hall.rules(OSTERAKER).await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let decide = format!("{page}/decide");
    let yes = [("decision", "approve")];
    assert_eq!(hall.post(Some(&anna), &decide, &yes).await.status, StatusCode::FORBIDDEN);
    assert_eq!(hall.get(Some(&anna), "/desk/requests").await.status, StatusCode::FORBIDDEN);
    let note = [("text", "Ring <b>Anna</b>")];
    assert_eq!(hall.post(Some(&anna), &format!("{page}/notes"), &note).await.status, StatusCode::FORBIDDEN);
    hall.post(Some(&officer), &format!("{page}/notes"), &note).await;
    let seen = hall.get(Some(&officer), &page).await;
    assert!(seen.says("Ring &lt;b&gt;Anna&lt;/b&gt;") && seen.says("Olle"), "{}", seen.text);
    assert!(!hall.get(Some(&anna), &page).await.says("Ring"));
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking WHERE status = 'requested'").await, 1);
}

#[tokio::test]
async fn rules_refuse_in_words_beside_the_field() {
    let hall = Hall::new().await;
    hall.rules(OSTERAKER).await;
    let anna = hall.person("Anna").await;
    let refused = hall.book(&anna, WHOLE, SIX, 60).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.says("Här går det bara att boka för match eller tävling"), "{}", refused.text);
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking").await, 0);
}

#[tokio::test]
async fn a_quota_is_counted_in_the_database() {
    let hall = Hall::new().await;
    hall.rules(
        "[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\n[rules.parameters]\n\
         quotas = [{ minutes = 60, per = \"day\", who = [\"association\"] }]",
    )
    .await;
    let anna = hall.person("Anna").await;
    let first = hall.booked(&anna, HALF_1, SIX, 60).await;
    let second = hall.book(&anna, HALF_1, SEVEN, 60).await;
    assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(second.says("högst 1 tim per dag för föreningar"), "{}", second.text);
    // What was cancelled does not count.
    hall.post(Some(&anna), &format!("{first}/cancel"), &[]).await;
    hall.booked(&anna, HALF_1, SEVEN, 60).await;
}

#[tokio::test]
async fn anybody_reads_the_rules_in_words_and_tries_them() {
    let hall = Hall::new().await;
    hall.rules(OSTERAKER).await;
    let page = hall.get(None, "/facilities/hallen/rules?resource=stora").await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "Den som bokar ska ha fyllt 18 år",
        "En handläggare beslutar om varje bokning",
        "Besked inom 3 arbetsdagar, för nya kunder inom 14",
        "Här går det bara att boka för match eller tävling",
    ] {
        assert!(page.says(text), "{text} is missing: {}", page.text);
    }
    let ask = |more: &str| {
        format!("/facilities/hallen/rules?resource=stora&kind=association&date=2026-11-24{more}")
    };
    let no = hall.get(None, &ask("&time=18:00&minutes=60&purpose=training&age=17")).await;
    assert!(no.says("Tiden går inte att boka"), "{}", no.text);
    let decided = hall.get(None, &ask("&time=18:00&minutes=60&purpose=match&age=18")).await;
    assert!(decided.says("Tiden går att begära"), "{}", decided.text);
    // What cannot be read is as if it were not there.
    let odd = hall.get(None, &ask("&time=klockan&minutes=m%C3%A5nga&age=-3&persons=1e9&group=%00")).await;
    assert_eq!(odd.status, StatusCode::OK);
}

/// The fields of a form that says one thing of the hall, and what else is typed.
fn fields<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("for", "facility:hallen"), ("first", "2026-01-01"), ("last", "")];
    fields.extend(more);
    fields
}

/// What an administrator types is shown in words, and then saved.
async fn saved(hall: &Hall, person: &Person, fields: &[(&str, &str)]) -> (Answer, Answer) {
    let preview = hall.post(Some(person), "/rules/edit", fields).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    let seen =
        preview.text.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut again = fields.to_vec();
    again.extend([("seen", seen.as_str()), ("action", "save")]);
    let saved = hall.post(Some(person), "/rules/edit", &again).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    (preview, saved)
}

const AN_HOUR: [(&str, &str); 2] = [("mode.longest_minutes", "own"), ("longest_minutes", "60")];

#[tokio::test]
async fn an_administrator_reads_what_changes_before_it_is_saved_and_takes_it_back() {
    let hall = Hall::new().await;
    let (siv, anna) = (hall.administrator("Siv").await, hall.person("Anna").await);
    assert_eq!(hall.get(Some(&anna), "/rules").await.status, StatusCode::FORBIDDEN);
    let form = hall.get(Some(&siv), "/rules/edit?for=facility%3Ahallen").await;
    assert!(form.says("Ärv från Hela kommunen: 4 tim"), "{}", form.text);
    assert!(form.says("Ärv från tjänstens förval: inget"), "{}", form.text);

    let (preview, answer) = saved(&hall, &siv, &fields(&AN_HOUR)).await;
    assert!(preview.says("Längsta tid: 1 tim i stället för 4 tim"), "{}", preview.text);
    assert_eq!(hall.book(&anna, HALF_1, SIX, 120).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = hall.get(Some(&siv), &answer.location).await;
    assert!(page.says("Reglerna är sparade") && page.says("Längsta tid"), "{}", page.text);

    // What the municipality says reaches only those who say nothing themselves.
    let two = [("mode.longest_minutes", "own"), ("longest_minutes", "120")];
    let mut of_all = fields(&two);
    of_all[0].1 = "tenant";
    let preview = hall.post(Some(&siv), "/rules/edit", &of_all).await;
    assert!(preview.says("Längsta tid: 2 tim i stället för 4 tim"), "{}", preview.text);
    assert!(preview.says("Hallen: Längsta tid"), "{}", preview.text);

    let history = hall.get(Some(&siv), "/rules/history?for=facility%3Ahallen").await;
    assert!(
        history.says("Siv") && history.says("Längsta tid: 1 tim i stället för 4 tim"),
        "{}",
        history.text
    );
    let before = history.text.split("before=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let ask = hall.get(Some(&siv), &format!("/rules/restore?for=facility%3Ahallen&before={before}")).await;
    assert!(ask.says("Längsta tid: 4 tim i stället för 1 tim"), "{}", ask.text);
    let back = [("for", "facility:hallen"), ("before", before.as_str())];
    let restored = hall.post(Some(&siv), "/rules/restore", &back).await;
    assert_eq!(restored.status, StatusCode::SEE_OTHER, "{}", restored.text);
    hall.booked(&anna, HALF_1, SIX, 120).await;
    for (sql, expected) in [
        ("SELECT count(*) FROM kernel.audit WHERE action = 'booking.rules_changed'", 1),
        ("SELECT count(*) FROM kernel.audit WHERE action = 'booking.rules_restored'", 1),
        ("SELECT count(*) FROM booking.rule_set WHERE scope = 'facility'", 0),
    ] {
        assert_eq!(hall.count(sql).await, expected, "{sql}");
    }
    // And taking back what was taken back is possible too.
    let undo = restored.location.split("undo=").nth(1).unwrap().to_owned();
    hall.post(Some(&siv), "/rules/restore", &[("for", "facility:hallen"), ("before", &undo)]).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.rule_set WHERE scope = 'facility'").await, 1);
}

#[tokio::test]
async fn what_holds_gives_way_on_the_days_of_a_new_set_and_holds_on_the_others() {
    let hall = Hall::new().await;
    let siv = hall.administrator("Siv").await;
    saved(&hall, &siv, &fields(&AN_HOUR)).await;
    let mut spring = fields(&[("mode.longest_minutes", "own"), ("longest_minutes", "90")]);
    (spring[1].1, spring[2].1) = ("2027-01-01", "2027-05-31");
    let (preview, _) = saved(&hall, &siv, &spring).await;
    assert!(preview.says("Längsta tid: 1 tim 30 min i stället för 1 tim"), "{}", preview.text);
    let mut connection = hall.superuser().await;
    let sets: Vec<String> = sqlx::query_scalar(
        "SELECT first_day || ' ' || coalesce(last_day::text, '-') || ' ' || (parameters ->> 'longest_minutes')
           FROM booking.rule_set WHERE scope = 'facility' ORDER BY first_day",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(sets, ["2026-01-01 2026-12-31 60", "2027-01-01 2027-05-31 90", "2027-06-01 - 60"]);
    // One that is taken away leaves its days to what is inherited; one button brings it back.
    let page = hall.get(Some(&siv), "/rules/of?for=facility%3Ahallen").await;
    let set = page.text.split("name=\"set\" value=\"").nth(2).unwrap().split('"').next().unwrap().to_owned();
    let gone = hall.post(Some(&siv), "/rules/remove", &[("for", "facility:hallen"), ("set", &set)]).await;
    let page = hall.get(Some(&siv), &gone.location).await;
    assert!(page.says("Reglerna är borttagna") && page.says("/rules/restore?for="), "{}", page.text);
    assert_eq!(hall.count("SELECT count(*) FROM booking.rule_set WHERE scope = 'facility'").await, 2);
}

#[tokio::test]
async fn only_what_was_seen_is_saved() {
    let hall = Hall::new().await;
    let (siv, ulla) = (hall.administrator("Siv").await, hall.administrator("Ulla").await);
    let unseen =
        hall.post(Some(&siv), "/rules/edit", &fields(&[AN_HOUR[0], AN_HOUR[1], ("action", "save")])).await;
    assert_eq!(unseen.status, StatusCode::OK);
    let seen =
        unseen.text.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // Somebody else is quicker.
    saved(&hall, &ulla, &fields(&[("mode.longest_minutes", "own"), ("longest_minutes", "90")])).await;
    let late = fields(&[AN_HOUR[0], AN_HOUR[1], ("action", "save"), ("seen", &seen)]);
    let shown = hall.post(Some(&siv), "/rules/edit", &late).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.says("Längsta tid: 1 tim i stället för 1 tim 30 min"), "{}", shown.text);
    assert_eq!(
        hall.count("SELECT count(*) FROM kernel.audit WHERE action = 'booking.rules_changed'").await,
        1
    );
}

#[tokio::test]
async fn what_is_wrong_in_a_form_of_rules_stands_beside_its_field_and_what_was_typed_stays() {
    let hall = Hall::new().await;
    let siv = hall.administrator("Siv").await;
    for (typed, expected) in [
        (
            &[("mode.longest_minutes", "own"), ("longest_minutes", "en timme")][..],
            "Skriv ett heltal från 1 till 10080",
        ),
        (
            &[
                ("mode.longest_minutes", "own"),
                ("longest_minutes", "30"),
                ("mode.shortest_minutes", "own"),
                ("shortest_minutes", "60"),
            ],
            "Den längsta tiden kan inte vara kortare",
        ),
        (
            &[
                ("mode.conditions", "own"),
                ("rows.conditions", "1"),
                ("conditions.0.when", "minutes > 60 && salary > 1"),
                ("conditions.0.say", "Nej"),
            ],
            "Vid tecken 17: ”minutes &gt; 60 &amp;&amp;  ⟩ salary &gt; 1”",
        ),
        (
            &[
                ("mode.conditions", "own"),
                ("rows.conditions", "1"),
                ("conditions.0.when", "minutes > > 1"),
                ("conditions.0.say", "Nej"),
            ],
            "Vid tecken 11: ”minutes &gt;  ⟩ &gt; 1”",
        ),
        (
            &[("mode.blocked", "own"), ("rows.blocked", "1"), ("blocked.0.starts", "kväll")],
            "Skriv ett klockslag",
        ),
        (
            &[("mode.cancel_fees", "own"), ("rows.cancel_fees", "1"), ("cancel_fees.0.days", "3")],
            "från 1 till 100",
        ),
        (&[("mode.priority", "own"), ("rows.priority", "1"), ("priority.0.who", "person")], "Skriv en text"),
        (&[("mode.early", "own"), ("rows.early", "1"), ("early.0.days", "30")], "Välj minst en grupp"),
        (&[("mode.nights", "own"), ("nights.most", "3")], "Skriv ett klockslag"),
        (&[("first", "i morgon")], "Skriv den första dagen"),
    ] {
        let mut form = fields(typed);
        if typed[0].0 == "first" {
            form.remove(1);
        }
        let wrong = hall.post(Some(&siv), "/rules/edit", &form).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}");
        assert!(wrong.says(expected), "{expected} is missing: {}", wrong.text);
    }
    assert_eq!(hall.count("SELECT count(*) FROM booking.rule_set WHERE scope = 'facility'").await, 0);
}

#[tokio::test]
async fn every_rule_goes_through_the_form_as_it_is() {
    let hall = Hall::new().await;
    let siv = hall.administrator("Siv").await;
    let all = r#"
[[rules]]
for = "facility:hallen"
first = "2026-01-01"
[rules.parameters]
step_minutes = 15
shortest_minutes = 30
longest_minutes = 120
lead_minutes = 30
lead_working_days = 2
horizon_days = 90
nights = { arrive = "16:00", leave = "10:00", most = 3 }
packages = [
  { name = "Helg", weekday = 5, starts = "15:00", days = 2, ends = "18:00" },
  { name = "Sommar", first = "2027-06-01", last = "2027-08-31" },
]
booker_age_min = 16
who = ["association", "group:taxa-1"]
purposes = ["training", "match"]
approval = { unless = ["unit"] }
decided_within_working_days = 3
decided_new_within_working_days = 10
quotas = [{ minutes = 240, per = "week", who = ["person"] }, { times = 3, per = "ahead" }]
early = [{ who = ["association"], horizon_days = 200 }]
priority = [{ name = "Barn", who = ["association"], purposes = ["training"], ages = ["children", "youth"] }]
blocked = [{ first = "2026-12-24", last = "2026-12-26", weekdays = [4, 5], starts = "17:00", ends = "24:00", reason = "Jul", except = ["unit"] }]
conditions = [{ when = "minutes > 60", then = "approve", say = "Långa tider" }]
cancel_minutes = 60
cancel_fees = [{ less_than_days = 3, percent = 100, pays_as = { 0 = "1" } }, { less_than_days = 14, purposes = ["event"], kr = 1575 }]
"#;
    hall.rules(all).await;
    let said = "SELECT parameters::text FROM booking.rule_set WHERE scope = 'facility'";
    let before: String = sqlx::query_scalar(said).fetch_one(&mut hall.superuser().await).await.unwrap();
    let page = hall.get(Some(&siv), "/rules/of?for=facility%3Ahallen").await;
    let which = page.text.split("&amp;set=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = hall.get(Some(&siv), &format!("/rules/edit?for=facility%3Ahallen&set={which}")).await;
    let sent = sent_by(&form.text);
    let mut fields: Vec<(&str, &str)> =
        sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.retain(|(name, _)| *name != "action");
    let preview = hall.post(Some(&siv), "/rules/edit", &fields).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    assert!(preview.says("Inget ändras"), "{}", preview.text);
    // Only the last day is another.
    let last = fields.iter().position(|(name, _)| *name == "last").unwrap();
    fields[last].1 = "2027-12-31";
    saved(&hall, &siv, &fields).await;
    let after: String = sqlx::query_scalar(said).fetch_one(&mut hall.superuser().await).await.unwrap();
    assert_eq!(after, before);
}

/// What a browser would send of a form, as its page has it.
fn sent_by(html: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let found = tag.split(&format!(" {name}=\"")).nth(1)?;
        Some(
            found
                .split('"')
                .next()?
                .replace("&amp;", "&")
                .replace("&gt;", ">")
                .replace("&lt;", "<")
                .replace("&quot;", "\""),
        )
    };
    let form = html.split("action=\"/rules/edit\"").nth(1).unwrap().split("</form>").next().unwrap();
    let mut sent = Vec::new();
    let mut select = String::new();
    for tag in form.split('<').skip(1) {
        let text = tag.split('>').nth(1).unwrap_or_default().replace("&amp;", "&").replace("&gt;", ">");
        let tag = tag.split('>').next().unwrap();
        let checked = tag.contains(" checked");
        match tag.split(' ').next().unwrap() {
            "input" if !tag.contains("type=\"radio\"") && !tag.contains("type=\"checkbox\"") || checked => {
                let value = attribute(tag, "value").unwrap_or_default();
                sent.push((attribute(tag, "name").unwrap(), value));
            }
            "textarea" => sent.push((attribute(tag, "name").unwrap(), text)),
            "select" => select = attribute(tag, "name").unwrap(),
            "option" if tag.contains(" selected") => {
                sent.push((select.clone(), attribute(tag, "value").unwrap_or_default()));
            }
            _ => {}
        }
    }
    sent
}

#[tokio::test]
async fn one_more_entry_keeps_what_was_typed() {
    let hall = Hall::new().await;
    let siv = hall.administrator("Siv").await;
    let typed = [
        ("mode.blocked", "own"),
        ("rows.blocked", "1"),
        ("blocked.0.reason", "Julstängt <3"),
        ("action", "more.blocked"),
    ];
    let more = hall.post(Some(&siv), "/rules/edit", &fields(&typed)).await;
    assert!(more.says("Julstängt &lt;3") && more.says("name=\"blocked.1.reason\""), "{}", more.text);
    assert!(!more.says("name=\"blocked.2.reason\""));
    let many = fields(&[("mode.blocked", "own"), ("rows.blocked", "99999999"), ("action", "more.blocked")]);
    let most = hall.post(Some(&siv), "/rules/edit", &many).await;
    assert!(most.says("name=\"blocked.49.reason\"") && !most.says("name=\"blocked.50.reason\""));
}

#[tokio::test]
async fn rules_leave_and_come_back_as_a_file() {
    let hall = Hall::new().await;
    let siv = hall.administrator("Siv").await;
    saved(&hall, &siv, &fields(&AN_HOUR)).await;
    let file = hall.get(Some(&siv), "/rules/rules.toml").await.text;
    assert!(file.contains("for = \"facility:hallen\"") && file.contains("longest_minutes = 60"), "{file}");
    let changed = file.replace("longest_minutes = 60", "longest_minutes = 90");
    let tried = hall.post(Some(&siv), "/rules/file", &[("text", changed.as_str()), ("action", "try")]).await;
    assert!(tried.says("0 nya och 1 ändrade. Inget är sparat än"), "{}", tried.text);
    assert_eq!(hall.get(Some(&siv), "/rules/rules.toml").await.text, file);
    let done = hall.post(Some(&siv), "/rules/file", &[("text", changed.as_str()), ("action", "save")]).await;
    assert!(done.says("Filen är inläst"), "{}", done.text);
    assert_eq!(hall.get(Some(&siv), "/rules/rules.toml").await.text, changed);
    let wrong =
        hall.post(Some(&siv), "/rules/file", &[("text", "[[rules]]\nfor = 1"), ("action", "save")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let history = hall.get(Some(&siv), "/rules/history?for=facility%3Ahallen").await;
    assert!(history.says("1 tim 30 min i stället för 1 tim"), "{}", history.text);
}

#[tokio::test]
async fn an_authoritys_rules_are_read_in_words() {
    let hall = Hall::new().await;
    hall.rules(
        "[[rules]]\nfor = \"authority:namnden\"\nfirst = \"2026-01-01\"\nparameters = { booker_age_min = 15 }\n\
         [[rules]]\nfor = \"facility:annexet\"\nfirst = \"2026-01-01\"\nparameters = { longest_minutes = 90 }",
    )
    .await;
    let page = hall.get(None, "/authorities/namnden/rules").await;
    for text in [
        "Nämnden",
        "Den som bokar ska ha fyllt 15 år",
        "Har egna regler: Längsta tid",
        "/facilities/hallen/rules",
    ] {
        assert!(page.says(text), "{text} is missing: {}", page.text);
    }
    assert_eq!(hall.get(None, "/authorities/ingen/rules").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_same_file_again_changes_nothing_and_mistakes_are_named_with_their_place() {
    let hall = Hall::new().await;
    let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
    let first = import(&mut tx, &OneFacility, OSTERAKER).await.unwrap();
    // The municipality has said something of times already.
    assert_eq!((first.created, first.updated), (1, 1));
    let again = import(&mut tx, &OneFacility, OSTERAKER).await.unwrap();
    assert_eq!((again.created, again.updated), (0, 0));
    let changed = OSTERAKER.replace("booker_age_min = 18", "booker_age_min = 16");
    let changed = import(&mut tx, &OneFacility, &changed).await.unwrap();
    assert_eq!((changed.created, changed.updated), (0, 1));
    for (text, expected) in [
        (
            "[[rules]]\nfor = \"facility:nowhere\"\nfirst = \"2026-01-01\"\nparameters = {}",
            "facility:nowhere",
        ),
        (
            "[[rules]]\nfor = \"tenant\"\nfirst = \"2027-01-01\"\nparameters = { step_minutes = 1 }",
            "step_minutes",
        ),
        ("[[rules]]\nfor = \"tenant\"\nfirst = \"2026-06-01\"\nparameters = {}", "other rules"),
        ("[[rules]]\nfor = \"tenant\"\nfirst = \"tomorrow\"\nparameters = {}", "line 3"),
    ] {
        let error = import(&mut tx, &OneFacility, text).await.unwrap_err();
        assert!(
            !matches!(error, ImportError::Database(_)) && error.to_string().contains(expected),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_form_that_nobody_ought_to_send_gets_an_answer() {
    let hall = Hall::new().await;
    hall.rules(OSTERAKER).await;
    let (anna, siv) = (hall.person("Anna").await, hall.administrator("Siv").await);
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let huge = "x".repeat(100_000);
    let fields = [
        ("for", "facility:hallen"),
        ("first", "2026-13-99"),
        ("last", "\u{0}"),
        ("set", huge.as_str()),
        ("mode.who", "own"),
        ("who.groups", huge.as_str()),
        ("mode.conditions", "own"),
        ("rows.conditions", "-1"),
        ("conditions.0.when", huge.as_str()),
        ("mode.step_minutes", "99999999999"),
        ("action", "more.<script>"),
    ];
    let answer = hall.post(Some(&siv), "/rules/edit", &fields).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = hall.post(Some(&siv), "/rules/edit", &fields[..10]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for path in ["/rules/of?for=facility%3Anowhere", "/rules/edit?for=", "/rules/history?for=resource%3Aa"] {
        assert_eq!(hall.get(Some(&siv), path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(hall.get(Some(&siv), "/rules/of").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(hall.get(Some(&anna), "/rules/of?for=tenant").await.status, StatusCode::FORBIDDEN);
    assert!(last_of(&page).len() == 36);
}

/// Less than three days before, half of what the time costs, and an hour before at the latest by oneself.
const TERMS: &str = "[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\n[rules.parameters]\ncancel_minutes = 60\n\
                     cancel_fees = [{ less_than_days = 3, percent = 50 }, \
                     { less_than_days = 30, purposes = [\"event\"], kr = 1575 }]";

#[tokio::test]
async fn what_cancelling_costs_now_is_said_before_and_written_with_its_reason() {
    let hall = Hall::new().await;
    hall.rules(TERMS).await;
    let anna = hall.person("Anna").await;
    let held = hall.hold(&anna, HALF_1, (SIX, "60"), &[]).await.location;
    let form = hall.get(Some(&anna), &held).await;
    assert!(
        form.says("Avbokar du mindre än 3 dagar före kostar det 50 % av vad tiden kostar"),
        "{}",
        form.text
    );
    hall.press(&anna, &held, "let-go").await;
    // What is said is what holds for the purpose.
    let fair = hall.hold(&anna, HALF_1, (SIX, "60"), &[("purpose_kind", "event")]).await.location;
    let form = hall.get(Some(&anna), &fair).await;
    assert!(form.says("1\u{a0}575\u{a0}kr"), "{}", form.text);
    hall.press(&anna, &fair, "let-go").await;

    // Tomorrow.
    let page = hall.booked(&anna, HALF_1, SIX, 120).await;
    let ask = hall.get(Some(&anna), &format!("{page}/cancel")).await;
    assert!(
        ask.says("Enligt villkoren kostar det 120\u{a0}kr att avboka nu. Inget betalas här."),
        "{}",
        ask.text
    );
    hall.post(Some(&anna), &format!("{page}/cancel"), &[]).await;
    let shown = hall.get(Some(&anna), &page).await;
    assert!(
        shown.says("Bokningen är avbokad") && shown.says("120\u{a0}kr (Avbokar du mindre än 3 dagar"),
        "{}",
        shown.text
    );
    assert_eq!(hall.count("SELECT max(cancel_fee_ore) FROM booking.booking").await, 12_000);
    assert_eq!(
        hall.count(
            "SELECT (detail ->> 'fee_ore')::bigint FROM kernel.audit WHERE action = 'booking.cancelled'"
        )
        .await,
        12_000
    );

    // Thursday, three days ahead: free today, and it is said until when.
    let later = hall.booked(&anna, HALF_1, "2026-11-26T17:00:00Z", 60).await;
    let ask = hall.get(Some(&anna), &format!("{later}/cancel")).await;
    assert!(
        ask.says("Det kostar inget att avboka nu") && ask.says("Det kostar inget till och med"),
        "{}",
        ask.text
    );
    hall.post(Some(&anna), &format!("{later}/cancel"), &[]).await;
    let written =
        "SELECT count(*) FROM booking.booking WHERE status = 'cancelled' AND cancel_fee_reason IS NULL";
    assert_eq!(hall.count(written).await, 1);

    // Where the list is silent the amount is not made up.
    let unknown = hall.booked(&anna, ROOM, SIX, 60).await;
    let ask = hall.get(Some(&anna), &format!("{unknown}/cancel")).await;
    assert!(ask.says("priset är inte känt här"), "{}", ask.text);
    hall.post(Some(&anna), &format!("{unknown}/cancel"), &[]).await;
    assert!(hall.get(Some(&anna), &unknown).await.says("Priset är inte känt ("));
}

#[tokio::test]
async fn giving_up_some_times_late_is_asked_first_and_costs_for_them() {
    let hall = Hall::new().await;
    hall.rules(TERMS).await;
    let anna = hall.person("Anna").await;
    let booking = hall.booked_several(&anna, &[(HALF_1, SIX), (HALF_1, "2026-11-30T17:00:00Z")]).await;
    let soon = "SELECT id FROM booking.occurrence ORDER BY starts_at LIMIT 1";
    let soon: uuid::Uuid = sqlx::query_scalar(soon).fetch_one(&mut hall.superuser().await).await.unwrap();
    let soon = soon.to_string();
    let fields = [("time", soon.as_str()), ("action", "cancel")];
    let asked = hall.post(Some(&anna), &format!("{booking}/change"), &fields).await;
    assert_eq!(asked.location, format!("{booking}/cancel?time={soon}"), "{}", asked.text);
    let question = hall.get(Some(&anna), &asked.location).await;
    assert!(question.says("kostar det 60\u{a0}kr att avboka nu"), "{}", question.text);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occurrence WHERE cancelled_at IS NOT NULL").await, 0);
    hall.post(Some(&anna), &format!("{booking}/cancel"), &[("time", soon.as_str())]).await;
    assert_eq!(hall.count("SELECT count(*) FROM booking.occurrence WHERE cancelled_at IS NOT NULL").await, 1);
    assert_eq!(hall.count("SELECT max(cancel_fee_ore) FROM booking.booking").await, 6_000);
    assert!(hall.get(Some(&anna), &booking).await.says("60\u{a0}kr (Avbokar du"));
}

#[tokio::test]
async fn what_is_too_late_to_cancel_by_oneself_stays_and_a_request_is_taken_back_for_nothing() {
    let hall = Hall::new().await;
    hall.rules(&TERMS.replace("cancel_minutes = 60", "cancel_minutes = 100000")).await;
    let anna = hall.person("Anna").await;
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let ask = hall.get(Some(&anna), &format!("{page}/cancel")).await;
    assert!(
        ask.says("Det är för sent att avboka själv") && !ask.says("<button class=\"button button-danger"),
        "{}",
        ask.text
    );
    assert_eq!(hall.post(Some(&anna), &format!("{page}/cancel"), &[]).await.status, StatusCode::CONFLICT);
    assert_eq!(hall.count("SELECT count(*) FROM booking.booking WHERE status = 'cancelled'").await, 0);

    hall.rules(&TERMS.replace("cancel_minutes = 60", "approval = \"always\"")).await;
    let request = hall.booked(&anna, HALF_1, SEVEN, 60).await;
    assert!(hall.get(Some(&anna), &format!("{request}/cancel")).await.says("Det kostar inget att avboka nu"));
    hall.post(Some(&anna), &format!("{request}/cancel"), &[]).await;
    assert_eq!(
        hall.count(
            "SELECT count(*) FROM booking.booking WHERE status = 'cancelled' AND cancel_fee_ore IS NULL"
        )
        .await,
        1
    );
}

#[tokio::test]
async fn requests_with_priority_stand_first_in_the_queue_with_the_reason() {
    let hall = Hall::new().await;
    hall.rules(
        "[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\n[rules.parameters]\napproval = \"always\"\n\
         priority = [{ name = \"Föreningar <3\", who = [\"association\"] }]",
    )
    .await;
    let (bo, anna, officer) =
        (hall.private_person("Bo").await, hall.person("Anna").await, hall.officer("Olle").await);
    let first = hall.booked_privately(&bo, HALF_1, SIX).await;
    let second = hall.booked(&anna, HALF_1, SEVEN, 60).await;
    let queue = hall.get(Some(&officer), "/desk/requests").await;
    let place = |page: &str| queue.text.find(page).unwrap();
    assert!(place(&second) < place(&first), "{}", queue.text);
    assert!(queue.says("Förtur: Föreningar &lt;3"), "{}", queue.text);
    let rules = hall.get(None, "/facilities/hallen/rules").await;
    assert!(rules.says("i den ordningen: Föreningar &lt;3 (föreningar)"), "{}", rules.text);
}

#[tokio::test]
async fn blocked_times_are_said_with_when_and_stand_as_closed_in_the_schedule() {
    let hall = Hall::new().await;
    hall.rules(
        "[[rules]]\nfor = \"facility:hallen\"\nfirst = \"2026-01-01\"\n[rules.parameters]\n\
         blocked = [{ weekdays = [2], starts = \"18:00\", ends = \"19:00\", reason = \"Skolan har prov\" }]",
    )
    .await;
    let anna = hall.person("Anna").await;
    let day = hall.get(Some(&anna), "/facilities/hallen?day=2026-11-24&view=day").await;
    let said = "Hallen: tisdag, 18:00–19:00 går det inte att boka: Skolan har prov";
    assert!(day.says(said), "{}", day.text);
    assert!(!day.says(&format!("start={SIX}")) && day.says(&format!("start={SEVEN}")), "{}", day.text);
    let wednesday = hall.get(Some(&anna), "/facilities/hallen?day=2026-11-25&view=day").await;
    assert!(!wednesday.says("Skolan har prov"));
    assert!(
        hall.get(None, "/facilities/hallen/rules").await.says("tisdag, 18:00–19:00 går det inte att boka")
    );
    assert_eq!(hall.book(&anna, HALF_1, SIX, 60).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
