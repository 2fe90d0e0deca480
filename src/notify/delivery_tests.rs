use std::path::Path;

use super::*;
use crate::fixture::letter_for;
use crate::notice::Place;

const PLACE: Place = Place { partition: 0, offset: 0 };

fn config(rest: &str) -> NotifyConfig {
    let channels: String =
        ["a", "b", "c"].map(|name| format!("[channels.{name}]\nkind = \"wecom\"\nurl = \"http://{name}/\"\n")).concat();
    NotifyConfig::read(Path::new("notify.toml"), &format!("{rest}\n{channels}")).expect("in order")
}

fn told(config: &NotifyConfig, posts: &[&str]) -> Vec<String> {
    let letter = letter_for(1, 1, PLACE, posts);
    deliveries(&letter.notice, config).iter().map(|one| format!("{}: {}", one.channel, one.posts.join(" "))).collect()
}

#[test]
fn each_channel_gets_an_event_once_for_all_its_posts() {
    let config = config(
        "default = [\"a\"]\n[[route]]\nposts = [\"grid/*\"]\nchannels = [\"a\", \"b\"]\n\
         [[route]]\nposts = [\"police\"]\nchannels = []\n",
    );
    assert_eq!(told(&config, &["grid/东一", "health", "police"]), ["a: grid/东一 health", "b: grid/东一"]);
    assert_eq!(told(&config, &["health", "health"]), ["a: health"]);
    assert_eq!(told(&config, &["police"]), Vec::<String>::new());
}

#[test]
fn what_concerns_no_post_goes_to_the_default_and_some_channels_get_everything() {
    let config = config("default = [\"a\"]\nalways = [\"c\"]\n");
    assert_eq!(told(&config, &[]), ["a: ", "c: "]);
    assert_eq!(told(&config, &["health"]), ["a: health", "c: "]);
}

#[test]
fn a_delivery_is_known_again_by_event_and_channel() {
    let config = config("default = [\"a\", \"b\"]\n");
    let ids = |warning, sequence| -> Vec<Uuid> {
        let letter = letter_for(warning, sequence, PLACE, &["health"]);
        deliveries(&letter.notice, &config).iter().map(|one| one.id).collect()
    };
    assert_eq!(ids(1, 1), ids(1, 1));
    let mut all = [ids(1, 1), ids(1, 2), ids(2, 1)].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6);
}
