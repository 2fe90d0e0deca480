//! JPEG. What stays: frames, tables and scans, the ICC profile, the JFIF header without its thumbnail, Adobe's note of how
//! colours are written, and the orientation.

use axum::body::Bytes;
use img_parts::jpeg::{Jpeg, JpegSegment, markers};
use img_parts::{ImageEXIF as _, ImageICC as _};

use super::{PictureRefusal, Stripped, orientation, tail};

const JFIF: &[u8] = b"JFIF\0";
/// The JFIF header before the thumbnail's measures.
const JFIF_BYTES: usize = 12;
const ADOBE: &[u8] = b"Adobe";

pub(super) fn picture(file: &Bytes) -> Result<Stripped, PictureRefusal> {
    let mut jpeg = Jpeg::from_bytes(file.clone())?;
    let (width, height) = jpeg.dimensions().ok_or(PictureRefusal::Damaged)?;
    let scans = jpeg.segments().last().filter(|last| last.marker() == markers::SOS).ok_or(PictureRefusal::Damaged)?;
    let frames = jpeg.segments().iter().filter(|segment| is_frame(segment.marker())).count();
    if frames != 1 {
        return Err(PictureRefusal::Damaged);
    }
    let (profile, turned) = (jpeg.icc_profile(), jpeg.exif().and_then(|exif| orientation::turned(&exif)));
    let header = scans.contents().clone();
    let encoded = scans.clone().encoder().bytes();
    let (scans, behind) = whole_scans(&encoded[4 + header.len()..]).ok_or(PictureRefusal::Damaged)?;
    tail::check(behind)?;
    let mut kept: Vec<JpegSegment> = jpeg.segments().iter().filter_map(needed).collect();
    kept.push(JpegSegment::new_with_entropy(markers::SOS, header, scans.into()));
    *jpeg.segments_mut() = kept;
    jpeg.set_icc_profile(profile);
    jpeg.set_exif(turned.map(orientation::exif));
    Ok((jpeg.encoder().bytes(), width.into(), height.into()))
}

/// Frames that browsers show: baseline, extended, progressive.
fn is_frame(marker: u8) -> bool {
    matches!(marker, markers::SOF0 | markers::SOF1 | markers::SOF2)
}

fn is_table(marker: u8) -> bool {
    matches!(marker, markers::DQT | markers::DHT | markers::DRI)
}

/// A segment before the first scan as far as it is needed.
fn needed(segment: &JpegSegment) -> Option<JpegSegment> {
    let (marker, contents) = (segment.marker(), segment.contents());
    if is_frame(marker) || is_table(marker) || (marker == markers::APP14 && contents.starts_with(ADOBE)) {
        return Some(segment.clone());
    }
    let is_header = marker == markers::APP0 && contents.starts_with(JFIF) && contents.len() >= JFIF_BYTES;
    is_header.then(|| {
        let without_thumbnail = [&contents[..JFIF_BYTES], &[0, 0]].concat();
        JpegSegment::new_with_contents(marker, without_thumbnail.into())
    })
}

/// From the first scan's data to the end of the picture, without what is neither table nor scan; and what stands behind.
/// None if it has no end.
fn whole_scans(data: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut kept = Vec::with_capacity(data.len());
    let mut at = 0;
    loop {
        let (start, marker) = (at, next_marker(data, at)?);
        kept.extend_from_slice(&data[start..marker]);
        let kind = *data.get(marker + 1)?;
        if kind == markers::EOI {
            kept.extend_from_slice(&[markers::P, markers::EOI]);
            return Some((kept, &data[marker + 2..]));
        }
        let length = data.get(marker + 2..)?.first_chunk().map(|bytes| usize::from(u16::from_be_bytes(*bytes)))?;
        let end = marker + 2 + length;
        let segment = data.get(marker..end).filter(|segment| segment.len() >= 4)?;
        match kind {
            markers::SOS | markers::DNL => kept.extend_from_slice(segment),
            _ if is_table(kind) => kept.extend_from_slice(segment),
            markers::APP0..=markers::APP15 | markers::COM => {}
            _ => return None,
        }
        at = end;
    }
}

/// Where the next marker is that is no part of a scan's data.
fn next_marker(data: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += data.get(at..)?.iter().position(|byte| *byte == markers::P)?;
        match *data.get(at + 1)? {
            markers::Z | markers::RST0..=markers::RST7 => at += 2,
            markers::P => at += 1,
            _ => return Some(at),
        }
    }
}
