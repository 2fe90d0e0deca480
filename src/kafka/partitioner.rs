//! The partition of a key as Java's producers choose it: murmur2. librdkafka's own default is another hash, so every
//! producer here says `partitioner=murmur2_random`, and records that came by another hash are counted as misrouted.

const SEED: u32 = 0x9747_b28c;
const MULTIPLIER: u32 = 0x5bd1_e995;

/// The 32-bit murmur2 hash of Kafka's Java client.
pub fn murmur2(bytes: &[u8]) -> u32 {
    // Java's lengths are 32-bit; longer keys cannot be sent.
    let mut hash = SEED ^ u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut chunks = bytes.chunks_exact(4);
    for chunk in &mut chunks {
        let mut word = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]).wrapping_mul(MULTIPLIER);
        word ^= word >> 24;
        hash = hash.wrapping_mul(MULTIPLIER) ^ word.wrapping_mul(MULTIPLIER);
    }
    let rest = chunks.remainder();
    for (index, byte) in rest.iter().enumerate() {
        hash ^= u32::from(*byte) << (8 * index);
    }
    if !rest.is_empty() {
        hash = hash.wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 15)
}

/// The partition of a key among `partitions`, from 0. `partitions` is at least 1.
pub fn partition(key: &[u8], partitions: i32) -> i32 {
    let positive = murmur2(key) & 0x7fff_ffff;
    i32::try_from(positive).unwrap_or_default() % partitions.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Apache Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    fn hashes_equal_those_of_the_java_client() {
        let cases: [(&[u8], i32); 7] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            (b"abc", 479_470_107),
            (b"", 275_646_681),
        ];
        for (key, expected) in cases {
            assert_eq!(murmur2(key).cast_signed(), expected, "{}", String::from_utf8_lossy(key));
        }
    }

    /// The vectors that publishers are given.
    #[test]
    fn partitions_equal_the_published_vectors() {
        let text = include_str!("../../schemas/murmur2-vectors.json");
        let document: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let vectors = document["vectors"].as_array().expect("a list");
        assert!(vectors.len() >= 10, "{} vectors", vectors.len());
        for vector in vectors {
            let key = vector["key"].as_str().expect("a key");
            assert_eq!(i64::from(murmur2(key.as_bytes()).cast_signed()), vector["murmur2"], "{key}");
            for partitions in [4, 12] {
                let expected = &vector[format!("partition_of_{partitions}")];
                assert_eq!(*expected, partition(key.as_bytes(), partitions), "{key} of {partitions}");
            }
        }
    }

    #[test]
    fn a_partition_lies_within_the_topic() {
        for key in ["", "JY21201030043213", "近7日", "\u{0}"] {
            for partitions in [1, 2, 3, 7, 12] {
                assert!((0..partitions).contains(&partition(key.as_bytes(), partitions)));
            }
        }
    }
}
