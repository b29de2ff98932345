/// Light or dark, as the reader chose; the system's own choice where they chose nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// As the reader's system has it.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Every choice, in the order they are shown.
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::System];

    /// The choice by its code; `None` for what is none.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.code() == code)
    }

    /// The code for links, cookies and `<html data-theme>`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What the page tells the browser to draw its own parts in.
    pub(crate) const fn color_scheme(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What `<html data-theme>` says, where it says something.
    pub(crate) fn attribute(self) -> Option<&'static str> {
        (self != Self::System).then_some(self.code())
    }
}
