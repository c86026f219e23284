//! What the end of a sign-in needs, sealed for as long as somebody is at the provider's page: the nonce and the PKCE
//! verifier. It lies in the database, so that any hub on it can end what another began; the key is made of the state,
//! which only the device and its browser have, so whoever holds the database can open none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deskside_protocol::DeviceId;
use openidconnect::{Nonce, PkceCodeVerifier};
use ring::aead::{self, Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, UnboundKey};
use ring::hmac;

fn key(state: &str) -> Option<LessSafeKey> {
    let state = hmac::Key::new(hmac::HMAC_SHA256, state.as_bytes());
    let key = hmac::sign(&state, b"deskside sign-in");
    UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).ok().map(LessSafeKey::new)
}

/// A state is used once, so is its key: one nonce is enough for both of them.
fn once() -> aead::Nonce {
    aead::Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// Seals them for a device.
pub(super) fn seal(state: &str, device: DeviceId, nonce: &Nonce, verifier: &PkceCodeVerifier) -> Option<String> {
    let mut sealed = serde_json::to_vec(&(nonce.secret(), verifier.secret())).ok()?;
    key(state)?.seal_in_place_append_tag(once(), Aad::from(device.to_string()), &mut sealed).ok()?;
    Some(URL_SAFE_NO_PAD.encode(sealed))
}

/// Opens what [`seal`] sealed under this state for this device.
pub(super) fn open(state: &str, device: DeviceId, sealed: &str) -> Option<(Nonce, PkceCodeVerifier)> {
    let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let opened = key(state)?.open_in_place(once(), Aad::from(device.to_string()), &mut bytes).ok()?;
    let (nonce, verifier) = serde_json::from_slice(opened).ok()?;
    Some((Nonce::new(nonce), PkceCodeVerifier::new(verifier)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_device_with_the_state_opens_it() {
        let (device, other) = (DeviceId::new(), DeviceId::new());
        let (nonce, verifier) = (Nonce::new("the nonce".to_owned()), PkceCodeVerifier::new("the verifier".to_owned()));
        let sealed = seal("the state", device, &nonce, &verifier).unwrap();
        assert!(!sealed.contains(&URL_SAFE_NO_PAD.encode("verifier")));
        let opened = open("the state", device, &sealed).unwrap();
        assert_eq!((opened.0.secret().as_str(), opened.1.secret().as_str()), ("the nonce", "the verifier"));
        assert!(open("another state", device, &sealed).is_none());
        assert!(open("the state", other, &sealed).is_none());
        assert!(open("the state", device, &sealed[1..]).is_none());
    }
}
