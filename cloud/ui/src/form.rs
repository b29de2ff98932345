//! What people write and press.

use maud::{Markup, Render, html};

use crate::{Icon, Lang, t};

/// A form of one button, for what changes something and needs no more to be said.
///
/// Forms carry no token: the kernel refuses what another site's page posts.
pub fn post_button(action: &str, button: &Button) -> Markup {
    html! { form.inline method="post" action=(action) { (button) } }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    Primary,
    Quiet,
    Danger,
}

/// A button that sends its form, or a link that looks like one ([`Button::href`]).
#[derive(Debug, Clone)]
#[must_use = "a button does nothing until it is rendered"]
pub struct Button {
    weight: Weight,
    label: String,
    about: Option<String>,
    href: Option<String>,
    value: Option<(String, String)>,
}

impl Button {
    fn new(weight: Weight, label: &str) -> Self {
        Self { weight, label: label.to_owned(), about: None, href: None, value: None }
    }

    /// The one thing most people come to do; at most one a page.
    pub fn primary(label: &str) -> Self {
        Self::new(Weight::Primary, label)
    }

    /// Everything else.
    pub fn quiet(label: &str) -> Self {
        Self::new(Weight::Quiet, label)
    }

    /// What takes something away.
    pub fn danger(label: &str) -> Self {
        Self::new(Weight::Danger, label)
    }

    /// Says to screen readers what it is about, where several buttons share a label: `Avboka` + `tisdag 18.00`.
    pub fn about(mut self, text: &str) -> Self {
        self.about = Some(text.to_owned());
        self
    }

    /// Makes it a link.
    pub fn href(mut self, href: &str) -> Self {
        self.href = Some(href.to_owned());
        self
    }

    /// What is sent when this button is the one pressed.
    pub fn value(mut self, name: &str, value: &str) -> Self {
        self.value = Some((name.to_owned(), value.to_owned()));
        self
    }
}

impl Render for Button {
    fn render(&self) -> Markup {
        let class = match self.weight {
            Weight::Primary => "button button-primary",
            Weight::Quiet => "button button-quiet",
            Weight::Danger => "button button-danger",
        };
        let label = html! {
            (self.label)
            @if let Some(about) = &self.about { span.visually-hidden { " " (about) } }
        };
        if let Some(href) = &self.href {
            return html! { a class=(class) href=(href) { (label) } };
        }
        let (name, value) = self.value.as_ref().map(|(name, value)| (name, value)).unzip();
        html! { button class=(class) type="submit" name=[name] value=[value] { (label) } }
    }
}

/// What every control has: a name, a label, perhaps a hint and an error. The name is also the control's id.
#[derive(Debug, Clone)]
struct Control {
    name: String,
    label: String,
    hint: Option<String>,
    error: Option<String>,
    optional: Option<Lang>,
    required: bool,
}

impl Control {
    fn new(name: &str, label: &str) -> Self {
        let (name, label) = (name.to_owned(), label.to_owned());
        Self { name, label, hint: None, error: None, optional: None, required: false }
    }

    fn label_text(&self) -> Markup {
        html! {
            (self.label)
            @if let Some(lang) = self.optional { " " span.quiet { (t(lang, "ui-optional", &[])) } }
        }
    }

    fn hint_and_error(&self) -> Markup {
        html! {
            @if let Some(hint) = &self.hint { span.hint id={ (self.name) "-hint" } { (hint) } }
            @if let Some(error) = &self.error {
                span.field-error id={ (self.name) "-error" } { (Icon::Warning) span { (error) } }
            }
        }
    }

    fn described_by(&self) -> Option<String> {
        let ids: Vec<String> = [(&self.hint, "hint"), (&self.error, "error")]
            .into_iter()
            .filter(|(text, _)| text.is_some())
            .map(|(_, kind)| format!("{}-{kind}", self.name))
            .collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn invalid(&self) -> Option<&'static str> {
        self.error.as_ref().map(|_| "true")
    }

    fn class(&self) -> &'static str {
        if self.error.is_some() { "field field-wrong" } else { "field" }
    }
}

macro_rules! control_settings {
    () => {
        /// Help below the label, before the control.
        pub fn hint(mut self, text: &str) -> Self {
            self.control.hint = Some(text.to_owned());
            self
        }

        /// What is wrong, beside the control; `None` for nothing, so that a look-up can be passed as it is.
        pub fn error(mut self, text: Option<&str>) -> Self {
            self.control.error = text.map(str::to_owned);
            self
        }

        /// It must be filled in; the browser and screen readers say so too.
        pub fn required(mut self) -> Self {
            self.control.required = true;
            self
        }

        /// Says after the label that it may be left out.
        pub fn optional(mut self, lang: Lang) -> Self {
            self.control.optional = Some(lang);
            self
        }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Email,
    Telephone,
    Number,
    Date,
    Time,
    Search,
    Long,
}

/// A label with something to write in.
#[derive(Debug, Clone)]
#[must_use = "a field is nothing until it is rendered"]
pub struct Field {
    control: Control,
    kind: Kind,
    value: String,
    autocomplete: Option<String>,
}

impl Field {
    fn new(kind: Kind, name: &str, label: &str) -> Self {
        Self { control: Control::new(name, label), kind, value: String::new(), autocomplete: None }
    }

    /// One line of text.
    pub fn text(name: &str, label: &str) -> Self {
        Self::new(Kind::Text, name, label)
    }

    /// An e-mail address.
    pub fn email(name: &str, label: &str) -> Self {
        Self::new(Kind::Email, name, label).autocomplete("email")
    }

    /// A telephone number.
    pub fn telephone(name: &str, label: &str) -> Self {
        Self::new(Kind::Telephone, name, label).autocomplete("tel")
    }

    /// A whole number; a text control with a number pad, since a number control changes when one scrolls.
    pub fn number(name: &str, label: &str) -> Self {
        Self::new(Kind::Number, name, label)
    }

    /// A date, `2026-11-27`.
    pub fn date(name: &str, label: &str) -> Self {
        Self::new(Kind::Date, name, label)
    }

    /// A time of day, `18:00`.
    pub fn time(name: &str, label: &str) -> Self {
        Self::new(Kind::Time, name, label)
    }

    /// What to search for.
    pub fn search(name: &str, label: &str) -> Self {
        Self::new(Kind::Search, name, label)
    }

    /// Several lines.
    pub fn long_text(name: &str, label: &str) -> Self {
        Self::new(Kind::Long, name, label)
    }

    /// What stands in it: what was typed, when the form comes back.
    pub fn value(mut self, value: &str) -> Self {
        value.clone_into(&mut self.value);
        self
    }

    /// What the browser may fill in by itself (HTML's autocomplete names).
    pub fn autocomplete(mut self, what: &str) -> Self {
        self.autocomplete = Some(what.to_owned());
        self
    }

    control_settings!();
}

impl Render for Field {
    fn render(&self) -> Markup {
        let control = &self.control;
        let (kind, inputmode) = match self.kind {
            Kind::Text | Kind::Long => ("text", None),
            Kind::Email => ("email", None),
            Kind::Telephone => ("tel", None),
            Kind::Number => ("text", Some("numeric")),
            Kind::Date => ("date", None),
            Kind::Time => ("time", None),
            Kind::Search => ("search", None),
        };
        html! {
            div class=(control.class()) {
                label for=(control.name) { (control.label_text()) }
                (control.hint_and_error())
                @if self.kind == Kind::Long {
                    textarea id=(control.name) name=(control.name) rows="4" required[control.required]
                        aria-describedby=[control.described_by()] aria-invalid=[control.invalid()] { (self.value) }
                } @else {
                    input type=(kind) id=(control.name) name=(control.name) value=(self.value)
                        inputmode=[inputmode] autocomplete=[&self.autocomplete] required[control.required]
                        aria-describedby=[control.described_by()] aria-invalid=[control.invalid()];
                }
            }
        }
    }
}

/// A photo to be sent, from a phone's camera or from a file; its form is `multipart/form-data`.
#[derive(Debug, Clone)]
#[must_use = "a field is nothing until it is rendered"]
pub struct PhotoField {
    control: Control,
    camera: bool,
}

impl PhotoField {
    /// A photo that lies somewhere.
    pub fn new(name: &str, label: &str) -> Self {
        Self { control: Control::new(name, label), camera: false }
    }

    /// A photo that is taken now: a phone opens its camera.
    pub fn taken_now(mut self) -> Self {
        self.camera = true;
        self
    }

    control_settings!();
}

impl Render for PhotoField {
    fn render(&self) -> Markup {
        let control = &self.control;
        html! {
            div class=(control.class()) {
                label for=(control.name) { (control.label_text()) }
                (control.hint_and_error())
                input type="file" id=(control.name) name=(control.name) accept="image/jpeg,image/png,image/webp"
                    capture=[self.camera.then_some("environment")] required[control.required]
                    aria-describedby=[control.described_by()] aria-invalid=[control.invalid()];
            }
        }
    }
}

/// One of several, when there are many or they are short.
#[derive(Debug, Clone)]
#[must_use = "a select is nothing until it is rendered"]
pub struct Select {
    control: Control,
    options: Vec<(String, String)>,
    chosen: String,
    placeholder: Option<Lang>,
}

impl Select {
    /// A label with a list to choose from.
    pub fn new(name: &str, label: &str) -> Self {
        Self {
            control: Control::new(name, label),
            options: Vec::new(),
            chosen: String::new(),
            placeholder: None,
        }
    }

    /// One more to choose: what is sent and what is said.
    pub fn option(mut self, value: &str, label: &str) -> Self {
        self.options.push((value.to_owned(), label.to_owned()));
        self
    }

    /// The value that is chosen.
    pub fn chosen(mut self, value: &str) -> Self {
        value.clone_into(&mut self.chosen);
        self
    }

    /// Begins with an empty 'choose …', so that nothing is chosen by accident.
    pub fn placeholder(mut self, lang: Lang) -> Self {
        self.placeholder = Some(lang);
        self
    }

    control_settings!();
}

impl Render for Select {
    fn render(&self) -> Markup {
        let control = &self.control;
        html! {
            div class=(control.class()) {
                label for=(control.name) { (control.label_text()) }
                (control.hint_and_error())
                select id=(control.name) name=(control.name) required[control.required]
                    aria-describedby=[control.described_by()] aria-invalid=[control.invalid()] {
                    @if let Some(lang) = self.placeholder { option value="" { (t(lang, "ui-choose", &[])) } }
                    @for (value, label) in &self.options {
                        option value=(value) selected[*value == self.chosen] { (label) }
                    }
                }
            }
        }
    }
}

/// One of a few, all visible.
#[derive(Debug, Clone)]
#[must_use = "a radio group is nothing until it is rendered"]
pub struct RadioGroup {
    control: Control,
    options: Vec<(String, String, Option<String>)>,
    chosen: String,
}

impl RadioGroup {
    /// A question with its answers below it.
    pub fn new(name: &str, question: &str) -> Self {
        Self { control: Control::new(name, question), options: Vec::new(), chosen: String::new() }
    }

    /// One more answer: what is sent and what is said.
    pub fn option(mut self, value: &str, label: &str) -> Self {
        self.options.push((value.to_owned(), label.to_owned(), None));
        self
    }

    /// One more answer with a line that explains it.
    pub fn option_with_hint(mut self, value: &str, label: &str, hint: &str) -> Self {
        self.options.push((value.to_owned(), label.to_owned(), Some(hint.to_owned())));
        self
    }

    /// The value that is chosen.
    pub fn chosen(mut self, value: &str) -> Self {
        value.clone_into(&mut self.chosen);
        self
    }

    control_settings!();
}

impl Render for RadioGroup {
    fn render(&self) -> Markup {
        let control = &self.control;
        html! {
            fieldset class=(control.class()) role="radiogroup" aria-required=[control.required.then_some("true")]
                aria-describedby=[control.described_by()] aria-invalid=[control.invalid()] {
                legend { (control.label_text()) }
                (control.hint_and_error())
                @for (index, (value, label, hint)) in self.options.iter().enumerate() {
                    // The first answer has the group's id, so that the error summary leads to it.
                    @let id = if index == 0 { control.name.clone() } else { format!("{}-{index}", control.name) };
                    @let hint_id = hint.as_ref().map(|_| format!("{id}-more"));
                    div.choice {
                        input type="radio" id=(id) name=(control.name) value=(value) checked[*value == self.chosen]
                            required[control.required] aria-describedby=[&hint_id];
                        label for=(id) { (label) }
                        @if let Some(hint) = hint { span.hint id=[&hint_id] { (hint) } }
                    }
                }
            }
        }
    }
}

/// Yes or no.
#[derive(Debug, Clone)]
#[must_use = "a checkbox is nothing until it is rendered"]
pub struct Checkbox {
    control: Control,
    /// What its label points at: its name, and with it its value where several boxes share the name.
    id: String,
    value: String,
    checked: bool,
}

impl Checkbox {
    /// A box that sends `name=yes` when ticked.
    pub fn new(name: &str, label: &str) -> Self {
        Self {
            control: Control::new(name, label),
            id: name.to_owned(),
            value: "yes".to_owned(),
            checked: false,
        }
    }

    /// Whether it is ticked.
    pub fn checked(mut self, checked: bool) -> Self {
        self.checked = checked;
        self
    }

    /// What is sent when it is ticked, for one of several boxes with the same name.
    pub fn value(mut self, value: &str) -> Self {
        value.clone_into(&mut self.value);
        self.id = format!("{}-{value}", self.control.name);
        self
    }

    control_settings!();
}

impl Render for Checkbox {
    fn render(&self) -> Markup {
        let control = &self.control;
        html! {
            div class=(control.class()) {
                div.choice {
                    input type="checkbox" id=(self.id) name=(control.name) value=(self.value)
                        checked[self.checked] required[control.required]
                        aria-describedby=[control.described_by()] aria-invalid=[control.invalid()];
                    label for=(self.id) { (control.label_text()) }
                }
                (control.hint_and_error())
            }
        }
    }
}

/// Everything that is wrong in a form, with links to the fields; it takes the focus when the page opens.
#[derive(Debug, Clone)]
pub struct ErrorSummary {
    lang: Lang,
    errors: Vec<(String, String)>,
}

impl ErrorSummary {
    /// A summary without errors, which shows nothing.
    pub fn new(lang: Lang) -> Self {
        Self { lang, errors: Vec::new() }
    }

    /// One more error: the name of the field, and what is wrong in the words that stand beside it.
    #[must_use]
    pub fn error(mut self, field: &str, text: &str) -> Self {
        self.errors.push((field.to_owned(), text.to_owned()));
        self
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// The fields with which something is wrong.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.errors.iter().map(|(name, _)| name.as_str())
    }

    /// What is wrong with a field: pass it to its `error`.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|(name, _)| name == field).map(|(_, text)| text.as_str())
    }
}

impl Render for ErrorSummary {
    fn render(&self) -> Markup {
        if self.errors.is_empty() {
            return html! {};
        }
        html! {
            div.notice.notice-bad.error-summary role="alert" tabindex="-1" data-focus aria-labelledby="errors-title" {
                (Icon::Warning)
                div {
                    h2 #errors-title { (t(self.lang, "ui-errors-title", &[])) }
                    ul { @for (field, text) in &self.errors { li { a href={ "#" (field) } { (text) } } } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
