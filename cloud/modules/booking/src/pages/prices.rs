//! What times cost: each of them, all together, and why.

use cloud_contracts::{Quote, QuoteLine};
use cloud_ui::{Facts, Lang, amount, duration, t};
use maud::{Markup, html};

/// Times shown without a tap at most: more are read by whoever wants to, so that terms and button are not a walk away.
const OPEN_MAX: usize = 12;

/// What it costs, with why.
pub fn price(lang: Lang, quote: Option<&Quote>) -> Markup {
    let Some(quote) = quote else { return html! { (total(lang, None)) } };
    html! {
        (total(lang, Some(quote.total_ore)))
        (why(lang, &summed(std::slice::from_ref(&Some(quote.clone())))))
    }
}

/// What each of several times costs, what all of them do, and why. A time is its words; the quotes are in the same order.
pub fn prices(lang: Lang, times: &[String], quotes: &[Option<Quote>], total_ore: Option<i64>) -> Markup {
    let each = |quote: Option<&Quote>| match quote {
        Some(quote) => amount(lang, quote.total_ore),
        None => t(lang, "booking-no-price-short", &[]),
    };
    let quote = |index: usize| quotes.get(index).and_then(Option::as_ref);
    html! {
        (total(lang, total_ore))
        (why(lang, &summed(quotes)))
        details #times open[times.len() <= OPEN_MAX] {
            summary { (t(lang, "booking-prices-each", &[("count", &times.len())])) }
            ol {
                @for (index, time) in times.iter().enumerate() { li { (time) " · " (each(quote(index))) } }
            }
        }
    }
}

/// What it costs in all.
fn total(lang: Lang, ore: Option<i64>) -> Facts {
    let label = t(lang, "booking-price", &[]);
    match ore {
        Some(ore) => Facts::new().row(&label, html! { strong { (amount(lang, ore)) } }),
        None => Facts::new().row(&label, t(lang, "booking-no-price", &[])),
    }
}

fn why(lang: Lang, lines: &[(QuoteLine, usize)]) -> Markup {
    html! {
        @if !lines.is_empty() {
            details {
                summary { (t(lang, "booking-why-price", &[])) }
                ul {
                    @for (line, count) in lines {
                        li {
                            @if *count > 1 { (t(lang, "booking-price-times", &[("count", count)])) " " }
                            (t(lang, "booking-price-line", &[
                                ("tariff", &line.tariff_name),
                                ("group", &line.group_name),
                                ("hour", &amount(lang, line.ore_per_hour)),
                                ("length", &duration(lang, line.minutes)),
                                ("amount", &amount(lang, line.amount_ore)),
                            ]))
                        }
                    }
                }
            }
        }
    }
}

/// The lines of all quotes, each once with how often, in the order in which they first come.
fn summed(quotes: &[Option<Quote>]) -> Vec<(QuoteLine, usize)> {
    let mut lines: Vec<(QuoteLine, usize)> = Vec::new();
    for line in quotes.iter().flatten().flat_map(|quote| &quote.lines) {
        match lines.iter_mut().find(|(known, _)| known == line) {
            Some((_, count)) => *count += 1,
            None => lines.push((line.clone(), 1)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quote(kinds: &[u8]) -> Quote {
        let line = |kind: &u8| QuoteLine {
            tariff_name: "Taxan".to_owned(),
            group_name: "Alla".to_owned(),
            ore_per_hour: i64::from(*kind) * 100,
            minutes: 60,
            amount_ore: i64::from(*kind) * 100,
        };
        let lines: Vec<QuoteLine> = kinds.iter().map(line).collect();
        Quote { total_ore: lines.iter().map(|line| line.amount_ore).sum(), lines }
    }

    #[test]
    fn thirty_times_at_one_price_say_why_once() {
        let quotes = vec![Some(quote(&[55])); 30];
        let lines = summed(&quotes);
        assert_eq!((lines.len(), lines[0].1), (1, 30));
        let page = why(Lang::default(), &lines).into_string();
        assert!(page.contains("30 gånger"), "{page}");
        // A time that has no price says so, and there is none for all of them.
        let times = ["i dag".to_owned(), "i morgon".to_owned()];
        let page = prices(Lang::default(), &times, &[Some(quote(&[55])), None], None).into_string();
        assert!(page.contains("i morgon · inget pris") && page.contains("i dag · 55"), "{page}");
    }

    proptest! {
        #[test]
        fn what_is_said_of_the_price_adds_up_to_it(
            quotes in prop::collection::vec(prop::option::of(prop::collection::vec(0_u8..5, 0..3)), 0..40),
        ) {
            let quotes: Vec<Option<Quote>> =
                quotes.iter().map(|kinds| kinds.as_deref().map(quote)).collect();
            let lines = summed(&quotes);
            let said: i64 = lines.iter().map(|(line, count)| line.amount_ore * i64::try_from(*count).unwrap()).sum();
            prop_assert_eq!(said, quotes.iter().flatten().map(|quote| quote.total_ore).sum::<i64>());
            for (index, (line, _)) in lines.iter().enumerate() {
                prop_assert!(lines[index + 1..].iter().all(|(other, _)| other != line));
            }
        }
    }
}
