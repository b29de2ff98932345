//! The texts of all modules, one Fluent file a module and language, compiled in.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::langid;

use crate::Lang;

macro_rules! texts {
    ($($module:literal),+ $(,)?) => {
        const SV: &[(&str, &str)] = &[$(($module, include_str!(concat!("../locales/sv/", $module, ".ftl")))),+];
        const EN: &[(&str, &str)] = &[$(($module, include_str!(concat!("../locales/en/", $module, ".ftl")))),+];
    };
}

// A key begins with its file's name and a hyphen, so that two modules cannot meet in one key.
texts!(
    "ui",
    "time",
    "kernel",
    "app",
    "facilities",
    "customers",
    "booking",
    "pricing",
    "access",
    "keys",
    "notifications",
    "search"
);

type Bundle = FluentBundle<FluentResource>;

static SWEDISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Lang::Sv));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Lang::En));

const fn sources(lang: Lang) -> &'static [(&'static str, &'static str)] {
    match lang {
        Lang::Sv => SV,
        Lang::En => EN,
    }
}

fn bundle(lang: Lang) -> Bundle {
    let locale = match lang {
        Lang::Sv => langid!("sv-SE"),
        Lang::En => langid!("en-GB"),
    };
    let mut bundle = Bundle::new_concurrent(vec![locale]);
    // The isolation marks would show up in mail subjects and be read by some screen readers.
    bundle.set_use_isolating(false);
    for (_, source) in sources(lang) {
        // What does not parse is left out here and fails the tests below, where it can be named.
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(rest, _)| rest);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// What can stand in a text: words and whole numbers (numbers choose the plural form).
pub trait Argument {
    /// The value as Fluent takes it.
    fn value(&self) -> FluentValue<'_>;
}

impl Argument for &str {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(*self)
    }
}

impl Argument for String {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_str())
    }
}

impl<T: Argument> Argument for &T {
    fn value(&self) -> FluentValue<'_> {
        (*self).value()
    }
}

macro_rules! number_arguments {
    ($($number:ty),+) => { $(impl Argument for $number {
        fn value(&self) -> FluentValue<'_> {
            FluentValue::from(*self)
        }
    })+ };
}

number_arguments!(u8, i8, u16, i16, u32, i32, u64, i64, usize);

/// The text `key` in `lang`, with its arguments: `t(lang, "booking-count", &[("count", &3)])`.
///
/// Write the key as a literal: the tests look for every such literal among the texts. A key or argument that is
/// missing all the same fails where debug assertions are on, and gives an empty text where they are not: a person
/// is never shown a key.
pub fn t(lang: Lang, key: &str, args: &[(&str, &dyn Argument)]) -> String {
    let bundle = match lang {
        Lang::Sv => &*SWEDISH,
        Lang::En => &*ENGLISH,
    };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        debug_assert!(false, "no text {key} in {}", lang.code());
        return String::new();
    };
    let args: FluentArgs<'_> = args.iter().map(|(name, argument)| (*name, argument.value())).collect();
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
    debug_assert!(errors.is_empty(), "text {key} in {}: {errors:?}", lang.code());
    text
}

#[cfg(test)]
mod tests;
