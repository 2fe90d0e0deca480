//! What adds up over areas: written once when everyone is scored, and from then on with every batch that changes it.

use std::collections::BTreeSet;

use rdkafka::message::Message as _;
use yujing_core::engine::Positions;
use yujing_core::warning::Area;
use yujing_kafka::transaction::Transaction;
use yujing_kafka::{KafkaError, Reader, StrayRecords};
use yujing_telemetry::area::AreasChanged;
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::Session;
use crate::error::Stop;

/// The areas that the topic has records of.
pub(super) fn known<E: From<KafkaError>>(
    reader: &Reader,
    topic: &str,
    metrics: &Metrics,
    tick: &mut dyn FnMut() -> Result<(), E>,
) -> Result<BTreeSet<Area>, E> {
    let mut known = BTreeSet::new();
    let mut strays = StrayRecords::on(topic);
    reader.read(
        topic,
        &reader.whole(topic)?,
        |message| {
            let area = Area::of_key(message.key().unwrap_or_default());
            let is_there = message.payload().is_some();
            strays.note(message, area.is_some().then_some(()).ok_or_else(|| "its key is no area".to_owned()));
            if is_there {
                known.extend(area);
            } else {
                drop(area.and_then(|area| known.take(&area)));
            }
            Ok(())
        },
        |_| tick(),
    )?;
    strays.report(metrics);
    Ok(known)
}

impl Session<'_> {
    /// Writes every area as it is, and takes away those `known` ones that are no more.
    pub(super) fn begin_areas(&mut self, known: &BTreeSet<Area>) -> Result<(), Stop> {
        let areas = self.engine.begin_areas(known);
        if areas.is_empty() {
            return Ok(());
        }
        loop {
            let records = areas.iter().map(|changed| self.encoder.area(changed)).collect();
            if self.transact(Transaction { records, positions: Positions::new(), group: None })? {
                break;
            }
        }
        AreasChanged { areas: &areas }.emit(&self.control.metrics);
        Ok(())
    }
}
