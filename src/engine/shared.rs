//! What runs of one batch have in common, done once: reading files, markets with their histories
//! and surfaces, fitting models, the prices at which venues close accounts.
//!
//! Flows in: what each run reads and fits. Flows out: the same values, made by the first run that
//! asked. A value is a function of its key alone, so that a run's results have the bits that they
//! have on its own.
//!
//! A thread that asks for a value under construction waits for it: ask from threads of your own,
//! never from workers of a pool, which may take up another run while they wait. What workers make is
//! kept when it is whole, and made twice where two begin at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use blake3::Hasher;
use serde::Serialize;

use crate::document::{Confinement, Loader, SourceFile, Violations};
use crate::margin::liquidation_price::ThresholdPrices;
use crate::market::document::{LoadedMarket, read_market};
use crate::simulation::{Calibrated, CalibrationError};

/// What runs of one batch have in common.
#[derive(Debug)]
pub struct Shared {
    folder: PathBuf,
    confinement: Confinement,
    loaders: Memo<PathBuf, Result<Loader, Violations>>,
    /// By the market's file, which a loader keeps: no two have one address.
    markets: Memo<usize, ReadMarket>,
    fits: Memo<String, Result<Calibrated, CalibrationError>>,
    ladders: Memo<[u8; 32], Ladders>,
}

/// By account, the prices of its rungs.
type Ladders = Vec<Vec<ThresholdPrices>>;

/// A market as read, with the loader that knows its files.
#[derive(Debug)]
struct ReadMarket {
    read: Result<Arc<LoadedMarket>, Violations>,
    loader: Loader,
}

impl Shared {
    /// For scenarios and books below `folder`.
    pub fn new(folder: &Path, confinement: Confinement) -> Self {
        Self {
            folder: folder.to_owned(),
            confinement,
            loaders: Memo::default(),
            markets: Memo::default(),
            fits: Memo::default(),
            ladders: Memo::default(),
        }
    }

    /// A loader for one scenario of the folder `root`.
    ///
    /// # Errors
    /// As [`Loader::new`].
    pub fn loader(&self, root: &Path) -> Result<Loader, Violations> {
        let made = self.loaders.get(root.to_owned(), || {
            let loader = Loader::new(root, self.confinement)?;
            Ok(loader.confined_to(&self.folder))
        });
        made.as_ref().as_ref().map(Loader::sibling).map_err(Clone::clone)
    }

    /// The market document `file`, opened by `loader`.
    pub(super) fn market(
        &self,
        file: &Arc<SourceFile>,
        loader: &Loader,
    ) -> Result<Arc<LoadedMarket>, Violations> {
        let known = self.markets.get(Arc::as_ptr(file) as usize, || {
            let own = loader.sibling();
            ReadMarket { read: read_market(file, &own).map(Arc::new), loader: own }
        });
        loader.adopt(&known.loader);
        known.read.clone()
    }

    /// The fit that `key` names.
    pub(super) fn fit(
        &self,
        key: String,
        fit: impl FnOnce() -> Result<Calibrated, CalibrationError>,
    ) -> Arc<Result<Calibrated, CalibrationError>> {
        self.fits.get(key, fit)
    }

    /// The prices of every rung of the accounts that `inputs` describe in full.
    pub(super) fn ladders<E>(
        &self,
        inputs: &impl Serialize,
        search: impl FnOnce() -> Result<Ladders, E>,
    ) -> Result<Arc<Ladders>, E> {
        let mut hasher = Hasher::new();
        // Inputs that do not write as JSON hold nothing that could be told apart.
        if serde_json::to_writer(&mut hasher, inputs).is_err() {
            return search().map(Arc::new);
        }
        let key = *hasher.finalize().as_bytes();
        match self.ladders.kept(&key) {
            Some(ladders) => Ok(ladders),
            None => Ok(self.ladders.keep(key, search()?)),
        }
    }
}

/// Values made once, by key.
#[derive(Debug)]
struct Memo<Key, Value> {
    cells: Mutex<BTreeMap<Key, Arc<OnceLock<Arc<Value>>>>>,
}

impl<Key, Value> Default for Memo<Key, Value> {
    fn default() -> Self {
        Self { cells: Mutex::default() }
    }
}

impl<Key: Ord, Value> Memo<Key, Value> {
    fn get(&self, key: Key, make: impl FnOnce() -> Value) -> Arc<Value> {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = Arc::clone(cells.entry(key).or_default());
        drop(cells);
        Arc::clone(cell.get_or_init(|| Arc::new(make())))
    }

    /// The value, where it is whole.
    fn kept(&self, key: &Key) -> Option<Arc<Value>> {
        let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        cells.get(key)?.get().cloned()
    }

    /// Keeps a value that was made without waiting; the first one stays.
    fn keep(&self, key: Key, value: Value) -> Arc<Value> {
        self.get(key, || value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_whoever_asks() {
        let memo: Memo<u32, u32> = Memo::default();
        let made = Mutex::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let value = memo.get(7, || {
                        *made.lock().unwrap() += 1;
                        49
                    });
                    assert_eq!(*value, 49);
                });
            }
        });
        assert_eq!(*made.lock().unwrap(), 1);
        assert_eq!(*memo.get(8, || 64), 64);
        assert_eq!(memo.kept(&9), None);
        assert_eq!([81, 0].map(|value| *memo.keep(9, value)), [81, 81]);
    }
}
