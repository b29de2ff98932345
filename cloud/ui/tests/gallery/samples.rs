//! The pages of the gallery: every component, as the product uses it.

use cloud_ui::{
    Accent, AccessCode, Badge, Because, Button, Card, Cell, Checkbox, Column, DayEntry, DayList, DayStrip,
    DoorState, EmptyState, ErrorSummary, Facts, Field, Hall, Identity, Lang, LinkCard, MenuItem, Notice,
    OfflineCodes, OfflineEntry, OfflineShown, Page, Pagination, Presence, RadioGroup, ScheduleDay,
    ScheduleWeek, Select, Slot, StripDay, Table, Tabs, TenantLook, Tone, WeekDay, amount, date_words,
    post_button, qr_code, t,
};
use jiff::civil::{Date, date, time};
use maud::html;

const TODAY: Date = date(2026, 11, 26);

/// Every page of the gallery with its name.
pub(crate) fn all(lang: Lang) -> Vec<(&'static str, Page)> {
    vec![
        ("schedule-day", schedule_day(lang)),
        ("schedule-week", schedule_week(lang)),
        ("schedule-officer", schedule_officer(lang)),
        ("schedule-none", schedule_none(lang)),
        ("form", form(lang)),
        ("confirmation", confirmation(lang)),
        ("confirmation-silent", confirmation_silent(lang)),
        ("qr", qr(lang)),
        ("officers-day", officers_day(lang)),
        ("blocks", blocks(lang)),
    ]
}

/// The one of two texts that is in the reader's language.
fn say(lang: Lang, swedish: &str, english: &str) -> String {
    if lang == Lang::Sv { swedish.to_owned() } else { english.to_owned() }
}

fn page(lang: Lang, title: &str) -> Page {
    let tenant =
        TenantLook { name: "Österåker".into(), accent: Accent::parse("#0b6e4f").unwrap_or_default() };
    let menu = [
        MenuItem { label: t(lang, "facilities-title", &[]), href: "/facilities".into() },
        MenuItem { label: t(lang, "booking-mine-title", &[]), href: "/bookings".into() },
    ];
    Page::new(lang, &tenant, title).path("/facilities/7?day=2026-11-26").menu(&menu).demo(true).identity(
        Identity::Person {
            name: "Amira Holm".into(),
            acting_for: Some("Åkersberga innebandy".into()),
            change_acting_for: Some("/act-for".into()),
            sign_out: "/sign-out".into(),
        },
    )
}

fn strip(chosen: Date) -> DayStrip {
    let monday = date(2026, 11, 23);
    let days = monday
        .series(jiff::ToSpan::days(1))
        .take(7)
        .map(|day| StripDay {
            date: day,
            href: format!("/facilities/7?day={day}"),
            free: (day >= TODAY).then(|| u32::from(day.day().unsigned_abs()) % 7 * 3),
        })
        .collect();
    let link = |day: &str| Some(format!("/facilities/7?day={day}"));
    DayStrip {
        days,
        chosen,
        today: TODAY,
        earlier: None,
        later: link("2026-11-30"),
        now: None,
        beside: (None, None),
    }
}

/// 08 to 22, hour by hour.
fn hours() -> Vec<Slot> {
    (8..22).map(|hour| Slot { start: time(hour, 0, 0, 0), end: time(hour + 1, 0, 0, 0) }).collect()
}

fn column(lang: Lang, name: &str, full_name: &str, parts: &[u8], price_ore: i64, states: &str) -> Column {
    let cells = states
        .chars()
        .map(|state| match state {
            '.' => Cell::Free { href: "/book?slot=17".into(), price: Some(amount(lang, price_ore)) },
            'x' => Cell::Taken { label: None, href: None, because: None, watch: None },
            // One half is: `A1` or `A2` of `hela Sporthallen A`.
            half @ ('1' | '2') => {
                let names = format!("{}{half}", full_name.chars().last().unwrap_or_default());
                let parts = vec![u8::from(half == '2')];
                Cell::Taken { label: None, href: None, because: Some(Because { parts, names }), watch: None }
            }
            'm' => Cell::Mine { label: "Innebandy P13".into(), href: "/bookings/1042".into() },
            '-' => Cell::Closed,
            _ => Cell::Past,
        })
        .collect();
    Column {
        name: name.into(),
        full_name: full_name.into(),
        href: Some("/facilities/7?view=week".into()),
        parts: parts.into(),
        cells,
    }
}

fn halls(lang: Lang) -> Vec<Hall> {
    let whole = say(lang, "Hela", "Whole");
    let full = |name: &str| say(lang, &format!("hela {name}"), &format!("the whole of {name}"));
    let part = |name: &str| say(lang, &format!("halva {name}"), &format!("half {name}"));
    let hall = |name: &str, columns: Vec<Column>| Hall {
        name: name.into(),
        over: None,
        href: "/facilities/7?hall=2".into(),
        parts: if columns.len() > 1 { 2 } else { 1 },
        columns,
    };
    vec![
        hall(
            "Sporthallen A",
            vec![
                column(lang, &whole, &full("Sporthallen A"), &[0, 1], 42_000, "ppp11x2..1x2x-"),
                column(lang, "A1", &part("A1"), &[0], 26_000, "pppxxx...xx.x-"),
                column(lang, "A2", &part("A2"), &[1], 26_000, "ppp..xx...mmx-"),
            ],
        ),
        hall(
            "Sporthallen B",
            vec![
                column(lang, &whole, &full("Sporthallen B"), &[0, 1], 37_000, "ppp..1xx.1x..-"),
                column(lang, "B1", &part("B1"), &[0], 23_500, "ppp..xxx.xx..-"),
                column(lang, "B2", &part("B2"), &[1], 23_500, "ppp...xx..x..-"),
            ],
        ),
        hall("Gymmet", vec![column(lang, "Gymmet", "Gymmet", &[0], 10_550, "ppp....xx.....")]),
    ]
}

fn schedule_day(lang: Lang) -> Page {
    let schedule = ScheduleDay {
        lang,
        title: "Österåkers sportcentrum".into(),
        strip: strip(TODAY),
        slots: hours(),
        halls: halls(lang),
        chosen_hall: 0,
        framed: false,
    };
    page(lang, "Österåkers sportcentrum")
        .crumb(&t(lang, "facilities-title", &[]), "/facilities")
        .body(html! { (views(lang, 0)) (schedule) })
}

fn views(lang: Lang, current: usize) -> Tabs {
    Tabs::new(&t(lang, "booking-schedule-title", &[]))
        .tab(&t(lang, "booking-view-day", &[]), "/facilities/7?view=day", current == 0)
        .tab(&t(lang, "booking-view-week", &[]), "/facilities/7?view=week", current == 1)
}

fn schedule_week(lang: Lang) -> Page {
    let states = [
        "pppppppppppppp",
        "pppppppppppppp",
        "pppppppppppppp",
        "pppxxx...xx.x-",
        "xxxx.....mmx.-",
        "..xx..........",
        "--..xxxx....--",
    ];
    let days = states
        .into_iter()
        .map(|states| WeekDay {
            parts: 1,
            columns: vec![column(lang, "A1", &say(lang, "halva A1", "half A1"), &[0], 26_000, states)],
        })
        .collect();
    let schedule = ScheduleWeek {
        lang,
        title: "Österåkers sportcentrum, A1".into(),
        strip: strip(TODAY),
        slots: hours(),
        days,
        framed: false,
    };
    page(lang, "Sporthallen A, A1")
        .crumb(&t(lang, "facilities-title", &[]), "/facilities")
        .crumb("Österåkers sportcentrum", "/facilities/7")
        .body(html! { (views(lang, 1)) (schedule) })
}

fn schedule_officer(lang: Lang) -> Page {
    let mut halls = halls(lang);
    for column in halls.iter_mut().flat_map(|hall| &mut hall.columns) {
        for cell in &mut column.cells {
            if let Cell::Taken { label, href, .. } = cell {
                *label = Some("Roslagens handbollsklubb".into());
                *href = Some("/bookings/1001".into());
            }
        }
    }
    let schedule = ScheduleDay {
        lang,
        title: "Österåkers sportcentrum".into(),
        strip: strip(TODAY),
        slots: hours(),
        halls,
        chosen_hall: 1,
        framed: false,
    };
    page(lang, &say(lang, "Schemat som handläggaren ser det", "The schedule as the officer sees it"))
        .degraded(&say(
            lang,
            "Hallen är utan förbindelse sedan 14.02. Dörrarna fungerar, nya koder skickas när den är tillbaka.",
            "The hall has been without connection since 14:02. The doors work; new codes are sent when it is back.",
        ))
        .body(html! { (schedule) })
}

fn schedule_none(lang: Lang) -> Page {
    let schedule = ScheduleDay {
        lang,
        title: "Österåkers sportcentrum".into(),
        strip: strip(date(2026, 11, 23)),
        slots: hours(),
        halls: vec![Hall {
            name: "Gymmet".into(),
            over: None,
            href: "/facilities/7".into(),
            parts: 1,
            columns: vec![column(lang, "Gymmet", "Gymmet", &[0], 0, "pppppppppppppp")],
        }],
        chosen_hall: 0,
        framed: false,
    };
    page(lang, &say(lang, "En dag som har varit", "A day gone by")).body(html! { (schedule) })
}

fn form(lang: Lang) -> Page {
    let errors = ErrorSummary::new(lang)
        .error(
            "email",
            &say(
                lang,
                "Adressen saknar @. Skriv den som namn@exempel.se.",
                "The address has no @. Write it as name@example.com.",
            ),
        )
        .error("whom", &say(lang, "Välj vem du bokar för.", "Choose whom you book for."))
        .error(
            "terms",
            &say(lang, "Kryssa i att du har läst reglerna.", "Tick that you have read the rules."),
        );
    let body = html! {
        form method="post" action="/book" novalidate {
            (Field::text("purpose", &t(lang, "booking-purpose", &[])).hint(&say(lang, "Till exempel innebandy", "Floorball, for example")).value("Badminton").required())
            (Field::email("email", &say(lang, "E-post", "E-mail")).value("amira.example.se").required().error(errors.of("email")))
            (Field::telephone("telephone", &say(lang, "Telefon", "Telephone")).optional(lang))
            (RadioGroup::new("whom", &t(lang, "customers-acting-for-title", &[])).required().error(errors.of("whom"))
                .option_with_hint("me", &t(lang, "customers-myself", &[]), &say(lang, "Taxa 3, 380 kr i timmen", "Tariff 3, SEK 380 per hour"))
                .option_with_hint("club", "Åkersberga innebandy", &say(lang, "Taxa 1, 85 kr i timmen", "Tariff 1, SEK 85 per hour")))
            (Select::new("age", &say(lang, "Åldersgrupp", "Age group")).placeholder(lang).option("u13", "7–13").option("u20", "14–20").chosen("u20"))
            (Field::date("day", &say(lang, "Dag", "Day")).value("2026-11-27"))
            (Field::long_text("note", &say(lang, "Något vi bör veta?", "Anything we should know?")).optional(lang).value("Vi kommer med rullstol."))
            (Checkbox::new("terms", &say(lang, "Jag har läst hallens regler", "I have read the hall's rules")).required().error(errors.of("terms")))
            div.actions {
                (Button::primary(&t(lang, "booking-confirm", &[("count", &1)])))
                (Button::quiet(&t(lang, "ui-back", &[])).href("/facilities/7"))
            }
        }
    };
    page(lang, &t(lang, "booking-new-title", &[]))
        .crumb("Österåkers sportcentrum", "/facilities/7")
        .lead(&say(lang, "Tiden hålls åt dig till 14.32.", "The time is held for you until 14:32."))
        .errors(errors.clone())
        .body(body)
}

fn confirmation(lang: Lang) -> Page {
    let code = AccessCode {
        lang,
        code: "482913".into(),
        valid: say(lang, "torsdag 26 nov 17.50–20.00", "Thursday 26 Nov 17:50–20:00"),
        door: say(lang, "Entré söder", "South entrance"),
        state: DoorState::Known { since: Some(say(lang, "14.31", "14:31")) },
        events: Some("/bookings/1042/door".into()),
        offline: OfflineCodes { lang, entries: vec![] },
        offline_url: "/bookings/1042/access/offline".into(),
    };
    page(lang, &t(lang, "booking-confirmed-title", &[]))
        .crumb(&t(lang, "booking-mine-title", &[]), "/bookings")
        .notice(Notice::success(&say(lang, "Bokningen är klar. Vi har skickat en bekräftelse till din e-post.", "The booking is made. We have sent a confirmation to your e-mail.")))
        .body(html! {
            (code)
            (Facts::new()
                .row(&t(lang, "booking-time", &[]), say(lang, "torsdag 26 nov 18.00–20.00", "Thursday 26 Nov 18:00–20:00"))
                .row(&t(lang, "booking-place", &[]), say(lang, "Österåkers sportcentrum, halva A1", "Österåkers sportcentrum, half A1"))
                .row(&t(lang, "booking-number", &[]), "1042")
                .row(&t(lang, "booking-price", &[]), amount(lang, 11_000)))
            div.actions {
                (Button::quiet(&say(lang, "Lägg i kalendern", "Add to calendar")).href("/bookings/1042.ics"))
                (post_button("/bookings/1042/cancel", &Button::danger(&t(lang, "booking-cancel", &[])).about("1042")))
            }
        })
}

fn confirmation_silent(lang: Lang) -> Page {
    let valid = say(lang, "torsdag 26 nov 17.50–20.00", "Thursday 26 Nov 17:50–20:00");
    let door = say(lang, "Entré söder", "South entrance");
    let entry = OfflineEntry {
        time: None,
        valid: valid.clone(),
        door: door.clone(),
        shown: OfflineShown::Digits {
            code: "123456789012".into(),
            taken_from: Some(say(lang, "18.04", "18:04")),
        },
    };
    let code = AccessCode {
        lang,
        code: "482913".into(),
        valid,
        door,
        state: DoorState::Silent { since: say(lang, "17.58", "17:58") },
        events: Some("/bookings/1042/access/live?silent=true".into()),
        offline: OfflineCodes { lang, entries: vec![entry] },
        offline_url: "/bookings/1042/access/offline".into(),
    };
    page(lang, &t(lang, "booking-confirmed-title", &[])).body(html! { (code) })
}

fn qr(lang: Lang) -> Page {
    let label = t(lang, "booking-qr-label", &[("doors", &say(lang, "Entré söder", "South entrance"))]);
    let until = say(lang, "18.14", "18:14");
    page(lang, &t(lang, "booking-qr-title", &[])).body(html! {
        figure.qr-code {
            @if let Some(code) = qr_code(&"6BFOXN*TS0BI$ZD".repeat(17), &label) { (code) }
            figcaption { (t(lang, "booking-qr-until", &[("time", &until)])) }
        }
    })
}

fn officers_day(lang: Lang) -> Page {
    let at = |clock: &str| say(lang, clock, &clock.replace('.', ":"));
    let entry = |time: &str,
                 place: &str,
                 number: &str,
                 door: Option<DoorState>,
                 presence: Presence,
                 passages: u32| DayEntry {
        time: at(time),
        place: place.into(),
        customer: "Åkersberga innebandy".into(),
        more: Vec::new(),
        number: number.into(),
        href: Some(format!("/bookings/{number}")),
        note: None,
        door,
        presence,
        passages,
    };
    let known = Some(DoorState::Known { since: None });
    let entries = vec![
        entry("08.00–10.00", "Sporthallen A", "1031", known.clone(), Presence::NobodyCame, 0),
        entry(
            "16.00–18.00",
            "Sporthallen A, A1",
            "1040",
            known.clone(),
            Presence::Came { at: at("16.04") },
            12,
        ),
        entry("17.00–18.00", "Sporthallen B", "1041", known, Presence::NobodyYet, 0),
        entry("18.00–20.00", "Sporthallen A, A2", "1042", Some(DoorState::Preparing), Presence::NotBegun, 0),
        entry(
            "18.00–20.00",
            "Gymmet",
            "1043",
            Some(DoorState::Silent { since: at("14.02") }),
            Presence::NotBegun,
            0,
        ),
        entry("20.00–21.00", "Sporthallen B", "1044", Some(DoorState::Refused), Presence::NotBegun, 0),
        DayEntry {
            note: Some(
                Badge::new(Tone::Info, &t(lang, "booking-state-cancelled", &[])).icon(cloud_ui::Icon::Cross),
            ),
            ..entry("21.00–22.00", "Gymmet", "1045", None, Presence::NotBegun, 0)
        },
    ];
    let title = date_words(lang, TODAY, TODAY);
    page(lang, &t(lang, "booking-day-title", &[])).body(html! {
        (DayList { lang, title, entries })
        (DayList { lang, title: "Tom".into(), entries: vec![] })
    })
}

fn blocks(lang: Lang) -> Page {
    let tones = [Tone::Info, Tone::Good, Tone::Warning, Tone::Bad, Tone::Waiting, Tone::Mine];
    page(lang, &say(lang, "Byggstenar", "Building blocks")).lead(&say(lang, "Allt som sidor sätts ihop av.", "What pages are put together from.")).body(html! {
        (Notice::info(&say(lang, "Hallen stänger tidigare på julafton.", "The hall closes early on Christmas Eve.")))
        (Notice::success(&say(lang, "Bokningen är avbokad.", "The booking is cancelled.")))
        (Notice::warning(&t(lang, "booking-taken", &[])).more(&say(lang, "18.30 är ledig, och halva B samma tid.", "18:30 is free, and half B at the same time."))
            .action(Button::quiet(&say(lang, "Visa lediga tider", "Show free times")).href("/facilities/7")))
        (Notice::error(&say(lang, "Det gick inte att boka.", "The booking could not be made.")).more(&say(lang, "Inget är draget. Försök igen.", "Nothing was charged. Please try again.")))
        p { @for tone in tones { (Badge::new(tone, &say(lang, "Läge", "State"))) " " } }
        (LinkCard::list(&[
            LinkCard::new(&say(lang, "torsdag 26 nov 18.00–20.00", "Thursday 26 Nov 18:00–20:00"), "/bookings/1042").line("Österåkers sportcentrum, A1").line("Åkersberga innebandy")
                .badge(Badge::new(Tone::Good, &t(lang, "booking-state-confirmed", &[]))),
            LinkCard::new(&say(lang, "fredag 27 nov 18.00–19.00", "Friday 27 Nov 18:00–19:00"), "/bookings/1043").line("Gymmet").badge(Badge::new(Tone::Waiting, &t(lang, "booking-state-held", &[]))),
        ]))
        (Card::new("rules", &say(lang, "Regler", "Rules"), html! { p { (say(lang, "Inneskor. Plocka undan efter er. Sista man släcker.", "Indoor shoes. Tidy up. The last one turns off the light.")) } })
            .foot(html! { (Button::quiet(&t(lang, "ui-change", &[])).href("/rules")) }))
        (Table::new(&say(lang, "Taxor", "Tariffs"), &[&say(lang, "Hall", "Hall"), &say(lang, "Mått", "Size"), &say(lang, "Pris", "Price")])
            .row([html! { "Sporthallen A" }, html! { "42 × 23 m" }, html! { (amount(lang, 42_000)) }])
            .row([html! { "A1, A2" }, html! { "21 × 23 m" }, html! { (amount(lang, 26_000)) }]))
        (Pagination { lang, page: 2, pages: 7, href_before_number: "/bookings?page=".into() })
        (EmptyState::new(&t(lang, "booking-mine-empty", &[]), &t(lang, "booking-mine-empty-hint", &[])).action(Button::primary(&t(lang, "booking-book", &[])).href("/facilities")))
        p { (Button::quiet(&say(lang, "Lugn", "Quiet"))) " " (Button::danger(&say(lang, "Farlig", "Danger"))) }
    })
}
