import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Publishes JSON Lines: java Producer BROKERS TOPIC < events.jsonl (needs kafka-clients and jackson-databind). */
public class Producer {
    public static void main(String[] args) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", args[0], "acks", "all",
                "enable.idempotence", true, "compression.type", "zstd"); // keys go by murmur2 of themselves
        var json = new ObjectMapper();
        var failures = new AtomicInteger();
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
                var lines = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
            for (String line; (line = lines.readLine()) != null;) {
                String operatorId = json.readTree(line).path("operator_id").asText();
                if (operatorId.isEmpty()) throw new IllegalArgumentException("an event has no operator_id");
                var event = new ProducerRecord<>(args[1], operatorId, line);
                event.headers().add("content-type", "application/json".getBytes(UTF_8));
                producer.send(event, (place, error) -> {
                    if (error == null) return;
                    failures.incrementAndGet();
                    System.err.println(operatorId + " was not delivered: " + error);
                });
            }
        } // close() waits until every record is delivered or given up
        System.exit(failures.get() == 0 ? 0 : 1);
    }
}
