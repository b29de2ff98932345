use maud::{Markup, Render, html};

/// A small drawing beside words; never instead of them, so it is hidden from screen readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// A tick: done, known.
    Check,
    /// A cross: refused, error.
    Cross,
    /// A clock: waiting, later.
    Clock,
    /// A triangle with an exclamation mark.
    Warning,
    /// An i in a circle.
    Info,
    /// An empty circle: free, nothing yet.
    Circle,
    /// A filled circle: mine.
    Dot,
    /// A closed padlock: closed, not allowed.
    Lock,
    /// A broken link: no connection.
    Offline,
    /// A person.
    Person,
    /// A menu behind a button.
    Menu,
    /// Towards the start.
    Back,
    /// Towards the end.
    Forward,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Check => "M4.5 12.5l5 5 10-11",
            Self::Cross => "M6 6l12 12M18 6L6 18",
            Self::Clock => "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.5V12l3 2.5",
            Self::Warning => "M12 4L2.8 20h18.4zM12 10v4.5M12 17.2v.1",
            Self::Info => "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5.5M12 7.6v.1",
            Self::Circle => "M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14z",
            Self::Dot => "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z",
            Self::Lock => "M5.5 11h13v9h-13zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
            Self::Offline => {
                "M4 4l16 16M5 10a11 11 0 0 1 3-2M12 7a10 10 0 0 1 7 3M8.5 14a5 5 0 0 1 3.5-1.5M12 18.2v.1"
            }
            Self::Person => "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
            Self::Menu => "M4 7h16M4 12h16M4 17h16",
            Self::Back => "M14.5 5l-7 7 7 7",
            Self::Forward => "M9.5 5l7 7-7 7",
        }
    }
}

impl Render for Icon {
    fn render(&self) -> Markup {
        html! {
            svg.icon aria-hidden="true" focusable="false" viewBox="0 0 24 24" width="20" height="20"
                fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {
                path d=(self.path()) {}
            }
        }
    }
}
