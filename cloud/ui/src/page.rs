use maud::{DOCTYPE, Markup, html};

use crate::{Accent, Button, ErrorSummary, Icon, Lang, Notice, Theme, asset_url, post_button, t};

/// The policy every page is served with; a page with a payment form adds its provider's origins.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// Where the language switch leads: `GET <LANGUAGE_PATH>/<code>?next=<path>` sets the choice and goes to `next`.
pub const LANGUAGE_PATH: &str = "/language";

/// Where the choice of light and dark leads: `GET <THEME_PATH>/<code>?next=<path>` sets it and goes to `next`.
pub const THEME_PATH: &str = "/theme";

/// htmx without what the policy forbids (evaluated expressions, its own style element) and without a copy of
/// pages, which may show codes, in the browser's storage.
const HTMX_CONFIG: &str = r#"{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0,"refreshOnHistoryMiss":true,"attributesToSettle":["class"]}"#;

/// What a tenant's pages are recognised by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantLook {
    /// The name as people know it, such as `Österåker`.
    pub name: String,
    /// Its colour.
    pub accent: Accent,
}

/// A link in the main menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuItem {
    /// What the link says.
    pub label: String,
    /// Where it leads; it is shown as current on this path and below it.
    pub href: String,
}

/// Who reads the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Nobody has signed in.
    Visitor {
        /// Where signing in begins.
        sign_in: String,
    },
    /// A person has signed in.
    Person {
        /// The person's name.
        name: String,
        /// For whom the person acts, when not for himself or herself.
        acting_for: Option<String>,
        /// Where to choose for whom to act, for those who can.
        change_acting_for: Option<String>,
        /// Where signing out is posted.
        sign_out: String,
    },
}

/// A whole page: set what it needs, then [`Page::render`].
///
/// The page owns the one `h1`; the body's headings begin at `h2`.
#[derive(Debug, Clone)]
#[must_use = "a page is nothing until it is rendered"]
pub struct Page {
    lang: Lang,
    theme: Theme,
    tenant: TenantLook,
    title: String,
    lead: Option<String>,
    path: String,
    crumbs: Vec<(String, String)>,
    menu: Vec<MenuItem>,
    identity: Option<Identity>,
    demo: bool,
    statement: Option<String>,
    degraded: Option<String>,
    notices: Vec<Notice>,
    errors: Option<ErrorSummary>,
    assets: Vec<&'static str>,
    body: Markup,
}

impl Page {
    /// A page in `lang` for a tenant, with its `h1` (a finished text, such as `&t(lang, "booking-mine-title", &[])`).
    pub fn new(lang: Lang, tenant: &TenantLook, title: &str) -> Self {
        Self {
            lang,
            theme: Theme::default(),
            tenant: tenant.clone(),
            title: title.to_owned(),
            lead: None,
            path: "/".to_owned(),
            crumbs: Vec::new(),
            menu: Vec::new(),
            identity: None,
            demo: false,
            statement: None,
            degraded: None,
            notices: Vec::new(),
            errors: None,
            assets: Vec::new(),
            body: html! {},
        }
    }

    /// The path and query the page was asked for with, for the language switch and the menu's current item.
    pub fn path(mut self, path_and_query: &str) -> Self {
        path_and_query.clone_into(&mut self.path);
        self
    }

    /// Light or dark, as the reader chose.
    pub fn theme(mut self, theme: Theme) -> Self {
        self.theme = theme;
        self
    }

    /// One sentence below the heading.
    pub fn lead(mut self, text: &str) -> Self {
        self.lead = Some(text.to_owned());
        self
    }

    /// A page above this one, outermost first. The start page and this page are added by the layout.
    pub fn crumb(mut self, label: &str, href: &str) -> Self {
        self.crumbs.push((label.to_owned(), href.to_owned()));
        self
    }

    /// The main menu.
    pub fn menu(mut self, items: &[MenuItem]) -> Self {
        items.clone_into(&mut self.menu);
        self
    }

    /// Who reads the page and for whom; without it the header shows neither name nor sign-in.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Says on top that persons are made up and no real door opens.
    pub fn demo(mut self, demo: bool) -> Self {
        self.demo = demo;
        self
    }

    /// Where the accessibility statement stands; linked at the foot of the page.
    pub fn statement(mut self, href: &str) -> Self {
        self.statement = Some(href.to_owned());
        self
    }

    /// Says on top what does not work now or since when the page is stale, and what still holds.
    pub fn degraded(mut self, text: &str) -> Self {
        self.degraded = Some(text.to_owned());
        self
    }

    /// A message above the body, such as the result of what was just done.
    pub fn notice(mut self, notice: Notice) -> Self {
        self.notices.push(notice);
        self
    }

    /// What is wrong in the form on this page; shown first, and the title says so. Nothing when there are none.
    pub fn errors(mut self, errors: ErrorSummary) -> Self {
        self.errors = (!errors.is_empty()).then_some(errors);
        self
    }

    /// A style sheet or script that only this page needs, by its name, such as `find.js`; in order.
    pub fn asset(mut self, name: &'static str) -> Self {
        self.assets.push(name);
        self
    }

    /// What the page is about, headings from `h2` on.
    pub fn body(mut self, body: Markup) -> Self {
        self.body = body;
        self
    }

    /// The whole document.
    pub fn render(self) -> Markup {
        let lang = self.lang;
        html! {
            (DOCTYPE)
            html lang=(lang.code()) dir=[(lang.direction() == "rtl").then_some("rtl")]
                data-theme=[self.theme.attribute()] {
                (self.head())
                body {
                    a.skip href="#main" { (t(lang, "ui-skip", &[])) }
                    (self.header())
                    main #main tabindex="-1" {
                        (self.breadcrumbs())
                        h1 { (self.title) }
                        @if let Some(lead) = &self.lead { p.lead { (lead) } }
                        @if let Some(errors) = &self.errors { (errors) }
                        @for notice in &self.notices { (notice) }
                        (self.body)
                    }
                    footer.foot {
                        p { (t(lang, "ui-footer", &[("tenant", &self.tenant.name)])) }
                        @if let Some(href) = &self.statement { p { a href=(href) { (t(lang, "ui-statement", &[])) } } }
                        (self.themes())
                    }
                }
            }
        }
    }

    fn head(&self) -> Markup {
        let error =
            self.errors.as_ref().map(|_| t(self.lang, "ui-error-prefix", &[]) + " ").unwrap_or_default();
        html! {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content=(self.theme.color_scheme());
                meta name="htmx-config" content=(HTMX_CONFIG);
                title { (error) (self.title) " – " (self.tenant.name) }
                @if let Some(icon) = asset_url("icon.svg") { link rel="icon" type="image/svg+xml" href=(icon); }
                @if let Some(style) = asset_url("hallport.css") { link rel="stylesheet" href=(style); }
                link rel="stylesheet" href={ "/assets/tenant-" (self.tenant.accent.hex()) ".css" };
                @for style in self.assets.iter().filter(|name| is_of(name, "css")) {
                    @if let Some(url) = asset_url(style) { link rel="stylesheet" href=(url); }
                }
                @let own = self.assets.iter().copied().filter(|name| is_of(name, "js"));
                @for script in ["htmx.js", "sse.js", "hallport.js"].into_iter().chain(own) {
                    @if let Some(url) = asset_url(script) { script src=(url) defer {} }
                }
            }
        }
    }

    fn header(&self) -> Markup {
        let lang = self.lang;
        html! {
            header.head {
                @if self.demo { p.banner.banner-demo { (t(lang, "ui-demo", &[])) } }
                div.head-row {
                    a.brand href="/" { (self.tenant.name) }
                    (self.languages())
                    @match &self.identity {
                        None => {}
                        Some(identity) => div.identity { (identity.shown(lang)) }
                    }
                    @if !self.menu.is_empty() { (self.menu_folded()) }
                }
                @if let Some(text) = &self.degraded {
                    div.banner.banner-degraded role="status" { (Icon::Warning) span { (text) } }
                }
            }
        }
    }

    /// The main menu: one line where there is room, behind a button on a phone. Whether it shows without its button is
    /// the style sheet's to say, so that it works without script.
    fn menu_folded(&self) -> Markup {
        let current = self.current_item();
        html! {
            nav.menu aria-label=(t(self.lang, "ui-menu", &[])) {
                details {
                    summary.menu-button { (Icon::Menu) (t(self.lang, "ui-menu-button", &[])) }
                    ul {
                        @for item in &self.menu {
                            li {
                                a href=(item.href) aria-current=[(Some(item) == current).then_some("page")] { (item.label) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The item of the page that is shown, or of the nearest one above it.
    fn current_item(&self) -> Option<&MenuItem> {
        let path = self.path.split('?').next().unwrap_or_default();
        let leads_here = |item: &&MenuItem| {
            path.strip_prefix(item.href.as_str())
                .is_some_and(|rest| rest.is_empty() || (item.href != "/" && rest.starts_with('/')))
        };
        self.menu.iter().filter(leads_here).max_by_key(|item| item.href.len())
    }

    fn languages(&self) -> Markup {
        let next = query_value(&self.path);
        html! {
            nav.languages aria-label=(t(self.lang, "ui-languages", &[])) {
                @for lang in Lang::all().filter(|lang| *lang != self.lang) {
                    a.language href={ (LANGUAGE_PATH) "/" (lang.code()) "?next=" (next) }
                        lang=(lang.code()) hreflang=(lang.code()) rel="nofollow" { (lang.own_name()) }
                }
            }
        }
    }

    fn themes(&self) -> Markup {
        let next = query_value(&self.path);
        let label = |theme| match theme {
            Theme::Light => t(self.lang, "ui-theme-light", &[]),
            Theme::Dark => t(self.lang, "ui-theme-dark", &[]),
            Theme::System => t(self.lang, "ui-theme-system", &[]),
        };
        html! {
            nav.themes aria-label=(t(self.lang, "ui-themes", &[])) {
                @for theme in Theme::ALL {
                    a href={ (THEME_PATH) "/" (theme.code()) "?next=" (next) } rel="nofollow"
                        aria-current=[(theme == self.theme).then_some("true")] { (label(theme)) }
                }
            }
        }
    }

    fn breadcrumbs(&self) -> Markup {
        if self.crumbs.is_empty() {
            return html! {};
        }
        html! {
            nav.crumbs aria-label=(t(self.lang, "ui-crumbs", &[])) {
                ol {
                    li { a href="/" { (t(self.lang, "ui-home", &[])) } }
                    @for (label, href) in &self.crumbs { li { a href=(href) { (label) } } }
                    li { span aria-current="page" { (self.title) } }
                }
            }
        }
    }
}

impl Identity {
    fn shown(&self, lang: Lang) -> Markup {
        match self {
            Self::Visitor { sign_in } => {
                html! { a.identity-link href=(sign_in) { (t(lang, "ui-sign-in", &[])) } }
            }
            Self::Person { name, acting_for, change_acting_for, sign_out } => html! {
                p.person {
                    (Icon::Person)
                    span.visually-hidden { (t(lang, "ui-person", &[])) " " }
                    span.person-name { (name) }
                }
                @if let Some(whom) = acting_for {
                    p.acting { (t(lang, "ui-acting-for", &[])) " " strong { (whom) } }
                }
                @if let Some(href) = change_acting_for {
                    a.identity-link href=(href) {
                        (t(lang, "ui-change-short", &[]))
                        span.visually-hidden { " " (t(lang, "ui-acting-for-change", &[])) }
                    }
                }
                (post_button(sign_out, &Button::quiet(&t(lang, "ui-sign-out", &[]))))
            },
        }
    }
}

/// Whether a file's name ends in this.
fn is_of(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| end == extension)
}

/// A text as the value of a query parameter: everything but unreserved characters (RFC 3986 §2.3) and `/` escaped.
fn query_value(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            out + &char::from(byte).to_string()
        }
        _ => out + &format!("%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests;
