//! Certificates for tests of TLS.

/// An authority that signs certificates.
pub struct Authority {
    certificate: rcgen::Certificate,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

impl Authority {
    #[expect(clippy::new_without_default, reason = "each one has keys of its own")]
    pub fn new() -> Authority {
        let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        Authority { certificate, issuer: rcgen::Issuer::new(parameters, key) }
    }

    /// Its own certificate.
    pub fn certificate(&self) -> String {
        self.certificate.pem()
    }

    /// A certificate of this name that it signs, and its key.
    pub fn signed(&self, name: &str) -> (String, String) {
        let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = rcgen::KeyPair::generate().unwrap();
        (parameters.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}
