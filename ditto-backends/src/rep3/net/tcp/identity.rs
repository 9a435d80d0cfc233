//! Who a party is on the network: a key pair and the self-signed certificate that peers pin.

use rcgen::{CertificateParams, KeyPair};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::super::NetError;

/// The name in every certificate; no one looks at it, since the whole certificate is pinned.
pub(super) const SUBJECT: &str = "ditto-party";

/// A party's own key pair (ECDSA on P-256) and self-signed certificate.
///
/// It has no `Debug` and no `Clone`: the private key should stay in one place.
pub struct Identity {
    certificate: CertificateDer<'static>,
    private_key: PrivatePkcs8KeyDer<'static>,
}

impl Identity {
    /// Generates a fresh key pair and its certificate.
    ///
    /// # Errors
    /// [`NetError::Local`] if the system gives no randomness.
    pub fn generate() -> Result<Self, NetError> {
        let make = || {
            let key = KeyPair::generate()?;
            let certificate = CertificateParams::new([SUBJECT.to_owned()])?.self_signed(&key)?;
            Ok((certificate, key))
        };
        let (certificate, key) = make().map_err(|error: rcgen::Error| NetError::Local {
            cause: format!("cannot generate a key pair ({error})"),
        })?;
        Ok(Self {
            certificate: certificate.der().clone(),
            private_key: PrivatePkcs8KeyDer::from(key.serialize_der()),
        })
    }

    /// An identity that was kept from an earlier run: the certificate in DER, the key in PKCS #8.
    /// Whether the two fit is checked when connecting.
    pub fn from_der(certificate: Vec<u8>, private_key: Vec<u8>) -> Self {
        Self {
            certificate: CertificateDer::from(certificate),
            private_key: PrivatePkcs8KeyDer::from(private_key),
        }
    }

    /// The public part, in DER, to be handed to the peers.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The private key in PKCS #8, to be kept where only this party can read it.
    pub fn private_key(&self) -> &[u8] {
        self.private_key.secret_pkcs8_der()
    }

    /// Both parts in the form that the TLS library takes.
    pub(super) fn parts(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = PrivateKeyDer::Pkcs8(self.private_key.clone_key());
        (vec![self.certificate.clone()], key)
    }
}
