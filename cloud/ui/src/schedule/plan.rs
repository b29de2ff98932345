use maud::{Markup, Render, html};

/// A hall seen from above, its parts beside each other and some of them filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    parts: u8,
    filled: Vec<u8>,
}

/// Width of one part and height of the hall, in the drawing's own units.
const PART_WIDTH: u16 = 14;
const HEIGHT: u16 = 16;

impl Plan {
    pub(super) fn new(parts: u8, filled: &[u8]) -> Self {
        Self { parts, filled: filled.to_vec() }
    }
}

impl Render for Plan {
    fn render(&self) -> Markup {
        let width = PART_WIDTH * u16::from(self.parts);
        html! {
            // Stretched where it is narrower than its parts would be: what counts is which of them are filled.
            svg.plan aria-hidden="true" focusable="false" width=(width + 2) height=(HEIGHT + 2) preserveAspectRatio="none"
                viewBox={ "-1 -1 " (width + 2) " " (HEIGHT + 2) } {
                @for part in 0..self.parts {
                    rect class=[self.filled.contains(&part).then_some("plan-filled")]
                        x=(PART_WIDTH * u16::from(part)) y="0" width=(PART_WIDTH) height=(HEIGHT) {}
                }
            }
        }
    }
}
