use super::*;

const FILE: &str = r#"
[[tariff]]
name = "Taxor"
valid_from = "2020-01-01"

[[tariff.group]]
code = "taxa-1"
name = "Taxa 1"

[[tariff.group]]
code = "taxa-3"
name = "Taxa 3"
default = true

[[tariff.rate]]
resources = ["solskiftet/hallen", "rydbo/hallen"]
kr_per_hour = { taxa-1 = 50, taxa-3 = "215.50" }
"#;

fn refusal(from: &str, to: &str) -> String {
    let text = FILE.replacen(from, to, 1);
    assert_ne!(text, FILE, "nothing was replaced");
    Document::parse(&text).unwrap_err().to_string()
}

/// Hall, then kronor an hour for each group in order; 0 where the list is silent.
type Published<'a> = [(&'a str, &'a [i64])];

fn as_published(text: &str, tariff: &str, groups: &[&str], published: &Published<'_>) {
    let document = Document::parse(text).unwrap();
    let tariff = document.tariffs.iter().find(|entry| entry.name == tariff).unwrap();
    assert_eq!(tariff.groups.iter().map(|group| group.code.as_str()).collect::<Vec<_>>(), groups);
    let figures: usize =
        published.iter().map(|(_, row)| row.iter().filter(|kronor| **kronor > 0).count()).sum();
    assert_eq!(tariff.rates.len(), figures, "the list has figures that were not published");
    for (hall, row) in published {
        for (group, kronor) in groups.iter().zip(*row) {
            let found =
                tariff.rates.iter().find(|rate| rate.resource.to_string() == *hall && rate.group == *group);
            let ore = found.map(|rate| rate.ore_per_hour);
            assert_eq!(ore, (*kronor > 0).then_some(kronor * 100), "{hall}, {group}");
        }
    }
}

#[test]
fn every_figure_of_osterakers_list_is_as_published() {
    as_published(
        include_str!("../../../../../../deploy/demo-data/osteraker/tariffs.toml"),
        "Hallar och taxor 2020",
        &["taxa-1", "taxa-2", "taxa-3", "taxa-4", "idrottsevenemang"],
        &[
            ("hacksta/hallen", &[85, 190, 380, 200, 240]),
            ("skargardsstadshallen/hallen", &[85, 190, 380, 200, 235]),
            ("osterskar/hallen", &[50, 110, 215, 110, 220]),
            ("ljustero/hallen", &[50, 110, 215, 110, 220]),
            ("roslagskulla/hallen", &[50, 110, 215, 110, 220]),
            ("rydbo/hallen", &[50, 110, 215, 110, 220]),
            ("solskiftet/hallen", &[50, 110, 215, 110, 220]),
            ("sora/b", &[50, 110, 215, 110, 220]),
            ("berga/hallen", &[50, 110, 215, 110, 220]),
            ("margretelund/hallen", &[50, 110, 215, 110, 220]),
            ("sjokarby/hallen", &[50, 110, 215, 110, 220]),
            ("sora/a", &[85, 185, 380, 200, 230]),
            ("trasattra/hallen", &[85, 185, 380, 200, 230]),
            ("akerstorp/hallen", &[45, 85, 175, 85, 220]),
            ("sportcentrum/a", &[95, 210, 420, 220, 230]),
            ("sportcentrum/b", &[85, 185, 370, 190, 220]),
            ("sportcentrum/a1", &[55, 125, 260, 125, 0]),
            ("sportcentrum/a2", &[55, 125, 260, 125, 0]),
            ("sportcentrum/b1", &[50, 115, 235, 115, 0]),
            ("sportcentrum/b2", &[50, 115, 235, 115, 0]),
        ],
    );
}

#[test]
fn every_figure_of_vaxholms_two_lists_is_as_published() {
    let text = include_str!("../../../../../../deploy/demo-data/vaxholm/tariffs.toml");
    as_published(
        text,
        "Hyror 2021",
        &["foretag", "forening"],
        &[
            ("campus/sporthallen", &[340, 120]),
            ("campus/ishallen", &[1500, 100]),
            ("campus/spegelsalen", &[240, 100]),
            ("rindo/hallen", &[230, 80]),
            ("resaro/salen", &[210, 80]),
        ],
    );
    as_published(
        text,
        "Hyror 2023",
        &["foretag", "forening", "privatperson"],
        &[
            ("campus/sporthallen", &[634, 126, 476]),
            ("campus/ishallen", &[1587, 105, 0]),
            ("campus/spegelsalen", &[317, 105, 0]),
            ("rindo/hallen", &[370, 105, 253]),
            ("resaro/salen", &[317, 84, 227]),
        ],
    );
}

#[test]
fn a_private_person_in_osteraker_pays_by_tariff_three() {
    let osteraker =
        Document::parse(include_str!("../../../../../../deploy/demo-data/osteraker/tariffs.toml")).unwrap();
    let default: Vec<_> = osteraker.tariffs[0].groups.iter().filter(|group| group.is_default).collect();
    assert_eq!(default.iter().map(|group| group.code.as_str()).collect::<Vec<_>>(), ["taxa-3"]);
}

#[test]
fn one_rate_may_hold_for_several_halls() {
    let document = Document::parse(FILE).unwrap();
    let rates: Vec<_> = document.tariffs[0]
        .rates
        .iter()
        .map(|rate| (rate.resource.to_string(), rate.group.as_str(), rate.ore_per_hour))
        .collect();
    assert_eq!(
        rates,
        [
            ("solskiftet/hallen".to_owned(), "taxa-1", 5000),
            ("solskiftet/hallen".to_owned(), "taxa-3", 21550),
            ("rydbo/hallen".to_owned(), "taxa-1", 5000),
            ("rydbo/hallen".to_owned(), "taxa-3", 21550),
        ]
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let rate = "tariff \"Taxor\", rate of \"solskiftet/hallen\": ";
    for (from, to, told) in [
        ("taxa-1 = 50", "taxa-9 = 50", format!("{rate}\"taxa-9\" is not among the tariff's groups")),
        ("taxa-1 = 50", "taxa-1 = -50", format!("{rate}the price for \"taxa-1\"")),
        ("taxa-1 = 50", "taxa-1 = 1000001", format!("{rate}the price for \"taxa-1\"")),
        ("215.50", "215.505", format!("{rate}the price for \"taxa-3\"")),
        ("215.50", "215,50", format!("{rate}the price for \"taxa-3\"")),
        ("rydbo/hallen", "solskiftet/hallen", format!("{rate}stands twice")),
        ("rydbo/hallen", "rydbo", "tariff \"Taxor\", rate of \"rydbo\": must be two".to_owned()),
        (
            "code = \"taxa-3\"",
            "code = \"taxa-1\"",
            "tariff \"Taxor\", group \"taxa-1\": stands twice".to_owned(),
        ),
        (
            "code = \"taxa-1\"",
            "code = \"taxa-1\"\ndefault = true",
            "tariff \"Taxor\", group \"taxa-3\": is the second".to_owned(),
        ),
        (
            "\"2020-01-01\"",
            "\"2020-01-01\"\nvalid_to = \"2019-12-31\"",
            "tariff \"Taxor\": valid_to".to_owned(),
        ),
    ] {
        let said = refusal(from, to);
        assert!(said.starts_with(&told), "{said}\ninstead of {told}");
    }
}

#[test]
fn two_lists_of_one_day_may_not_price_the_same_hall() {
    let twice = format!("{FILE}{}", FILE.replace("\"Taxor\"", "\"Andra taxor\""));
    let said = Document::parse(&twice).unwrap_err().to_string();
    assert!(said.starts_with("tariff \"Andra taxor\": \"solskiftet/hallen\" has a price"), "{said}");
    let later = format!("{FILE}{}", FILE.replace("2020-01-01", "2021-01-01"));
    assert_eq!(Document::parse(&later).unwrap().tariffs.len(), 2);
}

#[test]
fn an_unknown_key_or_an_impossible_date_is_refused_with_its_line() {
    for (from, to) in
        [("kr_per_hour", "ore_per_hour"), ("2020-01-01", "2020-02-30"), ("taxa-1 = 50", "taxa-1 = 50.5")]
    {
        let said = refusal(from, to);
        assert!(said.contains("line "), "{said}");
    }
}

#[test]
fn the_test_municipalitys_list_can_be_read() {
    Document::parse(include_str!("../../../../../../deploy/demo-data/provhallen/tariffs.toml")).unwrap();
}

proptest::proptest! {
    #[test]
    fn any_file_cut_short_is_read_or_refused(cut in 0..FILE.len()) {
        drop(Document::parse(&FILE[..cut]));
    }

    #[test]
    fn kronor_and_ore_are_read_exactly(kronor in 0i64..1_000_000, ore in 0i64..100) {
        let written = Kronor::Written(format!("{kronor}.{ore:02}"));
        proptest::prop_assert_eq!(written.ore(), Some(kronor * 100 + ore));
    }
}
