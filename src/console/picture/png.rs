//! PNG. What stays are the chunks that say how the picture looks; texts, times and whatever else is there go.

use axum::body::Bytes;
use img_parts::ImageEXIF as _;
use img_parts::png::Png;

use super::{PictureRefusal, Stripped, orientation, tail};

/// How the picture looks: header, palette, data, transparency, colours, density.
const NEEDED: [[u8; 4]; 14] = [
    *b"IHDR", *b"PLTE", *b"IDAT", *b"IEND", *b"tRNS", *b"bKGD", *b"iCCP", *b"sRGB", *b"gAMA", *b"cHRM", *b"sBIT",
    *b"cICP", *b"mDCV", *b"pHYs",
];

pub(super) fn picture(file: &Bytes) -> Result<Stripped, PictureRefusal> {
    let mut png = Png::from_bytes(file.clone())?;
    let kinds: Vec<[u8; 4]> = png.chunks().iter().map(img_parts::png::PngChunk::kind).collect();
    let is_whole = kinds.first() == Some(b"IHDR") && kinds.last() == Some(b"IEND") && kinds.contains(b"IDAT");
    let (width, height) = png.dimensions().filter(|_| is_whole).ok_or(PictureRefusal::Damaged)?;
    if kinds.contains(b"acTL") {
        return Err(PictureRefusal::Animated);
    }
    tail::check(&file[png.len()..])?;
    let turned = png.exif().and_then(|exif| orientation::turned(&exif));
    png.chunks_mut().retain(|chunk| NEEDED.contains(&chunk.kind()));
    png.set_exif(turned.map(orientation::exif));
    Ok((png.encoder().bytes(), width, height))
}
