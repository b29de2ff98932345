//! Records in words.

use cloud_contracts::{Fact, FactValue};
use cloud_ui::{Lang, When, amount, t};

/// What a type of information is called.
pub(crate) fn type_name(lang: Lang, key: &str) -> String {
    t(lang, &format!("records-type-{}", key.replace('.', "-")), &[])
}

/// What a fact says.
pub(crate) fn value(when: &When, fact: &Fact) -> String {
    match &fact.value {
        FactValue::Text(text) => text.clone(),
        FactValue::Term(key) => t(when.lang, key, &[]),
        FactValue::At(at) => when.day_and_clock(*at),
        FactValue::Span(from, to, place) => {
            let span = if from == to { when.day_and_clock(*from) } else { when.span(*from, *to) };
            if place.is_empty() { span } else { format!("{span}, {place}") }
        }
        FactValue::Ore(ore) => amount(when.lang, *ore),
    }
}
