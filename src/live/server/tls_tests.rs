use std::fs;
use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;

use super::*;
use crate::server::{Limits, serve_routes};

const FIRST: [&str; 2] = [include_str!("tls_tests/first.crt"), include_str!("tls_tests/first.key")];
const SECOND: [&str; 2] = [include_str!("tls_tests/second.crt"), include_str!("tls_tests/second.key")];

fn write(folder: &Path, [certificate, key]: [&str; 2]) -> TlsFiles {
    let files = TlsFiles { certificate: folder.join("server.crt"), key: folder.join("server.key") };
    fs::write(&files.certificate, certificate).expect("written");
    fs::write(&files.key, key).expect("written");
    files
}

/// What a client that trusts one certificate alone is answered.
async fn ask(address: SocketAddr, trusted: &str) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).expect("PEM")).expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("console.test").expect("a name");
    let stream = TcpStream::connect(address).await?;
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: console.test\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn connections_are_encrypted_and_new_ones_get_a_certificate_that_was_renewed() {
    let folder = tempfile::tempdir().expect("a folder");
    let tls = Tls::load(write(folder.path(), FIRST)).expect("in order");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (metrics, stop) = (Arc::new(Metrics::new()), CancellationToken::new());
    // More than TLS holds at once, so that it is sent in parts.
    let long = "x".repeat(1_000_000);
    let routes = Router::new().route("/", get(async move || long.clone()));
    let limits = Limits::default();
    let served =
        tokio::spawn(serve_routes(listener, routes, Arc::clone(&metrics), limits, Some(tls.clone()), stop.clone()));

    let answer = ask(address, FIRST[0]).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.len() > 1_000_000, "{} bytes", answer.len());
    assert!(ask(address, SECOND[0]).await.is_err(), "another certificate is not trusted");

    // Half of a renewal, and junk: the one before stays.
    let mut seen = tls.files.read();
    for bad in [[SECOND[0], FIRST[1]], ["junk", SECOND[1]], [SECOND[0], "junk"], ["", ""]] {
        write(folder.path(), bad);
        seen = tls.look(&seen, &metrics);
        assert!(ask(address, FIRST[0]).await.is_ok());
    }
    fs::remove_file(&tls.files.key).expect("removed");
    seen = tls.look(&seen, &metrics);
    assert!(ask(address, FIRST[0]).await.is_ok());

    write(folder.path(), SECOND);
    tls.look(&seen, &metrics).expect("read");
    assert!(ask(address, SECOND[0]).await.is_ok());
    assert!(ask(address, FIRST[0]).await.is_err());

    // Who speaks no TLS gets nothing and disturbs nobody.
    let mut plain = TcpStream::connect(address).await.expect("connected");
    plain.write_all(b"GET / HTTP/1.1\r\nhost: console.test\r\n\r\n").await.expect("sent");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"));
    assert!(ask(address, SECOND[0]).await.is_ok());
    stop.cancel();
    served.await.expect("no panic").expect("no error");
}

#[test]
fn files_that_are_no_good_are_refused_by_their_names() {
    let folder = tempfile::tempdir().expect("a folder");
    for (texts, says) in [
        ([FIRST[0], SECOND[1]], "do not work together"),
        (["junk", FIRST[1]], "has no certificate in PEM"),
        ([FIRST[0], "junk"], "has no private key in PEM"),
        ([FIRST[1], FIRST[1]], "has no certificate in PEM"),
        (["-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", FIRST[1]], "is no certificate in PEM"),
    ] {
        let reason = Tls::load(write(folder.path(), texts)).expect_err("no good");
        assert!(reason.contains(says) && reason.contains("/server."), "{says}: {reason}");
    }
    let files = TlsFiles { certificate: folder.path().join("none.crt"), key: folder.path().join("server.key") };
    let reason = Tls::load(files).expect_err("it is not there");
    assert!(reason.contains("none.crt") && reason.contains("cannot be read"), "{reason}");
}
