//! The tenant's one colour, made readable on both grounds.

use std::fmt;

/// Contrast that text needs against its ground (WCAG 2.2, success criterion 1.4.3).
const CONTRAST_MIN: f64 = 4.5;

/// Grounds text in the accent colour stands on; the same values as `--ground` and `--raised` in `hallport.css`.
const LIGHT_GROUNDS: [Rgb; 2] = [Rgb(255, 255, 255), Rgb(246, 247, 249)];
const DARK_GROUNDS: [Rgb; 2] = [Rgb(19, 21, 26), Rgb(29, 32, 39)];

const BLACK: Rgb = Rgb(0, 0, 0);
const WHITE: Rgb = Rgb(255, 255, 255);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rgb(u8, u8, u8);

/// The colour a tenant is recognised by, as it was chosen (it may be unreadable; [`accent_css`] sees to that).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent(Rgb);

impl Default for Accent {
    /// A calm blue.
    fn default() -> Self {
        Self(Rgb(0x1f, 0x5f, 0x99))
    }
}

impl Accent {
    /// Reads `#1f5f99` or `1f5f99`; `None` for anything else.
    pub fn parse(hex: &str) -> Option<Self> {
        let digits = hex.strip_prefix('#').unwrap_or(hex);
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let channel = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Self(Rgb(channel(0)?, channel(2)?, channel(4)?)))
    }

    /// Six lower-case hexadecimal digits.
    pub fn hex(self) -> String {
        format!("{:02x}{:02x}{:02x}", self.0.0, self.0.1, self.0.2)
    }
}

/// The style sheet that sets a tenant's colours, for light and dark; `None` when `hex` is no colour.
///
/// `--accent` is readable (4.5 : 1) on the page's grounds and under `--on-accent`; `--accent-soft` is a ground for
/// what is mine, on which both `--accent` and the page's ordinary text are readable.
pub fn accent_css(hex: &str) -> Option<String> {
    let chosen = Accent::parse(hex)?.0;
    let light = Shades::new(chosen, LIGHT_GROUNDS, BLACK);
    let dark = Shades::new(chosen, DARK_GROUNDS, WHITE);
    Some(format!(
        ":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\
         @media screen{{:root[data-theme=dark]{{{dark}}}}}"
    ))
}

struct Shades {
    accent: Rgb,
    on_accent: Rgb,
    soft: Rgb,
}

impl Shades {
    /// Moves the colour towards `ink` (black on light grounds, white on dark ones) until it can be read on every
    /// ground and on its own soft ground, and something can be read on it.
    fn new(chosen: Rgb, grounds: [Rgb; 2], ink: Rgb) -> Self {
        let [ground, raised] = grounds;
        // At 100 percent the accent is pure ink, which is readable everywhere: the search always finds one.
        let mut shades = Self { accent: ink, on_accent: ground, soft: raised };
        for percent in 0..=100 {
            let accent = mix(chosen, ink, percent);
            let on_accent = if contrast(accent, WHITE) >= contrast(accent, BLACK) { WHITE } else { BLACK };
            let soft = mix(ground, accent, 12);
            shades = Self { accent, on_accent, soft };
            if shades.readable_on(&grounds) {
                break;
            }
        }
        shades
    }

    fn readable_on(&self, grounds: &[Rgb]) -> bool {
        grounds
            .iter()
            .chain([&self.soft, &self.on_accent])
            .all(|ground| contrast(self.accent, *ground) >= CONTRAST_MIN)
    }
}

impl fmt::Display for Shades {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = |rgb: Rgb| Accent(rgb).hex();
        write!(
            f,
            "--accent:#{};--on-accent:#{};--accent-soft:#{}",
            hex(self.accent),
            hex(self.on_accent),
            hex(self.soft)
        )
    }
}

/// `percent` of `to` in `from`.
fn mix(from: Rgb, to: Rgb, percent: u16) -> Rgb {
    let channel = |from: u8, to: u8| {
        let sum = u16::from(from) * (100 - percent) + u16::from(to) * percent;
        u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
    };
    Rgb(channel(from.0, to.0), channel(from.1, to.1), channel(from.2, to.2))
}

/// Contrast ratio, 1 to 21 (WCAG 2.2, definition of contrast ratio).
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Relative luminance, 0 to 1 (WCAG 2.2, definition of relative luminance).
fn luminance(Rgb(red, green, blue): Rgb) -> f64 {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const TEXT_LIGHT: Rgb = Rgb(0x1b, 0x1e, 0x24);
    const TEXT_DARK: Rgb = Rgb(0xe8, 0xea, 0xee);

    #[test]
    fn the_contrast_formula_gives_the_known_values() {
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 1e-9);
        assert!((contrast(Rgb(0x76, 0x76, 0x76), WHITE) - 4.54).abs() < 0.01);
        assert!((contrast(WHITE, WHITE) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn any_colour_becomes_readable_in_light_and_dark() {
        let steps = [0, 51, 102, 153, 204, 255];
        for red in steps {
            for green in steps {
                for blue in steps {
                    let chosen = Rgb(red, green, blue);
                    for (grounds, ink, text) in
                        [(LIGHT_GROUNDS, BLACK, TEXT_LIGHT), (DARK_GROUNDS, WHITE, TEXT_DARK)]
                    {
                        let shades = Shades::new(chosen, grounds, ink);
                        for ground in grounds.into_iter().chain([shades.soft, shades.on_accent]) {
                            let ratio = contrast(shades.accent, ground);
                            assert!(
                                ratio >= CONTRAST_MIN,
                                "{chosen:?} as {:?} on {ground:?}: {ratio:.2}",
                                shades.accent
                            );
                        }
                        let ratio = contrast(text, shades.soft);
                        assert!(ratio >= CONTRAST_MIN, "text on the soft ground of {chosen:?}: {ratio:.2}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_readable_colour_is_left_as_it_was_chosen() {
        assert!(accent_css("#1f5f99").unwrap().starts_with(":root{--accent:#1f5f99;--on-accent:#ffffff"));
    }

    #[test]
    fn the_grounds_are_those_of_the_style_sheet() {
        let css = include_str!("../assets/hallport.css");
        for colour in LIGHT_GROUNDS.into_iter().chain(DARK_GROUNDS).chain([TEXT_LIGHT, TEXT_DARK]) {
            assert!(css.contains(&Accent(colour).hex()), "{}", Accent(colour).hex());
        }
    }

    /// The colours that a block of the style sheet sets, by their names.
    fn colours_after(start: &str) -> BTreeMap<&'static str, Rgb> {
        let css = include_str!("../assets/hallport.css");
        let (_, block) = css.split_once(start).unwrap();
        let (block, _) = block.split_once('}').unwrap();
        let colour = |line: &'static str| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(':')?;
            Some((name, Accent::parse(value.trim().trim_end_matches(';'))?.0))
        };
        block.lines().filter_map(colour).collect()
    }

    #[test]
    fn dark_is_the_same_whether_it_was_chosen_or_is_the_systems() {
        let chosen = colours_after(":root[data-theme=\"dark\"] {");
        assert_eq!(chosen, colours_after(":root:not([data-theme=\"light\"]) {"));
        assert!(chosen.len() > 10, "{chosen:?}");
    }

    #[test]
    fn text_and_controls_can_be_told_from_their_grounds_in_light_and_dark() {
        for colours in [colours_after(":root {"), colours_after(":root[data-theme=\"dark\"] {")] {
            let ratio = |one: &str, other: &str| contrast(colours[one], colours[other]);
            let text = [
                ("text", "ground"),
                ("text", "raised"),
                ("text", "taken"),
                ("text", "good-soft"),
                ("text", "warning-soft"),
                ("text", "bad-soft"),
                ("quiet", "ground"),
                ("quiet", "raised"),
                ("quiet", "taken"),
                ("good", "ground"),
                ("good", "raised"),
                ("good", "good-soft"),
                ("warning", "ground"),
                ("warning", "raised"),
                ("warning", "warning-soft"),
                ("bad", "ground"),
                ("bad", "raised"),
                ("bad", "bad-soft"),
            ];
            for (one, other) in text {
                assert!(ratio(one, other) >= CONTRAST_MIN, "{one} on {other}: {:.2}", ratio(one, other));
            }
            // Edges of fields and cells, and the stripes of what is taken (WCAG 2.2, 1.4.11).
            for ground in ["ground", "raised", "taken"] {
                assert!(
                    ratio("line-strong", ground) >= 3.0,
                    "edges on {ground}: {:.2}",
                    ratio("line-strong", ground)
                );
            }
        }
    }

    #[test]
    fn only_six_hexadecimal_digits_are_a_colour() {
        assert_eq!(Accent::parse("#0B5fa5").map(Accent::hex).as_deref(), Some("0b5fa5"));
        for wrong in ["", "#fff", "0b5fa", "+b5fa5", "0b5fa5}", "öööö"] {
            assert_eq!(Accent::parse(wrong), None, "{wrong}");
            assert_eq!(accent_css(wrong), None, "{wrong}");
        }
    }
}
