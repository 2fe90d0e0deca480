//! Personal data in a text where none belongs: flagged, counted, and neither kept nor quoted.

use serde_json::{Value, json};
use yujing_core::source::{Cell, Decoder, Event, RefusalCode};
use yujing_workbench::schemas_folder;

use super::examples::record;

const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas");
const SECRET: &str = "联系人：张三，电话１３８ １２３４ ５６７８";

fn decoder() -> Decoder {
    let sources = schemas_folder::load(SCHEMAS.as_ref()).unwrap_or_else(|found| panic!("{found}"));
    let (id, source) = sources.by_name("dispositions").expect("there are dispositions");
    Decoder::new(id, source.clone())
}

fn disposition(result: &Value) -> Vec<u8> {
    let document = json!({
        "event_id": "d1", "occurred_at": "2026-03-03T09:00:00+08:00", "operator_id": "JY21201030043213",
        "publisher": "officer-app", "warning_id": "3d813cbb-47fb-5ba9-9b2c-5d6b3c0a2a11", "action": "visited",
        "officer_role": "executive", "result": result,
    });
    document.to_string().into_bytes()
}

fn received(value: Vec<u8>) -> yujing_core::source::Record {
    record(value, "2026-03-03T10:00:00+08:00".parse().expect("it is a time"))
}

fn accepted(result: &Value) -> Event {
    decoder().decode(&received(disposition(result))).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn has_cell(event: &Event, text: &str) -> bool {
    event.cells.contains(&Cell::Text(text.into()))
}

#[test]
fn a_text_with_a_name_or_a_telephone_number_is_flagged_and_not_kept() {
    let event = accepted(&json!(SECRET));
    let flags = ["result:telephone", "result:name"].map(|flag| Cell::Text(flag.into()));
    assert!(event.cells.contains(&Cell::List(flags.into())), "{:?}", event.cells);
    assert_eq!(event.withheld, 1);
    let kept = format!("{event:?}");
    assert!(!kept.contains("张三") && !kept.contains("１３８") && !kept.contains("138"), "{kept}");
    assert!(has_cell(&event, "executive"), "the other fields stay");
}

#[test]
fn a_text_without_stays_as_it_is() {
    let event = accepted(&json!("挡鼠板缺失，已责令改正"));
    assert!(has_cell(&event, "挡鼠板缺失，已责令改正"));
    assert_eq!(event.withheld, 0);
}

#[test]
fn a_refusal_never_quotes_such_a_field() {
    for (result, code) in [
        (json!(SECRET.repeat(20)), RefusalCode::OutOfRange),
        (json!([SECRET]), RefusalCode::WrongType),
        (json!(format!("{SECRET}\0")), RefusalCode::WrongFormat),
        (json!(13_812_345_678_u64), RefusalCode::WrongType),
    ] {
        let refusal = decoder().decode(&received(disposition(&result))).expect_err("it is refused");
        assert_eq!((refusal.code, &*refusal.pointer, refusal.got.as_deref()), (code, "/result", None));
    }
}
