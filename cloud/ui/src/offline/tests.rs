use maud::Render;

use super::*;
use crate::CONTENT_SECURITY_POLICY;

fn codes(shown: OfflineShown) -> String {
    let entry = OfflineEntry {
        time: None,
        valid: "torsdag 26 nov 17.50–20.00".into(),
        door: "Entré söder".into(),
        shown,
    };
    OfflineCodes { lang: Lang::Sv, entries: vec![entry] }.render().into_string()
}

#[test]
fn an_off_line_code_is_seen_in_fours_and_read_out_digit_by_digit() {
    let page = codes(OfflineShown::Digits { code: "123456789012".into(), taken_from: None });
    for text in [
        "Använd den här koden så länge",
        "<span aria-hidden=\"true\">1234 5678 9012</span>",
        "<span class=\"visually-hidden\">1 2 3 4 5 6 7 8 9 0 1 2</span>",
        "data-offline-code=\"123456789012\"",
        "alla tolv siffrorna och sedan #",
        "torsdag 26 nov 17.50–20.00",
        "Entré söder",
    ] {
        assert!(page.contains(text), "{text} is missing: {page}");
    }
    assert!(!page.contains("tar emot koden från"));
    let later = codes(OfflineShown::Digits { code: "123456789012".into(), taken_from: Some("18.04".into()) });
    assert!(later.contains("tar emot koden från 18.04"));
}

#[test]
fn without_a_code_the_page_says_why_and_shows_no_digits() {
    for (shown, words) in
        [(OfflineShown::TooLong, "längre än ett dygn"), (OfflineShown::NoneLeft, "inga fler sådana koder")]
    {
        let page = codes(shown);
        assert!(page.contains(words), "{page}");
        assert!(!page.contains("data-offline-code") && !page.contains("så länge"));
    }
    assert_eq!(OfflineCodes { lang: Lang::Sv, entries: vec![] }.render().into_string(), "");
}

#[test]
fn several_times_have_a_heading_each() {
    let entry = |time: &str| OfflineEntry {
        time: Some(time.into()),
        valid: String::new(),
        door: String::new(),
        shown: OfflineShown::Digits { code: "123456789012".into(), taken_from: None },
    };
    let page = OfflineCodes { lang: Lang::En, entries: vec![entry("Thursday"), entry("Friday")] }
        .render()
        .into_string();
    assert!(page.contains("<h4>Thursday</h4>") && page.contains("<h4>Friday</h4>"));
}

/// The modules as the picture paints them, quiet zone included.
fn painted(svg: &str) -> (usize, Vec<bool>) {
    let between = |from: &str, to: &str| {
        let rest = &svg[svg.find(from).unwrap() + from.len()..];
        rest[..rest.find(to).unwrap()].to_owned()
    };
    let edge: usize = between("viewBox=\"0 0 ", " ").parse().unwrap();
    let mut modules = vec![false; edge * edge];
    for run in between(" d=\"M", "\"").trim_end_matches('z').split("zM") {
        let (at, run) = run.split_once('h').unwrap();
        let (x, y) = at.split_once(' ').unwrap();
        let length: usize = run.split_once('v').unwrap().0.parse().unwrap();
        let start = y.parse::<usize>().unwrap() * edge + x.parse::<usize>().unwrap();
        modules[start..start + length].fill(true);
    }
    (edge, modules)
}

#[test]
fn a_qr_code_is_painted_module_by_module_with_a_quiet_zone() {
    let text = "0A1B2C3D".repeat(32);
    let svg = qr_code(&text, "QR-kod till Entré söder").unwrap().into_string();
    let (edge, modules) = painted(&svg);
    let code = qrcode::QrCode::with_error_correction_level(&text, EcLevel::M).unwrap();
    assert_eq!(edge, code.width() + 8);
    for y in 0..edge {
        for x in 0..edge {
            let inside = (4..edge - 4).contains(&x) && (4..edge - 4).contains(&y);
            let dark = inside && code[(x - 4, y - 4)] == Color::Dark;
            assert_eq!(modules[y * edge + x], dark, "at {x}, {y}");
        }
    }
    // A finder pattern stands in its corner, whatever the library says.
    let row: String = (4..11).map(|x| if modules[4 * edge + x] { '#' } else { '.' }).collect();
    assert_eq!(row, "#######");
}

#[test]
fn a_qr_code_has_a_name_its_own_colours_and_nothing_that_the_policy_refuses() {
    let svg = qr_code("ABC", "QR-kod till \"söder\"").unwrap().into_string();
    assert!(svg.contains(r#"role="img" aria-label="QR-kod till &quot;söder&quot;""#));
    assert!(svg.contains("fill=\"#fff\"") && svg.contains("fill=\"#000\""));
    assert!(CONTENT_SECURITY_POLICY.contains("style-src 'self'"));
    assert!(!svg.contains("style=") && !svg.contains("<style") && !svg.contains("<script"));
    assert!(!svg.contains("ABC"), "the text is in the picture alone");
}

#[test]
fn what_no_qr_code_holds_is_none() {
    assert!(qr_code(&"A".repeat(8000), "för lång").is_none());
}
