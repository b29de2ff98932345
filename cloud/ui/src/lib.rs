//! Typed page components, layout, translations and assets that every module of the cloud renders with.
//!
//! Everything here is a function of its arguments: text in, [`maud::Markup`] out.
//!
//! **Invariant:** no request, no database, no clock. The zone and the moment are parameters ([`When`]).
//! **Invariant:** no inline style and no inline script, so that [`CONTENT_SECURITY_POLICY`] holds on every page.
//! **Invariant:** texts come from `locales/<language>/<module>.ftl`, and so does how a language writes dates, times
//! and money: no code asks which language it is. Swedish and English have the same keys, and a test reads the sources
//! of the whole cloud for keys that do not exist. A third language is a folder ([`Languages`]).
//!
//! Components take finished text, never keys: `t(lang, "booking-book", &[])` at the call, so that the key can be
//! found by searching for it.
//!
//! ```
//! use cloud_ui::{Accent, Button, Field, Lang, Page, TenantLook, t};
//! use maud::html;
//!
//! let lang = Lang::Sv;
//! let tenant = TenantLook { name: "Österåker".into(), accent: Accent::parse("#0b5fa5").unwrap_or_default() };
//! let page = Page::new(lang, &tenant, &t(lang, "ui-home", &[]))
//!     .path("/bokning/17")
//!     .crumb("Österåkers sportcentrum", "/anlaggningar/7")
//!     .body(html! {
//!         form method="post" action="/bokning/17" {
//!             (Field::text("purpose", "Vad ska ni göra?").hint("Till exempel innebandy").required())
//!             (Button::primary("Boka"))
//!         }
//!     })
//!     .render();
//! assert!(page.into_string().starts_with("<!DOCTYPE html>"));
//! ```

mod accent;
mod access;
mod assets;
mod blocks;
pub mod calendar;
mod codes;
mod form;
mod framed;
mod icon;
mod lang;
mod languages;
mod map;
mod money;
mod offline;
mod page;
mod schedule;
mod screen;
mod table;
mod texts;
mod theme;
mod when;

pub use accent::{Accent, accent_css};
pub use access::{AccessCode, DayEntry, DayList, DoorState, Presence, grouped_code, live_door};
pub use assets::{Asset, EMBED_PATH, asset, asset_url, embed_script};
pub use blocks::{
    Badge, Card, EmptyState, Facts, LinkCard, Notice, Pagination, Tabs, Tone, live_region, sse_region,
};
pub use codes::{CodeEntry, CodeList};
pub use form::{Button, Checkbox, ErrorSummary, Field, PhotoField, RadioGroup, Select, post_button};
pub use framed::{FramedPage, framed_policy};
pub use icon::Icon;
pub use lang::Lang;
pub use languages::{LanguageError, LanguageFolder, Languages, Untranslated};
pub use map::{Tiles, map_box, with_map};
pub use money::amount;
pub use offline::{OfflineCodes, OfflineEntry, OfflineShown, qr_code};
pub use page::{CONTENT_SECURITY_POLICY, Identity, LANGUAGE_PATH, MenuItem, Page, THEME_PATH, TenantLook};
pub use schedule::{
    Because, Cell, Column, Day, DayLook, DayStrip, Hall, OverviewRow, ScheduleDay, ScheduleMonth,
    ScheduleOverview, ScheduleWeek, Slot, StripDay, WeekDay, WeekStrip, live_framed_schedule, live_schedule,
    print_button,
};
pub use screen::ScreenPage;
pub use table::Table;
pub use texts::{Argument, t};
pub use theme::Theme;
pub use when::{When, clock_time, date_words, duration, week};
