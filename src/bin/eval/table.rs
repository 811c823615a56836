//! A table in Markdown, which reads as well in a terminal.

/// A column's head, and what stands under it in a row.
pub type Column<'c, R> = (&'c str, fn(&R) -> String);

/// The first column is text, the others are figures.
pub fn table<'r, R: 'r>(rows: impl IntoIterator<Item = &'r R>, columns: &[Column<R>]) -> String {
    let head = columns.iter().map(|(head, _)| (*head).to_owned()).collect();
    let cells = |row: &R| columns.iter().map(|(_, cell)| cell(row)).collect();
    let mut lines: Vec<Vec<String>> = vec![head];
    lines.extend(rows.into_iter().map(cells));
    let width = |column: usize| {
        let widths = lines.iter().map(|cells| cells[column].chars().count());
        widths.max().unwrap_or(0).max(3)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let rule = widths.iter().enumerate().map(|(column, width)| match column {
        0 => "-".repeat(*width),
        _ => "-".repeat(width - 1) + ":",
    });
    lines.insert(1, rule.collect());
    let line = |cells: &Vec<String>| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
    };
    lines.iter().map(line).collect()
}

/// A share in hundredths.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

pub fn seconds(seconds: f64) -> String {
    format!("{seconds:.2}")
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
        let rows = [("α", Some(0.5)), ("β", None)];
        let table = table(
            &rows,
            &[("router", |row| row.0.to_owned()), ("calls", |row| or_dash(row.1, percent))],
        );
        let expected = "| router |  calls |\n| ------ | -----: |\n| α      | 50.0 % |\n\
                        | β      |      – |\n";
        assert_eq!(table, expected);
    }
}
