//! `yujing explain --warning ID`: a warning recomputed from its own content and its ruleset, and its features and
//! evidence from the log while that lasts (invariant I4).

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use rdkafka::message::Message as _;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;
use yujing_base::language::say;
use yujing_config::Config;
use yujing_core::engine::{Engine, Mode, Positions};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_core::warning::WarningEvent;
use yujing_kafka::{Clients, StartAt};
use yujing_workbench::schemas_folder;

use super::operator_history::{OperatorHistory, TruncatedTopic, Until};
use super::proof::{Proof, ProofOutcome, ProofPart};
use crate::follow::Follower;
use crate::rules::history::published;
use crate::{Failure, Language, output};

/// One event of a warning: as it stands on the topic, and as it was understood.
struct StoredEvent {
    content: Map<String, Value>,
    event: WarningEvent,
}

/// Recomputes one event of a warning, the last if `sequence` is not given.
pub(super) fn recheck(config: &Config, id: Uuid, sequence: Option<u64>, lang: Language) -> Result<Proof, Failure> {
    let sources = Arc::new(schemas_folder::load(&config.paths.schemas)?);
    let clients = Clients::new(&config.kafka)?;
    let stored = find(&clients, config, id, sequence, lang)?;
    let ruleset = Arc::new(ruleset_of(&clients, config, &sources, &stored.event.ruleset, lang)?);
    let content = from_its_content(&stored, &ruleset)?;
    let log = from_the_log(&clients, config, &sources, &ruleset, &stored)?;
    Ok(Proof::new(&stored.event, content, log))
}

/// The event as the topic has it.
fn find(
    clients: &Clients,
    config: &Config,
    id: Uuid,
    sequence: Option<u64>,
    lang: Language,
) -> Result<StoredEvent, Failure> {
    let topic = &config.topics.warnings;
    let mut follower = Follower::begin(clients, "explain", topic, StartAt::Beginning)?;
    let (wanted, mut found, mut sequences) = (Value::String(id.to_string()), None, BTreeSet::new());
    while let Some(message) = follower.next(false)? {
        let Ok(Value::Object(event)) = serde_json::from_slice(message.payload().unwrap_or_default()) else { continue };
        if event.get("warning_id") != Some(&wanted) {
            continue;
        }
        let number = event.get("sequence").and_then(Value::as_u64);
        sequences.extend(number);
        if sequence.is_none() || number == sequence {
            found = Some(event);
        }
    }
    let content = found.ok_or_else(|| {
        let kept = sequences.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let text = match sequence {
            Some(sequence) if !sequences.is_empty() => say!(
                "{topic} 中没有预警 {id} 的第{sequence}号事件，现有序号：{kept}",
                "{topic} has no event {sequence} of the warning {id}: it has {kept}"
            ),
            _ => say!(
                "{topic} 中没有预警 {id}：编号有误，或者已超过主题的保存期限",
                "{topic} has no warning {id}: the id is wrong, or it is older than what the topic keeps"
            ),
        };
        Failure::user(lang.of(&text))
    })?;
    let event = serde_json::from_value(Value::Object(content.clone())).map_err(|error| {
        let text = say!("预警 {id} 的内容无法识别：{error}", "the warning {id} is not understood: {error}");
        Failure::data(lang.of(&text))
    })?;
    Ok(StoredEvent { content, event })
}

/// The ruleset of this hash, as it was published.
fn ruleset_of(
    clients: &Clients,
    config: &Config,
    sources: &Sources,
    hash: &str,
    lang: Language,
) -> Result<Ruleset, Failure> {
    let topic = &config.topics.rulesets;
    let archive = published(clients, config)?;
    let files = archive.files(hash).ok_or_else(|| {
        let text = say!(
            "{topic} 中没有该预警所用的规则集 {hash}，无法重算",
            "{topic} does not hold {hash}, the ruleset of the warning: it cannot be recomputed"
        );
        Failure::data(lang.of(&text))
    })?;
    let ruleset = Ruleset::from_files(Path::new(hash), files.clone(), sources).inspect_err(|_| {
        let text = say!(
            "规则集 {hash} 无法按现有程序和数据规范构建，无法重算",
            "the ruleset {hash} does not build with this program and these schemas: the warning cannot be recomputed"
        );
        output::problem(&format!("yujing: {}", lang.of(&text)));
    })?;
    if ruleset.hash != hash {
        let real = &ruleset.hash;
        let text = say!(
            "{topic} 中以 {hash} 为键的内容并非该规则集，其哈希值为 {real}",
            "what {topic} holds under {hash} is not that ruleset: its hash is {real}"
        );
        return Err(Failure::data(lang.of(&text)));
    }
    Ok(ruleset)
}

fn from_its_content(stored: &StoredEvent, ruleset: &Ruleset) -> Result<ProofPart, Failure> {
    let mut proof = ProofPart::default();
    let differing = ruleset.recompute(&stored.event).differing_parts(&stored.content);
    for part in differing.map_err(|error| Failure::internal(error.to_string()))? {
        proof.compare(&part.part, part.recorded, part.recomputed);
    }
    if !stored.event.degraded.is_empty() {
        let why = stored.event.degraded.join("; ");
        proof.remarks.push(say!(
            "预警本身注明评分依据有缺失：{why}",
            "the warning says itself that part of its evidence was missing: {why}"
        ));
    }
    Ok(proof)
}

/// Features and evidence from the records that the engine had read: those before the offsets that the warning quotes.
fn from_the_log(
    clients: &Clients,
    config: &Config,
    sources: &Arc<Sources>,
    ruleset: &Arc<Ruleset>,
    stored: &StoredEvent,
) -> Result<ProofPart, Failure> {
    let StoredEvent { content, event } = stored;
    let operator = Arc::clone(&event.operator_id);
    let history = OperatorHistory {
        clients,
        config,
        operator: &operator,
        until: Until::Offsets(&event.offsets),
        as_of: event.as_of,
    };
    let found = history.read(sources)?;
    let failed = |error: &dyn Display| Failure::internal(format!("it cannot be recomputed from the log: {error}"));
    let mut engine = Engine::new(Arc::clone(sources), Arc::clone(ruleset));
    let pending = engine.apply(&found.records, &Positions::new(), Mode::Restore).map_err(|error| failed(&error))?;
    engine.commit(pending);
    let explanation = engine.explain(&operator, event.as_of).map_err(|error| failed(&error))?;
    let computed = round_tripped(&explanation)?;

    let mut proof = ProofPart::default();
    compare_features(&mut proof, event, content, &computed, ruleset);
    compare_evidence(&mut proof, content, &computed);
    proof.remarks.extend(found.truncated.iter().map(TruncatedTopic::text));
    if !found.truncated.is_empty() && proof.outcome() == ProofOutcome::Differ {
        proof.is_out_of_reach = true;
    }
    Ok(proof)
}

/// The operator's reference row and the features.
fn compare_features(
    proof: &mut ProofPart,
    event: &WarningEvent,
    content: &Map<String, Value>,
    computed: &Value,
    ruleset: &Ruleset,
) {
    let row_is_gone = event.operator.is_registered() && computed["operator"]["registered"] != Value::Bool(true);
    if row_is_gone {
        proof.remarks.push(say!(
            "监管对象的登记信息已由更新的内容取代，当时的内容不再保存；取自登记信息的指标未作核对",
            "the operator's reference row of that time has given way to a newer one; features made of it are not compared"
        ));
    } else {
        proof.compare("operator", content["operator"].clone(), computed["operator"].clone());
    }
    let catalogue = ruleset.features.catalogue();
    let of_the_row = |name: &str| catalogue.iter().any(|feature| feature.name == name && feature.reference);
    for (name, recorded) in content["features"].as_object().into_iter().flatten() {
        if !(row_is_gone && of_the_row(name)) {
            proof.compare(&format!("features/{name}"), recorded.clone(), computed["features"][name].clone());
        }
    }
}

fn compare_evidence(proof: &mut ProofPart, content: &Map<String, Value>, computed: &Value) {
    for finding in content["findings"].as_array().into_iter().flatten() {
        let rules = computed["rules"].as_array().into_iter().flatten();
        let rule = rules.into_iter().find(|rule| rule["rule"] == finding["rule"]);
        let evidence = rule.map_or(Value::Null, |rule| rule["evidence"].clone());
        let place = format!("evidence/{}", finding["rule"].as_str().unwrap_or_default());
        proof.compare(&place, finding["evidence"].clone(), evidence);
    }
}

/// A value as it is once it was written and read, which is how the other side of a comparison came.
fn round_tripped(value: &impl Serialize) -> Result<Value, Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::internal(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| Failure::internal(error.to_string()))
}
