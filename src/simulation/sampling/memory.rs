//! Working memory of a scheme, part of a worker's scratch.

/// Preallocated slices; `[row][path]` with the block's path count as stride. All empty for plain
/// sampling.
#[derive(Debug, Clone, Default)]
pub(in crate::simulation) struct SamplingMemory {
    /// Ids whose draws the paths take, where they share them.
    pub sources: Vec<u64>,
    /// Coordinates along the quadratic's directions.
    pub coordinates: Vec<f64>,
    /// The same of what is drawn beside them.
    pub projected: Vec<f64>,
    /// Normals of the whole horizon; with several steps what is still ahead of it.
    pub totals: Vec<f64>,
    /// Normals of a step, where several lead to the horizon.
    pub steps: Vec<f64>,
    /// Roots of the variance multipliers, `[path]`.
    pub roots: Vec<f64>,
    /// Their reciprocals.
    pub inverse_roots: Vec<f64>,
    /// The twisted quantity, or the delta-gamma loss.
    pub excess: Vec<f64>,
    /// Indices of quasi-random points.
    pub indices: Vec<u32>,
    /// Proposals of strata.
    pub proposals: Proposals,
}

/// A chunk of proposals and where accepted ones go.
#[derive(Debug, Clone, Default)]
pub(in crate::simulation) struct Proposals {
    /// Ids.
    pub ids: Vec<u64>,
    /// `[direction][proposal]`.
    pub coordinates: Vec<f64>,
    /// Normals of the mixing variable, then its roots' reciprocals.
    pub inverse_roots: Vec<f64>,
    /// The twisted quantity.
    pub excess: Vec<f64>,
    /// Mixing normals as drawn.
    pub mixing: Vec<f64>,
    /// `[stratum][order]`: one more than the slot that waits for it, zero where none does.
    pub wanted: Vec<u32>,
    /// Proposals seen in each stratum.
    pub seen: Vec<u32>,
}
