//! TLS by rustls: a certificate and its key from two files in PEM, taken anew when they were renewed. Connections that are
//! open keep what they began with.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use yujing_base::files;
use yujing_telemetry::http::{CertificateRefused, CertificateRenewed};
use yujing_telemetry::{InternalEvent as _, Metrics};

/// How often it is looked whether the files were renewed.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);

/// The longest file, in bytes: a chain has a few kilobytes.
const LONGEST_FILE: usize = 1024 * 1024;

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, then those between it and the authority's.
    pub certificate: PathBuf,
    /// Its private key, in any of the usual forms, without a password.
    pub key: PathBuf,
}

/// What the files say.
#[derive(Clone, PartialEq, Eq)]
struct TlsTexts {
    certificate: String,
    key: String,
}

/// Certificate and key that new connections get.
#[derive(Clone)]
pub struct Tls {
    files: TlsFiles,
    current: Arc<watch::Sender<Arc<ServerConfig>>>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads both files.
    ///
    /// # Errors
    /// A sentence that says which file is no good and why.
    pub fn load(files: TlsFiles) -> Result<Self, String> {
        let current = files.read().and_then(|texts| files.config(&texts))?;
        Ok(Self { files, current: Arc::new(watch::Sender::new(current)) })
    }

    /// Begins TLS on a connection.
    ///
    /// # Errors
    /// If the client breaks off, or agrees to nothing that is offered.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let config = Arc::clone(&self.current.borrow());
        TlsAcceptor::from(config).accept(stream).await
    }

    /// Takes files that were renewed, until `stop`. Those that are no good are told of, and the ones before stay.
    pub async fn renew(self, metrics: Arc<Metrics>, stop: CancellationToken) {
        let mut seen = self.files.read();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
            }
            seen = self.look(&seen, &metrics);
        }
    }

    /// Looks at the files, and takes them if they are others than those seen before.
    fn look(&self, seen: &Result<TlsTexts, String>, metrics: &Metrics) -> Result<TlsTexts, String> {
        let found = self.files.read();
        if found != *seen {
            match found.as_ref().map_err(Clone::clone).and_then(|texts| self.files.config(texts)) {
                Ok(config) => {
                    self.current.send_replace(config);
                    CertificateRenewed { file: &self.files.certificate }.emit(metrics);
                }
                Err(reason) => CertificateRefused { reason: &reason }.emit(metrics),
            }
        }
        found
    }
}

impl TlsFiles {
    fn read(&self) -> Result<TlsTexts, String> {
        let text = |file: &Path| {
            files::text(file, LONGEST_FILE)
                .map_err(|refused| format!("`{}` cannot be read: {}", file.display(), refused.reason().en))
        };
        Ok(TlsTexts { certificate: text(&self.certificate)?, key: text(&self.key)? })
    }

    fn config(&self, texts: &TlsTexts) -> Result<Arc<ServerConfig>, String> {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let chain: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(texts.certificate.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| format!("`{certificate}` is no certificate in PEM: {error}"))?;
        if chain.is_empty() {
            return Err(format!(
                "`{certificate}` has no certificate in PEM: it begins with `-----BEGIN CERTIFICATE-----`"
            ));
        }
        let key_of = PrivateKeyDer::from_pem_slice(texts.key.as_bytes())
            .map_err(|error| format!("`{key}` has no private key in PEM without a password: {error}"))?;
        let chain = chain.into_iter().map(CertificateDer::into_owned).collect();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key_of))
            .map_err(|error| format!("`{certificate}` and the key `{key}` do not work together: {error}"))?;
        Ok(Arc::new(config))
    }
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
