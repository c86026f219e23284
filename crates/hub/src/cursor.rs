//! Cursors: places in the change feed, sealed. What they hold is a counter that the whole company shares; whoever could
//! read it could tell how many tickets others write, and whoever could make one could ask for what was never given.
//!
//! `c2-` and, in base64url, a nonce, the place encrypted, and a tag (ChaCha20-Poly1305, RFC 8439). The nonce is derived
//! from what it seals, so that one place of one reader has one cursor: "nothing new" is then said by repeating it. The
//! key belongs to the database, the reader goes into the tag: a cursor of another database, device or version is none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

const VERSION: &str = "c2-";

/// Writes and reads the cursors of one database.
#[derive(Clone)]
pub(crate) struct Cursors {
    seal: Option<LessSafeKey>,
    nonces: hmac::Key,
}

/// Keys are not for logs.
impl std::fmt::Debug for Cursors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cursors")
    }
}

impl Cursors {
    /// With the key of a database.
    pub(crate) fn new(key: &[u8]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, key);
        let derive = |what: &[u8]| hmac::sign(&root, what);
        let seal = UnboundKey::new(&CHACHA20_POLY1305, derive(b"deskside cursor seal").as_ref()).ok();
        let nonces = hmac::Key::new(hmac::HMAC_SHA256, derive(b"deskside cursor nonce").as_ref());
        Self { seal: seal.map(LessSafeKey::new), nonces }
    }

    /// The cursor of a place for this reader; 0 is before everything.
    pub(crate) fn write(&self, reader: &str, sequence: i64) -> String {
        let mut sealed = sequence.to_be_bytes().to_vec();
        let mut derived = hmac::Context::with_key(&self.nonces);
        derived.update(&sealed);
        derived.update(reader.as_bytes());
        let mut nonce = [0_u8; NONCE_LEN];
        nonce.iter_mut().zip(derived.sign().as_ref()).for_each(|(to, from)| *to = *from);
        let sealing = self.seal.as_ref().and_then(|seal| {
            let nonce = Nonce::assume_unique_for_key(nonce);
            seal.seal_in_place_append_tag(nonce, Aad::from(reader.as_bytes()), &mut sealed).ok()
        });
        // Sealing eight bytes cannot fail; if it did, a cursor that means nothing is safe and one that is bare is not.
        if sealing.is_none() {
            sealed.clear();
        }
        format!("{VERSION}{}", URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// The place that [`Cursors::write`] wrote for this reader; `None` for everything else.
    pub(crate) fn read(&self, reader: &str, text: &str) -> Option<i64> {
        let mut bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(VERSION)?).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let open = self.seal.as_ref()?.open_in_place(nonce, Aad::from(reader.as_bytes()), sealed).ok()?;
        Some(i64::from_be_bytes(<[u8; 8]>::try_from(&*open).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_is_read_by_its_reader_alone(sequence in 0..=i64::MAX) {
            let ours = Cursors::new(b"ours");
            let cursor = ours.write("anna", sequence);
            prop_assert_eq!(ours.read("anna", &cursor), Some(sequence));
            prop_assert_eq!(ours.write("anna", sequence), cursor.clone(), "one place has one cursor");
            prop_assert_eq!(ours.read("bert", &cursor), None);
            prop_assert_eq!(Cursors::new(b"theirs").read("anna", &cursor), None);
        }

        #[test]
        fn what_was_touched_or_made_up_is_no_cursor(sequence in 0..1000_i64, at in 3..51_usize, text in "(c[12]-)?\\PC{0,60}") {
            let ours = Cursors::new(b"ours");
            let mut touched = ours.write("anna", sequence).into_bytes();
            touched[at] = if touched[at] == b'A' { b'B' } else { b'A' };
            prop_assert_eq!(ours.read("anna", std::str::from_utf8(&touched).unwrap()), None);
            prop_assert_eq!(ours.read("anna", &text), None);
        }
    }

    #[test]
    fn neighbouring_places_tell_nothing_of_each_other() {
        let ours = Cursors::new(b"ours");
        let (one, next) = (ours.write("anna", 41), ours.write("anna", 42));
        let alike = one.bytes().zip(next.bytes()).skip(3).filter(|(a, b)| a == b).count();
        assert!(alike < 12, "{one} {next}");
        assert!(one.len() <= deskside_protocol::limits::CURSOR_BYTES);
    }
}
