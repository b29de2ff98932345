//! The table both layouts are drawn with.

use std::ops::Range;

use maud::{Markup, Render, html};

use super::plan::Plan;
use super::{Because, Cell};
use crate::{EmptyState, Lang, t};

/// Above this many columns the table scrolls sideways on wide screens rather than squeezing its cells.
const COLUMNS_WITHOUT_SCROLL: usize = 14;

/// Columns that belong together under one head: a hall, or a day.
pub(super) struct Block {
    pub(super) head: Markup,
    /// Whether narrow screens show it.
    pub(super) chosen: bool,
    pub(super) columns: Vec<GridColumn>,
}

pub(super) struct GridColumn {
    pub(super) lang: Lang,
    pub(super) head: Markup,
    /// The day, as every cell's name begins.
    pub(super) name_start: String,
    pub(super) place: String,
    pub(super) cells: Vec<Cell>,
    /// How many parts the hall has, and how many of them the column.
    pub(super) parts: (u8, usize),
}

pub(super) struct Grid {
    pub(super) lang: Lang,
    pub(super) caption: String,
    pub(super) rows: Vec<String>,
    pub(super) blocks: Vec<Block>,
    /// Whether cells open in the whole window rather than in the frame that the table is in.
    pub(super) framed: bool,
}

impl Grid {
    fn columns(&self) -> impl Iterator<Item = &GridColumn> {
        self.blocks.iter().flat_map(|block| &block.columns)
    }

    fn chosen_columns(&self) -> impl Iterator<Item = &GridColumn> {
        self.blocks.iter().filter(|block| block.chosen).flat_map(|block| &block.columns)
    }

    /// The rows worth showing for some columns: without those at either end where nothing is possible any more, or
    /// at all.
    fn rows_worth_showing<'a, I: Iterator<Item = &'a GridColumn>>(
        &'a self,
        columns: impl Fn() -> I,
    ) -> Range<usize> {
        let busy = |row: &usize| {
            columns().any(|column| !matches!(column.cells.get(*row), None | Some(Cell::Past | Cell::Closed)))
        };
        let rows = 0..self.rows.len();
        match (rows.clone().find(busy), rows.rev().find(busy)) {
            (Some(first), Some(last)) => first..last + 1,
            (None, _) | (_, None) => 0..0,
        }
    }

    fn head(&self) -> Markup {
        let divided = self.blocks.iter().any(|block| block.columns.len() > 1);
        html! {
            thead {
                tr {
                    th.corner scope="col" rowspan=[divided.then_some("2")] { (t(self.lang, "ui-schedule-time", &[])) }
                    @for block in &self.blocks {
                        @if block.columns.len() > 1 {
                            th class=(block.class("block-head block-start")) scope="colgroup" colspan=(block.columns.len()) { (block.head) }
                        } @else {
                            th class=(block.class("block-head block-start")) scope="col" rowspan=[divided.then_some("2")] { (block.head) }
                        }
                    }
                }
                @if divided {
                    tr {
                        @for block in self.blocks.iter().filter(|block| block.columns.len() > 1) {
                            @for (index, column) in block.columns.iter().enumerate() {
                                th class=(block.class(if index == 0 { "column-head block-start" } else { "column-head" })) scope="col" { (column.head) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn legend(&self) -> Markup {
        let any = |wanted: fn(&Cell) -> bool| self.columns().any(|column| column.cells.iter().any(wanted));
        let partly =
            self.columns().any(|column| column.cells.iter().any(|cell| column.partly(cell).is_some()));
        html! {
            ul.legend aria-label=(t(self.lang, "ui-schedule-legend", &[])) {
                @if any(|cell| matches!(cell, Cell::Free { .. })) {
                    li { span.sample.cell-free {} (t(self.lang, "ui-legend-free", &[])) }
                }
                @if any(|cell| matches!(cell, Cell::Taken { .. })) {
                    li { span.sample.cell-taken {} (t(self.lang, "ui-legend-taken", &[])) }
                }
                @if partly { li { (Plan::new(2, &[0])) (t(self.lang, "ui-legend-partly", &[])) } }
                @if any(|cell| matches!(cell, Cell::Mine { .. })) {
                    li { span.sample.cell-mine {} (t(self.lang, "ui-legend-mine", &[])) }
                }
                @if any(|cell| matches!(cell, Cell::Closed)) {
                    li { span.sample.cell-closed {} (t(self.lang, "ui-legend-closed", &[])) }
                }
            }
        }
    }
}

impl Render for Grid {
    fn render(&self) -> Markup {
        let shown = self.rows_worth_showing(|| self.columns());
        let shown_narrow = self.rows_worth_showing(|| self.chosen_columns());
        let nothing = EmptyState::new(
            &t(self.lang, "ui-schedule-none", &[]),
            &t(self.lang, "ui-schedule-none-hint", &[]),
        );
        if shown.is_empty() {
            return nothing.render();
        }
        let past_left_out = self
            .columns()
            .any(|column| column.cells.iter().take(shown.start).any(|cell| matches!(cell, Cell::Past)));
        let many = self.columns().count() > COLUMNS_WITHOUT_SCROLL;
        html! {
            @if past_left_out { p.quiet.past-left-out { (t(self.lang, "ui-schedule-past-left-out", &[])) } }
            div.grid-frame role=[many.then_some("region")] tabindex=[many.then_some("0")] aria-label=[many.then_some(&self.caption)] {
                table.grid {
                    caption.visually-hidden { (self.caption) }
                    (self.head())
                    tbody {
                        @for (row, head) in self.rows.iter().enumerate().take(shown.end).skip(shown.start) {
                            tr class=[(!shown_narrow.contains(&row)).then_some("only-wide")] {
                                th scope="row" { (row_head(head)) }
                                @for block in &self.blocks {
                                    @for (index, column) in block.columns.iter().enumerate() {
                                        (column.cell(row, (&shown, self.framed), head, &block.class(if index == 0 { "block-start" } else { "" })))
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if shown_narrow.is_empty() { div.only-narrow { (nothing) } }
            (self.legend())
            p.quiet.keys-hint hidden { (t(self.lang, "ui-schedule-keys", &[])) }
        }
    }
}

impl Block {
    fn class(&self, base: &str) -> String {
        let off = if self.chosen { "" } else { " not-chosen" };
        format!("{base}{off}").trim().to_owned()
    }
}

impl GridColumn {
    /// Whether the row is the same booking as the row above, which is drawn as one.
    fn goes_on(&self, row: usize, shown: &Range<usize>) -> bool {
        let Some(above) = row.checked_sub(1) else { return false };
        let booked = matches!(self.cells.get(row), Some(Cell::Taken { .. } | Cell::Mine { .. }));
        booked
            && shown.contains(&row)
            && shown.contains(&above)
            && self
                .cells
                .get(row)
                .zip(self.cells.get(above))
                .is_some_and(|(one, other)| is_one_block(one, other))
    }

    /// What is taken of the column, when that is not everything: drawn in the hall.
    fn partly(&self, cell: &Cell) -> Option<Plan> {
        match cell {
            Cell::Taken { because: Some(Because { parts, .. }), .. } if parts.len() < self.parts.1 => {
                Some(Plan::new(self.parts.0, parts))
            }
            Cell::Taken { .. } | Cell::Free { .. } | Cell::Mine { .. } | Cell::Closed | Cell::Past => None,
        }
    }

    fn cell(&self, row: usize, (shown, framed): (&Range<usize>, bool), time: &str, class: &str) -> Markup {
        let target = framed.then_some("_top");
        let Some(cell) = self.cells.get(row) else { return html! { td class=(class) {} } };
        let partly = self.partly(cell);
        let kind = match cell {
            Cell::Free { .. } => "cell-free",
            Cell::Taken { .. } if partly.is_some() => "cell-partly",
            Cell::Taken { .. } => "cell-taken",
            Cell::Mine { .. } => "cell-mine",
            Cell::Closed => "cell-closed",
            Cell::Past => "cell-past",
        };
        let state = match (cell, &partly) {
            (Cell::Free { price: Some(price), .. }, _) => {
                format!("{}, {price}", t(self.lang, "ui-cell-free", &[]))
            }
            (Cell::Free { price: None, .. }, _) => t(self.lang, "ui-cell-free", &[]),
            (Cell::Taken { because: Some(Because { names, .. }), .. }, Some(_)) => {
                t(self.lang, "ui-cell-partly", &[("parts", names)])
            }
            (Cell::Taken { because: Some(Because { names, .. }), .. }, None) => {
                t(self.lang, "ui-cell-taken-by", &[("parts", names)])
            }
            (Cell::Taken { because: None, .. }, _) => t(self.lang, "ui-cell-taken", &[]),
            (Cell::Mine { .. }, _) => t(self.lang, "ui-cell-mine", &[]),
            (Cell::Closed, _) => t(self.lang, "ui-cell-closed", &[]),
            (Cell::Past, _) => t(self.lang, "ui-cell-past", &[]),
        };
        let name = t(
            self.lang,
            "ui-cell",
            &[("day", &self.name_start), ("time", &time), ("place", &self.place), ("state", &state)],
        );
        let above = if self.goes_on(row, shown) { " goes-on-above" } else { "" };
        let below = if self.goes_on(row + 1, shown) { " goes-on-below" } else { "" };
        let class = format!("{class} {kind}{above}{below}");
        let plan = html! { @if let Some(plan) = &partly { (plan) } };
        html! {
            td class=(class.trim_start()) {
                @match cell {
                    Cell::Free { href, price } => {
                        a.cell href=(href) target=[target] data-cell aria-label=(name) {
                            @match price {
                                Some(price) => (price),
                                None => (t(self.lang, "ui-legend-free", &[])),
                            }
                        }
                    }
                    Cell::Mine { label, href } if label.is_empty() => {
                        a.cell href=(href) target=[target] data-cell aria-label=(name) { span { (t(self.lang, "ui-legend-mine", &[])) } }
                    }
                    Cell::Mine { label, href } => {
                        a.cell href=(href) target=[target] data-cell aria-label={ (name) ", " (label) } { span { (label) } }
                    }
                    Cell::Taken { label: Some(label), href: Some(href), .. } => {
                        a.cell href=(href) target=[target] data-cell aria-label={ (name) ", " (label) } {
                            (plan) span { (label) }
                        }
                    }
                    Cell::Taken { label, href: None, watch: Some(watch), .. } => {
                        a.cell.told href=(watch) aria-label={
                            (name) @if let Some(label) = label { ", " (label) } ". " (t(self.lang, "ui-cell-watch", &[]))
                        } { (plan) @if let Some(label) = label { span { (label) } } }
                    }
                    Cell::Taken { label: Some(label), href: None, .. } => {
                        span.cell.told { (plan) span.visually-hidden { (state) ", " } span { (label) } }
                    }
                    Cell::Taken { label: None, .. } | Cell::Closed | Cell::Past => {
                        span.cell { (plan) span.visually-hidden { (state) } }
                    }
                }
            }
        }
    }
}

/// Whether two cells below each other are one block: what is followed from them differs from row to row.
fn is_one_block(one: &Cell, other: &Cell) -> bool {
    match (one, other) {
        (
            Cell::Taken { label, href, because, .. },
            Cell::Taken { label: other_label, href: other_href, because: other_because, .. },
        ) => label == other_label && href == other_href && because == other_because,
        _ => one == other,
    }
}

/// A row's time: when it begins is seen, when it ends is heard. The next row shows it.
fn row_head(head: &str) -> Markup {
    let (start, end) = head.split_once('–').unwrap_or((head, ""));
    html! { (start) @if !end.is_empty() { span.visually-hidden { "–" (end) } } }
}
