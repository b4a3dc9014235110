//! What is at risk at a venue, and what is lost of it on average.

/// Exposure at default: what the venue owes, if anything; all in one currency at stressed prices.
pub fn exposure_at_default(collateral: f64, unrealised: f64, options: f64) -> f64 {
    (collateral + unrealised + options).max(0.0)
}

/// Expected loss `Σ LGD·E[EAD(t_i) | τ = t_i]·(S(t_{i−1}) − S(t_i))`. `exposures` are the mean
/// exposures given default at each node; `survival` the probabilities of surviving until each node,
/// one more: the first is that of today, 1.
///
/// # Panics
/// If `survival` is not longer by one: a fault of the caller's code.
pub fn expected_loss(loss_given_default: f64, exposures: &[f64], survival: &[f64]) -> f64 {
    assert_eq!(survival.len(), exposures.len() + 1, "survival at today and every node");
    let defaults = survival.windows(2).map(|pair| pair[0] - pair[1]);
    let terms = exposures.iter().zip(defaults);
    loss_given_default * terms.map(|(exposure, defaults)| exposure * defaults).sum::<f64>()
}
