use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use uuid::Uuid;
use yujing_core::rule::Level;

use super::*;
use crate::config::{EmailLogin, Secret};

/// A mail server that answers each command by what it begins with; gives what it was told.
fn server(answers: &'static [(&'static str, &'static str)]) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serving = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let (mut told, mut writer) = (Vec::new(), stream.try_clone().expect("cloned"));
        writer.write_all(b"220-mail.example\r\n220 ready\r\n").expect("written");
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { break };
            let answer = answers.iter().find(|(command, _)| line.starts_with(command)).map(|(_, answer)| *answer);
            let is_over = line == "QUIT";
            told.push(line);
            let Some(answer) = answer else { continue };
            if answer == "hang" {
                std::thread::sleep(Duration::from_mins(1));
            }
            if writer.write_all(answer.as_bytes()).is_err() || is_over {
                break;
            }
        }
        told
    });
    (port, serving)
}

const WELL: [(&str, &str); 7] = [
    ("EHLO", "250-mail.example\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 1000000\r\n"),
    ("AUTH", "235 welcome\r\n"),
    ("MAIL", "250 ok\r\n"),
    ("RCPT TO:<gone", "550 no such mailbox\r\n"),
    ("RCPT", "250 ok\r\n"),
    ("DATA", "354 go on\r\n"),
    (".", "250 queued\r\n"),
];

fn send(port: u16, security: EmailSecurity, login: Option<EmailLogin>, to: &[&str]) -> Sent {
    let config = EmailConfig {
        host: "127.0.0.1".to_owned(),
        port,
        security,
        login,
        from: "yujing@example.cn".to_owned(),
        to: to.iter().map(|&mailbox| mailbox.to_owned()).collect(),
    };
    let channel = EmailChannel::new(config, Duration::from_secs(10), &Trust::of_this_machine());
    let delivery = Delivery { id: Uuid::from_u128(7), channel: "mail".into(), posts: Vec::new() };
    let message = Message {
        level: Level::Red,
        title: "食品安全红色预警·发布".to_owned(),
        lines: vec!["【红色预警·发布】示例小学食堂".to_owned(), "详情：https://console.example.cn/".to_owned()],
    };
    channel.send(&delivery, &message, "2026-03-01T18:21:00Z".parse().expect("an instant"))
}

fn failure(sent: &Sent) -> &str {
    match sent {
        Err(Outcome::Failed { reason, pause: None }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mail_reaches_the_server_as_it_was_meant() {
    let (port, serving) = server(&WELL);
    let login = EmailLogin { username: "u".to_owned(), password: Secret::new("p".to_owned()) };
    // The check of the file refuses a password without TLS; the conversation is the same.
    assert_eq!(send(port, EmailSecurity::None, Some(login), &["a@example.cn", "b@example.cn"]), Ok(()));
    let told = serving.join().expect("served");
    assert_eq!(
        &told[..5],
        [
            "EHLO [127.0.0.1]",
            "AUTH PLAIN AHUAcA==",
            "MAIL FROM:<yujing@example.cn>",
            "RCPT TO:<a@example.cn>",
            "RCPT TO:<b@example.cn>",
        ]
    );
    let mail = told.join("\n");
    assert!(
        mail.contains("Date: Sun, 01 Mar 2026 18:21:00 +0000\nFrom: <yujing@example.cn>\nTo: <a@example.cn>,\n <b@")
    );
    assert!(mail.contains("Message-ID: <00000000-0000-0000-0000-000000000007@yujing-notify>"), "{mail}");
    let decode = |text: &str| {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
        String::from_utf8(bytes).expect("UTF-8")
    };
    let subject = mail.split("=?UTF-8?B?").nth(1).and_then(|rest| rest.split("?=").next()).expect("a subject");
    assert_eq!(decode(subject), "食品安全红色预警·发布");
    let body = mail.split("\n\n").nth(1).and_then(|rest| rest.split("\n.").next()).expect("a body");
    let body = decode(&body.replace('\n', ""));
    assert_eq!(body, "【红色预警·发布】示例小学食堂\r\n详情：https://console.example.cn/");
}

#[test]
fn a_mailbox_that_is_refused_is_no_receipt_though_others_have_the_mail() {
    let (port, serving) = server(&WELL);
    let sent = send(port, EmailSecurity::None, None, &["a@example.cn", "gone@example.cn"]);
    let Err(Outcome::Refused { reason }) = sent else { panic!("{sent:?}") };
    assert!(reason.contains("<gone@example.cn> answers 550"), "{reason}");
    let told = serving.join().expect("served");
    assert!(told.contains(&"DATA".to_owned()));
}

#[test]
fn what_may_pass_is_tried_again() {
    for (answers, security, said) in [
        (&[("EHLO", "250 ok\r\n"), ("MAIL", "451 try later\r\n")][..], EmailSecurity::None, "answers 451 (try later)"),
        (&[("EHLO", "hang")], EmailSecurity::None, "no answer in time"),
        (&[("EHLO", "250 ok\r\n")], EmailSecurity::Starttls, "does not offer TLS"),
        (&[("EHLO", "HTTP/1.1 400\r\n")], EmailSecurity::None, "does not speak SMTP"),
        // Its greeting is no TLS.
        (&[], EmailSecurity::Tls, "breaks off"),
    ] {
        let (port, _serving) = server(answers);
        let sent = send(port, security, None, &["a@example.cn"]);
        assert!(failure(&sent).contains(said), "{sent:?}");
    }
    let nowhere = TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port").port();
    assert!(failure(&send(nowhere, EmailSecurity::None, None, &["a@b"])).contains("cannot be reached"));
}

#[test]
fn a_long_subject_is_cut_into_words_between_characters() {
    let mail = Mail {
        id: Uuid::nil(),
        from: "a@b",
        to: &["c@d".to_owned()],
        subject: &"预警".repeat(30),
        text: "",
        at: Timestamp::UNIX_EPOCH,
    };
    let text = mail.to_string();
    assert!(text.split("\r\n").all(|line| line.len() <= 78), "{text}");
}
