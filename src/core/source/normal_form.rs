//! Identifiers in one form, whoever typed them: full-width letters, blanks and marks that nobody sees name no other
//! operator.

use std::borrow::Cow;
use std::sync::LazyLock;

use icu_normalizer::ComposingNormalizerBorrowed;
use regex::Regex;

const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();

/// Marks that no eye sees: zero-width spaces and joiners, byte order marks, direction marks, control characters.
static INVISIBLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}]--\s]").expect("invariant: the classes are Unicode's")
});

/// What `x-normalize` of a schema does to an identifier before anything else looks at it. Doing it twice changes
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormalForm {
    /// `trim`: compatibility characters as their plain ones (NFKC), no invisible marks, no blanks at either end.
    Trim,
    /// `code`: the same, and neither blanks within nor lower-case letters, which such codes never have.
    Code,
}

impl NormalForm {
    /// The word in a schema.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "trim" => Some(Self::Trim),
            "code" => Some(Self::Code),
            _ => None,
        }
    }

    /// The normal form; borrowed if the text has it already.
    pub fn of(self, text: &str) -> Cow<'_, str> {
        if self.is_plain(text) {
            return Cow::Borrowed(text);
        }
        let composed = NFKC.normalize(text);
        let visible = INVISIBLE.replace_all(&composed, "");
        let kept: String = match self {
            Self::Trim => visible.trim().to_owned(),
            Self::Code => {
                visible.split_whitespace().flat_map(str::chars).map(|letter| letter.to_ascii_uppercase()).collect()
            }
        };
        // What stood apart before may compose now.
        let normal = NFKC.normalize(&kept).into_owned();
        if normal == text { Cow::Borrowed(text) } else { Cow::Owned(normal) }
    }

    /// Nearly every identifier is in its form already; this settles it without a table.
    fn is_plain(self, text: &str) -> bool {
        let is_plain = |byte: u8| match self {
            Self::Trim => byte.is_ascii_graphic(),
            Self::Code => byte.is_ascii_graphic() && !byte.is_ascii_lowercase(),
        };
        text.bytes().all(is_plain)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_number_has_one_form() {
        let number = "JY21201030043213";
        let written = [
            "JY21201030043213",
            "jy21201030043213",
            "ＪＹ２１２０１０３００４３２１３",
            "ｊｙ21201030043213",
            " JY21201030043213\t",
            "JY21201030043213\u{A0}",
            "\u{3000}JY21201030043213",
            "\u{FEFF}JY21201030043213",
            "JY2120\u{200B}1030043213",
            "JY2120\u{2060}1030\u{AD}043213",
            "\u{202D}JY21201030043213\u{202C}",
            "JY 2120 1030 0432 13",
            "JY21201030043213\r\n",
        ];
        for written in written {
            assert_eq!(NormalForm::Code.of(written), number, "{written:?}");
        }
        assert!(matches!(NormalForm::Code.of(number), Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_only_trimmed_keeps_its_letters_and_its_inner_blanks() {
        let cases = [
            ("Site 12 b", "Site 12 b"),
            ("\u{FEFF} Site\u{A0}12\u{200B} b\n", "Site 12 b"),
            ("鼠", "鼠"),
            ("Ｎｏ．７", "No.7"),
            ("\u{200B}\u{A0}", ""),
            ("e\u{200B}\u{301}", "é"),
        ];
        for (written, normal) in cases {
            assert_eq!(NormalForm::Trim.of(written), normal, "{written:?}");
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "\\PC{0,12}|[ \\t\u{a0}\u{ad}\u{200b}-\u{200f}\u{301}\u{308}a-zＡ-ｚ¨ﬁİıß㎏\u{1160}ﾠ\u{feff}]{0,12}|.{0,8}") {
            for normal in [NormalForm::Trim, NormalForm::Code] {
                let once = normal.of(&text);
                prop_assert_eq!(normal.of(&once), once.clone());
                prop_assert!(matches!(normal.of(&once), Cow::Borrowed(_)));
            }
        }
    }
}
