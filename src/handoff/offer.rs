//! What a gateway says of the keys and values that it hands over (docs/protocol.md).

use super::codec::VERSION;

/// Bytes of a SHA-256 in hexadecimal.
const DIGEST_CHARS: usize = 64;

/// The gateway reads prompts with this model, for a device that asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KvOffer {
    digest: [u8; DIGEST_CHARS],
    /// Tokens per second that a prompt is read with there; `None` where it does not say.
    pub prefill_tps: Option<f64>,
}

impl KvOffer {
    /// From the header `x-nearside-kv`, a version and a digest; `None` for another version.
    pub fn parse(header: &str, prefill_tps: Option<f64>) -> Option<KvOffer> {
        let (version, digest) = header.trim().split_once(' ')?;
        let digest = digest.as_bytes().try_into().ok()?;
        let known = version.parse() == Ok(VERSION);
        known.then_some(KvOffer { digest, prefill_tps })
    }

    pub fn is_of(&self, model_digest: &str) -> bool {
        self.digest == model_digest.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_counts_for_one_model_and_one_version() {
        let digest = "ab".repeat(32);
        let offer = KvOffer::parse(&format!("{VERSION} {digest}"), Some(900.0)).unwrap();
        assert!(offer.is_of(&digest) && !offer.is_of(&"ac".repeat(32)) && !offer.is_of("ab"));
        for header in [format!("{} {digest}", VERSION + 1), digest.clone(), format!("{VERSION} ab")]
        {
            assert_eq!(KvOffer::parse(&header, None), None, "{header}");
        }
    }
}
