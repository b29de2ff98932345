//! The languages that this process speaks: those compiled in from `locales`, and those an operator has added.
//!
//! A language is a folder of Fluent files named after its code. `language.ftl` has its name and how it writes numbers,
//! times of day, dates and money; the other files have the texts of a module each. What a folder does not have is said
//! in the language that it falls back on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;
use unic_langid::LanguageIdentifier;

use crate::Lang;

include!(concat!(env!("OUT_DIR"), "/locales.rs"));

type Bundle = FluentBundle<FluentResource>;

/// Languages at most: the switch on each page shows all of them.
const LANGUAGES_MAX: usize = 16;
/// Bytes of a folder's files together at most: ten times what Swedish takes.
const FOLDER_BYTES_MAX: usize = 1024 * 1024;
/// Stands for the amount while the text around it is found out.
const AMOUNT: &str = "\u{FFFC}";

static SPOKEN: OnceLock<Languages> = OnceLock::new();

/// What this process speaks. Without [`Languages::install`], what is compiled in.
pub(crate) fn spoken() -> &'static Languages {
    SPOKEN.get_or_init(Languages::built_in)
}

/// A folder with a language in it, read but not yet understood.
#[derive(Debug, Clone)]
pub struct LanguageFolder {
    /// The folder's name: the language's code (ISO 639), such as `fi` or `sme`.
    pub code: String,
    /// Its files: path, for messages, and text.
    pub files: Vec<(String, String)>,
}

/// What a folder leaves to another language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untranslated {
    /// The language's code.
    pub code: String,
    /// Texts that it lacks, by key.
    pub missing: Vec<String>,
    /// Texts that nobody asks for: misspelt, or of another version.
    pub unknown: Vec<String>,
}

/// Why a folder is no language.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LanguageError {
    /// Its name.
    #[error("the folder {0:?} is not named by a language's code, two or three letters a–z")]
    Code(String),
    /// Another has its code.
    #[error("the language {0} is there already")]
    Again(String),
    /// The switch would be endless.
    #[error("there are more than {LANGUAGES_MAX} languages")]
    TooMany,
    /// Its files.
    #[error("the files of {0} are more than {FOLDER_BYTES_MAX} bytes together")]
    TooLarge(String),
    /// Not Fluent.
    #[error("{path}:{line}: {what}")]
    Fluent {
        /// Which file.
        path: String,
        /// Where in it, from 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// Its own name is missing, so that nobody could choose it.
    #[error("{0} has no text language-name")]
    Nameless(String),
    /// A value that says how the language is written.
    #[error("{key} of {code} is {value:?}, not {wanted}")]
    Value {
        /// The language's code.
        code: String,
        /// Which.
        key: &'static str,
        /// What it is.
        value: String,
        /// What it could be.
        wanted: &'static str,
    },
}

/// One language.
pub(crate) struct Language {
    pub(crate) code: String,
    pub(crate) own_name: String,
    pub(crate) right_to_left: bool,
    pub(crate) clock_separator: String,
    pub(crate) decimal_separator: String,
    pub(crate) thousands_separator: String,
    /// What stands before and after an amount of money.
    pub(crate) money: (String, String),
    fallback: Lang,
    bundle: Bundle,
}

/// The languages that this process speaks.
#[must_use = "languages are spoken when they are installed"]
pub struct Languages(Vec<Language>);

impl std::fmt::Debug for Languages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|language| &language.code)).finish()
    }
}

impl Languages {
    /// Those compiled in.
    pub fn built_in() -> Self {
        let mut languages = Self(Vec::new());
        for (code, files) in BUILT_IN {
            // What does not parse is left out here and fails the tests, where it can be named.
            let language = languages.language(code, bundle(code, files.iter().map(|(_, text)| *text)));
            languages.0.push(language);
        }
        languages
    }

    /// One more, from a folder; and what it leaves to the language that it falls back on.
    pub fn with(mut self, folder: &LanguageFolder) -> Result<(Self, Untranslated), LanguageError> {
        let code = folder.code.as_str();
        if !(2..=3).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err(LanguageError::Code(code.to_owned()));
        }
        if self.0.iter().any(|language| language.code == code) {
            return Err(LanguageError::Again(code.to_owned()));
        }
        if self.0.len() >= LANGUAGES_MAX {
            return Err(LanguageError::TooMany);
        }
        if folder.files.iter().map(|(_, text)| text.len()).sum::<usize>() > FOLDER_BYTES_MAX {
            return Err(LanguageError::TooLarge(code.to_owned()));
        }
        let known = texts_of(Lang::Sv);
        let mut found = BTreeSet::new();
        for (path, text) in &folder.files {
            for key in checked(path, text, &known)? {
                if !found.insert(key.clone()) {
                    return Err(wrong(path, text, &key, "stands twice"));
                }
            }
        }
        let bundle = bundle(code, folder.files.iter().map(|(_, text)| text.as_str()));
        written_as_it_must(code, &bundle)?;
        for (path, text) in &folder.files {
            for (key, arguments) in &known {
                if defines(text, key) && !can_be_said(&bundle, key, arguments) {
                    return Err(wrong(path, text, key, "refers to what is not there"));
                }
            }
        }
        let untranslated = Untranslated {
            code: code.to_owned(),
            missing: known.keys().filter(|key| !found.contains(*key)).cloned().collect(),
            unknown: found.iter().filter(|key| !known.contains_key(*key)).cloned().collect(),
        };
        let language = self.language(code, bundle);
        self.0.push(language);
        Ok((self, untranslated))
    }

    /// Speaks these from now on. Only once in a process, and before anything is said: otherwise nothing changes, and
    /// the languages come back.
    pub fn install(self) -> Result<(), Self> {
        SPOKEN.set(self)
    }

    /// Puts together what a bundle says of itself; what it does not say its fallback does.
    fn language(&self, code: &str, bundle: Bundle) -> Language {
        let fallback = match own_text(&bundle, "language-fallback").as_deref() {
            Some("en") => Lang::En,
            Some(_) | None => Lang::Sv,
        };
        let text = |key: &str, args: Option<&FluentArgs<'_>>| {
            said(&bundle, key, args)
                .or_else(|| said(&self.0.get(usize::from(fallback.0))?.bundle, key, args))
                .unwrap_or_default()
        };
        let args: FluentArgs<'_> = [("amount", FluentValue::from(AMOUNT))].into_iter().collect();
        let money = text("language-money", Some(&args));
        let (before, after) = money.split_once(AMOUNT).unwrap_or(("", ""));
        Language {
            code: code.to_owned(),
            own_name: text("language-name", None),
            right_to_left: text("language-direction", None) == "rtl",
            clock_separator: text("language-clock-separator", None),
            decimal_separator: text("language-decimal-separator", None),
            thousands_separator: text("language-thousands-separator", None),
            money: (before.to_owned(), after.to_owned()),
            fallback,
            bundle,
        }
    }

    pub(crate) fn count(&self) -> u8 {
        u8::try_from(self.0.len()).unwrap_or(u8::MAX)
    }

    /// A language; Swedish for one that is not among these, which no code can make.
    pub(crate) fn of(&self, lang: Lang) -> &Language {
        #[expect(clippy::indexing_slicing, reason = "Swedish is always the first: the build puts it there")]
        self.0.get(usize::from(lang.0)).unwrap_or_else(|| &self.0[0])
    }

    /// A text of a language, or of the one it falls back on; and whether all its arguments were there.
    pub(crate) fn text(&self, lang: Lang, key: &str, args: &FluentArgs<'_>) -> Option<(String, bool)> {
        let language = self.of(lang);
        let fallback = self.of(language.fallback);
        [language, fallback, self.of(Lang::Sv)].into_iter().find_map(|one| {
            let pattern = one.bundle.get_message(key)?.value()?;
            let mut errors = Vec::new();
            let text = one.bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
            Some((text, errors.is_empty()))
        })
    }
}

fn bundle<'a>(code: &str, sources: impl Iterator<Item = &'a str>) -> Bundle {
    let resources: Vec<FluentResource> = sources
        .map(|source| FluentResource::try_new(source.to_owned()).unwrap_or_else(|(rest, _)| rest))
        .collect();
    // The locale is a text among the others, and the bundle wants it first.
    let locale = resources.iter().find_map(|resource| {
        resource.entries().find_map(|entry| match entry {
            Entry::Message(message) if message.id.name == "language-locale" => {
                match message.value.as_ref()?.elements.as_slice() {
                    [PatternElement::TextElement { value }] => value.trim().parse().ok(),
                    _ => None,
                }
            }
            _ => None,
        })
    });
    let locale: LanguageIdentifier = locale.or_else(|| code.parse().ok()).unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![locale]);
    // The isolation marks would show up in mail subjects and be read by some screen readers.
    bundle.set_use_isolating(false);
    for resource in resources {
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// Values that decide how pages are built are what they can be.
fn written_as_it_must(code: &str, bundle: &Bundle) -> Result<(), LanguageError> {
    if own_text(bundle, "language-name").is_none() {
        return Err(LanguageError::Nameless(code.to_owned()));
    }
    let among = |key, wanted, fits: &dyn Fn(&str) -> bool| match own_text(bundle, key) {
        Some(value) if !fits(&value) => {
            Err(LanguageError::Value { code: code.to_owned(), key, value, wanted })
        }
        Some(_) | None => Ok(()),
    };
    among("language-direction", "ltr or rtl", &|value| ["ltr", "rtl"].contains(&value))?;
    among("language-fallback", "sv or en", &|value| ["sv", "en"].contains(&value))?;
    among("language-locale", "a language tag such as fi-FI", &|value| {
        value.parse::<LanguageIdentifier>().is_ok()
    })
}

fn own_text(bundle: &Bundle, key: &str) -> Option<String> {
    said(bundle, key, None)
}

fn said(bundle: &Bundle, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
    let pattern = bundle.get_message(key)?.value()?;
    Some(bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned())
}

/// Every text of a built-in language with the arguments it wants.
pub(crate) fn texts_of(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let (_, files) = BUILT_IN.get(usize::from(lang.0)).copied().unwrap_or_default();
    let mut texts = BTreeMap::new();
    for (_, source) in files {
        let resource = parser::parse(*source).unwrap_or_else(|(rest, _)| rest);
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let arguments = message.value.as_ref().map(arguments).unwrap_or_default();
            texts.insert(message.id.name.to_owned(), arguments);
        }
    }
    texts
}

/// The keys of a file whose texts can be said with the arguments that are given to them.
fn checked(
    path: &str,
    text: &str,
    known: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Vec<String>, LanguageError> {
    let resource = parser::parse(text).map_err(|(_, errors)| {
        let first = errors.into_iter().next();
        let at = first.as_ref().map_or(0, |error| error.pos.start);
        let before = text.get(..at).unwrap_or(text);
        LanguageError::Fluent {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            what: first.map_or_else(|| "not Fluent".to_owned(), |error| error.kind.to_string()),
        }
    })?;
    let mut keys = Vec::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        let key = message.id.name;
        let Some(value) = &message.value else { return Err(wrong(path, text, key, "has no text")) };
        if let Some(given) = known.get(key)
            && let Some(foreign) = arguments(value).difference(given).next()
        {
            return Err(wrong(path, text, key, &format!("is given no argument ${foreign}")));
        }
        keys.push(key.to_owned());
    }
    Ok(keys)
}

/// Whether a text says something with the arguments that are given to it.
fn can_be_said(bundle: &Bundle, key: &str, arguments: &BTreeSet<String>) -> bool {
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else { return false };
    let args: FluentArgs<'_> = arguments.iter().map(|name| (name.as_str(), FluentValue::from(2))).collect();
    let mut errors = Vec::new();
    bundle.format_pattern(pattern, Some(&args), &mut errors);
    errors.is_empty()
}

/// Whether a line of a file begins the text of a key.
fn defines(text: &str, key: &str) -> bool {
    text.lines().any(|line| begins(line, key))
}

fn begins(line: &str, key: &str) -> bool {
    line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
}

/// The error about a key, with the line on which it begins.
fn wrong(path: &str, text: &str, key: &str, what: &str) -> LanguageError {
    // Where a key stands twice, the second is the one too many.
    let line =
        text.lines().enumerate().filter(|(_, line)| begins(line, key)).last().map_or(1, |(at, _)| at + 1);
    LanguageError::Fluent { path: path.to_owned(), line, what: format!("{key} {what}") }
}

/// The arguments that a text asks for.
pub(crate) fn arguments(pattern: &Pattern<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    pattern_arguments(pattern, &mut found);
    found
}

fn pattern_arguments(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        expression_arguments(expression, found);
    }
}

fn expression_arguments(expression: &Expression<&str>, found: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => inline_arguments(inline, found),
        Expression::Select { selector, variants } => {
            inline_arguments(selector, found);
            for variant in variants {
                pattern_arguments(&variant.value, found);
            }
        }
    }
}

fn inline_arguments(inline: &InlineExpression<&str>, found: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            found.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => expression_arguments(expression, found),
        InlineExpression::FunctionReference { arguments, .. } => {
            arguments.positional.iter().for_each(|one| inline_arguments(one, found));
        }
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::TermReference { .. } => {}
    }
}
