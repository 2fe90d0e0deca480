//! Which encoding a text is in: its byte order mark says, or the zeros of UTF-16, or that it is valid UTF-8; else it is
//! guessed, as a browser does for a Chinese page, and reported.

use std::borrow::Cow;
use std::io::{BufRead, Write};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::TableProblem;

/// What is copied at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// What the first bytes of a text say of its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::publish) enum Mark {
    /// A byte order mark of so many bytes, or the zeros of UTF-16.
    Certain(&'static Encoding, usize),
    /// UTF-8, or something old.
    None,
}

impl Mark {
    /// `None` if these are not the first bytes of a text.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        if let Some((encoding, length)) = Encoding::for_bom(head) {
            return Some(Self::Certain(encoding, length));
        }
        // Digits, commas and line ends have a zero beside them in UTF-16; one zero alone is an accident.
        let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
        let are_many = |zeros: usize| zeros > 1 && zeros * 16 >= head.len();
        match (zeros(0), zeros(1)) {
            (0, 0) => Some(Self::None),
            (0, zeros) if are_many(zeros) => Some(Self::Certain(UTF_16LE, 0)),
            (zeros, 0) if are_many(zeros) => Some(Self::Certain(UTF_16BE, 0)),
            _ => None,
        }
    }

    /// The first bytes as a text, as well as it can be said.
    pub(super) fn decode<'a>(&self, head: &'a [u8]) -> Cow<'a, str> {
        match self {
            Self::Certain(encoding, length) => encoding.decode_without_bom_handling(&head[*length..]).0,
            Self::None => String::from_utf8_lossy(head),
        }
    }
}

/// The encoding of a text without a mark.
pub(super) fn guess(mut text: impl BufRead) -> Result<&'static Encoding, TableProblem> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut utf8 = UTF_8.new_decoder_without_bom_handling();
    let mut is_utf8 = true;
    let mut decoded = String::with_capacity(4 * CHUNK_BYTES);
    loop {
        let chunk = text.fill_buf()?;
        let (length, last) = (chunk.len(), chunk.is_empty());
        if chunk.contains(&0) {
            return Err(TableProblem::NoText);
        }
        detector.feed(chunk, last);
        decoded.clear();
        decoded.reserve(utf8.max_utf8_buffer_length_without_replacement(length).unwrap_or(4 * CHUNK_BYTES));
        is_utf8 = is_utf8
            && !matches!(
                utf8.decode_to_string_without_replacement(chunk, &mut decoded, last),
                (DecoderResult::Malformed(..), _)
            );
        if last {
            break;
        }
        text.consume(length);
    }
    Ok(if is_utf8 { UTF_8 } else { detector.guess(Some(b"cn"), Utf8Detection::Deny) })
}

/// Writes a text as UTF-8.
///
/// # Errors
/// If a byte is none of its encoding, with its place.
pub(super) fn convert(
    mut text: impl BufRead,
    encoding: &'static Encoding,
    mut out: impl Write,
) -> Result<(), TableProblem> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text_of_chunk = String::new();
    let mut place: u64 = 0;
    loop {
        let chunk = text.fill_buf()?;
        let (length, last) = (chunk.len(), chunk.is_empty());
        text_of_chunk.clear();
        text_of_chunk.reserve(decoder.max_utf8_buffer_length_without_replacement(length).unwrap_or(4 * CHUNK_BYTES));
        let (result, read) = decoder.decode_to_string_without_replacement(chunk, &mut text_of_chunk, last);
        if let DecoderResult::Malformed(..) = result {
            return Err(TableProblem::Encoding { encoding: encoding.name(), place: place + read as u64 });
        }
        out.write_all(text_of_chunk.as_bytes())?;
        if last {
            break;
        }
        place += length as u64;
        text.consume(length);
    }
    Ok(out.flush()?)
}
