//! Tokens of the texts between special tokens, which are the same from turn to turn.
//!
//! Such a text becomes the same tokens whatever stands before and behind it, so that a prompt that
//! has grown costs the tokenising of what is new. What was not asked for lately is forgotten.

use std::collections::HashMap;

use crate::Result;

/// Bytes of text in either generation; a context of the longest kind that a page has, several times.
const MAX_BYTES: usize = 1 << 18;

#[derive(Default)]
pub struct Fragments {
    young: HashMap<Box<str>, Box<[u32]>>,
    /// What was young when that became too much.
    old: HashMap<Box<str>, Box<[u32]>>,
    young_bytes: usize,
}

impl Fragments {
    /// Appends the tokens of `text` to `ids`; `encode` gives them where they are not known.
    pub fn extend(
        &mut self,
        ids: &mut Vec<u32>,
        text: &str,
        encode: impl FnOnce(&str) -> Result<Vec<u32>>,
    ) -> Result<()> {
        if let Some(known) = self.young.get(text) {
            ids.extend_from_slice(known);
            return Ok(());
        }
        let tokens = match self.old.remove(text) {
            Some(tokens) => tokens,
            None => encode(text)?.into(),
        };
        ids.extend_from_slice(&tokens);
        self.young_bytes += text.len();
        self.young.insert(text.into(), tokens);
        if self.young_bytes > MAX_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_was_asked_for_lately_is_encoded_once() {
        let mut fragments = Fragments::default();
        let n_encoded = Cell::new(0);
        let mut ids_of = |text: &str| {
            let encode = |text: &str| {
                n_encoded.set(n_encoded.get() + 1);
                Ok(vec![text.len() as u32])
            };
            let mut ids = vec![7];
            fragments.extend(&mut ids, text, encode).unwrap();
            ids
        };
        assert_eq!(
            (ids_of("one"), ids_of("three"), ids_of("one")),
            (vec![7, 3], vec![7, 5], vec![7, 3])
        );
        assert_eq!(n_encoded.get(), 2);
        // Long texts push out what nobody asks for, and nothing else.
        for i in 0..64 {
            ids_of(&format!("{i}{}", " ".repeat(MAX_BYTES / 8)));
            ids_of("one");
        }
        assert_eq!(n_encoded.get(), 66);
        ids_of("three");
        assert_eq!(n_encoded.get(), 67);
        assert!(fragments.young.len() + fragments.old.len() < 20);
    }
}
