//! What the running engine counted of each rule since its start, read from its metrics.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// What the engine counted of one rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(super) struct Counted {
    pub evaluations: f64,
    pub fires: f64,
    pub errors: f64,
    /// All evaluations together.
    pub seconds: f64,
    #[serde(skip)]
    last_fired: f64,
}

impl Counted {
    pub(super) fn last_fired(&self) -> Option<Timestamp> {
        let since_1970 = jiff::SignedDuration::try_from_secs_f64(self.last_fired).ok()?;
        Timestamp::from_duration(since_1970).ok().filter(|at| *at > Timestamp::UNIX_EPOCH)
    }

    /// Errors in one evaluation, from 0 to 1; nothing before the first.
    pub(super) fn error_rate(&self) -> Option<f64> {
        (self.evaluations > 0.0).then(|| self.errors / self.evaluations)
    }

    /// What one evaluation takes.
    pub(super) fn microseconds(&self) -> Option<f64> {
        (self.evaluations > 0.0).then(|| self.seconds * 1e6 / self.evaluations)
    }
}

/// The counts by rule in a text of metrics.
pub(super) fn parse(text: &str) -> BTreeMap<String, Counted> {
    let mut by_rule: BTreeMap<String, Counted> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = line.rsplit_once(' ') else { continue };
        let Some((name, labels)) = series.split_once('{') else { continue };
        let rule = labels.split("rule=\"").nth(1).and_then(|rest| rest.split('"').next());
        let (Some(rule), Ok(value)) = (rule, value.parse::<f64>()) else { continue };
        let counted = by_rule.entry(rule.to_owned()).or_default();
        match name {
            "yujing_rule_evaluations_total" => counted.evaluations = value,
            "yujing_rule_fires_total" => counted.fires = value,
            // One series a kind of error.
            "yujing_rule_errors_total" => counted.errors += value,
            "yujing_rule_evaluation_duration_seconds_total" => counted.seconds = value,
            "yujing_rule_last_fired_timestamp_seconds" => counted.last_fired = value,
            _ => {}
        }
    }
    by_rule
}

#[cfg(test)]
mod tests {
    use yujing_telemetry::Metrics;

    use super::*;

    #[test]
    fn what_the_program_writes_is_read_back() {
        let metrics = Metrics::new();
        metrics.rule_evaluations.with_label_values(&["a"]).inc_by(4);
        metrics.rule_fires.with_label_values(&["a"]).inc_by(2);
        metrics.rule_errors.with_label_values(&["a", "limit"]).inc();
        metrics.rule_errors.with_label_values(&["a", "type"]).inc();
        metrics.rule_evaluation_duration.with_label_values(&["a"]).inc_by(0.000_002);
        metrics.rule_last_fired_timestamp.with_label_values(&["a"]).set(1.5);
        metrics.rule_evaluations.with_label_values(&["b"]).inc_by(0);
        let by_rule = parse(&metrics.render(Timestamp::UNIX_EPOCH).expect("it renders"));
        let a = by_rule["a"];
        assert_eq!((a.fires, a.error_rate(), a.microseconds()), (2.0, Some(0.5), Some(0.5)));
        assert_eq!(a.last_fired(), "1970-01-01T00:00:01.5Z".parse().ok());
        let b = by_rule["b"];
        assert_eq!((b.error_rate(), b.microseconds(), b.last_fired()), (None, None, None));
    }
}
