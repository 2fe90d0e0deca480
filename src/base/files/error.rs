//! Why something is not read. A message never quotes what lies there.

use std::io;

use crate::language::{Bilingual, say};

/// Why a file or folder is not read.
#[derive(Debug)]
pub enum FileError {
    /// The system does not give it.
    Unreadable(io::Error),
    /// A link leads out of the folder.
    Outside,
    /// A link leads to a folder that is read already, perhaps to one that it lies in.
    Cycle,
    /// A pipe, a socket, a device or a folder.
    NotAFile,
    /// It is longer than it may be, in bytes.
    TooLong { length: u64, longest: usize },
    /// It was replaced between the look at it and the opening.
    Replaced,
    /// Its name is no text.
    NameNotUtf8,
    /// It is no text.
    NotUtf8,
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl FileError {
    /// What is wrong, in one sentence without a full stop.
    pub fn message(&self) -> Bilingual {
        match self {
            Self::Unreadable(error) if error.kind() == io::ErrorKind::NotFound => {
                Bilingual::new("文件或者文件夹不存在", "the file or folder is not there")
            }
            Self::Unreadable(_) => Bilingual::new("文件或者文件夹无法读取", "the file or folder cannot be read"),
            Self::Outside => Bilingual::new("链接指向文件夹之外，不予读取", "a link out of the folder is not followed"),
            Self::Cycle => {
                Bilingual::new("链接指向已经读取的文件夹", "the link leads to a folder that is read already")
            }
            Self::NotAFile => Bilingual::new(
                "不是普通文件，而是管道、设备、套接字或者文件夹",
                "this is no regular file but a pipe, a device, a socket or a folder",
            ),
            Self::TooLong { length, longest } => {
                say!(
                    "文件有 {length} 字节，最多允许 {longest} 字节",
                    "the file has {length} bytes, {longest} are allowed"
                )
            }
            Self::Replaced => Bilingual::new("文件在读取时被替换", "the file was replaced while it was being read"),
            Self::NameNotUtf8 => Bilingual::new("文件名不是 UTF-8 编码", "the file's name is not UTF-8"),
            Self::NotUtf8 => Bilingual::new("文件不是 UTF-8 编码", "the file is not UTF-8"),
        }
    }

    /// What the system said, else what is wrong: behind a message of those who asked.
    pub fn reason(&self) -> Bilingual {
        match self {
            Self::Unreadable(error) => error.to_string().into(),
            _ => self.message(),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Bilingual {
        match self {
            Self::Unreadable(_) => Bilingual::new(
                "请检查路径，并确认运行本程序的用户有读取权限",
                "check the path, and that the user who runs the program may read it",
            ),
            Self::Outside => Bilingual::new("请将文件本身放入此文件夹", "put the file itself into the folder"),
            Self::Cycle => Bilingual::new("请删去这个链接", "take the link out"),
            Self::NotAFile => Bilingual::new("请换成普通文件，或者删去", "put a regular file there, or take it out"),
            Self::TooLong { .. } => Bilingual::new(
                "名单、数据不应写进这里：应由数据源推送",
                "lists and data do not belong here: a source delivers them",
            ),
            Self::Replaced => Bilingual::new("请再试一次", "try again"),
            Self::NameNotUtf8 => Bilingual::new("请重新命名", "give it another name"),
            Self::NotUtf8 => Bilingual::new(
                "请另存为 UTF-8，不带 BOM",
                "save the file as UTF-8 without BOM (另存为 UTF-8，不带 BOM)",
            ),
        }
    }
}

/// For callers whose own errors carry that of the system.
impl From<FileError> for io::Error {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Unreadable(system) => system,
            other => Self::other(other.message().en),
        }
    }
}
