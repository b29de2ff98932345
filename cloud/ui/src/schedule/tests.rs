use jiff::civil::{Date, date, time};
use maud::Render;

use super::*;

const THURSDAY: Date = date(2026, 11, 26);

fn strip() -> DayStrip {
    let days = (23..30)
        .map(|day| StripDay {
            date: date(2026, 11, day),
            href: format!("/f?day={day}"),
            free: Some(u32::from(day == 26)),
        })
        .collect();
    DayStrip {
        days,
        chosen: THURSDAY,
        today: date(2026, 11, 25),
        earlier: None,
        later: Some("/f?day=30".into()),
        now: None,
        beside: (Some("/f?day=25".into()), Some("/f?day=27".into())),
    }
}

fn slots() -> Vec<Slot> {
    (17..20).map(|hour| Slot { start: time(hour, 0, 0, 0), end: time(hour + 1, 0, 0, 0) }).collect()
}

fn free() -> Cell {
    Cell::Free { href: "/book/7".into(), price: Some("55 kr".into()) }
}

fn taken() -> Cell {
    Cell::Taken { label: None, href: None, because: None, watch: None }
}

/// Taken because something else in the hall is booked, which takes these of its parts.
fn because(parts: &[u8], names: &str) -> Cell {
    Cell::Taken {
        label: None,
        href: None,
        because: Some(Because { parts: parts.into(), names: names.into() }),
        watch: None,
    }
}

fn mine() -> Cell {
    Cell::Mine { label: "Innebandy".into(), href: "/bookings/9".into() }
}

fn column(name: &str, full_name: &str, parts: &[u8], cells: [Cell; 3]) -> Column {
    Column {
        name: name.into(),
        full_name: full_name.into(),
        href: None,
        parts: parts.into(),
        cells: cells.into(),
    }
}

fn day(halls: Vec<Hall>) -> String {
    let schedule = ScheduleDay {
        lang: Lang::Sv,
        title: "Hallen".into(),
        strip: strip(),
        slots: slots(),
        halls,
        chosen_hall: 0,
        framed: false,
    };
    schedule.render().into_string()
}

fn hall(whole: [Cell; 3], one: [Cell; 3], other: [Cell; 3]) -> Hall {
    Hall {
        name: "Sporthallen A".into(),
        over: None,
        href: "/f?hall=0".into(),
        parts: 2,
        columns: vec![
            column("Hela", "hela Sporthallen A", &[0, 1], whole),
            column("A1", "halva A1", &[0], one),
            column("A2", "halva A2", &[1], other),
        ],
    }
}

fn single(name: &str, cells: [Cell; 3]) -> Hall {
    Hall {
        name: name.into(),
        over: None,
        href: "/f?hall=1".into(),
        parts: 1,
        columns: vec![column(name, name, &[0], cells)],
    }
}

#[test]
fn a_free_time_is_a_link_that_says_day_time_place_state_and_price() {
    let page = day(vec![hall([free(), free(), free()], [free(), free(), free()], [free(), free(), free()])]);
    assert!(page.contains(
        r#"<a class="cell" href="/book/7" data-cell aria-label="Torsdag 18–19, halva A1, ledig, 55 kr">55 kr</a>"#
    ));
}

#[test]
fn a_hall_spans_its_parts_as_a_table_with_heads_in_both_directions() {
    let page = day(vec![hall([free(), free(), free()], [free(), free(), free()], [free(), free(), free()])]);
    assert!(page.contains(r#"scope="colgroup" colspan="3">Sporthallen A</th>"#));
    assert!(page.contains(r#"<th scope="row">18<span class="visually-hidden">–19</span></th>"#));
    assert_eq!(page.matches(r#"scope="col">"#).count(), 3);
    assert!(page.contains("<caption class=\"visually-hidden\">Hallen, torsdag 26 nov</caption>"));
}

#[test]
fn a_taken_half_shows_in_the_whole_hall_as_a_part_of_it() {
    let page = day(vec![hall(
        [because(&[0], "A1"), because(&[0, 1], "A1, A2"), free()],
        [taken(), taken(), free()],
        [free(), taken(), free()],
    )]);
    assert!(page.contains("delvis upptagen (A1)") && page.contains("upptagen (A1, A2)"));
    assert_eq!(page.matches("cell-partly").count(), 1, "with both halves taken the whole is simply taken");
    assert_eq!(page.matches("plan-filled").count(), 4 + 1 + 1, "heads, the cell and the legend");
}

#[test]
fn my_half_shows_in_the_whole_hall_as_a_part_of_it() {
    let page = day(vec![hall(
        [because(&[1], "A2"), free(), free()],
        [free(), free(), free()],
        [mine(), free(), free()],
    )]);
    assert!(page.contains("delvis upptagen (A2)"));
    assert!(page.contains(
        r#"href="/bookings/9" data-cell aria-label="Torsdag 17–18, halva A2, din bokning, Innebandy""#
    ));
}

#[test]
fn a_third_of_which_a_booked_half_takes_one_cell_is_drawn_with_that_cell_and_says_what_is_booked() {
    let third = |name: &str, parts: &[u8], cell: Cell| column(name, name, parts, [cell, free(), free()]);
    let page = day(vec![Hall {
        name: "Hallen".into(),
        over: None,
        href: "/f".into(),
        parts: 6,
        columns: vec![
            third("Hela", &[0, 1, 2, 3, 4, 5], because(&[0, 1, 2], "Halva 1")),
            third("Halva 1", &[0, 1, 2], taken()),
            third("Tredjedel 1", &[0, 1], because(&[0, 1], "Halva 1")),
            third("Tredjedel 2", &[2, 3], because(&[2], "Halva 1")),
            third("Tredjedel 3", &[4, 5], free()),
        ],
    }]);
    assert_eq!(page.matches("delvis upptagen (Halva 1)").count(), 2, "the whole and the third in the middle");
    assert_eq!(
        page.matches("upptagen (Halva 1)").count(),
        3,
        "the third that lies in the half is taken whole"
    );
    assert_eq!(page.matches("cell-partly").count(), 2);
    let heads = 6 + 3 + 2 + 2 + 2;
    assert_eq!(page.matches("plan-filled").count(), heads + 3 + 1 + 1, "the two cells and the legend");
}

#[test]
fn a_booking_of_two_slots_is_drawn_as_one() {
    let page = day(vec![single("Gymmet", [mine(), mine(), free()])]);
    assert_eq!(page.matches("goes-on-below").count(), 1);
    assert_eq!(page.matches("goes-on-above").count(), 1);
}

#[test]
fn my_booking_without_a_name_is_still_said_to_be_mine() {
    let nameless = Cell::Mine { label: String::new(), href: "/bookings/9".into() };
    let page = day(vec![single("Gymmet", [nameless, free(), free()])]);
    assert!(page.contains(r#"aria-label="Torsdag 17–18, Gymmet, din bokning"><span>Din bokning</span>"#));
}

#[test]
fn states_are_words_and_not_only_colours() {
    let page = day(vec![
        single("A", [free(), taken(), free()]),
        single("B", [free(), Cell::Closed, free()]),
        single("C", [free(), Cell::Past, free()]),
    ]);
    for words in ["upptagen", "stängt", "har passerat"] {
        assert!(page.contains(&format!("<span class=\"visually-hidden\">{words}</span>")), "{words}");
    }
}

#[test]
fn rows_at_the_ends_where_nothing_is_possible_are_left_out() {
    let page = day(vec![single("Gymmet", [Cell::Past, free(), Cell::Closed])]);
    assert!(!page.contains("17–18") && !page.contains("19–20"));
    assert!(page.contains("18–19"));
    assert!(page.contains("Tider som har passerat visas inte."));
}

#[test]
fn a_day_without_anything_says_so_and_what_to_do() {
    let page = day(vec![single("Gymmet", [Cell::Past, Cell::Past, Cell::Closed])]);
    assert!(page.contains("Inga tider att visa den här dagen") && page.contains("Välj en annan dag"));
    assert!(!page.contains("<table"));
}

#[test]
fn a_narrow_screen_shows_the_chosen_hall_and_leads_to_the_others() {
    let page = day(vec![
        hall([free(), free(), free()], [free(), free(), free()], [free(), free(), free()]),
        single("Gymmet", [Cell::Past, free(), free()]),
    ]);
    assert!(page.contains(r#"<a href="/f?hall=0" aria-current="page">Sporthallen A</a>"#));
    assert!(page.contains(r#"<a href="/f?hall=1">Gymmet</a>"#));
    assert_eq!(page.matches("not-chosen").count(), 1 + 3, "the other hall's head and cells");
}

#[test]
fn a_chosen_hall_that_does_not_exist_does_not_leave_a_narrow_screen_empty() {
    let halls = vec![single("Gymmet", [free(), free(), free()])];
    let schedule = ScheduleDay {
        lang: Lang::Sv,
        title: "Hallen".into(),
        strip: strip(),
        slots: slots(),
        halls,
        chosen_hall: 9,
        framed: false,
    };
    assert!(!schedule.render().into_string().contains("not-chosen"));
}

#[test]
fn the_strip_names_each_day_in_full_and_marks_the_chosen_one() {
    let page = day(vec![single("Gymmet", [free(), free(), free()])]);
    assert!(page.contains(
        r#"href="/f?day=26" aria-current="date"><span class="visually-hidden">Torsdag 26 nov</span>"#
    ));
    assert!(page.contains("1 ledig") && page.contains("fullt"));
    assert!(page.contains(r#"href="/f?day=30""#), "the way to the week after");
    assert!(page.contains("step-none"), "no way to a week that cannot be seen");
}

#[test]
fn a_week_has_its_days_across_and_names_them_in_every_cell() {
    let days = (0..7).map(|_| WeekDay {
        parts: 1,
        columns: vec![column("A1", "half A1", &[0], [free(), taken(), free()])],
    });
    let week = ScheduleWeek {
        lang: Lang::En,
        title: "The hall, A1".into(),
        strip: strip(),
        slots: slots(),
        days: days.collect(),
        framed: false,
    };
    let page = week.render().into_string();
    for day in ["Monday", "Thursday", "Sunday"] {
        assert!(page.contains(&format!("aria-label=\"{day} 17–18, half A1, free, 55 kr\"")), "{day}");
    }
    assert!(page.contains("Wed 25 Nov") && page.contains("The hall, A1, week 48"));
    assert_eq!(page.matches("not-chosen").count(), 6 * (1 + 3));
}

#[test]
fn rows_are_named_by_hours_and_by_minutes_where_they_matter() {
    let slot = |from: (i8, i8), to: (i8, i8)| Slot {
        start: time(from.0, from.1, 0, 0),
        end: time(to.0, to.1, 0, 0),
    };
    let heads = row_heads(Lang::Sv, &[slot((8, 0), (9, 0)), slot((18, 30), (19, 0)), slot((23, 0), (0, 0))]);
    assert_eq!(heads, ["08–09", "18.30–19", "23–24"]);
}

#[test]
fn a_week_of_a_hall_has_its_parts_beside_the_whole_under_each_day() {
    let hall =
        hall([because(&[0], "A1"), free(), free()], [taken(), free(), free()], [free(), free(), free()]);
    let days = (0..7).map(|_| WeekDay { parts: 2, columns: hall.columns.clone() });
    let week = ScheduleWeek {
        lang: Lang::Sv,
        title: "Sporthallen A".into(),
        strip: strip(),
        slots: slots(),
        days: days.collect(),
        framed: false,
    };
    let page = week.render().into_string();
    assert_eq!(page.matches(r#"scope="colgroup" colspan="3""#).count(), 7);
    assert!(page.contains("Torsdag 18–19, halva A2, ledig, 55 kr"));
    assert_eq!(page.matches("delvis upptagen (A1)").count(), 7);
    assert!(
        page.contains(r#"role="region" tabindex="0""#),
        "it is wider than a screen, so it can be scrolled"
    );
}

#[test]
fn within_another_sites_page_times_open_in_the_whole_window_and_days_do_not() {
    let schedule = ScheduleDay {
        lang: Lang::Sv,
        title: "Hallen".into(),
        strip: strip(),
        slots: slots(),
        halls: vec![single("Gymmet", [free(), mine(), taken()])],
        chosen_hall: 0,
        framed: true,
    };
    let page = schedule.render().into_string();
    assert_eq!(page.matches(r#" target="_top" data-cell"#).count(), 2);
    assert_eq!(page.matches("target=").count(), 2);
}

fn summary(of: i8, look: DayLook) -> Day {
    Day { date: date(2026, 11, of), href: format!("/f?day={of}"), look, closed: Vec::new() }
}

#[test]
fn a_month_says_of_each_day_how_much_is_free_and_what_is_closed() {
    let mut days = [23, 24, 25, 26, 27, 28, 29].map(|of| Some(summary(of, DayLook::Free { minutes: 870 })));
    days[0] = None;
    days[1] = Some(summary(24, DayLook::Past));
    days[4] = Some(summary(27, DayLook::Full));
    days[5] = Some(summary(28, DayLook::Closed));
    days[6].as_mut().unwrap().closed.push("Gymmet: vattenskada".into());
    let month = ScheduleMonth {
        lang: Lang::Sv,
        title: "Hallen".into(),
        month: THURSDAY,
        today: date(2026, 11, 25),
        weeks: vec![("/f?view=week&day=23".into(), days)],
        earlier: None,
        later: Some("/f?month=12".into()),
        now: None,
    };
    let page = month.render().into_string();
    assert!(page.contains("<caption class=\"visually-hidden\">Hallen, november 2026</caption>"));
    assert!(page.contains(r#"<span class="visually-hidden">Torsdag 26 nov, 14 tim ledigt</span>"#), "{page}");
    assert!(page.contains(
        r#"aria-current="date"><span class="visually-hidden">Onsdag 25 nov, i dag, 14 tim ledigt<"#
    ));
    assert!(page.contains(">Fredag 27 nov, fullt<") && page.contains("cell-taken"));
    assert!(page.contains(">Söndag 29 nov, 14 tim ledigt, Gymmet: vattenskada<"));
    assert!(page.contains("<li>Söndag 29 nov: Gymmet: vattenskada</li>"));
    assert!(
        page.contains(r#"<span class="visually-hidden">Vecka 48</span>"#) && page.contains("Måndag</span>")
    );
    assert!(!page.contains("/f?day=24\"") && !page.contains("/f?day=28\""), "nothing is to be found there");
    assert!(page.contains(r#"<a class="step" href="/f?month=12" rel="next">"#));
}

#[test]
fn a_week_of_many_resources_has_one_in_each_row_and_its_days_across() {
    let row = |name: &str, is_part| OverviewRow {
        name: name.into(),
        is_part,
        href: format!("/f?resource={name}"),
        full_name: format!("halva {name}"),
        days: (23..30).map(|of| summary(of, DayLook::Free { minutes: 45 })).collect(),
    };
    let week = ScheduleOverview {
        lang: Lang::Sv,
        title: "Hallen".into(),
        strip: strip(),
        rows: vec![row("A", false), row("A1", true)],
    };
    let page = week.render().into_string();
    assert!(page.contains(r#"<th class="is-part" scope="row"><a href="/f?resource=A1">A1</a></th>"#));
    assert!(page.contains("Torsdag 26 nov, halva A1, 45 min ledigt"));
    assert_eq!(page.matches("data-cell").count(), 14);
}

#[test]
fn what_follows_others_bookings_reads_the_schedule_alone_anew() {
    let page = live_schedule("/f/live?day=26", "/f?day=26", maud::html! { p { "Schemat" } }).into_string();
    assert!(page.contains(r#"sse-connect="/f/live?day=26""#));
    let wanted = r##"hx-get="/f?day=26" hx-trigger="sse:schedule" hx-select="#schedule-shown""##;
    assert!(page.contains(wanted), "{page}");
    assert!(page.contains(r#"role="status" sse-swap="schedule""#), "those who listen are told");
}
