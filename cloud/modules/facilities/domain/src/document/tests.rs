use super::hours::weekdays;
use super::*;
use crate::Boat;
use crate::calendar::DayKind;
use crate::hours::DayHours;

const FILE: &str = r#"
[defaults]
authority = "namnden"
time_zone = "Europe/Stockholm"
opening_hours = [{ days = "mon-fri", opens = "07:00", closes = "23:00" }, { days = "sat-sun", opens = "08:00", closes = "24:00" }]

[[facility]]
slug = "solskiftet"
name = "Solskiftet"
parts = ["A1", "A2"]

[[facility.resource]]
slug = "hallen"
name = "Hallen"
parts = ["A1", "A2"]
size = { width_cm = 1000, length_cm = [1600, 2200] }
activities = ["badminton"]

[[facility.resource]]
slug = "a1"
name = "Halva A1"
parent = "hallen"
parts = ["A1"]
size = { width_cm = 1000, length_cm = 800, ceiling_cm = 700 }
"#;

fn read(text: &str) -> Document {
    Document::parse(text).unwrap()
}

/// What is said of the file with one thing changed.
fn refusal(from: &str, to: &str) -> String {
    let text = FILE.replacen(from, to, 1);
    assert_ne!(text, FILE, "nothing was replaced");
    Document::parse(&text).unwrap_err().to_string()
}

#[test]
fn what_a_facility_does_not_say_the_defaults_say() {
    let document = read(FILE);
    let facility = &document.facilities[0];
    assert_eq!(facility.patch.authority.as_deref(), Some("namnden"));
    let hours = facility.opening_hours.as_ref().unwrap();
    assert_eq!(hours.len(), 7);
    let sunday = DayHours { weekday: 7, opens_minute: 480, closes_minute: 1440 };
    assert_eq!(hours[6], RegularHours { on: DayKind::Always, hours: sunday });
}

#[test]
fn a_size_published_as_a_range_stays_a_range() {
    let document = read(FILE);
    let sizes: Vec<_> = document.facilities[0].resources.iter().map(|resource| resource.patch.size).collect();
    assert_eq!(sizes[0], Some(Size { width: (1000, 1000), length: (1600, 2200), ceiling: None }));
    assert_eq!(sizes[1], Some(Size { width: (1000, 1000), length: (800, 800), ceiling: Some(700) }));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let hall = "facility \"solskiftet\", resource \"hallen\": ";
    let part = "facility \"solskiftet\", resource \"a1\": ";
    let place = "facility \"solskiftet\": ";
    for (from, to, told) in [
        ("parts = [\"A1\", \"A2\"]\nsize", "parts = []\nsize", format!("{hall}parts must name at least one")),
        (
            "parts = [\"A1\", \"A2\"]\nsize",
            "parts = [\"A1\", \"A3\"]\nsize",
            format!("{hall}part \"A3\" is not among the facility's parts"),
        ),
        (
            "parent = \"hallen\"",
            "parent = \"b\"",
            format!("{part}parent \"b\" does not stand before it in the facility"),
        ),
        ("slug = \"a1\"", "slug = \"hallen\"", format!("{hall}stands twice")),
        ("slug = \"a1\"", "slug = \"A1\"", "facility \"solskiftet\", resource \"A1\": slug".to_owned()),
        ("[1600, 2200]", "[2200, 1600]", format!("{hall}length_cm")),
        ("ceiling_cm = 700", "ceiling_cm = 0", format!("{part}ceiling_cm")),
        (
            "parts = [\"A1\", \"A2\"]\n\n",
            "parts = [\"A1\", \"A2\", \"A3\"]\n\n",
            format!("{place}part \"A3\" is taken by no resource"),
        ),
        (
            "parts = [\"A1\", \"A2\"]\n\n",
            "parts = [\"A1\", \"A1\"]\n\n",
            format!("{place}part \"A1\" stands twice"),
        ),
        ("Europe/Stockholm", "Europe/Sverige", format!("{place}time_zone \"Europe/Sverige\"")),
        ("authority = \"namnden\"", "", format!("{place}authority stands neither")),
        ("\"23:00\"", "\"25:00\"", "facility \"solskiftet\", opening_hours \"mon-fri\": closes".to_owned()),
        (
            "\"23:00\"",
            "\"07:00\"",
            "facility \"solskiftet\", opening_hours \"mon-fri\": closes must differ".to_owned(),
        ),
        ("sat-sun", "fri-sun", "facility \"solskiftet\", opening_hours \"fri-sun\": overlaps".to_owned()),
        ("sat-sun", "weekend", "facility \"solskiftet\", opening_hours \"weekend\": days".to_owned()),
    ] {
        let said = refusal(from, to);
        assert!(said.starts_with(&told), "{said}\ninstead of {told}");
    }
    // Booking rules have a file of their own.
    let said = refusal("name = \"Halva A1\"", "name = \"Halva A1\"\nrules = { step_minutes = 30 }");
    assert!(said.contains("unknown field `rules`"), "{said}");
}

#[test]
fn a_half_must_lie_within_its_whole() {
    let said = refusal("parts = [\"A1\", \"A2\"]\nsize", "parts = [\"A2\"]\nsize");
    assert_eq!(said, "facility \"solskiftet\", resource \"a1\": part \"A1\" is not a part of its parent");
}

#[test]
fn a_facility_stands_once() {
    let again =
        FILE.split_once("[[facility]]").map(|(_, facility)| format!("{FILE}[[facility]]{facility}")).unwrap();
    assert_eq!(Document::parse(&again).unwrap_err().to_string(), "facility \"solskiftet\": stands twice");
}

#[test]
fn an_unknown_key_activity_or_shape_is_refused_with_its_line() {
    for (from, to) in [
        ("name = \"Hallen\"", "nmae = \"Hallen\""),
        ("[\"badminton\"]", "[\"chess\"]"),
        ("[1600, 2200]", "\"16–22 m\""),
    ] {
        let said = refusal(from, to);
        assert!(said.contains("line "), "{said}");
    }
}

const MORE: &str = r#"
[[facility]]
slug = "strand"
name = "Strand"
address = "Strandvägen 1"
description = "En brygga och en lokal."
directions = "Gå ner till vattnet."
accessibility = ["parking", "toilet"]
position = { latitude = 59.48, longitude = 18.3 }
other_ids = { karta = "4711" }
opening_hours = [
  { days = "mon-sun", opens = "08:00", closes = "02:00" },
  { days = "mon-sun", on = "holiday", closed = true },
  { days = "mon-fri", on = "term", opens = "17:00", closes = "22:00" },
]
parts = ["lokal", "plats"]

[[facility.resource]]
slug = "lokalen"
name = "Lokalen"
kind = "premises"
persons_max = 60
before_minutes = 30
after_minutes = 60
parts = ["lokal"]

[[facility.resource]]
slug = "plats-1"
name = "Plats 1"
kind = "berth"
boat = { length_cm = 700, beam_cm = 250 }
parts = ["plats"]

[[facility.equipment]]
slug = "stolar"
name = "Stolar"
stock = 60
resources = ["lokalen"]

[[facility.exception]]
first = "2026-12-31"
hours = [{ opens = "10:00", closes = "03:00" }]
reason = "Nyår"

[[school_period]]
kind = "term"
name = "Hösten 2026"
first = "2026-08-18"
last = "2026-12-18"
"#;

#[test]
fn a_file_says_kinds_equipment_exceptions_and_the_schools_year() {
    let text = format!("{FILE}{MORE}");
    let document = read(&text);
    let strand = &document.facilities[1];
    let hours = strand.opening_hours.as_ref().unwrap();
    assert!(hours.contains(&RegularHours::closed(DayKind::Holiday, 3)));
    assert_eq!(hours[0].hours, DayHours { weekday: 1, opens_minute: 480, closes_minute: 1560 });
    assert_eq!(
        strand.patch.accessibility.as_deref(),
        Some(&[Accessibility::Parking, Accessibility::Toilet][..])
    );
    let boat = Boat { length: Some(700), beam: Some(250), draught: None };
    assert_eq!(strand.resources[1].patch.kind, Some(ResourceKind::Berth(boat)));
    assert_eq!(strand.resources[0].patch.persons_max, Some(60));
    assert_eq!(strand.equipment[0].facts.stock, Some(60));
    assert_eq!(strand.exceptions[0].hours, [(600, 1620)]);
    assert_eq!(document.periods[0].kind, PeriodKind::Term);
    let line = text.lines().position(|line| line == "slug = \"lokalen\"").unwrap();
    assert_eq!(strand.resources[0].line, line, "the line of its head, counted from one");
}

#[test]
fn what_cannot_be_is_told_line_by_line_and_the_rest_is_read() {
    let text = format!("{FILE}{MORE}")
        .replace("kind = \"premises\"", "kind = \"castle\"")
        .replace("kind = \"term\"\nname", "kind = \"war\"\nname")
        .replace("length_cm = 700", "length_cm = 0");
    let document = Document::read(&text).unwrap();
    let told: Vec<String> =
        document.refusals.iter().map(|refusal| format!("{}: {}", refusal.at, refusal.what)).collect();
    assert_eq!(
        told,
        [
            "facility \"strand\", resource \"lokalen\": kind \"castle\" is none of hall, pitch, room, premises, \
             lodging, vehicle, berth, other",
            "facility \"strand\", resource \"plats-1\": boat_length_cm must be a whole number from 1 to 10000",
            "facility \"strand\", equipment \"stolar\": there is no resource \"lokalen\"",
            "school_period \"Hösten 2026\": kind \"war\" is none of term, break",
        ]
    );
    assert_eq!(document.facilities.len(), 2, "the facilities stand without what cannot be");
}

#[test]
fn what_a_file_does_not_say_stays_as_it_is_and_an_empty_text_takes_it_away() {
    let known = FacilityFacts {
        name: "Gamla".to_owned(),
        address: "Vägen 1".to_owned(),
        directions: "Till höger".to_owned(),
        ..FacilityFacts::default()
    };
    let patch = FacilityPatch {
        name: Some("Nya".to_owned()),
        address: Some(String::new()),
        ..FacilityPatch::default()
    };
    let facts = patch.over(&known);
    assert_eq!(
        (facts.name.as_str(), facts.address.as_str(), facts.directions.as_str()),
        ("Nya", "", "Till höger")
    );
    let changed: Vec<&str> =
        crate::changes(&known.fields(), &facts.fields()).iter().map(|change| change.key).collect();
    assert_eq!(changed, ["name", "address"]);
}

#[test]
fn days_run_over_the_end_of_the_week() {
    assert_eq!(weekdays("fri-mon"), Some(vec![5, 6, 7, 1]));
    assert_eq!(weekdays("wed"), Some(vec![3]));
    assert_eq!(weekdays("mon-"), None);
}

#[test]
fn only_four_digits_with_a_colon_are_a_time() {
    assert_eq!(minute_of_day("07:30"), Some(450));
    assert_eq!(minute_of_day("24:00"), Some(1440));
    for wrong in ["24:01", "07:60", "7:30", "+7:30", "0730", "07:3O", ""] {
        assert_eq!(minute_of_day(wrong), None, "{wrong}");
    }
}

#[test]
fn the_demos_facilities_can_be_read() {
    let osteraker = read(include_str!("../../../../../../deploy/demo-data/osteraker/facilities.toml"));
    assert_eq!(osteraker.facilities.len(), 15);
    let halls: usize = osteraker.facilities.iter().map(|facility| facility.resources.len()).sum();
    assert_eq!(halls, 29);
    read(include_str!("../../../../../../deploy/demo-data/vaxholm/facilities.toml"));
    read(include_str!("../../../../../../deploy/demo-data/provhallen/facilities.toml"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        drop(Document::parse(&text));
    }

    #[test]
    fn any_file_cut_short_is_read_or_refused(cut in 0..FILE.len()) {
        drop(Document::parse(&FILE[..cut]));
    }
}

#[test]
fn the_files_that_the_fuzzer_begins_with_are_read_whole() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../e2e/fuzz/corpus/register-file");
    let seed = |name: &str| std::fs::read_to_string(format!("{seeds}/{name}")).unwrap();
    let document = read(&seed("everything.toml"));
    assert_eq!((document.facilities[0].resources.len(), document.periods.len()), (4, 1));
    let rows = crate::read_resources(&seed("resources.csv")).unwrap();
    assert_eq!((rows.rows.len(), rows.refusals), (2, Vec::new()));
    let (rows, refusals) = crate::read_closures(&seed("closures.csv")).unwrap();
    assert_eq!((rows.len(), refusals), (2, Vec::new()));
    let (places, refusals) = crate::read_geojson(&seed("places.geojson")).unwrap();
    assert_eq!((places.len(), refusals), (1, Vec::new()));
}
