//! Pictures are made here part by part, so that it is known what must go and what must stay.

use super::*;

const ICC: &[u8] = b"ICC_PROFILE\0\x01\x01a profile";
/// What must not be found in anything that is kept.
const PRIVATE: [&[u8]; 9] =
    [b"GPS", b"31.39", b"Camera", b"xap", b"Photoshop", b"a comment", b"tEXt", b"XMP", b"a thumbnail"];

/// EXIF of a telephone: orientation, a maker, and where it was.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x03\0".to_vec();
    exif.extend_from_slice(b"\x0f\x01\x02\0\x06\0\0\0\x32\0\0\0");
    exif.extend_from_slice(&[0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    exif.extend_from_slice(b"\x25\x88\x04\0\x01\0\0\0\x38\0\0\0\0\0\0\0");
    exif.extend_from_slice(b"Camera\0GPS 31.39N 121.49E");
    exif
}

fn segment(marker: u8, contents: &[u8]) -> Vec<u8> {
    let length = u16::try_from(contents.len() + 2).expect("short");
    [&[0xff, marker], &length.to_be_bytes()[..], contents].concat()
}

fn frame(width: u16, height: u16) -> Vec<u8> {
    let [width, height] = [width, height].map(u16::to_be_bytes);
    segment(0xc0, &[&[8], &height[..], &width[..], &[1, 1, 0x11, 0]].concat())
}

/// A photograph with everything beside it that telephones and programs write.
fn jpeg(orientation: u8) -> Vec<u8> {
    let scan = [segment(0xda, &[1, 1, 0, 0, 63, 0]), b"data \xff\0\xff\xd0 more".to_vec()].concat();
    [
        vec![0xff, 0xd8],
        segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01a thumbnail"),
        segment(0xe1, &[b"Exif\0\0", &exif(orientation)[..]].concat()),
        segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>"),
        segment(0xed, b"Photoshop 3.0\08BIM"),
        segment(0xfe, b"a comment"),
        segment(0xe2, ICC),
        segment(0xe2, b"MPF\0"),
        segment(0xee, b"Adobe\0\x64\0\0\0\0\x01"),
        segment(0xdb, &[0; 65]),
        frame(40, 30),
        segment(0xc4, &[0; 20]),
        scan.clone(),
        segment(0xfe, b"a comment"),
        segment(0xc4, &[0; 20]),
        scan,
        vec![0xff, 0xd9],
    ]
    .concat()
}

fn png_of(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut png = img_parts::png::Png::from_bytes(b"\x89PNG\r\n\x1a\n"[..].into()).expect("a signature");
    let chunk = |(kind, contents): &(&[u8; 4], &[u8])| img_parts::png::PngChunk::new(**kind, contents.to_vec().into());
    png.chunks_mut().extend(chunks.iter().map(chunk));
    png.encoder().bytes().to_vec()
}

const HEADER: &[u8] = b"\0\0\0\x28\0\0\0\x1e\x08\x02\0\0\0";

fn png() -> Vec<u8> {
    png_of(&[
        (b"IHDR", HEADER),
        (b"tEXt", b"Author\0Camera"),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0GPS"),
        (b"tIME", b"\x07\xea\x03\x03\x02\x15\x2b"),
        (b"eXIf", &exif(8)),
        (b"iCCP", b"p\0\0profile"),
        (b"IDAT", b"data"),
        (b"IEND", b""),
    ])
}

fn webp() -> Vec<u8> {
    let chunk = |id: &[u8; 4], contents: &[u8]| {
        let length = u32::try_from(contents.len()).expect("short").to_le_bytes();
        [id, &length[..], contents, &vec![0; contents.len() % 2]].concat()
    };
    let chunks = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", b"\x2c\0\0\0\x27\0\0\x1d\0\0"),
        chunk(b"ICCP", b"a profile"),
        chunk(b"VP8 ", b"\x50\x5a\0\x9d\x01\x2a\x28\0\x1e\0data"),
        chunk(b"EXIF", &exif(3)),
        chunk(b"XMP ", b"<x:xmpmeta>GPS</x:xmpmeta>"),
        chunk(b"note", b"a comment"),
    ]
    .concat();
    [b"RIFF", &u32::try_from(chunks.len()).expect("short").to_le_bytes()[..], &chunks].concat()
}

fn taken(file: &[u8]) -> Picture {
    Picture::of(&Bytes::copy_from_slice(file)).expect("it is taken")
}

fn refused(file: &[u8]) -> PictureRefusal {
    Picture::of(&Bytes::copy_from_slice(file)).expect_err("it is refused")
}

fn holds(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

#[test]
fn where_and_by_whom_a_photograph_was_taken_is_gone_and_what_displays_it_stays() {
    for (file, format, orientation) in
        [(jpeg(6), PictureFormat::Jpeg, 6), (png(), PictureFormat::Png, 8), (webp(), PictureFormat::WebP, 3)]
    {
        let picture = taken(&file);
        assert_eq!((picture.format, picture.width, picture.height), (format, 40, 30));
        for private in PRIVATE {
            assert!(!holds(&picture.bytes, private), "{format:?} {}", String::from_utf8_lossy(private));
        }
        assert!(holds(&picture.bytes, b"profile") && holds(&picture.bytes, b"data"), "{format:?}");
        assert!(holds(&picture.bytes, &orientation::exif(orientation)), "{format:?}");
        assert_eq!(taken(&picture.bytes), picture, "{format:?}: nothing is left to be taken out");
    }
    assert!(holds(&taken(&jpeg(6)).bytes, b"Adobe"));
}

#[test]
fn an_upright_photograph_keeps_no_exif_at_all() {
    assert!(!holds(&taken(&jpeg(1)).bytes, b"Exif"));
    for wrong in [0, 9, 255] {
        assert!(!holds(&taken(&jpeg(wrong)).bytes, b"Exif"), "{wrong}");
    }
}

#[test]
fn what_says_that_there_is_metadata_is_gone_with_it() {
    let webp = taken(&webp());
    let flags = webp.bytes[20];
    assert_eq!(flags, 0b0010_1000, "ICC and EXIF, no XMP");
}

#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    for file in [jpeg(6), png(), webp()] {
        for end in 0..file.len() {
            let refusal = refused(&file[..end]);
            let is_meant =
                matches!(refusal, PictureRefusal::Empty | PictureRefusal::UnknownFormat | PictureRefusal::Damaged);
            assert!(is_meant, "{end}: {refusal:?}");
        }
    }
}

#[test]
fn a_file_with_any_byte_changed_is_taken_or_refused_and_never_a_fault() {
    for file in [jpeg(6), png(), webp()] {
        for place in 0..file.len() {
            for value in [0, 1, 0x7f, 0xd8, 0xff] {
                let mut changed = file.clone();
                changed[place] = value;
                let _ = Picture::of(&changed.into());
            }
        }
    }
}

#[test]
fn a_file_of_another_kind_is_refused_whatever_its_name_says() {
    let others: [&[u8]; 6] = [b"GIF89a", b"%PDF-1.7", b"<html><script>", b"PK\x03\x04", b"\0\0\0\x18ftypheic", b"BM"];
    for file in others {
        assert_eq!(refused(file), PictureRefusal::UnknownFormat, "{}", String::from_utf8_lossy(file));
    }
    assert_eq!(refused(b""), PictureRefusal::Empty);
}

#[test]
fn a_film_behind_a_photograph_is_cut_off_and_another_file_is_refused() {
    for file in [jpeg(6), png(), webp()] {
        let alone = taken(&file);
        let behind = |tail: &[u8]| [&file[..], tail].concat();
        let film: &[u8] = b"\0\0\0\x18ftypmp42 film";
        for tail in [film, &[0; 64], &jpeg(1)] {
            assert_eq!(taken(&behind(tail)), alone);
        }
        let others: [&[u8]; 4] =
            [b"PK\x05\x06\0\0\0\0\x01\0", b"\n%PDF-1.7\n", b"<!DOCTYPE html>", b"x<ScRipT>alert(1)</script>"];
        for tail in others {
            assert_eq!(refused(&behind(tail)), PictureRefusal::TwoFiles, "{}", String::from_utf8_lossy(tail));
        }
    }
}

#[test]
fn a_picture_that_no_browser_could_show_is_refused() {
    let header =
        |width: u32, height: u32| [&width.to_be_bytes()[..], &height.to_be_bytes(), b"\x08\x02\0\0\0"].concat();
    let sized = |width, height| png_of(&[(b"IHDR", &header(width, height)), (b"IDAT", b"data"), (b"IEND", b"")]);
    assert_eq!(taken(&sized(10_000, 10_000)).width, 10_000);
    for (width, height) in [(20_001, 1), (1, 20_001), (10_001, 10_000), (u32::MAX, u32::MAX)] {
        assert_eq!(refused(&sized(width, height)), PictureRefusal::TooManyPixels { width, height });
    }
    assert_eq!(refused(&sized(0, 10)), PictureRefusal::Damaged);
}

#[test]
fn moving_pictures_are_refused() {
    let moving = png_of(&[(b"IHDR", HEADER), (b"acTL", &[0; 8]), (b"IDAT", b"data"), (b"IEND", b"")]);
    assert_eq!(refused(&moving), PictureRefusal::Animated);
    let mut file = webp();
    let note = file.windows(4).position(|part| part == b"note").expect("a chunk");
    file[note..note + 4].copy_from_slice(b"ANIM");
    assert_eq!(refused(&file), PictureRefusal::Animated);
}
