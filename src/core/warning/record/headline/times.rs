//! How the times of headlines are written: by the office's clocks.

use jiff::Timestamp;
use jiff::civil::DateTime;
use yujing_base::zone::Zone;

pub(super) fn due_zh(due: Timestamp, zone: &Zone, is_provisional: bool) -> String {
    let at = zone.to_datetime(due);
    let day = format!("{}年{}月{}日", at.year(), at.month(), at.day());
    let time = if ends_the_day(at) { "24时".to_owned() } else { format!("{:02}时{:02}分", at.hour(), at.minute()) };
    let caution = if is_provisional { "（暂定，放假安排尚未列入工作日历）" } else { "" };
    let place = if zone.is_beijing() { String::new() } else { format!("（{}）", zone.words().zh) };
    format!("{day}{time}{place}{caution}")
}

pub(super) fn due_en(due: Timestamp, zone: &Zone, is_provisional: bool) -> String {
    let at = zone.to_datetime(due);
    let place = zone.words().en;
    let time = if ends_the_day(at) {
        format!("the end of {}, {place}", at.date())
    } else {
        format!("{} {:02}:{:02} {place}", at.date(), at.hour(), at.minute())
    };
    let caution = if is_provisional { " (provisional: the calendar does not have these days yet)" } else { "" };
    format!("{time}{caution}")
}

/// Whether a deadline counted in working days ends here (see [`crate::warning::Calendar::due`]).
fn ends_the_day(at: DateTime) -> bool {
    (at.hour(), at.minute(), at.second()) == (23, 59, 59)
}
