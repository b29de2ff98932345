//! What pages are put together from.

use maud::{Markup, Render, html};

use crate::{Button, Icon, Lang, t};

/// What something means; shown by an icon and words, the colour only underlines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing particular.
    Info,
    /// It went well, it holds.
    Good,
    /// Look here.
    Warning,
    /// It failed.
    Bad,
    /// It is waiting for something.
    Waiting,
    /// It is mine.
    Mine,
}

impl Tone {
    const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Waiting => "waiting",
            Self::Mine => "mine",
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Self::Info => Icon::Info,
            Self::Good => Icon::Check,
            Self::Warning => Icon::Warning,
            Self::Bad => Icon::Cross,
            Self::Waiting => Icon::Clock,
            Self::Mine => Icon::Dot,
        }
    }
}

/// A state in one or two words.
#[derive(Debug, Clone)]
#[must_use = "a badge is nothing until it is rendered"]
pub struct Badge {
    tone: Tone,
    icon: Icon,
    text: String,
}

impl Badge {
    /// A state with the icon of its tone.
    pub fn new(tone: Tone, text: &str) -> Self {
        Self { tone, icon: tone.icon(), text: text.to_owned() }
    }

    /// Another icon than the tone's.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = icon;
        self
    }
}

impl Render for Badge {
    fn render(&self) -> Markup {
        html! { span class={ "badge tone-" (self.tone.name()) } { (self.icon) span { (self.text) } } }
    }
}

/// A message: what happened, what still holds, what to do next.
#[derive(Debug, Clone)]
#[must_use = "a notice is nothing until it is rendered"]
pub struct Notice {
    tone: Tone,
    text: String,
    more: Option<String>,
    action: Option<Button>,
}

impl Notice {
    /// A message of any tone.
    pub fn new(tone: Tone, text: &str) -> Self {
        Self { tone, text: text.to_owned(), more: None, action: None }
    }

    /// Something to know.
    pub fn info(text: &str) -> Self {
        Self::new(Tone::Info, text)
    }

    /// It went well.
    pub fn success(text: &str) -> Self {
        Self::new(Tone::Good, text)
    }

    /// Something to look out for.
    pub fn warning(text: &str) -> Self {
        Self::new(Tone::Warning, text)
    }

    /// It failed; read out at once.
    pub fn error(text: &str) -> Self {
        Self::new(Tone::Bad, text)
    }

    /// What still holds and what to do.
    pub fn more(mut self, text: &str) -> Self {
        self.more = Some(text.to_owned());
        self
    }

    /// The way on.
    pub fn action(mut self, button: Button) -> Self {
        self.action = Some(button);
        self
    }
}

impl Render for Notice {
    fn render(&self) -> Markup {
        let role = match self.tone {
            Tone::Bad => Some("alert"),
            Tone::Good => Some("status"),
            Tone::Info | Tone::Warning | Tone::Waiting | Tone::Mine => None,
        };
        html! {
            div class={ "notice notice-" (self.tone.name()) } role=[role] {
                (self.tone.icon())
                div {
                    p.notice-text { (self.text) }
                    @if let Some(more) = &self.more { p { (more) } }
                    @if let Some(action) = &self.action { (action) }
                }
            }
        }
    }
}

/// A place where there is nothing yet: what it is, and the first step.
#[derive(Debug, Clone)]
#[must_use = "an empty state is nothing until it is rendered"]
pub struct EmptyState {
    text: String,
    hint: String,
    action: Option<Button>,
}

impl EmptyState {
    /// What is missing, and what will stand here or how to begin.
    pub fn new(text: &str, hint: &str) -> Self {
        Self { text: text.to_owned(), hint: hint.to_owned(), action: None }
    }

    /// The first step.
    pub fn action(mut self, button: Button) -> Self {
        self.action = Some(button);
        self
    }
}

impl Render for EmptyState {
    fn render(&self) -> Markup {
        html! {
            div.empty {
                p.empty-text { (self.text) }
                p { (self.hint) }
                @if let Some(action) = &self.action { (action) }
            }
        }
    }
}

/// A part of a page with a heading of its own (`h2`).
#[derive(Debug, Clone)]
#[must_use = "a card is nothing until it is rendered"]
pub struct Card {
    id: String,
    title: String,
    body: Markup,
    foot: Option<Markup>,
}

impl Card {
    /// A part with its id (for links to it), heading and content.
    pub fn new(id: &str, title: &str, body: Markup) -> Self {
        Self { id: id.to_owned(), title: title.to_owned(), body, foot: None }
    }

    /// What can be done with it, below.
    pub fn foot(mut self, foot: Markup) -> Self {
        self.foot = Some(foot);
        self
    }
}

impl Render for Card {
    fn render(&self) -> Markup {
        html! {
            section.card id=(self.id) aria-labelledby={ (self.id) "-title" } {
                h2 id={ (self.id) "-title" } { (self.title) }
                (self.body)
                @if let Some(foot) = &self.foot { div.card-foot { (foot) } }
            }
        }
    }
}

/// Something in a list that leads to its page; put several in `ul.list`, or use [`LinkCard::list`].
#[derive(Debug, Clone)]
#[must_use = "a link card is nothing until it is rendered"]
pub struct LinkCard {
    title: String,
    href: String,
    lines: Vec<String>,
    badges: Vec<Badge>,
}

impl LinkCard {
    /// A title that leads to `href`.
    pub fn new(title: &str, href: &str) -> Self {
        Self { title: title.to_owned(), href: href.to_owned(), lines: Vec::new(), badges: Vec::new() }
    }

    /// One more line of facts.
    pub fn line(mut self, text: &str) -> Self {
        self.lines.push(text.to_owned());
        self
    }

    /// One more state.
    pub fn badge(mut self, badge: Badge) -> Self {
        self.badges.push(badge);
        self
    }

    /// All of them as a list.
    pub fn list(cards: &[Self]) -> Markup {
        html! { ul.list { @for card in cards { (card) } } }
    }
}

impl Render for LinkCard {
    fn render(&self) -> Markup {
        html! {
            li.link-card {
                div {
                    a.link-card-title href=(self.href) { (self.title) }
                    @for line in &self.lines { p { (line) } }
                }
                @if !self.badges.is_empty() { div.link-card-badges { @for badge in &self.badges { (badge) } } }
                (Icon::Forward)
            }
        }
    }
}

/// Names and values.
#[derive(Debug, Clone, Default)]
#[must_use = "facts are nothing until they are rendered"]
pub struct Facts {
    rows: Vec<(String, Markup)>,
}

impl Facts {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more; the value may be text or markup.
    pub fn row(mut self, name: &str, value: impl Render) -> Self {
        self.rows.push((name.to_owned(), value.render()));
        self
    }
}

impl Render for Facts {
    fn render(&self) -> Markup {
        html! { dl.facts { @for (name, value) in &self.rows { div { dt { (name) } dd { (value) } } } } }
    }
}

/// Two or more views of the same thing, as links.
#[derive(Debug, Clone)]
#[must_use = "tabs are nothing until they are rendered"]
pub struct Tabs {
    name: String,
    tabs: Vec<(String, String, bool)>,
}

impl Tabs {
    /// A row of links, with what they choose between.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), tabs: Vec::new() }
    }

    /// One more view; `current` is the one that is shown.
    pub fn tab(mut self, label: &str, href: &str, current: bool) -> Self {
        self.tabs.push((label.to_owned(), href.to_owned(), current));
        self
    }
}

impl Render for Tabs {
    fn render(&self) -> Markup {
        html! {
            nav.tabs aria-label=(self.name) {
                ul {
                    @for (label, href, current) in &self.tabs {
                        li { a href=(href) aria-current=[current.then_some("page")] { (label) } }
                    }
                }
            }
        }
    }
}

/// Through a long list, a page at a time.
#[derive(Debug, Clone)]
#[must_use = "pagination is nothing until it is rendered"]
pub struct Pagination {
    /// The reader's language.
    pub lang: Lang,
    /// The page shown, from 1.
    pub page: u32,
    /// How many there are; with one page nothing is shown.
    pub pages: u32,
    /// The list's path and query up to the page's number, such as `/bokningar?sida=`.
    pub href_before_number: String,
}

impl Render for Pagination {
    fn render(&self) -> Markup {
        if self.pages <= 1 {
            return html! {};
        }
        let href = |page: u32| format!("{}{page}", self.href_before_number);
        html! {
            nav.pagination aria-label=(t(self.lang, "ui-pages", &[])) {
                @if self.page > 1 {
                    a.button.button-quiet rel="prev" href=(href(self.page - 1)) { (Icon::Back) (t(self.lang, "ui-previous", &[])) }
                }
                span { (t(self.lang, "ui-page-of", &[("page", &self.page), ("pages", &self.pages)])) }
                @if self.page < self.pages {
                    a.button.button-quiet rel="next" href=(href(self.page + 1)) { (t(self.lang, "ui-next", &[])) (Icon::Forward) }
                }
            }
        }
    }
}

/// A region that is read out when its content changes.
pub fn live_region(id: &str, content: impl Render) -> Markup {
    html! { div id=(id) role="status" aria-live="polite" aria-atomic="true" { (content) } }
}

/// A live region whose content the server replaces: each server-sent event named `event` from `url` carries the
/// new content as HTML; the event `end` says that no more will come. Without script the content stays as rendered.
pub fn sse_region(id: &str, url: &str, event: &str, content: impl Render) -> Markup {
    sse_region_beside(id, url, event, content, html! {})
}

/// A [`sse_region`] with something beside it that waits for other events from the same `url`.
pub(crate) fn sse_region_beside(
    id: &str,
    url: &str,
    event: &str,
    content: impl Render,
    beside: impl Render,
) -> Markup {
    html! {
        div hx-ext="sse" sse-connect=(url) sse-close="end" {
            div id=(id) role="status" aria-live="polite" aria-atomic="true" sse-swap=(event) { (content) }
            (beside)
        }
    }
}

#[cfg(test)]
mod tests;
