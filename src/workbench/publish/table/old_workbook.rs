//! What the sheets of an old workbook (BIFF records in a compound file) say of their size, read before the library believes
//! it: it reserves memory for as many cells as a sheet claims, so one damaged byte would end the program.

/// The most rows of a sheet ([MS-XLS] 2.4.90, Dimensions).
const MAX_ROWS: u32 = 65_536;
/// The most columns of a sheet.
const MAX_COLUMNS: u32 = 256;
/// The type of the record with which a sheet says how large it is.
const DIMENSIONS: u32 = 0x0200;

/// Whether a sheet claims more cells than one can have. What is no such file, or is scattered over it, is left to the library.
pub(super) fn claims_too_much(file: &[u8]) -> bool {
    let mut records = workbook_stream(file).unwrap_or_default();
    while let Some((kind, data, rest)) = next_record(records) {
        if kind == DIMENSIONS && is_beyond(data) {
            return true;
        }
        records = rest;
    }
    false
}

fn next_record(records: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (kind, length) = (number(records, 0, 2)?, usize::try_from(number(records, 2, 2)?).ok()?);
    let (data, rest) = records.get(4..)?.split_at_checked(length)?;
    Some((kind, data, rest))
}

fn is_beyond(data: &[u8]) -> bool {
    let width = if data.len() == 10 { 2 } else { 4 };
    let (first, rows) = (number(data, 0, width), number(data, width, width));
    let columns = number(data, 2 * width + 2, 2);
    let (Some(first), Some(rows), Some(columns)) = (first, rows, columns) else { return false };
    rows > MAX_ROWS || columns > MAX_COLUMNS || first > rows
}

/// The bytes of the stream that holds the workbook, if they lie in one piece.
fn workbook_stream(file: &[u8]) -> Option<&[u8]> {
    let shift = number(file, 30, 2).filter(|shift| (7..=16).contains(shift))?;
    let sector = |id: u32| usize::try_from((u64::from(id) + 1) << shift).ok().and_then(|at| file.get(at..));
    let directory = sector(number(file, 48, 4)?)?;
    let is_workbook = |entry: &&[u8]| {
        ["Workbook", "Book"].iter().any(|name| {
            let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
            entry.to_ascii_lowercase().starts_with(&name.to_ascii_lowercase())
        })
    };
    let entry = directory.chunks_exact(128).take(1 << (shift - 7)).find(is_workbook)?;
    let (start, length) = (number(entry, 116, 4)?, usize::try_from(number(entry, 120, 4)?).ok()?);
    let stream = sector(start)?;
    Some(&stream[..length.min(stream.len())])
}

/// A number of so many bytes, the lowest first.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + width)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_sheet_that_claims_more_cells_than_one_can_have_is_found_in_a_sound_file() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/it/publish/given/register.xls"));
        let sound = std::fs::read(path).expect("readable");
        assert!(!claims_too_much(&sound));
        let stream = workbook_stream(&sound).expect("in one piece");
        let mut rest = stream;
        let mut sheets = 0;
        while let Some((kind, data, next)) = next_record(rest) {
            if kind == DIMENSIONS {
                sheets += 1;
                let at = data.as_ptr() as usize - sound.as_ptr() as usize;
                for (place, byte) in [(3, 1), (6, 2), (7, 0xc0), (11, 2)] {
                    let mut damaged = sound.clone();
                    damaged[at + place] = byte;
                    assert!(claims_too_much(&damaged), "byte {place}");
                }
            }
            rest = next;
        }
        assert!(sheets > 0);
    }
}
