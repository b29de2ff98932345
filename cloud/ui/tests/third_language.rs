//! A third language comes from files alone: this process speaks one that no code knows of.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::sync::LazyLock;

use cloud_ui::{
    Accent, Cell, Column, DayStrip, Hall, Lang, LanguageError, LanguageFolder, Languages, Page, ScheduleDay,
    Slot, StripDay, TenantLook, Untranslated, amount, clock_time, date_words, t,
};
use jiff::civil::{date, time};
use maud::html;

/// Northern Sami, as far as somebody has come with it: the schedule's words and the days.
const LANGUAGE: &str = "
language-name = Davvisámegiella
language-locale = se-SE
language-clock-separator = :
language-thousands-separator = { \"\\u00A0\" }
language-money = { $amount }{ \"\\u00A0\" }ru
language-date = { $weekday } { $month } { $day }.
";
const TIME: &str = "
time-weekday = { $number ->
    [4] duorastat
   *[other] beaivi
}
time-month-short = { $number ->
    [11] skábma
   *[other] mánnu
}
";
const UI: &str = "
ui-skip = Njuike sisdollui
ui-cell-free = friddja
ui-legend-free = Friddja
ui-strip-free = { $count ->
    [one] okta
    [two] guokte
   *[other] { $count } friddja
}
ui-of-another-version = Ii oktage jeara dan
";

fn folder(files: &[(&str, &str)]) -> LanguageFolder {
    let files = files.iter().map(|(name, text)| (format!("se/{name}"), (*text).to_owned()));
    LanguageFolder { code: "se".to_owned(), files: files.collect() }
}

fn sami() -> LanguageFolder {
    folder(&[("language.ftl", LANGUAGE), ("time.ftl", TIME), ("ui.ftl", UI)])
}

/// The language, and what its folder left out.
static SAMI: LazyLock<(Lang, Untranslated)> = LazyLock::new(|| {
    let (languages, untranslated) = Languages::built_in().with(&sami()).unwrap();
    languages.install().unwrap();
    (Lang::parse("se").unwrap(), untranslated)
});

fn page(lang: Lang) -> String {
    let tenant = TenantLook { name: "Giron".into(), accent: Accent::default() };
    let day = date(2026, 11, 26);
    let schedule = ScheduleDay {
        lang,
        title: "Hallen".into(),
        strip: DayStrip {
            days: vec![StripDay { date: day, href: "/f".into(), free: Some(2) }],
            chosen: day,
            today: day,
            earlier: None,
            later: None,
            now: None,
            beside: (None, None),
        },
        slots: vec![Slot { start: time(18, 0, 0, 0), end: time(19, 0, 0, 0) }],
        halls: vec![Hall {
            name: "A".into(),
            over: None,
            href: "/f".into(),
            parts: 1,
            columns: vec![Column {
                name: "A".into(),
                full_name: "A".into(),
                href: None,
                parts: vec![0],
                cells: vec![Cell::Free { href: "/b".into(), price: Some(amount(lang, 125_050)) }],
            }],
        }],
        chosen_hall: 0,
        framed: false,
    };
    Page::new(lang, &tenant, "Hallen")
        .path("/facilities/hallen")
        .body(html! { (schedule) })
        .render()
        .into_string()
}

#[test]
fn a_page_is_said_in_the_language_of_the_files_and_the_rest_in_swedish() {
    let (lang, _) = *SAMI;
    let page = page(lang);
    assert!(page.contains("<html lang=\"se\">"));
    assert!(page.contains("Njuike sisdollui"));
    assert!(page.contains("Duorastat 18–19, A, friddja, 1\u{a0}250,50\u{a0}ru"), "{page}");
    assert!(page.contains("guokte"), "the plural forms are the language's own: {page}");
    assert!(page.contains("Så läser du schemat"), "what is not translated is said in Swedish");
}

#[test]
fn the_switch_offers_it_on_every_page_and_it_offers_the_others() {
    let (lang, _) = *SAMI;
    for (shown, others) in [(Lang::Sv, ["English", "Davvisámegiella"]), (lang, ["Svenska", "English"])] {
        let page = page(shown);
        for other in others {
            assert!(page.contains(&format!("rel=\"nofollow\">{other}</a>")), "{other}: {page}");
        }
    }
    assert!(
        page(Lang::Sv).contains("href=\"/language/se?next=/facilities/hallen\" lang=\"se\" hreflang=\"se\"")
    );
}

#[test]
fn a_browser_that_asks_for_it_gets_it() {
    let (lang, _) = *SAMI;
    assert_eq!(Lang::negotiate(Some("se-SE,se;q=0.9,sv;q=0.8")), lang);
    assert_eq!(Lang::negotiate(Some("nb,sv;q=0.8,se;q=0.5")), Lang::Sv);
    assert_eq!(Lang::all().count(), 3);
}

#[test]
fn dates_times_and_money_are_written_as_its_file_says() {
    let (lang, _) = *SAMI;
    assert_eq!(date_words(lang, date(2026, 11, 26), date(2026, 1, 1)), "duorastat skábma 26.");
    assert_eq!(clock_time(lang, time(9, 5, 0, 0)), "09:05");
    assert_eq!(amount(lang, -1_000_000), "\u{2212}10\u{a0}000\u{a0}ru");
    // What its file does not say is as in the language it falls back on.
    assert_eq!(lang.decimal_separator(), ",");
    assert_eq!(lang.direction(), "ltr");
    assert_eq!(date_words(lang, date(2027, 11, 25), date(2026, 1, 1)), "duorastat 25 skábma 2027");
    assert_eq!(t(lang, "ui-home", &[]), "Start");
}

#[test]
fn what_the_folder_leaves_out_and_what_nobody_asks_for_is_listed() {
    let untranslated = &SAMI.1;
    assert!(untranslated.missing.contains(&"ui-home".to_owned()));
    assert!(!untranslated.missing.contains(&"ui-skip".to_owned()));
    assert_eq!(untranslated.unknown, ["ui-of-another-version"]);
}

#[test]
fn it_may_fall_back_on_english() {
    let text = format!("{LANGUAGE}language-fallback = en\n");
    assert!(Languages::built_in().with(&folder(&[("language.ftl", &text)])).is_ok());
    let text = format!("{LANGUAGE}language-fallback = de\n");
    let refused = Languages::built_in().with(&folder(&[("language.ftl", &text)])).unwrap_err();
    assert_eq!(refused.to_string(), "language-fallback of se is \"de\", not sv or en");
}

#[test]
fn a_broken_file_is_refused_with_its_name_and_line() {
    let refusal = |name: &str, text: &str| {
        let files = folder(&[("language.ftl", LANGUAGE), (name, text)]);
        Languages::built_in().with(&files).unwrap_err().to_string()
    };
    assert!(refusal("ui.ftl", "ui-skip = A\n\nui-home = { $x ->\n").starts_with("se/ui.ftl:4: "));
    assert_eq!(refusal("ui.ftl", "ui-skip = A\nui-skip = B\n"), "se/ui.ftl:2: ui-skip stands twice");
    assert_eq!(
        refusal("ui.ftl", "ui-skip = A\nui-page-of = { $side }\n"),
        "se/ui.ftl:2: ui-page-of is given no argument $side"
    );
    assert_eq!(
        refusal("ui.ftl", "ui-skip = { -nobody }\n"),
        "se/ui.ftl:1: ui-skip refers to what is not there"
    );
}

#[test]
fn a_folder_that_is_no_language_is_refused() {
    let refusal = |folder: LanguageFolder| Languages::built_in().with(&folder).unwrap_err();
    assert_eq!(refusal(folder(&[("ui.ftl", UI)])), LanguageError::Nameless("se".to_owned()));
    for code in ["", "s", "SE", "se-SE", "../x", "abcd"] {
        let named = LanguageFolder { code: code.to_owned(), ..sami() };
        assert_eq!(refusal(named), LanguageError::Code(code.to_owned()));
    }
    let again = LanguageFolder { code: "en".to_owned(), ..sami() };
    assert_eq!(refusal(again), LanguageError::Again("en".to_owned()));
    let large = folder(&[("language.ftl", LANGUAGE), ("ui.ftl", &"# long\n".repeat(200_000))]);
    assert_eq!(refusal(large), LanguageError::TooLarge("se".to_owned()));
    let mut languages = Languages::built_in();
    for letter in 'a'..='n' {
        let one = LanguageFolder { code: format!("x{letter}"), ..sami() };
        (languages, _) = languages.with(&one).unwrap();
    }
    assert_eq!(languages.with(&sami()).unwrap_err(), LanguageError::TooMany);
}
