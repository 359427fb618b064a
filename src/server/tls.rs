//! The server's own TLS: a certificate with its key, reloaded while the server runs.

use crate::net::CertificateFiles as Files;
use crate::private;
use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::signal::unix::Signal;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How often the files are checked for changes.
const RELOAD_INTERVAL: Duration = Duration::from_secs(10);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("the file {file} cannot be read: {why}", file = file.display(), why = private::why(error))]
    Unreadable { file: PathBuf, error: io::Error },
    /// A file does not contain what it should.
    #[error("the file {file} contains no {what} in PEM: {error}", file = file.display())]
    Malformed { file: PathBuf, what: &'static str, error: rustls::pki_types::pem::Error },
    /// The certificate and the key do not belong together, or are not supported.
    #[error(
        "the certificate in {certificate} cannot be used with the key in {key}: {error}",
        certificate = files.certificate.display(),
        key = files.key.display()
    )]
    Unusable { files: Files, error: rustls::Error },
}

/// The contents of both files.
#[derive(PartialEq, Eq)]
struct PemFiles {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// Accepts TLS connections with the current certificate.
pub struct Certificates(TlsAcceptor);

#[derive(Debug)]
struct CurrentKey(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for CurrentKey {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().clone())
    }
}

/// Reloads the certificate when its files change.
pub struct Reloader {
    files: Files,
    /// The last contents that were read, usable or not.
    seen: PemFiles,
    /// Why the files could not be read at the last check.
    unreadable: Option<String>,
    current: Arc<CurrentKey>,
}

/// Loads a certificate with its key.
///
/// # Errors
/// If a file cannot be read, or the certificate cannot be used with the key.
pub fn load(files: Files) -> Result<(Certificates, Reloader), Error> {
    let provider = CryptoProvider::get_default().expect("`main` installs it before anything else").clone();
    let seen = read(&files)?;
    let current = Arc::new(CurrentKey(RwLock::new(Arc::new(certified(&files, &seen, &provider)?))));
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| Error::Unusable { files: files.clone(), error })?;
    let mut config = config.with_no_client_auth().with_cert_resolver(current.clone());
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((Certificates(TlsAcceptor::from(Arc::new(config))), Reloader { files, seen, unreadable: None, current }))
}

impl Certificates {
    /// Performs a TLS handshake.
    pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> io::Result<TlsStream<S>> {
        self.0.accept(stream).await
    }
}

impl Reloader {
    /// Checks the files every [`RELOAD_INTERVAL`] and at each of these signals, for as long as it is polled. A pair
    /// that cannot be used is logged once, and the previous one stays in use.
    pub async fn run(mut self, mut signal: Signal) {
        loop {
            // If no signal can be received, the interval is enough.
            let _ = tokio::time::timeout(RELOAD_INTERVAL, signal.recv()).await;
            self.check();
        }
    }

    fn check(&mut self) {
        let read = read(&self.files);
        let unreadable = read.as_ref().err().map(Error::to_string);
        let is_known = unreadable.is_some() && unreadable == self.unreadable;
        self.unreadable = unreadable;
        let reloaded = match read {
            Ok(contents) if contents == self.seen => return,
            Ok(contents) => {
                self.seen = contents;
                self.reload()
            }
            Err(_) if is_known => return,
            Err(error) => Err(error),
        };
        match reloaded {
            Ok(()) => tracing::info!(certificate = %self.files.certificate.display(), "the new certificate is in use"),
            Err(error) => tracing::error!(%error, "the new certificate cannot be used; the previous one stays in use"),
        }
    }

    fn reload(&self) -> Result<(), Error> {
        let provider = CryptoProvider::get_default().expect("`main` installs it before anything else");
        let certified = certified(&self.files, &self.seen, provider)?;
        *self.current.0.write() = Arc::new(certified);
        Ok(())
    }
}

fn read(files: &Files) -> Result<PemFiles, Error> {
    let bytes = |file: &Path| std::fs::read(file).map_err(|error| Error::Unreadable { file: file.to_owned(), error });
    Ok(PemFiles { certificate: bytes(&files.certificate)?, key: bytes(&files.key)? })
}

/// Parses the pair, and checks that the key belongs to the certificate.
fn certified(files: &Files, contents: &PemFiles, provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
    let malformed = |file: &Path, what| {
        let file = file.to_owned();
        move |error| Error::Malformed { file, what, error }
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&contents.certificate)
        .collect::<Result<_, _>>()
        .map_err(malformed(&files.certificate, "certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(&contents.key).map_err(malformed(&files.key, "private key"))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| Error::Unusable { files: files.clone(), error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tests::log::Log;
    use std::fs;

    #[test]
    fn a_file_that_cannot_be_read_is_logged_when_it_changes() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (certificate, key) = (directory.path().join("tls.pem"), directory.path().join("tls.key"));
        let pem = made.cert.pem();
        fs::write(&certificate, &pem).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let (_, mut reloader) = load(Files { certificate: certificate.clone(), key: key.clone() }).unwrap();
        let (log, _guard) = Log::start();
        let mut logged = |lines: usize, when: &str| {
            reloader.check();
            reloader.check();
            assert_eq!(log.lines("stays in use").len(), lines, "{when}");
        };
        logged(0, "nothing has changed");
        fs::remove_file(&certificate).unwrap();
        logged(1, "it is missing");
        fs::write(&certificate, &pem).unwrap();
        logged(1, "it is back");
        fs::remove_file(&certificate).unwrap();
        logged(2, "it is missing again");
        fs::write(&certificate, &pem).unwrap();
        fs::remove_file(&key).unwrap();
        logged(3, "the other one is missing");
    }
}
