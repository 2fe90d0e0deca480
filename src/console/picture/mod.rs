//! Photographs as they are kept: what a picture needs to be shown, and nothing that a telephone or a program wrote beside it.
//! What a file is its bytes say, never its name.
//!
//! - here: what is taken and what is refused
//! - [`jpeg`], [`png`], [`webp`]: what of each format stays
//! - [`orientation`]: which side is up, which of all metadata alone stays
//! - [`tail`]: what stands behind a picture's end

mod jpeg;
mod orientation;
mod png;
mod tail;
mod webp;

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use yujing_base::language::{Bilingual, say};

/// The longest side, in pixels: more than any telephone makes.
const LONGEST_SIDE: u32 = 20_000;
/// Most pixels: a browser needs four bytes for each to show it.
const MOST_PIXELS: u64 = 100_000_000;

/// The formats that are taken: those that every browser shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PictureFormat {
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/png")]
    Png,
    #[serde(rename = "image/webp")]
    WebP,
}

impl PictureFormat {
    const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::WebP];

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }

    /// The format of a media type as [`PictureFormat::media_type`] gives it.
    pub fn parse(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.media_type() == media_type)
    }

    /// What names of such files end with.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }

    /// What the first bytes say.
    fn of(file: &[u8]) -> Option<Self> {
        match file {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }
}

/// A picture without what was beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub format: PictureFormat,
    pub width: u32,
    pub height: u32,
    /// The file as it is kept.
    pub bytes: Bytes,
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureRefusal {
    Empty,
    /// It is no picture of a format that is taken.
    UnknownFormat,
    /// It ends too early, or its parts do not fit together.
    Damaged,
    /// It moves.
    Animated,
    /// It is another kind of file at the same time.
    TwoFiles,
    TooManyPixels {
        width: u32,
        height: u32,
    },
}

impl PictureRefusal {
    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::UnknownFormat => "no_picture",
            Self::Damaged => "damaged_picture",
            Self::Animated => "moving_picture",
            Self::TwoFiles => "two_files",
            Self::TooManyPixels { .. } => "too_many_pixels",
        }
    }

    /// For people.
    pub fn text(self) -> Bilingual {
        match self {
            Self::Empty => Bilingual::new("文件是空的，请重新选择", "the file is empty: choose another"),
            Self::UnknownFormat => Bilingual::new(
                "这个文件不是 JPEG、PNG 或 WebP 照片（按内容判断，与文件名无关）；HEIC 等格式请先转为 JPEG",
                "the file is no JPEG, PNG or WebP picture, whatever its name says: turn HEIC and others into JPEG first",
            ),
            Self::Damaged => Bilingual::new(
                "照片不完整或者已损坏，请重新拍摄或选择",
                "the picture is incomplete or damaged: take or choose it again",
            ),
            Self::Animated => Bilingual::new(
                "不接收动图，请改用静态照片",
                "moving pictures are not taken: choose one that stands still",
            ),
            Self::TwoFiles => Bilingual::new(
                "照片末尾夹带其他文件（压缩包、文档或者网页），未予接收，请重新拍摄",
                "an archive, a document or a page stands behind the picture: take the photograph again",
            ),
            Self::TooManyPixels { width, height } => say!(
                "照片尺寸 {width}×{height} 过大：边长不超过 {LONGEST_SIDE} 像素，总计不超过 1 亿像素",
                "the picture has {width}×{height} pixels: a side has at most {LONGEST_SIDE}, and all together {MOST_PIXELS}"
            ),
        }
    }
}

impl Picture {
    /// Takes from a file what a picture is made of.
    ///
    /// # Errors
    /// If it is no whole picture of a format that is taken, or too large to be shown.
    pub fn of(file: &Bytes) -> Result<Self, PictureRefusal> {
        if file.is_empty() {
            return Err(PictureRefusal::Empty);
        }
        let format = PictureFormat::of(file).ok_or(PictureRefusal::UnknownFormat)?;
        let (bytes, width, height) = match format {
            PictureFormat::Jpeg => jpeg::picture(file)?,
            PictureFormat::Png => png::picture(file)?,
            PictureFormat::WebP => webp::picture(file)?,
        };
        let pixels = u64::from(width) * u64::from(height);
        if width.max(height) > LONGEST_SIDE || pixels > MOST_PIXELS {
            return Err(PictureRefusal::TooManyPixels { width, height });
        }
        Ok(Self { format, width, height, bytes })
    }
}

/// A file without metadata, its width and its height.
type Stripped = (Bytes, u32, u32);

/// What the containers' reader says of a file whose first bytes are right.
impl From<img_parts::Error> for PictureRefusal {
    fn from(_: img_parts::Error) -> Self {
        Self::Damaged
    }
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
