//! WebP. What stays are the picture, its transparency and its ICC profile.

use axum::body::Bytes;
use img_parts::ImageEXIF as _;
use img_parts::riff::RiffContent;
use img_parts::webp::{CHUNK_ALPH, CHUNK_ANIM, CHUNK_ICCP, CHUNK_VP8, CHUNK_VP8L, CHUNK_VP8X, WebP};

use super::{PictureRefusal, Stripped, orientation, tail};

/// The flag in the header of the extended format that says that there is XMP.
const XMP_FLAG: u8 = 0b0000_0100;
const NEEDED: [[u8; 4]; 5] = [CHUNK_VP8X, CHUNK_ICCP, CHUNK_ALPH, CHUNK_VP8, CHUNK_VP8L];

pub(super) fn picture(file: &Bytes) -> Result<Stripped, PictureRefusal> {
    let mut webp = WebP::from_bytes(file.clone())?;
    if webp.has_chunk(CHUNK_ANIM) {
        return Err(PictureRefusal::Animated);
    }
    let has_data = webp.has_chunk(CHUNK_VP8) || webp.has_chunk(CHUNK_VP8L);
    let (width, height) = webp.dimensions().filter(|_| has_data).ok_or(PictureRefusal::Damaged)?;
    tail::check(file.get(webp.len() as usize..).unwrap_or_default())?;
    let turned = webp.exif().and_then(|exif| orientation::turned(&exif));
    webp.chunks_mut().retain(|chunk| NEEDED.contains(&chunk.id()));
    let extended = webp.chunks_mut().iter_mut().find(|chunk| chunk.id() == CHUNK_VP8X);
    if let Some(RiffContent::Data(header)) = extended.map(img_parts::riff::RiffChunk::content_mut)
        && let Some(flags) = header.first()
    {
        *header = [&[flags & !XMP_FLAG], &header[1..]].concat().into();
    }
    webp.set_exif(turned.map(orientation::exif));
    Ok((webp.encoder().bytes(), width, height))
}
