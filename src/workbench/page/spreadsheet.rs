//! A table as CSV for spreadsheets: UTF-8 with the mark that tells them so.

use std::io;

use yujing_base::escape;

/// Without it, spreadsheets take Chinese text for another encoding.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Rows whose cells no spreadsheet takes for formulas.
#[derive(Debug)]
pub struct Spreadsheet(csv::Writer<Vec<u8>>);

impl Spreadsheet {
    /// An empty table.
    pub fn new() -> Self {
        Self(csv::Writer::from_writer(BYTE_ORDER_MARK.to_vec()))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// If it has another number of cells than the first.
    pub fn write_record(&mut self, cells: impl IntoIterator<Item = impl AsRef<str>>) -> csv::Result<()> {
        for cell in cells {
            self.0.write_field(escape::cell(cell.as_ref()).as_bytes())?;
        }
        self.0.write_record(None::<&[u8]>)
    }

    /// The file.
    ///
    /// # Errors
    /// If it cannot be flushed.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        self.0.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

impl Default for Spreadsheet {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_of_others_is_a_text_to_a_spreadsheet_and_stays_in_its_row() {
        let mut table = Spreadsheet::new();
        table.write_record(["=cmd|' /C calc'!A0", "-1.5", "a,\"b\"\n=c", "示例餐厅"]).expect("written");
        table.write_record(["next", "", "", ""]).expect("written");
        let text = String::from_utf8(table.into_bytes().expect("flushed")).expect("UTF-8");
        assert_eq!(text, "\u{feff}'=cmd|' /C calc'!A0,-1.5,\"a,\"\"b\"\"\\n=c\",示例餐厅\nnext,,,\n");
    }
}
