//! Whom we trust: the certificates of this machine (those that `SSL_CERT_FILE` or `SSL_CERT_DIR` name, else the
//! system's), so that an office's own authority is trusted where the system trusts it.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

/// Trusted certificates, and the cryptography to check with.
#[derive(Debug, Clone)]
pub(super) struct Trust {
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
    certificates: Arc<Vec<Certificate<'static>>>,
}

impl Trust {
    /// What cannot be read is not trusted.
    pub(super) fn of_this_machine() -> Self {
        Self::of(rustls_native_certs::load_native_certs().certs)
    }

    /// These and no others.
    pub(super) fn of(found: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        let found: Vec<CertificateDer<'static>> = found.into_iter().collect();
        let certificates = found.iter().map(|one| Certificate::from_der(one).to_owned()).collect();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Self { provider, roots: Arc::new(roots), certificates: Arc::new(certificates) }
    }

    /// For HTTP.
    pub(super) fn for_http(&self) -> TlsConfig {
        TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::new_with_certs(&self.certificates))
            .unversioned_rustls_crypto_provider(Arc::clone(&self.provider))
            .build()
    }

    /// For mail.
    pub(super) fn for_mail(&self) -> Arc<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .expect("invariant: the provider knows TLS 1.2 and 1.3");
        Arc::new(builder.with_root_certificates(Arc::clone(&self.roots)).with_no_client_auth())
    }
}
