//! Characters that are not seen, or that change how others are: a text with them does not say what it seems to say.

/// Whether a character is not seen where it stands, or moves others: controls, what turns the direction of writing, what
/// has no width.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// What is shown instead of such a character.
pub(crate) fn code_point(character: char) -> String {
    format!("<U+{:04X}>", u32::from(character))
}
