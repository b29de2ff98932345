//! Many times at once: chosen, previewed, carried out, undone, offered, answered, and told of.

use http::StatusCode;
use jiff::SignedDuration;
use protocols_ids::ResourceId;

use crate::hall::{
    ANNEX, Answer, BERTH, BUS, GOALS, HALF_1, HALF_2, Hall, Person, ROOM, SEVEN, SIX, SMALL_BERTH, WHOLE,
    last_of,
};

const SIX_NEXT_WEEK: &str = "2026-12-01T17:00:00Z";
const SEVEN_NEXT_WEEK: &str = "2026-12-01T18:00:00Z";

/// The ids of the times that a page lets one choose.
fn offered_ids(page: &Answer) -> Vec<String> {
    let boxes = page.text.split("name=\"time\" value=\"").skip(1);
    boxes.map(|rest| rest[..36].to_owned()).collect()
}

fn digest(page: &Answer) -> String {
    let rest = page.text.split("name=\"digest\" value=\"").nth(1);
    rest.unwrap_or_else(|| panic!("no digest: {}", page.text))[..36].to_owned()
}

/// A change as its form has it.
#[derive(Clone)]
struct Form {
    fields: Vec<(&'static str, String)>,
}

impl Form {
    fn new(action: &str, times: &[String]) -> Self {
        Self::at("hallen", action, times)
    }

    fn at(facility: &str, action: &str, times: &[String]) -> Self {
        let mut fields = vec![("facility", facility.to_owned()), ("action", action.to_owned())];
        fields.extend(times.iter().map(|id| ("time", id.clone())));
        Self { fields }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.fields.push((name, value.to_owned()));
        self
    }

    fn by_a_week(times: &[String]) -> Self {
        Self::new("move", times).with("weeks", "1").with("reason", "Mässan")
    }

    async fn send(&self, hall: &Hall, officer: &Person, path: &str) -> Answer {
        let fields: Vec<(&str, &str)> =
            self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        hall.post(Some(officer), path, &fields).await
    }

    async fn preview(&self, hall: &Hall, officer: &Person) -> Answer {
        let page = self.send(hall, officer, "/desk/many/preview").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        page
    }

    async fn carry_out(&self, hall: &Hall, officer: &Person, digest: &str) -> Answer {
        self.clone().with("digest", digest).send(hall, officer, "/desk/many/carry-out").await
    }

    /// Looks and does it; says where the change is.
    async fn done(&self, hall: &Hall, officer: &Person) -> String {
        let preview = self.preview(hall, officer).await;
        let done = self.carry_out(hall, officer, &digest(&preview)).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        done.location
    }
}

/// The number of a booking, as its page has it.
async fn number(hall: &Hall, booking: &str) -> i64 {
    let id: protocols_ids::Uuid = last_of(booking).parse().unwrap();
    sqlx::query_scalar("SELECT number FROM booking.booking WHERE id = $1")
        .bind(id)
        .fetch_one(&mut hall.superuser().await)
        .await
        .unwrap()
}

/// The times of a booking as an officer finds them by its number.
async fn chosen(hall: &Hall, officer: &Person, booking: &str) -> Vec<String> {
    let path = format!("/desk/many?number={}", number(hall, booking).await);
    let page = hall.get(Some(officer), &path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    offered_ids(&page)
}

/// What stands in the tables of space and times that hold: by part and by booking.
async fn holding(hall: &Hall) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT concat_ws(' ', booking.number, booking.status, booking.price_ore, time.resource_id, time.starts_at,
                          time.ends_at, taken.part_id, taken.starts_at, taken.ends_at, taken.hold_until)
           FROM booking.occupancy taken
           JOIN booking.occurrence time ON time.id = taken.occurrence_id
           JOIN booking.booking booking ON booking.id = time.booking_id
          WHERE time.cancelled_at IS NULL ORDER BY 1",
    )
    .fetch_all(&mut hall.superuser().await)
    .await
    .unwrap()
}

/// The form of the first offer on a booking's page.
fn offer_of(page: &Answer) -> String {
    let rest = page.text.split("/offers/").nth(1);
    let id = &rest.unwrap_or_else(|| panic!("no offer: {}", page.text))[..36];
    format!("/offers/{id}")
}

#[tokio::test]
async fn a_booking_found_by_its_number_moves_a_week_and_back_and_everything_is_as_it_was() {
    let hall = Hall::new().await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let fair = hall.booked_several(&anna, &[(WHOLE, SIX), (ROOM, SIX), (WHOLE, SEVEN)]).await;
    let before = holding(&hall).await;
    let times = chosen(&hall, &officer, &fair).await;
    assert_eq!(times.len(), 3);
    let form = Form::by_a_week(&times);
    let preview = form.preview(&hall, &officer).await;
    for text in ["3 tider flyttas, 0 undanträngs, 0 har förslag", "tisdag 1 dec 18.00–19.00, Stora salen"]
    {
        assert!(preview.says(text), "{text} is not in {}", preview.text);
    }
    assert_eq!(holding(&hall).await, before, "nothing happens before the button");

    let change = form.done(&hall, &officer).await;
    let page = hall.get(Some(&officer), &change).await;
    assert!(page.says("Ångra till 10.10") && page.says("Flyttad till tisdag 1 dec"), "{}", page.text);
    assert!(hall.get(Some(&anna), &fair).await.says("tisdag 1 dec 18.00–19.00"));
    assert_eq!(hall.audited("doors.changed").await, 1);
    let undone = hall.post(Some(&officer), &format!("{change}/undo"), &[]).await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER, "{}", undone.text);
    assert_eq!(holding(&hall).await, before, "same times, same space, same price");
    assert_eq!((hall.audited("doors.changed").await, hall.audited("doors.revoked").await), (2, 0));
    assert!(hall.get(Some(&officer), &change).await.says("Ingen har fått något brev"));
    hall.bench.clock.advance(SignedDuration::from_hours(1));
    hall.works().await;
    assert_eq!(hall.audited("letters.rearranged").await, 0, "what was undone is told to nobody");
    // A second press of the button changes nothing.
    hall.post(Some(&officer), &format!("{change}/undo"), &[]).await;
    assert_eq!(holding(&hall).await, before);
}

/// Each booking's number with the guests and goals that its times have, in order.
async fn with_them(hall: &Hall) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT concat_ws(' ', time.starts_at,
                  (SELECT string_agg(guest.name, ',' ORDER BY guest.name) FROM booking.guest guest
                     JOIN booking.guest_time goes ON goes.guest_id = guest.id AND goes.occurrence_id = time.id),
                  (SELECT sum(count) FROM booking.accessory WHERE occurrence_id = time.id))
           FROM booking.occurrence time WHERE time.cancelled_at IS NULL AND time.resource_id = $1
          ORDER BY time.starts_at",
    )
    .bind(HALF_1.uuid())
    .fetch_all(&mut hall.superuser().await)
    .await
    .unwrap()
}

#[tokio::test]
async fn guests_and_equipment_go_with_times_that_are_moved_and_come_back_with_them() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let officer = hall.officer("Olle").await;
    let goals = format!("accessory-{GOALS}");
    let held = hall.hold(&anna, HALF_1, (SIX, "60"), &[(&goals, "3")]).await;
    let booking = hall.press(&anna, &held.location, "book").await.location;
    let times = chosen(&hall, &officer, &booking).await;
    let guest = [("name", "Gäst"), ("which", "chosen"), ("time", times[0].as_str())];
    let let_in = hall.post(Some(&anna), &format!("{booking}/guests"), &guest).await;
    assert_eq!(let_in.status, StatusCode::SEE_OTHER, "{}", let_in.text);
    let before = with_them(&hall).await;
    assert!(before.len() == 1 && before[0].ends_with(" Gäst 3"), "{before:?}");

    let form = Form::by_a_week(&times);
    let change = form.done(&hall, &officer).await;
    let moved = with_them(&hall).await;
    assert!(moved.len() == 1 && moved[0].ends_with(" Gäst 3") && moved != before, "{moved:?}");
    let undo = format!("{change}/undo");
    // Others have the goals meanwhile: nothing is undone until they have not.
    let held = hall.hold(&bo, HALF_2, (SIX, "60"), &[(&goals, "2")]).await;
    let other = hall.press(&bo, &held.location, "book").await.location;
    let blocked = hall.post(Some(&officer), &undo, &[]).await;
    assert_eq!(blocked.status, StatusCode::CONFLICT, "{}", blocked.text);
    assert!(blocked.says("Någon annan har nu utrustning som"), "{}", blocked.text);
    assert_eq!(with_them(&hall).await, moved);
    hall.post(Some(&bo), &format!("{other}/cancel"), &[]).await;
    let undone = hall.post(Some(&officer), &undo, &[]).await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER, "{}", undone.text);
    assert_eq!(with_them(&hall).await, before);

    // Where too few are left the time moves without them.
    let held = hall.hold(&bo, HALF_2, (SIX_NEXT_WEEK, "60"), &[(&goals, "2")]).await;
    hall.press(&bo, &held.location, "book").await;
    Form::by_a_week(&chosen(&hall, &officer, &booking).await).done(&hall, &officer).await;
    let moved = with_them(&hall).await;
    assert!(moved.len() == 1 && moved[0].ends_with(" Gäst"), "{moved:?}");
}

#[tokio::test]
async fn who_gives_way_is_offered_the_same_time_nearby_and_has_it_with_one_tap() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.private_person("Bo").await);
    let officer = hall.officer("Olle").await;
    let fair = hall.booked(&anna, WHOLE, SIX, 120).await;
    let displaced = hall.booked_privately(&bo, HALF_1, SIX_NEXT_WEEK).await;
    let bos_number = number(&hall, &displaced).await;
    let form = Form::by_a_week(&chosen(&hall, &officer, &fair).await);

    let kept = form.preview(&hall, &officer).await;
    assert!(kept.says("Stannar") && kept.says("Upptaget av") && kept.says("Sig själv"), "{}", kept.text);
    assert!(kept.says("Ingen av tiderna kan ändras så"));

    let form = form.with("displacing", "yes").with("offering", "yes");
    let preview = form.preview(&hall, &officer).await;
    assert!(preview.says("1 tid flyttas, 1 undanträngs, 1 har förslag"), "{}", preview.text);
    assert!(preview.says("Erbjuds tisdag 1 dec 18.00–19.00, Rummet"), "{}", preview.text);
    let change = form.done(&hall, &officer).await;

    // Nobody is told yet; whoever looks sees it, and can answer.
    hall.works().await;
    assert_eq!(hall.audited("letters.rearranged").await, 0);
    let page = hall.get(Some(&bo), &displaced).await;
    for text in [
        "Kommunen behövde tisdag 1 dec 18.00–19.00",
        "Skäl: Mässan",
        "I stället: tisdag 1 dec 18.00–19.00",
        "Ta tiden",
    ] {
        assert!(page.says(text), "{text} is not in {}", page.text);
    }
    // The offered space is nobody else's.
    assert_eq!(hall.book(&anna, ROOM, SIX_NEXT_WEEK, 60).await.status, StatusCode::CONFLICT);
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    hall.works().await;
    assert_eq!(hall.audited("letters.rearranged").await, 2, "the fair and the one who gave way, once each");

    let path = format!("{displaced}{}", offer_of(&page));
    let taken = hall.post(Some(&bo), &path, &[("answer", "take")]).await;
    assert_eq!(taken.location, format!("{displaced}?offer=taken"));
    let page = hall.get(Some(&bo), &taken.location).await;
    assert!(page.says("Tiden är din") && page.says("Rummet"), "{}", page.text);
    assert_eq!(number(&hall, &displaced).await, bos_number);
    hall.works().await;
    assert_eq!((hall.audited("letters.changed").await, hall.audited("doors.revoked").await), (1, 0));
    // Again, or with the other answer: it is his, once.
    assert_eq!(
        hall.post(Some(&bo), &path, &[("answer", "decline")]).await.location,
        format!("{displaced}?offer=gone")
    );
    assert!(hall.get(Some(&officer), &change).await.says("1 av 1 erbjudanden är tagna"));
    assert!(hall.get(Some(&officer), &format!("{displaced}?offer=gone")).await.says("Tagen"));
}

#[tokio::test]
async fn an_offer_that_is_declined_or_runs_out_frees_its_space_and_ends_the_code() {
    let hall = Hall::new().await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let (bo, eva) = (hall.private_person("Bo").await, hall.private_person("Eva").await);
    let fair = hall.booked(&anna, WHOLE, SIX, 60).await;
    let bos = hall.booked_privately(&bo, HALF_1, SIX_NEXT_WEEK).await;
    let evas = hall.booked_privately(&eva, HALF_2, SIX_NEXT_WEEK).await;
    let form = Form::by_a_week(&chosen(&hall, &officer, &fair).await);
    let change = form.with("displacing", "yes").with("offering", "yes").done(&hall, &officer).await;
    let sent = hall.post(Some(&officer), &format!("{change}/tell"), &[]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    hall.works().await;
    assert_eq!(hall.audited("letters.rearranged").await, 3);

    let page = hall.get(Some(&bo), &bos).await;
    assert!(page.says("Rummet"), "{}", page.text);
    let path = format!("{bos}{}", offer_of(&page));
    assert_eq!(hall.post(Some(&eva), &path, &[("answer", "take")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(hall.post(Some(&officer), &path, &[("answer", "take")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(hall.post(Some(&bo), &path, &[("answer", "perhaps")]).await.status, StatusCode::BAD_REQUEST);
    hall.post(Some(&bo), &path, &[("answer", "decline")]).await;
    assert_eq!(hall.audited("doors.revoked").await, 1);
    hall.booked(&anna, ROOM, SIX_NEXT_WEEK, 60).await;

    let page = hall.get(Some(&eva), &evas).await;
    assert!(page.says("Annexsalen"), "the annex across the yard is hers: {}", page.text);
    let path = format!("{evas}{}", offer_of(&page));
    // Five days are given to answer.
    hall.bench.clock.advance(SignedDuration::from_hours(5 * 24));
    // Her session is over long before.
    let eva = hall.private_person("Eva").await;
    assert!(hall.get(Some(&eva), &evas).await.says("Svarstiden gick ut"));
    assert_eq!(
        hall.post(Some(&eva), &path, &[("answer", "take")]).await.location,
        format!("{evas}?offer=gone")
    );
    hall.works().await;
    let without_code = "SELECT count(DISTINCT subject) FROM kernel.audit WHERE action = 'doors.revoked'";
    assert_eq!(hall.count(without_code).await, 2);
    hall.booked_privately(&eva, ANNEX, SIX_NEXT_WEEK).await;
}

#[tokio::test]
async fn what_changed_since_the_preview_is_shown_and_nothing_is_done() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let officer = hall.officer("Olle").await;
    let fair = hall.booked(&anna, WHOLE, SIX, 60).await;
    let form = Form::by_a_week(&chosen(&hall, &officer, &fair).await).with("displacing", "yes");
    let seen = digest(&form.preview(&hall, &officer).await);
    hall.booked(&bo, HALF_2, SIX_NEXT_WEEK, 60).await;
    let before = holding(&hall).await;
    let stale = form.carry_out(&hall, &officer, &seen).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.says("Ingenting är gjort") && stale.says("1 undanträngs"), "{}", stale.text);
    assert_eq!(holding(&hall).await, before);
    // What is shown now can be carried out.
    let done = form.carry_out(&hall, &officer, &digest(&stale)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(hall.audited("booking.mass_changed").await, 1);
}

#[tokio::test]
async fn of_two_officers_who_move_the_same_bookings_the_second_is_told() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let (olle, oda) = (hall.officer("Olle").await, hall.officer("Oda").await);
    let fair = hall.booked_several(&anna, &[(WHOLE, SIX), (WHOLE, SEVEN)]).await;
    let times = chosen(&hall, &olle, &fair).await;
    let (one, two) =
        (Form::by_a_week(&times), Form::new("move", &times).with("days", "2").with("reason", "Mässan"));
    let (seen, also_seen) =
        (digest(&one.preview(&hall, &olle).await), digest(&two.preview(&hall, &oda).await));
    let (first, second) =
        tokio::join!(one.carry_out(&hall, &olle, &seen), two.carry_out(&hall, &oda, &also_seen));
    let (won, lost) = if first.status == StatusCode::SEE_OTHER { (first, second) } else { (second, first) };
    assert_eq!((won.status, lost.status), (StatusCode::SEE_OTHER, StatusCode::CONFLICT), "{}", lost.text);
    assert!(lost.says("Något har ändrats sedan du såg det här"), "{}", lost.text);
    assert_eq!(hall.audited("booking.mass_changed").await, 1);
    assert_eq!(hall.count("SELECT count(*) FROM booking.occurrence WHERE cancelled_at IS NULL").await, 2);
}

#[tokio::test]
async fn what_was_freed_is_nobody_elses_until_it_can_no_longer_be_undone() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.person("Bo").await);
    let officer = hall.officer("Olle").await;
    let fair = hall.booked(&anna, WHOLE, SIX, 120).await;
    // Half of the fair's new place is taken from somebody who has the whole hall for an hour more.
    let long = hall.booked(&bo, WHOLE, SEVEN_NEXT_WEEK, 120).await;
    let form = Form::new("move", &chosen(&hall, &officer, &fair).await);
    let form = form
        .with("weeks", "1")
        .with("to", &HALF_1.to_string())
        .with("displacing", "yes")
        .with("reason", "Mässan");
    form.done(&hall, &officer).await;
    assert!(hall.get(Some(&bo), &long).await.says("Tiden är inte längre din"));
    let refused: [(ResourceId, &str); 4] =
        [(WHOLE, SIX), (HALF_2, SEVEN), (HALF_2, SEVEN_NEXT_WEEK), (HALF_1, "2026-12-01T19:00:00Z")];
    for (resource, start) in refused {
        assert_eq!(hall.book(&bo, resource, start, 60).await.status, StatusCode::CONFLICT, "{start}");
    }
    // What nobody had before is free all the while.
    hall.booked(&bo, HALF_2, SIX_NEXT_WEEK, 60).await;
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    for (resource, start) in refused {
        hall.booked(&bo, resource, start, 60).await;
    }
}

#[tokio::test]
async fn undoing_says_what_stands_in_its_way_and_changes_nothing() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.private_person("Bo").await);
    let officer = hall.officer("Olle").await;
    let fair = hall.booked(&anna, WHOLE, SIX, 60).await;
    let displaced = hall.booked_privately(&bo, HALF_1, SIX_NEXT_WEEK).await;
    let form = Form::by_a_week(&chosen(&hall, &officer, &fair).await);
    let form = form.with("displacing", "yes").with("offering", "yes");
    let change = form.done(&hall, &officer).await;
    let offer = offer_of(&hall.get(Some(&bo), &displaced).await);
    hall.post(Some(&bo), &format!("{displaced}{offer}"), &[("answer", "take")]).await;
    let before = holding(&hall).await;
    let blocked = hall.post(Some(&officer), &format!("{change}/undo"), &[]).await;
    assert_eq!(blocked.status, StatusCode::CONFLICT);
    assert!(blocked.says("Sig själv har tagit den tid som erbjöds"), "{}", blocked.text);
    assert_eq!(holding(&hall).await, before);

    // A second fair, whose booker has given it up meanwhile.
    let other = hall.booked(&anna, ROOM, SIX, 60).await;
    let change =
        Form::by_a_week(&chosen(&hall, &officer, &other).await).with("days", "1").done(&hall, &officer).await;
    hall.post(Some(&anna), &format!("{other}/cancel"), &[]).await;
    let blocked = hall.post(Some(&officer), &format!("{change}/undo"), &[]).await;
    assert!(blocked.says("Hallens IF har ändrat eller avbokat bokning"), "{}", blocked.text);
    // When the letters have gone it is too late.
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    let late = hall.post(Some(&officer), &format!("{change}/undo"), &[]).await;
    assert!(late.status == StatusCode::CONFLICT && late.says("Det är för sent att ångra"), "{}", late.text);
}

#[tokio::test]
async fn many_times_are_cancelled_with_a_reason_and_offered_others_and_that_is_undone_too() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.private_person("Bo").await);
    let officer = hall.officer("Olle").await;
    let camp = hall.booked_several(&anna, &[(HALF_1, SIX), (HALF_1, SIX_NEXT_WEEK)]).await;
    let single = hall.booked_privately(&bo, HALF_2, SIX).await;
    let before = holding(&hall).await;
    let found = hall.get(Some(&officer), "/desk/many?facility=hallen&first=2026-11-24&last=2026-11-24").await;
    let times = offered_ids(&found);
    assert_eq!(times.len(), 2, "{}", found.text);
    let form = Form::new("cancel", &times).with("offering", "yes");
    let silent = form.send(&hall, &officer, "/desk/many/preview").await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.says("Skriv varför"), "{}", silent.text);
    let form = form.with("reason", "Vattenläcka");
    assert!(form.preview(&hall, &officer).await.says("2 tider avbokas, 2 har förslag"));
    let change = form.done(&hall, &officer).await;
    let page = hall.get(Some(&bo), &single).await;
    assert!(
        page.says("Kommunen erbjuder dig en annan tid") && page.says("Skäl: Vattenläcka"),
        "{}",
        page.text
    );
    // Whoever has times left goes on with those, and pays for those.
    assert!(hall.get(Some(&anna), &camp).await.says("Tiden är din"));
    assert_eq!(hall.count("SELECT price_ore FROM booking.booking ORDER BY number LIMIT 1").await, 12_000);
    hall.post(Some(&officer), &format!("{change}/undo"), &[]).await;
    assert_eq!(holding(&hall).await, before);
    assert!(hall.get(Some(&bo), &single).await.says("Tiden är din"));
}

#[tokio::test]
async fn a_closing_stands_in_the_register_with_the_change_and_is_taken_back_with_it() {
    let hall = Hall::new().await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let inside = hall.booked(&anna, HALF_1, SIX, 60).await;
    let outside = hall.booked(&anna, ROOM, SIX, 60).await;
    let mut times = chosen(&hall, &officer, &inside).await;
    times.extend(chosen(&hall, &officer, &outside).await);
    let form = Form::new("close", &times)
        .with("close_resource", &WHOLE.to_string())
        .with("close_first", "2026-11-24")
        .with("close_last", "2026-12-02")
        .with("offering", "yes")
        .with("reason", "Golvet slipas");
    let preview = form.preview(&hall, &officer).await;
    assert!(preview.says("1 tid avbokas, 1 har förslag"), "{}", preview.text);
    assert!(preview.says("Ligger utanför det som stängs"), "{}", preview.text);
    // Nothing of what is closed is offered.
    assert!(!preview.says("Erbjuds tisdag 24 nov 17.00–18.00, Halva"), "{}", preview.text);
    let change = form.done(&hall, &officer).await;
    assert_eq!(hall.audited("register.closed").await, 1);
    assert!(hall.get(Some(&anna), &outside).await.says("Tiden är din"));
    hall.post(Some(&officer), &format!("{change}/undo"), &[]).await;
    assert_eq!(hall.audited("register.opened").await, 1);
    assert!(hall.get(Some(&anna), &inside).await.says("Tiden är din"));
    // Without any times it only closes.
    let only = Form::new("close", &[])
        .with("close_first", "2026-12-24")
        .with("close_last", "2026-12-26")
        .with("reason", "Jul");
    only.done(&hall, &officer).await;
    assert_eq!(hall.audited("register.closed").await, 2);
}

#[tokio::test]
async fn a_boat_is_neither_moved_to_a_berth_that_is_too_small_nor_offered_one() {
    let hall = Hall::new().await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let boat = |length| [("boat", "Vega"), ("boat_length", length), ("boat_beam", "2,3")];
    let mut bookings = Vec::new();
    for (start, length) in [(SIX, "7,5"), (SEVEN, "5,5")] {
        let held = hall.hold(&anna, BERTH, (start, "60"), &boat(length)).await;
        bookings.push(hall.press(&anna, &held.location, "book").await.location);
    }
    let large = chosen(&hall, &officer, &bookings[0]).await;
    let small = chosen(&hall, &officer, &bookings[1]).await;
    let both = [large.clone(), small].concat();
    let to = Form::at("hamnen", "move", &both)
        .with("to", &SMALL_BERTH.to_string())
        .with("reason", "Bryggan lagas");
    let preview = to.preview(&hall, &officer).await;
    assert!(preview.says("1 tid flyttas") && preview.says("högst 6 m"), "{}", preview.text);
    // By measure, not by what the boat is: its owner chose a berth of that size.
    let given_up =
        Form::at("hamnen", "cancel", &large).with("offering", "yes").with("reason", "Bryggan lagas");
    let preview = given_up.preview(&hall, &officer).await;
    assert!(preview.says("1 tid avbokas") && !preview.says("Båtplats 8"), "{}", preview.text);
}

#[tokio::test]
async fn whoever_may_drive_the_bus_is_not_offered_the_lorry() {
    let hall = Hall::new().await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let driver = [("driver", "Bo Ek"), ("licensed", "yes")];
    let held = hall.hold(&anna, BUS, (SIX, "60"), &driver).await;
    let booking = hall.press(&anna, &held.location, "book").await.location;
    let times = chosen(&hall, &officer, &booking).await;
    let given_up = Form::at("hamnen", "cancel", &times).with("offering", "yes").with("reason", "Trasig");
    let preview = given_up.preview(&hall, &officer).await;
    assert!(preview.says("Minibussen") && !preview.says("Lastbilen"), "{}", preview.text);
}

#[tokio::test]
async fn a_booking_in_two_places_is_found_by_its_number_in_each() {
    let hall = Hall::new().await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let booking = hall.booked_several(&anna, &[(HALF_1, SIX), (ANNEX, SIX)]).await;
    let number = number(&hall, &booking).await;
    let here = hall.get(Some(&officer), &format!("/desk/many?number={number}")).await;
    assert!(here.says("1 tid i Hallen") && here.says("Bokningen har tider på fler ställen"), "{}", here.text);
    let there = format!("/desk/many?number={number}&amp;facility=annexet");
    assert!(here.says(&there), "{}", here.text);
    let there = hall.get(Some(&officer), &there.replace("&amp;", "&")).await;
    assert!(there.says("1 tid i Annexet"), "{}", there.text);
    let moved = Form::at("annexet", "move", &offered_ids(&there)).with("weeks", "1").with("reason", "Cup");
    moved.done(&hall, &officer).await;
    let page = hall.get(Some(&anna), &booking).await;
    assert!(page.says("tisdag 24 nov 18.00–19.00") && page.says("tisdag 1 dec 18.00–19.00"), "{}", page.text);
}

#[tokio::test]
async fn a_move_over_a_night_when_clocks_change_keeps_the_clock_on_the_wall() {
    let hall = Hall::new().await;
    let rules = "[[rules]]\nfor = \"tenant\"\nfirst = \"2026-01-01\"\nparameters = { horizon_days = 400 }";
    hall.rules(rules).await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    // Saturday 27 March 2027, 18.00 and 02.30, by winter time; on the day after the clocks go forward at two.
    let evening = hall.booked(&anna, HALF_1, "2027-03-27T17:00:00Z", 60).await;
    let night = hall.booked(&anna, HALF_2, "2027-03-27T01:30:00Z", 60).await;
    for (booking, shown) in
        [(&evening, "söndag 28 mars 2027 18.00–19.00"), (&night, "söndag 28 mars 2027 03.30–04.30")]
    {
        let times = chosen(&hall, &officer, booking).await;
        let form = Form::new("move", &times).with("days", "1").with("reason", "Ljudprov");
        let preview = form.preview(&hall, &officer).await;
        assert!(preview.says(shown), "{shown} is not in {}", preview.text);
        form.done(&hall, &officer).await;
        assert!(hall.get(Some(&anna), booking).await.says(shown));
    }
}

#[tokio::test]
async fn times_are_chosen_by_day_clock_place_words_and_purpose() {
    let hall = Hall::new().await;
    let (anna, bo) = (hall.person("Anna").await, hall.private_person("Bo").await);
    let officer = hall.officer("Olle").await;
    hall.booked(&anna, HALF_1, SIX, 60).await;
    hall.booked(&anna, ROOM, SEVEN, 60).await;
    hall.booked_privately(&bo, HALF_2, SIX_NEXT_WEEK).await;
    let part = format!("&resource={HALF_1}");
    let whole = format!("&resource={WHOLE}");
    for (query, count) in [
        ("", 3),
        ("&first=2026-11-25", 1),
        ("&last=2026-11-24", 2),
        ("&weekday=2", 3),
        ("&weekday=1&weekday=7", 0),
        ("&from=18:30", 1),
        ("&to=19:00", 2),
        (part.as_str(), 1),
        (whole.as_str(), 2),
        ("&words=hallens+if", 2),
        ("&words=BADMINTON", 1),
        ("&words=%25", 0),
        ("&kind=other", 3),
        ("&kind=match", 0),
        ("&first=never&weekday=99&kind=nothing&resource=x", 3),
    ] {
        let page = hall.get(Some(&officer), &format!("/desk/many?facility=hallen{query}")).await;
        assert_eq!(offered_ids(&page).len(), count, "{query}");
    }
}

#[tokio::test]
async fn an_officer_of_another_authority_or_municipality_neither_sees_nor_moves() {
    let hall = Hall::new().await;
    let (anna, olle) = (hall.person("Anna").await, hall.officer("Olle").await);
    let fair = hall.booked(&anna, WHOLE, SIX, 60).await;
    let times = chosen(&hall, &olle, &fair).await;
    let form = Form::by_a_week(&times);
    let seen = digest(&form.preview(&hall, &olle).await);
    let change = Form::by_a_week(&times).done(&hall, &olle).await;
    let stranger = hall.officer_of_another_authority("Sten").await;
    let path = format!("/desk/many?number={}", number(&hall, &fair).await);
    let page = hall.get(Some(&stranger), &path).await;
    assert!(offered_ids(&page).is_empty() && !page.says("Hallens IF") && !page.says("Olle"), "{}", page.text);
    for path in ["/desk/many/preview", "/desk/many/carry-out"] {
        let answer = form.clone().with("digest", &seen).send(&hall, &stranger, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(hall.get(Some(&stranger), &change).await.status, StatusCode::NOT_FOUND);
    for path in ["undo", "tell"] {
        let answer = hall.post(Some(&stranger), &format!("{change}/{path}"), &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    // Nor does anybody who is no officer, nor the same path at the other municipality.
    assert_eq!(hall.get(Some(&anna), "/desk/many").await.status, StatusCode::FORBIDDEN);
    assert_eq!(form.send(&hall, &anna, "/desk/many/preview").await.status, StatusCode::FORBIDDEN);
    let mut elsewhere = hall.bench.kernel.begin(hall.bench.beta).await.unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM booking.mass_change")
        .fetch_one(elsewhere.conn())
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn hostile_and_impossible_changes_get_an_answer_beside_the_field() {
    let hall = Hall::new().await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let fair = hall.booked(&anna, WHOLE, SIX, 60).await;
    let times = chosen(&hall, &officer, &fair).await;
    let script = "<script>alert(1)</script>";
    for (form, said) in [
        (Form::new("move", &times), "Skriv hur långt tiderna ska flyttas"),
        (Form::new("move", &times).with("weeks", "99999999999999999999"), "Skriv ett helt antal"),
        (Form::new("move", &times).with("days", "733"), "Skriv ett helt antal"),
        (Form::new("move", &times).with("hours", "1.5"), "Skriv ett helt antal"),
        (Form::new("move", &times).with("to", "00000000-0000-0000-0000-000000000099"), "Välj en lokal"),
        (Form::new("move", &[]).with("weeks", "1"), "Välj minst en tid"),
        (Form::new("explode", &times), "Välj vad som ska hända"),
        (Form::new("cancel", &times).with("reason", " \n "), "Skriv varför"),
        (Form::new("cancel", &times).with("reason", &"å".repeat(501)), "500"),
        (Form::new("close", &times).with("reason", "x").with("close_first", "2026-02-30"), "Skriv ett datum"),
        (
            Form::new("close", &times)
                .with("reason", "x")
                .with("close_first", "2026-12-02")
                .with("close_last", "2026-12-01"),
            "Skriv ett sista datum",
        ),
    ] {
        let answer = form.send(&hall, &officer, "/desk/many/preview").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        assert!(answer.says(said), "{said} is not in {}", answer.text);
    }
    // What is typed comes back as text, and what nobody chose is not there.
    let many: Vec<String> = (0..400_u128).map(|id| protocols_ids::Uuid::from_u128(id).to_string()).collect();
    let answer = Form::by_a_week(&many).preview(&hall, &officer).await;
    assert!(answer.says("Ingen av tiderna kan ändras så"), "{}", answer.text);
    let form = Form::by_a_week(&times).with("reason", script).with("query", "\"><script>");
    let preview = form.preview(&hall, &officer).await;
    assert!(!preview.says("<script>alert") && !preview.says("\"><script>"), "{}", preview.text);
    let change = form.done(&hall, &officer).await;
    for path in [change.as_str(), "/desk/many", fair.as_str()] {
        assert!(!hall.get(Some(&officer), path).await.says("<script>alert"), "{path}");
    }
    // Far away there is no opening to be asked about, and no error of ours.
    let distant = Form::new("move", &chosen(&hall, &officer, &fair).await).with("days", "732");
    assert!(distant.preview(&hall, &officer).await.says("tid"));
    let unknown = format!("/desk/many/{}", protocols_ids::Uuid::from_u128(7));
    assert_eq!(hall.get(Some(&officer), &unknown).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        hall.get(Some(&officer), "/desk/many?number=9223372036854775807").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn who_has_booked_what_is_closed_is_told_once_and_once_more_when_it_is_open() {
    let hall = Hall::in_snow().await;
    let anna = hall.person("Anna").await;
    // In an hour, in a day, and in three; and in another room.
    for start in ["2026-11-23T10:00:00Z", "2026-11-24T10:00:00Z", "2026-11-26T10:00:00Z"] {
        hall.booked(&anna, HALF_1, start, 60).await;
    }
    hall.booked(&anna, ROOM, "2026-11-23T10:00:00Z", 60).await;
    let told = async |action| hall.audited(action).await;
    let closure = hall.snows(WHOLE).await;
    hall.works().await;
    assert_eq!(told("letters.closed").await, 1, "who comes within hours is told at once");
    hall.bench.clock.advance(SignedDuration::from_mins(9));
    hall.works().await;
    assert_eq!(told("letters.closed").await, 1, "the others not before it could have been taken back");
    hall.bench.clock.advance(SignedDuration::from_mins(1));
    hall.works().await;
    assert_eq!(told("letters.closed").await, 2);
    // Who comes later is told when it comes near, as long as it is closed.
    hall.bench.clock.advance(SignedDuration::from_hours(30));
    hall.works().await;
    assert_eq!(told("letters.closed").await, 3);
    hall.bench.clock.advance(SignedDuration::from_hours(7));
    hall.works().await;
    assert_eq!((told("letters.closed").await, told("letters.opened").await), (3, 0));
    hall.thaws(closure).await;
    hall.works().await;
    assert_eq!(told("letters.opened").await, 1, "only who still has something to come");
    hall.bench.clock.advance(SignedDuration::from_hours(7));
    hall.works().await;
    assert_eq!((told("letters.closed").await, told("letters.opened").await), (3, 1));
}

#[tokio::test]
async fn a_closing_that_is_taken_back_at_once_is_told_to_nobody_who_comes_later() {
    let hall = Hall::in_snow().await;
    let anna = hall.person("Anna").await;
    hall.booked(&anna, HALF_1, SIX, 60).await;
    let closure = hall.snows(HALF_1).await;
    hall.works().await;
    hall.thaws(closure).await;
    hall.works().await;
    hall.bench.clock.advance(SignedDuration::from_hours(1));
    hall.works().await;
    assert_eq!((hall.audited("letters.closed").await, hall.audited("letters.opened").await), (0, 0));
}

#[tokio::test]
async fn what_a_change_of_many_frees_is_told_once_it_can_no_longer_be_undone() {
    let hall = Hall::new().await;
    hall.bench.switch_on("watching").await;
    let (anna, officer) = (hall.person("Anna").await, hall.officer("Olle").await);
    let fair = hall.booked(&anna, WHOLE, SIX, 60).await;
    let form = Form::by_a_week(&chosen(&hall, &officer, &fair).await);
    form.done(&hall, &officer).await;
    hall.works().await;
    assert_eq!(hall.audited("listener.freed").await, 0);
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    hall.works().await;
    assert_eq!(hall.audited("listener.freed").await, 1);
}
