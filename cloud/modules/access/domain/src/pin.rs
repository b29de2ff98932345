//! Six digits for a keypad.

use std::fmt;

use zeroize::Zeroize;

/// Digits of a code.
pub const PIN_DIGITS: usize = 6;
/// Numbers of six digits.
const PINS: u64 = 1_000_000;
/// Draws before giving up: about one code in 200 is too easy, so that a working generator never comes near.
const DRAWS_MAX: usize = 32;

/// A code: six digits that are not the first ones somebody would try. Never printed; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    /// Draws a code. `below(n)` gives a number in `0..n`, each as likely; `None` if it gives nothing but codes
    /// that are too easy.
    pub fn draw(mut below: impl FnMut(u64) -> u64) -> Option<Self> {
        (0..DRAWS_MAX).map(|_| below(PINS)).find_map(|number| Self::parse(&format!("{number:06}")))
    }

    /// Reads a code; `None` unless it is six digits, and not too easy.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u8> =
            text.bytes().map(|byte| byte.is_ascii_digit().then_some(byte)).collect::<Option<_>>()?;
        (digits.len() == PIN_DIGITS && !too_easy(&digits)).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// Whether somebody who guesses would begin here: at most two different digits, a run up or down, or a
/// pair or a triple repeated.
fn too_easy(digits: &[u8]) -> bool {
    let mut different = digits.to_vec();
    different.sort_unstable();
    different.dedup();
    let steps: Vec<u8> = digits.iter().zip(digits.iter().skip(1)).map(|(a, b)| step(*a, *b)).collect();
    let run = |by: u8| steps.iter().all(|step| *step == by);
    let repeats = |period: usize| digits.iter().zip(digits.iter().skip(period)).all(|(a, b)| a == b);
    different.len() <= 2 || run(1) || run(9) || repeats(2) || repeats(3)
}

/// From one digit to the next, modulo 10: 1 is up by one, 9 is down by one, so that 890123 is a run too.
fn step(from: u8, to: u8) -> u8 {
    to.wrapping_add(10).wrapping_sub(from) % 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_that_one_would_try_first_are_never_given() {
        for easy in ["000000", "111222", "123456", "654321", "890123", "210987", "121212", "481481", "998998"]
        {
            assert!(Pin::parse(easy).is_none(), "{easy}");
        }
        for good in ["482913", "000123", "190867", "112233"] {
            assert!(Pin::parse(good).is_some(), "{good}");
        }
        for odd in ["", "12345", "4829137", "48291a", "４８２９１３"] {
            assert!(Pin::parse(odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn few_codes_are_left_out() {
        // Every 97th number: coprime with 10, so that every digit turns up in every place.
        let tried: Vec<u64> = (0..PINS).step_by(97).collect();
        let given = tried.iter().filter(|number| Pin::parse(&format!("{number:06}")).is_some()).count();
        assert!(given * 100 > tried.len() * 99, "{given} of {}", tried.len());
    }

    #[test]
    fn a_broken_generator_gives_no_code_rather_than_an_easy_one() {
        assert!(Pin::draw(|_| 0).is_none());
    }

    #[test]
    fn a_code_is_not_printed() {
        assert_eq!(format!("{:?}", Pin::parse("482913").unwrap()), "Pin(..)");
    }

    proptest! {
        #[test]
        fn a_drawn_code_is_six_digits_and_reads_back(first in 0..PINS, step in 1..PINS) {
            let mut number = first;
            let pin = Pin::draw(|bound| { number = (number + step) % bound; number });
            if let Some(pin) = pin {
                prop_assert_eq!(pin.digits().len(), PIN_DIGITS);
                prop_assert_eq!(Pin::parse(pin.digits()), Some(pin.clone()));
            }
        }
    }
}
