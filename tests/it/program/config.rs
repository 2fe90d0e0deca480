//! The configuration: layers, and messages that say where a wrong value stands.

use std::path::Path;

use yujing_base::diagnostic::Diagnostics;
use yujing_cli::Language;
use yujing_config::{Clock, Config, LogFormat};

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn from_text(text: &str, pairs: &[(&str, &str)]) -> Result<Config, Diagnostics> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("yujing.toml");
    std::fs::write(&file, text).expect("the file is written");
    Config::layered(Some(&file), environment(pairs))
}

/// The messages of a refused configuration, without the folder's changing name.
fn refusals(text: &str, pairs: &[(&str, &str)]) -> Vec<String> {
    let problems = from_text(text, pairs).expect_err("it should be refused");
    let short =
        |line: String| line.rsplit_once("/yujing.toml").map_or(line.clone(), |(_, end)| format!("yujing.toml{end}"));
    problems.0.iter().map(|problem| short(problem.to_string())).collect()
}

#[test]
fn the_shipped_file_says_the_defaults_and_nothing_else() {
    let shipped = Config::layered(Some(Path::new("deploy/yujing.toml")), []).expect("the shipped file loads");
    assert_eq!(shipped, Config::default());
    assert_eq!(shipped, Config::layered(None, []).expect("defaults load"));
}

#[test]
fn the_shipped_file_shows_every_key() {
    let shipped: toml::Table =
        toml::from_str(&std::fs::read_to_string("deploy/yujing.toml").expect("readable")).expect("TOML");
    let defaults = toml::Table::try_from(Config::default()).expect("the defaults are a table");
    for (section, keys) in &defaults {
        for key in keys.as_table().expect("every section is a table").keys() {
            let shown = shipped.get(section).and_then(|section| section.get(key));
            assert!(shown.is_some(), "deploy/yujing.toml does not show {section}.{key}");
        }
    }
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let file = "[kafka]\ngroup_id = \"file\"\n[kafka.properties]\n\"sasl.username\" = \"file\"\n\
                [engine]\nclock = \"log\"\nbatch_linger = \"20ms\"\nmax_batch_records = 7\n";
    let config = from_text(
        file,
        &[
            ("YUJING__KAFKA__GROUP_ID", "123"),
            ("YUJING__KAFKA__PROPERTIES__SECURITY_PROTOCOL", "SASL_SSL"),
            ("YUJING__TOPICS__INPUTS__LAB_SAMPLES", "samples.v9"),
            ("YUJING__ENGINE__MAX_BATCH_RECORDS", "9"),
            ("YUJING__LOG__FORMAT", "json"),
            ("YUJING_CONFIG", "ignored here"),
            ("PATH", "/bin"),
        ],
    )
    .expect("it loads");
    assert_eq!(config.kafka.group_id, "123", "a number is a text where a text is wanted");
    assert_eq!(config.kafka.properties["sasl.username"], "file");
    assert_eq!(config.kafka.properties["security.protocol"], "SASL_SSL");
    assert_eq!(config.topics.inputs["lab-samples"], "samples.v9");
    assert_eq!(config.engine.clock, Clock::Log);
    assert_eq!(config.engine.max_batch_records, 9);
    assert_eq!(config.engine.batch_linger, jiff::SignedDuration::from_millis(20));
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.topics.partitions, Config::default().topics.partitions);
}

/// A file, an environment, and how each message begins.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

#[test]
fn every_refusal_says_where_and_what() {
    let cases: &[Case] = &[
        ("[kafka\n", &[], &["yujing.toml:1:7: error[config/not-toml]"]),
        (
            "[engine]\nbatch_lingr = \"5ms\"\n[sever]\n",
            &[],
            &[
                "yujing.toml:2:1: error[config/unknown-key]: `engine.batch_lingr` is not",
                "yujing.toml:3:2: error[config/unknown-key]: `sever` is not",
            ],
        ),
        ("[engine]\nclock = \"moon\"\n", &[], &["yujing.toml:2:9: error[config/wrong-value]: unknown variant `moon`"]),
        ("[engine]\nbatch_linger = \"soon\"\n", &[], &["yujing.toml:2:16: error[config/wrong-value]"]),
        ("[topics]\npartitions = \"4\"\n", &[], &["yujing.toml:2:14: error[config/wrong-value]: invalid type"]),
        (
            "[topics]\npartitions = 0\n[engine]\nmax_batch_records = 0\nbatch_linger = \"11s\"\nthreads = 257\n",
            &[],
            &[
                "yujing.toml:2:14: error[config/out-of-range]: `topics.partitions` must be from 1 to 10000, and is 0",
                "yujing.toml:4:21: error[config/out-of-range]: `engine.max_batch_records` must be",
                "yujing.toml:6:11: error[config/out-of-range]: `engine.threads` must be from 0 to 256, and is 257",
                "yujing.toml:5:16: error[config/out-of-range]: `engine.batch_linger` must be from 0s to 10s, and is 11s",
            ],
        ),
        (
            "[kafka.properties]\n\"isolation.level\" = \"read_uncommitted\"\n\"ssl.key.password\" = \"file:/nowhere\"\n",
            &[],
            &[
                "yujing.toml:2:21: error[config/property]: the Kafka property `isolation.level` cannot be set here",
                "yujing.toml:3:22: error[config/property]: the Kafka property `ssl.key.password` is to be read from `/nowhere`",
            ],
        ),
        (
            "[kafka.properties]\n\"sasl.pasword\" = \"hunter2\"\n\"message.max.bytes\" = \"1000\"\n",
            &[("YUJING__KAFKA__PROPERTIES__SASL_USRNAME", "hunter2")],
            &[
                "yujing.toml:3:23: error[config/property]: the Kafka property `message.max.bytes` must be at least 65536",
                "yujing.toml:2:18: error[config/property]: the Kafka property `sasl.pasword` is none of the Kafka client's: did you mean `sasl.password`?",
                "YUJING__KAFKA__PROPERTIES__SASL_USRNAME: error[config/property]: the Kafka property `sasl.usrname` is none",
            ],
        ),
        (
            "[server]\nhosts = [\"yujing.example.cn\", \"http://yujing:9464\"]\n",
            &[],
            &[
                "yujing.toml:2:9: error[config/out-of-range]: `server.hosts` names `http://yujing:9464`, which is no host",
            ],
        ),
        (
            "[server]\nlisten = \"0.0.0.0:9464\"\n",
            &[],
            &[
                "yujing.toml:2:10: error[config/out-of-range]: `server.listen` is 0.0.0.0:9464, which other machines reach: name tokens",
            ],
        ),
        (
            "[server]\nlisten = \"[::]:9464\"\nread_tokens = [\"hunter2\"]\n[console]\nengine_token = \"hunter2\"\n",
            &[],
            &[
                "yujing.toml:3:15: error[config/out-of-range]: `server.read_tokens` must be file:PATH, env:NAME, or sha256:",
                "yujing.toml:5:16: error[config/out-of-range]: `console.engine_token` must be file:PATH",
            ],
        ),
        (
            "[console]\ntls_certificate = \"server.crt\"\n",
            &[("YUJING__CONSOLE__TLS_KEY", "")],
            &["YUJING__CONSOLE__TLS_KEY: error[config/out-of-range]: `console.tls_key` is not set"],
        ),
        (
            "[console]\ntls_certificate = \"server.crt\"\ntls_key = \"server.key\"\npublic_url = \"http://yujing.example.cn\"\n",
            &[],
            &["yujing.toml:4:14: error[config/out-of-range]: `console.public_url` must begin with https://"],
        ),
        (
            "[console]\nattachments = \"gs://photos\"\nattachments_endpoint = \"minio:9000\"\nattachment_max_bytes = 1\nattachments_per_answer = 21\n",
            &[],
            &[
                "yujing.toml:2:15: error[config/out-of-range]: `console.attachments` must be a folder or s3://BUCKET/PREFIX",
                "yujing.toml:3:24: error[config/out-of-range]: `console.attachments_endpoint` must be http:// or https://",
                "yujing.toml:4:24: error[config/out-of-range]: `console.attachment_max_bytes` must be from 65536 to 104857600",
                "yujing.toml:5:26: error[config/out-of-range]: `console.attachments_per_answer` must be from 1 to 20, and is 21",
            ],
        ),
        (
            "[console]\nattachments = \"photos\"\n",
            &[("YUJING__CONSOLE__ATTACHMENTS_REGION", "cn-north-1")],
            &[
                "YUJING__CONSOLE__ATTACHMENTS_REGION: error[config/out-of-range]: `console.attachments_region` is for a bucket",
            ],
        ),
        (
            "[console.oidc]\nissuer = \"http://sso.example.cn\"\nclient_secret = \"hunter2\"\n",
            &[("YUJING__CONSOLE__OIDC__CLIENT_ID", "")],
            &[
                "yujing.toml:3:17: error[config/out-of-range]: `console.oidc.client_secret` must be file:PATH or env:NAME",
                "yujing.toml:2:10: error[config/out-of-range]: `console.oidc.issuer` must be an address that begins with https://",
                "YUJING__CONSOLE__OIDC__CLIENT_ID: error[config/out-of-range]: `console.oidc.client_id` must not be empty",
                "yujing.toml: error[config/out-of-range]: `console.oidc.groups` is empty",
            ],
        ),
        (
            "",
            &[("YUJING__CONSOLE__OIDC__GROUPS__0", "a")],
            &["YUJING__CONSOLE__OIDC__GROUPS__0: error[config/unknown-key]"],
        ),
        ("", &[("YUJING__ENGINE__LINGER", "5ms")], &["YUJING__ENGINE__LINGER: error[config/unknown-key]"]),
        ("", &[("YUJING__ENGINE", "5ms")], &["YUJING__ENGINE: error[config/unknown-key]"]),
        (
            "",
            &[("YUJING__TOPICS__PARTITIONS", "four")],
            &[
                "YUJING__TOPICS__PARTITIONS: error[config/wrong-value]: `topics.partitions` is a whole number, not `four`",
            ],
        ),
        (
            "",
            &[("YUJING__ENGINE__SWEEP_INTERVAL", "often")],
            &["YUJING__ENGINE__SWEEP_INTERVAL: error[config/wrong-value]: `engine.sweep_interval`"],
        ),
        (
            "[engine]\nsweep_interval = \"30m\"\n",
            &[("YUJING__ENGINE__SWEEP_INTERVAL", "2h")],
            &[
                "YUJING__ENGINE__SWEEP_INTERVAL: error[config/out-of-range]: `engine.sweep_interval` must be from 1s to 1h",
            ],
        ),
        (
            "",
            &[("YUJING__LOG__FILTER", "a=b=c")],
            &["YUJING__LOG__FILTER: error[config/out-of-range]: `log.filter` is not"],
        ),
        ("", &[("YUJING__SERVER__LISTEN", "localhost")], &["YUJING__SERVER__LISTEN: error[config/wrong-value]"]),
    ];
    for (text, pairs, expected) in cases {
        let got = refusals(text, pairs);
        assert_eq!(got.len(), expected.len(), "{text:?} {pairs:?} gave {got:#?}");
        for (got, expected) in got.iter().zip(*expected) {
            assert!(got.starts_with(expected), "{text:?} {pairs:?}\n got {got}\nwant {expected}");
        }
    }
}

#[test]
fn a_slip_of_the_pen_and_a_key_of_another_section_get_a_hint() {
    for (text, hint) in [
        ("[engine]\nbatch_lingr = \"5ms\"\n", "did you mean `engine.batch_linger`?"),
        ("[engine]\nbootstrap_servers = \"127.0.0.1:1\"\n", "did you mean `kafka.bootstrap_servers`?"),
    ] {
        let problems = from_text(text, &[]).expect_err("it should be refused");
        assert_eq!(problems.0[0].help.as_ref().map(|help| help.en.as_str()), Some(hint), "{text}");
    }
}

#[test]
fn every_refusal_is_reported_in_chinese_too() {
    for (text, pairs, says) in [
        ("[engine]\nbatch_lingr = \"5ms\"\n", &[][..], "没有配置项 `engine.batch_lingr`"),
        ("[topics]\npartitions = \"four\"\n", &[], "应为整数"),
        ("[topics]\npartitions = 0\n", &[], "`topics.partitions` 应在1至10000之间，现为0"),
        ("[kafka.properties]\n\"acks\" = \"file:/nowhere\"\n", &[], "Kafka 属性 `acks` 应从文件 `/nowhere` 读取"),
        ("[kafka.properties]\n\"group.id\" = \"x\"\n", &[], "不能在此设置：由 kafka.group_id 设定"),
        (
            "[kafka.properties]\n\"sasl.pasword\" = \"x\"\n",
            &[],
            "`sasl.pasword` 不是 Kafka 客户端的属性，是否应为 `sasl.password`？",
        ),
        ("[server]\nhosts = [\"a:1\"]\n", &[], "`server.hosts` 中的 `a:1` 不是主机名：只写名称，不带协议和端口"),
        ("", &[("YUJING__TOPICS__PARTITIONS", "four")], "`topics.partitions` 应为整数，而不是 `four`"),
        ("", &[("YUJING__ENGINE", "5ms")], "环境变量未指明配置项"),
        ("", &[("YUJING__LOG__FILTER", "a=b=c")], "`log.filter` 不是日志过滤式"),
    ] {
        let problems = from_text(text, pairs).expect_err("it should be refused");
        let shown = problems.render_in(Language::Zh, false);
        assert!(shown.contains(says), "no `{says}` in\n{shown}");
    }
}

#[test]
fn a_missing_file_says_how_to_name_another() {
    let problems = Config::layered(Some(Path::new("/nowhere/yujing.toml")), []).expect_err("there is no such file");
    let text = problems.render(false);
    assert!(text.contains("/nowhere/yujing.toml") && text.contains("--config FILE"), "{text}");
}

#[test]
fn secrets_are_read_from_files_and_never_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let secret = folder.path().join("password");
    std::fs::write(&secret, "open sesame\n").expect("the file is written");
    let text = format!(
        "[kafka.properties]\n\"sasl.password\" = \"file:{}\"\n\"sasl.username\" = \"ali\"\n\"ssl.ca.location\" = \"env:PATH\"\n",
        secret.display()
    );
    let config = from_text(&text, &[]).expect("it loads");
    let properties = config.kafka.client_properties().expect("they resolve");
    assert_eq!(properties["sasl.password"], "open sesame");
    assert_eq!(properties["sasl.username"], "ali");
    assert_eq!(Some(properties["ssl.ca.location"].clone()), std::env::var("PATH").ok());
    let shown = format!("{config:?}");
    assert!(shown.contains("sasl.username") && !shown.contains("ali"), "{shown}");
}

#[test]
fn no_refusal_of_a_configuration_shows_the_value_of_a_property() {
    for text in [
        "[kafka.properties]\n\"sasl.pasword\" = \"hunter2\"\n",
        "[kafka.properties]\n\"sasl.password\" = \"hunter2\"\n\"group.id\" = \"x\"\n",
        "[kafka.properties]\n\"sasl.password\" = \"hunter2\"\n[sever]\n",
        "[kafka.properties]\n\"sasl.password\" = [\"hunter2\"]\n",
        "[kafka.properties]\nsasl.password = \"hunter2\"\n",
        "[kafka.properties]\n\"sasl.password\" = \"hunter2\n",
        "[kafka.properties]\n\"sasl.password\" = hunter2\n",
        "[kafka]\npassword = \"hunter2\"\n",
        "[kafka]\nproperties = \"hunter2\"\n",
    ] {
        let problems = from_text(text, &[]).expect_err("it should be refused");
        for language in [Language::Zh, Language::En] {
            let shown = problems.render_in(language, false);
            assert!(!shown.contains("hunter2"), "{text}\n{shown}");
        }
        let json = serde_json::to_string(&problems.0).expect("JSON");
        assert!(!json.contains("hunter2"), "{text}\n{json}");
    }
    let pairs = [("YUJING__KAFKA__PASSWORD", "hunter2"), ("YUJING__KAFKA__PROPERTIES__SASL_PASWORD", "hunter2")];
    for pair in pairs {
        let shown = from_text("", &[pair]).expect_err("it should be refused").render(false);
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_list_is_set_by_a_variable_with_commas() {
    let config = from_text("", &[("YUJING__SERVER__HOSTS", "yujing, yujing.example.cn")]).expect("it loads");
    assert_eq!(config.server.hosts, ["yujing", "yujing.example.cn"]);
    let config = from_text("", &[("YUJING__TOPICS__ACCEPT_CREATE_TIME", "")]).expect("it loads");
    assert!(config.topics.accept_create_time.is_empty());
}
