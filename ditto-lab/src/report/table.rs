//! Tables for a terminal: columns side by side, without lines.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, Table, Width};

/// A column of a table, which is wider than it has to be where that keeps tables alike.
pub(crate) struct Column {
    title: &'static str,
    /// Spaces before it.
    gap: u16,
    /// The fewest characters of it.
    width: u16,
    alignment: CellAlignment,
}

impl Column {
    /// For names.
    pub(crate) const fn left(gap: u16, title: &'static str, width: u16) -> Self {
        Self { title, gap, width, alignment: CellAlignment::Left }
    }

    /// For numbers, a space behind the column before it.
    pub(crate) const fn right(title: &'static str, width: u16) -> Self {
        Self { title, gap: 1, width, alignment: CellAlignment::Right }
    }

    /// The same with more space before it.
    pub(crate) const fn after(self, gap: u16) -> Self {
        Self { gap, ..self }
    }
}

/// A table with its titles, and a cell of each row for each column. `trim_fmt` writes it without the
/// spaces at the ends of lines, `Display` with them.
pub(crate) fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.set_header(columns.iter().map(|column| column.title)).add_rows(rows);
    arrange(&mut table, columns);
    table
}

/// Lines of a name and its value.
pub(crate) fn figures(lines: Vec<(&str, String)>) -> String {
    let columns = [Column::left(2, "", 9), Column::left(2, "", 0)];
    let mut table = Table::new();
    table.add_rows(lines.into_iter().map(|(name, figure)| [name.to_owned(), figure]));
    arrange(&mut table, &columns);
    table.trim_fmt()
}

fn arrange(table: &mut Table, columns: &[Column]) {
    table.load_style(NOTHING);
    for (column, shown) in columns.iter().zip(table.column_iter_mut()) {
        let least = Width::Fixed(column.gap + column.width);
        shown.set_padding((column.gap, 0)).set_cell_alignment(column.alignment);
        shown.set_constraint(ColumnConstraint::LowerBoundary(least));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_asked_for_and_as_what_is_in_them() {
        let columns = [Column::left(2, "what", 6), Column::right("much", 3).after(2)];
        let rows = ["a", "bcdefgh"].map(|name| vec![name.to_owned(), "7".to_owned()]);
        let text = table(&columns, rows).to_string();
        assert_eq!(text, "  what     much\n  a           7\n  bcdefgh     7");
        assert_eq!(figures(vec![("time", "7 s".to_owned())]), "  time       7 s");
    }
}
