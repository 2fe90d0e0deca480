//! A few lines of a file around a place, as they are shown: never more than fit a screen, and nothing in them that a
//! terminal would obey or hide.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::escape;

/// Most lines that are kept of a place that covers many.
const MAX_LINES: usize = 24;
/// Lines before and behind the place.
const CONTEXT_LINES: usize = 2;
/// Most characters that are kept of a line, and of those before the place.
const MAX_LINE_CHARS: usize = 240;
const MAX_CHARS_BEFORE: usize = 120;

/// The lines with the place among them.
#[derive(Debug, Clone)]
pub(super) struct Excerpt {
    text: String,
    pub(super) span: Range<usize>,
    /// How many lines of the file stand before it.
    lines_before: usize,
    /// Where the place begins in its line of the file, in bytes.
    column: usize,
}

/// An excerpt of a file of this name.
#[derive(Debug)]
pub(super) struct Named<'a> {
    pub(super) name: String,
    pub(super) excerpt: &'a Excerpt,
}

impl Excerpt {
    /// The lines around `span`, whose ends lie between characters of `text`.
    pub(super) fn around(text: &str, span: &Range<usize>) -> Self {
        let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let earlier = text[..line_start].rmatch_indices('\n').nth(CONTEXT_LINES).map_or(0, |(at, _)| at + 1);
        let mut shown = Self {
            text: String::new(),
            span: 0..0,
            lines_before: text[..earlier].matches('\n').count(),
            column: span.start - line_start,
        };
        let (mut at, mut places) = (earlier, [None, None]);
        let behind = span.end.max(span.start + 1);
        let mut lines_behind = 0;
        for line in text[earlier..].split_inclusive('\n').take(MAX_LINES) {
            if at >= behind {
                lines_behind += 1;
            }
            if lines_behind > CONTEXT_LINES {
                break;
            }
            let before = if at == line_start { &text[at..span.start] } else { "" };
            let left_out = before.char_indices().rev().nth(MAX_CHARS_BEFORE).map_or(0, |(left_out, _)| left_out);
            shown.push_line(line, at, left_out, span, &mut places);
            at += line.len();
        }
        let end = shown.text.len();
        let [start, stop] = places.map(|place| place.unwrap_or(end));
        shown.span = start..stop.max(start);
        shown
    }

    /// Adds a line that begins at `at` in the file, without so many bytes of its beginning, and notes where the place's
    /// ends come to lie.
    fn push_line(
        &mut self,
        line: &str,
        at: usize,
        left_out: usize,
        span: &Range<usize>,
        places: &mut [Option<usize>; 2],
    ) {
        let content = line.trim_end_matches('\n').trim_end_matches('\r');
        let left_out = left_out.min(content.len());
        if left_out > 0 {
            self.text.push('…');
        }
        for (number, (offset, character)) in content[left_out..].char_indices().enumerate() {
            if number >= MAX_LINE_CHARS {
                self.text.push('…');
                break;
            }
            self.note(at + left_out + offset, span, places);
            self.push(character);
        }
        if line.ends_with('\n') {
            self.note(at + content.len(), span, places);
            self.text.push('\n');
        }
    }

    fn note(&self, at: usize, span: &Range<usize>, places: &mut [Option<usize>; 2]) {
        for (place, end) in places.iter_mut().zip([span.start, span.end]) {
            if place.is_none() && at >= end {
                *place = Some(self.text.len());
            }
        }
    }

    fn push(&mut self, character: char) {
        match character {
            '\t' => self.text.push(character),
            _ => self.text.push_str(&escape::line(character.encode_utf8(&mut [0; 4]))),
        }
    }
}

impl SourceCode for Named<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let Excerpt { text, lines_before: earlier, column, .. } = self.excerpt;
        let found = text.read_span(span, lines_before, lines_after)?;
        let is_place_itself = lines_before == 0;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            found.data(),
            *found.span(),
            earlier + found.line(),
            if is_place_itself { *column } else { found.column() },
            found.line_count(),
        )))
    }
}
