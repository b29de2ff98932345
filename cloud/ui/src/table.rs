use maud::{Markup, Render, html};

/// A table whose first column names the row; on a phone each row becomes a block of its own.
#[derive(Debug, Clone)]
#[must_use = "a table is nothing until it is rendered"]
pub struct Table {
    caption: String,
    heads: Vec<String>,
    rows: Vec<Vec<Markup>>,
}

impl Table {
    /// A table with its name (shown above it) and its column heads.
    pub fn new(caption: &str, heads: &[&str]) -> Self {
        let heads = heads.iter().map(|head| (*head).to_owned()).collect();
        Self { caption: caption.to_owned(), heads, rows: Vec::new() }
    }

    /// One more row, a cell a column.
    pub fn row(mut self, cells: impl IntoIterator<Item = Markup>) -> Self {
        self.rows.push(cells.into_iter().collect());
        self
    }
}

impl Render for Table {
    fn render(&self) -> Markup {
        // The roles repeat what the elements mean, because a table laid out as blocks loses its meaning.
        html! {
            table.table role="table" {
                caption { (self.caption) }
                thead role="rowgroup" {
                    tr role="row" { @for head in &self.heads { th scope="col" role="columnheader" { (head) } } }
                }
                tbody role="rowgroup" {
                    @for row in &self.rows {
                        tr role="row" {
                            @for (index, (cell, head)) in row.iter().zip(&self.heads).enumerate() {
                                @if index == 0 {
                                    th scope="row" role="rowheader" data-head=(head) { (cell) }
                                } @else {
                                    td role="cell" data-head=(head) { (cell) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use maud::{Render, html};

    use super::Table;

    #[test]
    fn a_table_keeps_its_meaning_when_it_is_laid_out_as_blocks() {
        let page = Table::new("Priser", &["Hall", "Pris"])
            .row([html! { "A1" }, html! { "55 kr" }])
            .render()
            .into_string();
        assert!(page.contains("<caption>Priser</caption>"));
        assert!(page.contains(r#"<th scope="col" role="columnheader">Hall</th>"#));
        assert!(page.contains(r#"<th scope="row" role="rowheader" data-head="Hall">A1</th>"#));
        assert!(page.contains(r#"<td role="cell" data-head="Pris">55 kr</td>"#));
    }
}
