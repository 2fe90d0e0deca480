//! Whom the console trusts when it asks others over TLS: the certificates of this machine (those that `SSL_CERT_FILE` or
//! `SSL_CERT_DIR` name, else the system's), so that an office's own authority is trusted where the system trusts it.

use std::sync::Arc;

use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

/// For requests by HTTP. What cannot be read is not trusted.
pub fn of_this_machine() -> TlsConfig {
    let found = rustls_native_certs::load_native_certs().certs;
    let trusted: Vec<Certificate<'static>> = found.iter().map(|one| Certificate::from_der(one).to_owned()).collect();
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::new_with_certs(&trusted))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}
