//! Places of photographs: folders, and buckets of an object store.

use yujing_base::language::Bilingual;

/// What a bucket's place begins with.
const SCHEME: &str = "s3://";

/// The name of a bucket and what all keys in it begin with; none if the place is a folder.
pub fn bucket(place: &str) -> Option<(&str, &str)> {
    let rest = place.strip_prefix(SCHEME)?;
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    Some((name, prefix.trim_end_matches('/')))
}

/// What is wrong with a place. The message goes on after the name of the key.
pub(super) fn check(place: &str) -> Result<(), Bilingual> {
    let Some((name, prefix)) = bucket(place) else {
        let is_folder = !place.contains("://");
        return if is_folder {
            Ok(())
        } else {
            Err(Bilingual::new("应为文件夹或 s3://存储桶/前缀", "must be a folder or s3://BUCKET/PREFIX"))
        };
    };
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    if !(3..=63).contains(&name.len()) || !name.bytes().all(is_plain) {
        return Err(Bilingual::new(
            "的存储桶名应为3至63个小写字母、数字、`-`、`.`",
            "must name a bucket by 3 to 63 lower-case letters, digits, `-` and `.`",
        ));
    }
    let is_part = |part: &str| {
        !part.is_empty()
            && !matches!(part, "." | "..")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    if !prefix.is_empty() && !prefix.split('/').all(is_part) {
        return Err(Bilingual::new(
            "的前缀各段只能用字母、数字、`-`、`_`、`.`，不得为空",
            "must have a prefix whose parts are letters, digits, `-`, `_` and `.`, none empty",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_bucket_with_a_prefix() {
        assert_eq!(bucket("data/attachments"), None);
        assert_eq!(bucket("s3://photos"), Some(("photos", "")));
        assert_eq!(bucket("s3://photos/yujing/district7/"), Some(("photos", "yujing/district7")));
        for good in ["data/attachments", "/var/lib/照片", "s3://photos", "s3://photos/a/b", "s3://photos/a/"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "gs://photos",
            "https://photos",
            "s3://",
            "s3://Ab",
            "s3://photos//a",
            "s3://photos/../a",
            "s3://photos/a b",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
