//! A page within another site's page: no menu, nobody signed in, nothing of the visitor's.

use maud::{DOCTYPE, Markup, html};

use crate::{Accent, CONTENT_SECURITY_POLICY, Lang, Theme, asset_url};

/// A page that other sites show in a frame.
#[derive(Debug, Clone)]
#[must_use = "a page is nothing until it is rendered"]
pub struct FramedPage {
    /// The reader's language.
    pub lang: Lang,
    /// Its title, which is also what the frame is called.
    pub title: String,
    /// Whose it is.
    pub tenant: String,
    /// Its colour, made readable as every tenant's is.
    pub accent: Accent,
    /// Light, dark, or as the reader's system has it.
    pub theme: Theme,
    /// The origins that may show it, as the page tells them its height.
    pub origins: Vec<String>,
    /// What it shows; headings from `h2` on.
    pub body: Markup,
}

impl FramedPage {
    /// The whole document.
    pub fn render(self) -> Markup {
        html! {
            (DOCTYPE)
            html.framed lang=(self.lang.code()) dir=[(self.lang.direction() == "rtl").then_some("rtl")]
                data-theme=[self.theme.attribute()] data-origins=(self.origins.join(" ")) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content=(self.theme.color_scheme());
                    meta name="robots" content="noindex";
                    title { (self.title) " – " (self.tenant) }
                    @if let Some(style) = asset_url("hallport.css") { link rel="stylesheet" href=(style); }
                    link rel="stylesheet" href={ "/assets/tenant-" (self.accent.hex()) ".css" };
                    @for script in ["hallport.js", "framed.js"] {
                        @if let Some(url) = asset_url(script) { script src=(url) defer {} }
                    }
                }
                body {
                    main { h1 { (self.title) } (self.body) }
                }
            }
        }
    }
}

/// The policy for a page that these origins may frame; nobody may where there are none.
pub fn framed_policy(origins: &[String]) -> String {
    match origins {
        [] => CONTENT_SECURITY_POLICY.to_owned(),
        some => CONTENT_SECURITY_POLICY
            .replace("frame-ancestors 'none'", &format!("frame-ancestors {}", some.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::framed_policy;

    #[test]
    fn only_named_origins_may_frame_a_page_and_nothing_else_is_loosened() {
        assert!(framed_policy(&[]).ends_with("frame-ancestors 'none'"));
        let policy = framed_policy(&["https://www.alfa.se".into(), "https://alfa.se".into()]);
        assert!(policy.ends_with("frame-ancestors https://www.alfa.se https://alfa.se"), "{policy}");
        assert!(policy.contains("script-src 'self'; style-src 'self'"));
    }
}
