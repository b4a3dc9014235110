//! An account as its venue sees it at a node of a path.

/// What a venue compares: an account, or one of its isolated positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Looked {
    /// Index into `Portfolio::accounts`.
    pub account: usize,
    /// What is held against the requirement, in USD.
    pub equity: f64,
    /// Maintenance margin, in USD.
    pub maintenance: f64,
}

impl Looked {
    /// Equity over maintenance margin; `None` where no margin is needed.
    pub fn ratio(&self) -> Option<f64> {
        (self.maintenance > 0.0).then(|| self.equity / self.maintenance)
    }
}
