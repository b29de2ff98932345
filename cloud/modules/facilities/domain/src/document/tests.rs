use super::*;

const FILE: &str = r#"
[defaults]
authority = "namnden"
time_zone = "Europe/Stockholm"
opening_hours = [{ days = "mon-fri", opens = "07:00", closes = "23:00" }, { days = "sat-sun", opens = "08:00", closes = "24:00" }]
rules = { step_minutes = 30, shortest_minutes = 30, longest_minutes = 240, lead_minutes = 15, horizon_days = 180 }

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
rules = { step_minutes = 60, shortest_minutes = 60, longest_minutes = 120, lead_minutes = 0, horizon_days = 14 }
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
    assert_eq!(facility.authority, "namnden");
    assert_eq!(facility.opening_hours.len(), 7);
    assert_eq!(facility.opening_hours[6], DayHours { weekday: 7, opens_minute: 480, closes_minute: 1440 });
    let rules = Rules { step: 30, shortest: 30, longest: 240, lead: 15, horizon: 180 * 1440 };
    assert_eq!(facility.resources[0].rules, rules);
    assert_eq!(facility.resources[1].rules.step, 60);
}

#[test]
fn a_size_published_as_a_range_stays_a_range() {
    let document = read(FILE);
    let sizes: Vec<_> = document.facilities[0].resources.iter().map(|resource| resource.size).collect();
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
        ("longest_minutes = 240", "longest_minutes = 250", format!("{hall}rules: shortest_minutes and")),
        ("shortest_minutes = 30", "shortest_minutes = 300", format!("{hall}rules: longest_minutes")),
        ("step_minutes = 30", "step_minutes = 3", format!("{hall}rules: step_minutes")),
        ("horizon_days = 180", "horizon_days = 0", format!("{hall}rules: horizon_days")),
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
            "\"06:00\"",
            "facility \"solskiftet\", opening_hours \"mon-fri\": closes must be later".to_owned(),
        ),
        ("sat-sun", "fri-sun", "facility \"solskiftet\", opening_hours \"fri-sun\": overlaps".to_owned()),
        ("sat-sun", "weekend", "facility \"solskiftet\", opening_hours \"weekend\": days".to_owned()),
    ] {
        let said = refusal(from, to);
        assert!(said.starts_with(&told), "{said}\ninstead of {told}");
    }
}

#[test]
fn a_half_must_lie_within_its_whole() {
    let said = refusal("parts = [\"A1\", \"A2\"]\nsize", "parts = [\"A2\"]\nsize");
    assert_eq!(
        said,
        "facility \"solskiftet\", resource \"a1\": part \"A1\" is not a part of its parent \"hallen\""
    );
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
    assert_eq!(osteraker.facilities.len(), 14);
    let halls: usize = osteraker.facilities.iter().map(|facility| facility.resources.len()).sum();
    assert_eq!(halls, 20);
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
