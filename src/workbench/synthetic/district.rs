//! The operators of a synthetic district.

use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use yujing_core::source::identifier::is_licence;

use super::{NAME_MARK, PUBLISHER};

/// Sub-districts (街道) that do not exist.
const SUB_DISTRICTS: [&str; 14] = [
    "青禾街道",
    "云溪街道",
    "望江街道",
    "榆林街道",
    "文昌街道",
    "春晖街道",
    "新港街道",
    "桃园街道",
    "长乐街道",
    "安澜街道",
    "北苑街道",
    "南湖街道",
    "西门街道",
    "东渡街道",
];

/// Business forms with their licence form digit, share in a thousand, noun for the name and static risk.
const FORMS: [Form; 7] = [
    Form { name: "restaurant", digit: '2', share: 450, noun: "餐厅", static_risk: 2 },
    Form { name: "food_sales", digit: '1', share: 300, noun: "食品店", static_risk: 1 },
    Form { name: "small_catering", digit: '2', share: 120, noun: "小吃店", static_risk: 2 },
    Form { name: "canteen", digit: '3', share: 80, noun: "食堂", static_risk: 3 },
    Form { name: "stall", digit: '2', share: 40, noun: "食品摊", static_risk: 1 },
    Form { name: "collective_catering", digit: '2', share: 7, noun: "集体用餐配送中心", static_risk: 4 },
    Form { name: "central_kitchen", digit: '2', share: 3, noun: "中央厨房", static_risk: 4 },
];

/// Whom a canteen serves, with its share in a hundred and the word in its name.
const CANTEENS: [(&str, u32, &str); 6] = [
    ("school", 40, "学校"),
    ("kindergarten", 25, "幼儿园"),
    ("elder_care", 15, "养老院"),
    ("hospital", 5, "医院"),
    ("construction_site", 5, "工地"),
    ("none", 10, "机关"),
];

const ROADS: [&str; 12] = [
    "东风路",
    "解放路",
    "人民路",
    "建设路",
    "和平路",
    "新华路",
    "滨河路",
    "学府路",
    "友谊路",
    "光明路",
    "胜利路",
    "康宁路",
];

struct Form {
    name: &'static str,
    digit: char,
    share: u32,
    noun: &'static str,
    static_risk: u32,
}

/// One synthetic operator.
#[derive(Debug, Clone)]
pub struct Operator {
    pub operator_id: String,
    pub business_form: &'static str,
    pub protected_group: &'static str,
    pub cameras: Vec<String>,
    /// The document of the reference source, but for `reported_at` and `occurred_at`.
    pub document: Value,
}

/// All operators of a synthetic district.
#[derive(Debug, Clone)]
pub struct District {
    pub operators: Vec<Operator>,
    /// The places of operators that have a camera.
    pub with_camera: Vec<usize>,
}

impl District {
    /// The usual size: 12,060 operators.
    pub const DEFAULT_OPERATORS: usize = 12_060;

    /// The same seed and size always give the same district.
    pub fn generate(seed: u64, size: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let operators: Vec<_> = (0..size).map(|index| operator(&mut random, index)).collect();
        let with_camera = (0..size).filter(|index| !operators[*index].cameras.is_empty()).collect();
        Self { operators, with_camera }
    }
}

fn operator(random: &mut ChaCha8Rng, index: usize) -> Operator {
    let form = form(random.random_range(0..1_000));
    let (protected_group, serves) = match form.name {
        "canteen" => served(random.random_range(0..100)),
        _ => ("none", ""),
    };
    let operator_id = licence(form.digit, index);
    let road = ROADS.choose(random).copied().unwrap_or(ROADS[0]);
    let sub_district = SUB_DISTRICTS.choose(random).copied().unwrap_or(SUB_DISTRICTS[0]);
    let community = format!("第{}社区", random.random_range(1..=9));
    let grid = format!("{sub_district}{community}{:02}格", random.random_range(1..=20));
    let cameras = camera_count(random, form.name);
    let cameras: Vec<_> = (1..=cameras).map(|number| format!("{operator_id}-{number:02}")).collect();
    let steward_tier = if protected_group == "none" { "D" } else { "C" };
    let name = format!("{NAME_MARK}{road}{}号{serves}{}", index + 1, form.noun);
    let document = json!({
        "operator_id": operator_id, "publisher": PUBLISHER, "revision": 1,
        "name": name, "business_form": form.name, "sub_district": sub_district, "community": community, "grid": grid,
        "address": format!("{road}{}号", index + 1), "static_risk": form.static_risk,
        "protected_group": protected_group, "steward_tier": steward_tier, "licence_expires_on": "2030-12-31",
        "cameras": cameras.iter().map(|camera| json!({"camera_id": camera, "zone": "cooking"})).collect::<Vec<_>>(),
    });
    Operator { operator_id, business_form: form.name, protected_group, cameras, document }
}

fn form(mut draw: u32) -> &'static Form {
    for form in &FORMS {
        if draw < form.share {
            return form;
        }
        draw -= form.share;
    }
    &FORMS[0]
}

fn served(mut draw: u32) -> (&'static str, &'static str) {
    for (group, share, word) in CANTEENS {
        if draw < share {
            return (group, word);
        }
        draw -= share;
    }
    ("none", "")
}

fn camera_count(random: &mut ChaCha8Rng, form: &str) -> u32 {
    let has_camera = match form {
        "canteen" | "collective_catering" | "central_kitchen" => true,
        "restaurant" => random.random_ratio(1, 5),
        _ => false,
    };
    if has_camera { random.random_range(1..=2) } else { 0 }
}

/// A well-formed licence number of a region that is not assigned, 990100.
fn licence(form: char, index: usize) -> String {
    let body = format!("JY{form}990100{:06}", index + 1);
    let digits = (0..=9).map(|digit| format!("{body}{digit}"));
    digits.into_iter().find(|number| is_licence(number)).unwrap_or(body)
}
