//! Who a party is on the network: a key pair and the self-signed certificate that peers pin.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use tokio_rustls::rustls::crypto::ring::sign::any_supported_type;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{Error, InconsistentKeys};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::NetError;

/// The name in every certificate; no one looks at it, since the whole certificate is pinned.
pub(super) const SUBJECT: &str = "ditto-party";

/// A party's own key pair (ECDSA on P-256) and self-signed certificate.
///
/// It has no `Debug` and no `Clone`: the private key should stay in one place, and is wiped when the
/// identity is dropped. What the TLS library keeps of it for signing, as long as a connection is being
/// set up, is not.
pub struct Identity {
    certificate: CertificateDer<'static>,
    private_key: Zeroizing<Vec<u8>>,
}

impl ZeroizeOnDrop for Identity {}

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
        let (certificate, mut key) = make().map_err(|error: rcgen::Error| NetError::Local {
            cause: format!("cannot generate a key pair ({error})"),
        })?;
        let private_key = Zeroizing::new(key.serialize_der());
        key.zeroize();
        Ok(Self { certificate: certificate.der().clone(), private_key })
    }

    /// An identity that was kept from an earlier run: the certificate in DER, the key in PKCS #8.
    /// Whether the two fit is checked when connecting.
    pub fn from_der(certificate: Vec<u8>, private_key: Vec<u8>) -> Self {
        Self {
            certificate: CertificateDer::from(certificate),
            private_key: Zeroizing::new(private_key),
        }
    }

    /// The public part, in DER, to be handed to the peers.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The private key in PKCS #8, to be kept where only this party can read it. Who copies it wipes
    /// the copy.
    pub fn private_key(&self) -> &[u8] {
        &self.private_key
    }

    /// Both parts in the form that the TLS library takes: read from where the key is, as what the
    /// library is given to own it does not wipe.
    ///
    /// # Errors
    /// If the key is none, or not that of the certificate.
    pub(super) fn resolver(&self) -> Result<Arc<SingleCertAndKey>, Error> {
        let borrowed = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.private_key.as_slice()));
        let key = any_supported_type(&borrowed)?;
        let certified = CertifiedKey::new(vec![self.certificate.clone()], key);
        match certified.keys_match() {
            // As the library has it where it is given the key: not every key says.
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {
                Ok(Arc::new(certified.into()))
            }
            Err(error) => Err(error),
        }
    }
}
