//! How long lists of a large district take, on a processor: other tests run beside.

use std::time::Duration;

use crate::access::{Access, AreaScope, Role};
use crate::read_model::ReadModel;
use crate::read_model::query::operators::OperatorFilter;
use crate::read_model::query::page::Page;
use crate::read_model::scope::Scope;
use yujing_core::rule::Level;

const OPERATORS: u32 = 100_000;
/// Within so long somebody who types sees what was found.
const BUDGET: Duration = Duration::from_millis(100);

fn district() -> (ReadModel, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let model = ReadModel::open(folder.path()).expect("opens");
    let fill = "
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
        INSERT INTO operator (operator_id, name, address, business_form, protected_group, sub_district, community, grid,
          registered, score, level, to_next, as_of, degraded, warning_id, search)
        SELECT 'JY' || (21201030000000 + n), '示例餐厅' || n || '号店', '示例路' || (n % 997) || '号', 'restaurant', 'none',
          '街道' || (n % 12), '社区' || (n % 144), 'G' || (n % 1000), 1, n % 100, n % 5, 10, 0, 0, NULL,
          'jy' || (21201030000000 + n) || char(10) || '示例餐厅' || n || '号店' || char(10) || 'slct' || n || 'hd' ||
          char(10) || '示例路' || (n % 997) || '号'
        FROM numbers";
    model.database.write(|db| db.execute(fill, [OPERATORS])).expect("written");
    (model, folder)
}

/// How long this thread has been on a processor.
fn on_processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux says");
    let nanoseconds = stat.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

/// The time that 95 of 100 of each kind of filter stay within.
fn p95(model: &ReadModel, filters: &[OperatorFilter], scope: &Scope) -> Duration {
    let mut times: Vec<Duration> = Vec::new();
    for filter in filters.iter().cycle().take(filters.len() * 5) {
        let before = on_processor();
        model.operators(scope, filter, Page::default()).expect("read");
        times.push(on_processor().saturating_sub(before));
    }
    times.sort();
    times[times.len() * 95 / 100]
}

#[test]
fn any_list_of_100_000_operators_is_filtered_within_100_ms() {
    let (model, _folder) = district();
    let words = |text: &str| OperatorFilter { words: Some(text.to_owned()), ..OperatorFilter::default() };
    let area = AreaScope { sub_district: Some("街道7".to_owned()), ..AreaScope::default() };
    let filters = [
        OperatorFilter::default(),
        words("示例餐厅77号"),
        words("餐厅"),
        words("slct9"),
        words("没有这家"),
        words("路"),
        OperatorFilter { level: Some(Level::Red), ..OperatorFilter::default() },
        OperatorFilter { level: Some(Level::Orange), area: area.clone(), ..words("餐厅 9") },
        OperatorFilter { area, ..OperatorFilter::default() },
    ];
    let everywhere = Access { roles: vec![Role::Viewer], areas: vec![AreaScope::default()], ..Access::default() };
    let scope = Scope::of(&everywhere);
    let p95 = p95(&model, &filters, &scope);
    assert!(p95 < BUDGET, "{p95:?}");
}
