//! What stands behind the end of a picture. Telephones put a film, a second picture or notes of their own there: that is cut
//! off. An archive, a document or a page there means that the file is meant to be read as something else too.

use super::PictureRefusal;

/// What other files cannot do without, as far as it does not come about by chance.
const OTHER_FILES: [&[u8]; 4] = [b"PK\x05\x06\0\0\0\0", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"%PDF-"];
/// The same of pages and programs for them, in lower case.
const PAGES: [&[u8]; 4] = [b"<script", b"<html", b"<!doctype", b"<?php"];

/// Looks at what is about to be cut off.
pub(super) fn check(tail: &[u8]) -> Result<(), PictureRefusal> {
    let has_file = OTHER_FILES.iter().any(|mark| tail.windows(mark.len()).any(|part| part == *mark));
    let has_page = PAGES.iter().any(|mark| tail.windows(mark.len()).any(|part| part.eq_ignore_ascii_case(mark)));
    if has_file || has_page { Err(PictureRefusal::TwoFiles) } else { Ok(()) }
}
