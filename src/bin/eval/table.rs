//! A table in Markdown, which reads as well in a terminal.

use std::fmt::{Display, Formatter, Result};

/// The first column is text, the others are figures.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<const N: usize>(head: [&str; N]) -> Table {
        Table { rows: vec![head.map(str::to_owned).to_vec()] }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter) -> Result {
        let n_columns = self.rows[0].len();
        let width = |column: usize| {
            let widths = self.rows.iter().map(|row| row[column].chars().count());
            widths.max().unwrap_or(0).max(3)
        };
        let widths: Vec<usize> = (0..n_columns).map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    0 => write!(f, "| {cell:<width$} |")?,
                    _ => write!(f, " {cell:>width$} |")?,
                }
            }
            writeln!(f)?;
            if index == 0 {
                write!(f, "| {} |", "-".repeat(widths[0]))?;
                widths[1..]
                    .iter()
                    .try_for_each(|width| write!(f, " {}: |", "-".repeat(width - 1)))?;
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// A share in hundredths.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// What cannot be told is a dash.
pub fn or_dash(value: Option<f64>, told: fn(f64) -> String) -> String {
    value.map_or("–".to_owned(), told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let mut table = Table::new(["router", "calls"]);
        table.row(["α".to_owned(), percent(0.5)]);
        table.row(["β".to_owned(), or_dash(None, percent)]);
        let expected = "| router |  calls |\n| ------ | -----: |\n| α      | 50.0 % |\n\
                        | β      |      – |\n";
        assert_eq!(table.to_string(), expected);
    }
}
