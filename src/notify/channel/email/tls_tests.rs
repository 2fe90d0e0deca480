//! Mail within TLS against a small real server: from the beginning or by STARTTLS, trusted, unknown, or of another name.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread::JoinHandle;

use rstest::rstest;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use uuid::Uuid;
use yujing_core::rule::Level;

use super::*;
use crate::config::{EmailLogin, Secret};

/// What a server was told: before TLS, and within it.
#[derive(Debug, Default)]
struct Told {
    plain: Vec<String>,
    within: Vec<String>,
}

fn file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/it/notify/tls").join(name)
}

fn certificate() -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file("certificate.pem")).expect("a certificate")
}

fn server_config() -> Arc<ServerConfig> {
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate()], key);
    Arc::new(config.expect("they belong together"))
}

/// Talks until the client goes, or, where it offers that, wants TLS.
fn converse(mut stream: impl Read + Write, greeting: &str, offer: &str) -> Vec<String> {
    let (mut told, mut in_mail) = (Vec::new(), false);
    if stream.write_all(greeting.as_bytes()).is_err() {
        return told;
    }
    loop {
        let mut line = String::new();
        // Byte by byte, so that nothing is read of what comes within TLS.
        let mut byte = [0];
        while !line.ends_with('\n') {
            match stream.read(&mut byte) {
                Ok(1) => line.push(char::from(byte[0])),
                _ => return told,
            }
        }
        let line = line.trim_end().to_owned();
        in_mail = in_mail && line != ".";
        let answer = match line.split(' ').next() {
            _ if in_mail => "",
            Some("EHLO") => offer,
            Some("AUTH") => "235 welcome\r\n",
            Some("DATA") => "354 go on\r\n",
            // Somebody between the two slips in words that would count as the answer to the first command within.
            Some("STARTTLS") => "220 go on\r\n550 nobody here\r\n",
            _ => "250 ok\r\n",
        };
        in_mail = in_mail || line == "DATA";
        let is_over = matches!(&*line, "STARTTLS" | "QUIT");
        told.push(line);
        if stream.write_all(answer.as_bytes()).is_err() || is_over {
            return told;
        }
    }
}

/// A mail server for one connection at an address.
fn server(address: &str, security: EmailSecurity) -> (u16, JoinHandle<Told>) {
    let listener = TcpListener::bind((address, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serving = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let mut told = Told::default();
        let greeting = "220 ready\r\n";
        if security == EmailSecurity::Starttls {
            told.plain = converse(&stream, greeting, "250-mail.example\r\n250 STARTTLS\r\n");
        }
        let greeting = if security == EmailSecurity::Tls { greeting } else { "" };
        told.within = within_tls(stream, greeting);
        told
    });
    (port, serving)
}

fn within_tls(stream: TcpStream, greeting: &str) -> Vec<String> {
    let connection = ServerConnection::new(server_config()).expect("a connection");
    converse(StreamOwned::new(connection, stream), greeting, "250-mail.example\r\n250 AUTH PLAIN\r\n")
}

fn send(host: &str, port: u16, security: EmailSecurity, trust: &Trust) -> Sent {
    let config = EmailConfig {
        host: host.to_owned(),
        port,
        security,
        login: Some(EmailLogin { username: "u".to_owned(), password: Secret::new("p".to_owned()) }),
        from: "yujing@example.cn".to_owned(),
        to: vec!["a@example.cn".to_owned()],
    };
    let channel = EmailChannel::new(config, Duration::from_secs(5), trust);
    let delivery = Delivery { id: Uuid::from_u128(7), channel: "mail".into(), posts: Vec::new() };
    let message = Message { level: Level::Red, title: "预警".to_owned(), lines: vec!["预警".to_owned()] };
    channel.send(&delivery, &message, "2026-03-01T18:21:00Z".parse().expect("an instant"))
}

#[rstest]
#[case::from_the_beginning(EmailSecurity::Tls, 0)]
#[case::by_starttls(EmailSecurity::Starttls, 2)]
fn a_mail_goes_within_tls_and_its_password_too(#[case] security: EmailSecurity, #[case] before: usize) {
    let (port, serving) = server("127.0.0.1", security);
    let sent = send("127.0.0.1", port, security, &Trust::of([certificate()]));
    let told = serving.join().expect("served");
    assert_eq!(sent, Ok(()), "{told:?}");
    assert_eq!(told.plain.len(), before, "{told:?}");
    assert!(told.plain.iter().all(|line| line.starts_with("EHLO") || line == "STARTTLS"), "{told:?}");
    assert_eq!(told.within[1..4], ["AUTH PLAIN AHUAcA==", "MAIL FROM:<yujing@example.cn>", "RCPT TO:<a@example.cn>"]);
}

#[rstest]
#[case::nobody_vouches_for_it("127.0.0.1", &[], "UnknownIssuer")]
#[case::it_is_of_another_name("127.0.0.2", &[certificate()], "not valid for name")]
fn a_server_with_a_bad_certificate_is_told_nothing_and_tried_again(
    #[case] host: &str,
    #[case] trusted: &[CertificateDer<'static>],
    #[case] said: &str,
    #[values(EmailSecurity::Tls, EmailSecurity::Starttls)] security: EmailSecurity,
) {
    let (port, serving) = server(host, security);
    let sent = send(host, port, security, &Trust::of(trusted.to_vec()));
    let Err(Outcome::Failed { reason, pause: None }) = &sent else { panic!("{sent:?}") };
    assert!(reason.contains("certificate") && reason.contains(said), "{reason}");
    let told = serving.join().expect("served");
    assert!(told.within.is_empty(), "{told:?}");
    assert!(!told.plain.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{told:?}");
}
