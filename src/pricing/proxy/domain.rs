//! Where the factors of a book go by each node: the domain its proxies are built on.

use crate::simulation::FactorBlock;

/// Half-width of a domain in standard deviations of the sampled paths: of 100,000 normal paths on
/// 20 factors about one leaves it.
const DEVIATIONS: f64 = 5.25;
/// Half-width of a factor that hardly moves.
const HALF_WIDTH_MIN: f64 = 1e-9;

/// Where the log of one factor lies at a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FactorRange {
    /// The same on every path.
    Still(f64),
    /// Around a centre.
    Moving {
        /// Mean over the sampled paths.
        centre: f64,
        /// Distance from the centre that the domain covers.
        half_width: f64,
    },
}

/// The domain of every factor at every node, from a sample of paths.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FactorDomain {
    /// `[node][factor]`.
    pub(super) nodes: Vec<Vec<FactorRange>>,
}

impl FactorDomain {
    /// Adds the next node, as the sampled paths of `block` stand there.
    pub fn observe(&mut self, block: &FactorBlock) {
        let factors = 0..block.factor_count();
        self.nodes.push(factors.map(|factor| range(block, factor)).collect());
    }

    /// Ranges by factor.
    ///
    /// # Panics
    /// If the node was not observed.
    pub fn at(&self, node: usize) -> &[FactorRange] {
        &self.nodes[node]
    }
}

fn range(block: &FactorBlock, factor: usize) -> FactorRange {
    if let Some(log) = block.uniform(factor) {
        return FactorRange::Still(log);
    }
    let logs = block.log(factor);
    let count = logs.len().max(1) as f64;
    let centre = logs.iter().sum::<f64>() / count;
    let square = logs.iter().map(|log| (log - centre) * (log - centre)).sum::<f64>() / count;
    let half_width = (DEVIATIONS * square.sqrt()).max(HALF_WIDTH_MIN);
    FactorRange::Moving { centre, half_width }
}

/// An interval by its centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    pub centre: f64,
    pub half_width: f64,
}

impl Axis {
    /// Where a point of [−1, 1] lies.
    pub fn at(self, t: f64) -> f64 {
        self.centre + self.half_width * t
    }

    /// The axis of `self + weight · other`.
    pub fn plus(self, weight: f64, other: Self) -> Self {
        Self {
            centre: self.centre + weight * other.centre,
            half_width: self.half_width + weight.abs() * other.half_width,
        }
    }
}

impl FactorRange {
    /// The axis of a factor that moves.
    pub(super) fn axis(self) -> Option<Axis> {
        match self {
            Self::Still(_) => None,
            Self::Moving { centre, half_width } => Some(Axis { centre, half_width }),
        }
    }
}
