//! How entries hang together: the hash of each covers the one before it.

/// What the hash is for; another use of BLAKE3 on the same bytes gives another hash.
const CONTEXT: &str = "plimsoll catalogue entry, layout 1";

/// An entry as it lies in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// Its number.
    pub entry: u64,
    /// When it was recorded.
    pub recorded_at: String,
    /// Its record, as JSON.
    pub body: String,
    /// Hash of the entry before it; empty of the first.
    pub previous: String,
    /// Its own hash.
    pub hash: String,
}

impl Link {
    /// The entry that follows `previous`, or the first.
    pub fn after(previous: Option<&Self>, recorded_at: &str, body: String) -> Self {
        let mut link = Self {
            entry: previous.map_or(1, |one| one.entry + 1),
            recorded_at: recorded_at.to_owned(),
            body,
            previous: previous.map_or_else(String::new, |one| one.hash.clone()),
            hash: String::new(),
        };
        link.hash = link.computed_hash();
        link
    }

    /// What its hash must be. Every field goes in with its length, so that no two entries have the
    /// same bytes.
    pub fn computed_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(&self.entry.to_le_bytes());
        for field in [&self.recorded_at, &self.body, &self.previous] {
            hasher.update(&(field.len() as u64).to_le_bytes());
            hasher.update(field.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// What is wrong with it where it follows `previous`.
    pub fn fault_after(&self, previous: Option<&Self>) -> Option<String> {
        let number = previous.map_or(1, |one| one.entry + 1);
        let before = previous.map_or("", |one| &one.hash);
        if self.entry != number {
            return Some(format!("entry {number} is missing: entry {} follows", self.entry));
        }
        if self.previous != before {
            return Some("it does not name the hash of the entry before it".to_owned());
        }
        (self.hash != self.computed_hash()).then(|| "its contents do not have its hash".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_moves_the_hash() {
        let first = Link::after(None, "2026-01-01T00:00:00Z", "{}".to_owned());
        let second = Link::after(Some(&first), "2026-01-02T00:00:00Z", "[]".to_owned());
        assert_eq!((second.entry, &second.previous), (2, &first.hash));
        let changed = [
            Link { entry: 3, ..second.clone() },
            Link { recorded_at: "2026-01-03T00:00:00Z".to_owned(), ..second.clone() },
            Link { body: "[1]".to_owned(), ..second.clone() },
            Link { previous: second.hash.clone(), ..second.clone() },
            // The same bytes, cut elsewhere.
            Link {
                recorded_at: "2026-01-02T00:00:00".into(),
                body: "Z[]".into(),
                ..second.clone()
            },
        ];
        for link in changed {
            assert_ne!(link.computed_hash(), second.hash, "{link:?}");
            assert!(link.fault_after(Some(&first)).is_some());
        }
        assert_eq!(second.fault_after(Some(&first)), None);
        assert!(second.fault_after(None).is_some());
    }
}
