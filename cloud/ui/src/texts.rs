//! The texts of all modules, one Fluent file a module and language.

use fluent_bundle::{FluentArgs, FluentValue};

use crate::Lang;
use crate::languages::spoken;

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

/// The text `key` in `lang`, with its arguments: `t(lang, "booking-count", &[("count", &3)])`. What a language does
/// not have is said in the one it falls back on.
///
/// Write the key as a literal: the tests look for every such literal among the texts. A key or argument that is
/// missing all the same fails where debug assertions are on, and gives an empty text where they are not: a person
/// is never shown a key.
pub fn t(lang: Lang, key: &str, args: &[(&str, &dyn Argument)]) -> String {
    let args: FluentArgs<'_> = args.iter().map(|(name, argument)| (*name, argument.value())).collect();
    let Some((text, whole)) = spoken().text(lang, key, &args) else {
        debug_assert!(false, "no text {key} in {}", lang.code());
        return String::new();
    };
    debug_assert!(whole, "an argument of {key} in {} is missing: {text}", lang.code());
    text
}

#[cfg(test)]
mod tests;
