//! Which side of a picture is up (EXIF tag `Orientation`): without it, photographs lie on their side.

use axum::body::Bytes;

/// The tag, and the type of its value: 16 bits without a sign.
const TAG: u16 = 0x0112;
const SHORT: u16 = 3;
/// An entry of a directory.
const ENTRY_BYTES: usize = 12;

/// The orientation that EXIF metadata names, unless it is the usual one.
pub(super) fn turned(exif: &[u8]) -> Option<u8> {
    let is_little = match exif.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = exif.get(at..)?.first_chunk()?;
        Some(if is_little { u16::from_le_bytes(*bytes) } else { u16::from_be_bytes(*bytes) })
    };
    let offset = exif.get(4..)?.first_chunk()?;
    let offset = if is_little { u32::from_le_bytes(*offset) } else { u32::from_be_bytes(*offset) };
    let directory = usize::try_from(offset).ok()?;
    let entries = usize::from(short(directory)?);
    let mut places = (0..entries).map_while(|place| directory.checked_add(2 + place * ENTRY_BYTES));
    let entry = places.find(|at| short(*at) == Some(TAG))?;
    if short(entry + 2)? != SHORT {
        return None;
    }
    u8::try_from(short(entry + 8)?).ok().filter(|value| (2..=8).contains(value))
}

/// EXIF metadata that says nothing else.
pub(super) fn exif(orientation: u8) -> Bytes {
    let mut exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.push(orientation);
    exif.extend_from_slice(&[0; 6]);
    exif.into()
}
