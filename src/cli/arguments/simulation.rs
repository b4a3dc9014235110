//! What may be changed of a scenario's simulation.

use clap::{Args, ValueEnum};

use super::machine::MachineArguments;
use crate::document::PositiveRate;

/// Options that change what is simulated.
#[derive(Debug, Clone, Args)]
pub struct SimulationArguments {
    /// Number of paths, instead of the scenario's.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub paths: Option<u64>,
    /// Run until the 95 % intervals of VaR and ES at every level are within this fraction of the
    /// figure, e.g. 1%: looked at after the scenario's paths, after twice as many, and so on.
    #[arg(long, value_name = "SHARE", value_parser = clap::value_parser!(PositiveRate))]
    pub precision: Option<PositiveRate>,
    /// Seed of every draw, instead of the scenario's; same seed, same bits.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How positions are revalued, instead of the scenario's.
    #[arg(long, value_name = "HOW", value_enum)]
    pub revaluation: Option<RevaluationArgument>,
    /// How paths are drawn, instead of the scenario's.
    #[arg(long, value_name = "HOW", value_enum)]
    pub sampling: Option<SamplingArgument>,
    /// How failures of venues inside paths are drawn, instead of the scenario's.
    #[arg(long, value_name = "HOW", value_enum)]
    pub failures: Option<FailuresArgument>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub machine: MachineArguments,
}

/// Revaluation as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RevaluationArgument {
    /// Every instrument by its own formula on every path.
    Full,
    /// First-order sensitivities.
    Delta,
    /// First order, and second order in each spot.
    DeltaGamma,
    /// Options as polynomials, every path of the tail in full: VaR and ES as by `full`.
    Proxy,
    /// Full or proxy, whichever takes fewer operations; the report says which and why.
    Auto,
}

/// Sampling as typed; names as documents write them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum SamplingArgument {
    /// Independent draws.
    Plain,
    /// Pairs of opposite returns.
    Antithetic,
    /// Where the delta-gamma loss is large, weighted.
    Importance,
    /// The same, in strata of the delta-gamma loss.
    Stratified,
    /// Independent draws, corrected by the delta-gamma loss.
    ControlVariate,
    /// Scrambled Sobol points.
    Sobol,
    /// Chosen by a pilot run.
    Auto,
}

/// Sampling of failures as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailuresArgument {
    /// As often as hazards say.
    Plain,
    /// On a stated share of the paths, which are weighted for it.
    Stratified,
}
