//! The embedded broker.

use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use yujing_config::Config;
use yujing_core::source::Sources;
use yujing_kafka::topics;

/// A mock cluster with every topic of the engine; it ends when dropped.
pub struct Broker(MockCluster<'static, DefaultProducerContext>);

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Broker").field(&self.bootstrap_servers()).finish()
    }
}

impl Broker {
    /// # Errors
    /// If the cluster cannot start or refuses a topic.
    pub fn start(config: &Config, sources: &Sources) -> Result<Self, KafkaError> {
        let cluster = MockCluster::new(1)?;
        for plan in topics::plan(config, sources) {
            cluster.create_topic(&plan.name, plan.partitions, 1)?;
        }
        Ok(Self(cluster))
    }

    pub fn bootstrap_servers(&self) -> String {
        self.0.bootstrap_servers()
    }
}
