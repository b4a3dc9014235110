//! `compare` and `explain`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll compare out/monday out/tuesday\n  \
                        plimsoll compare out/monday/crash.long out/tuesday/crash.long --json")]
pub struct CompareArguments {
    /// Result folder of the earlier batch or run.
    #[arg(value_name = "DIR_A")]
    pub first: PathBuf,
    /// Result folder of the later batch or run.
    #[arg(value_name = "DIR_B")]
    pub second: PathBuf,
    /// Print the comparison as JSON, all runs and contributions.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll explain out/monday out/tuesday\n  \
                        plimsoll explain out/monday out/tuesday --out out/moved\n  \
                        plimsoll explain out/monday out/tuesday --json | jq '.figures[0].steps'\n\n\
                        Both folders are of `plimsoll run --out`, which keeps copies of its inputs. The \
                        earlier run\nis run again with one part of its inputs after another replaced \
                        by that of the later run, on\nthe same random numbers until the seed is \
                        replaced last: up to seven runs.")]
pub struct ExplainArguments {
    /// Result folder of the earlier run.
    #[arg(value_name = "EARLIER")]
    pub earlier: PathBuf,
    /// Result folder of the later run.
    #[arg(value_name = "LATER")]
    pub later: PathBuf,
    /// Worker threads; the outcome does not depend on it [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Write explanation.json, explanation.html and manifest.json into this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print explanation.json to standard output and nothing else there.
    #[arg(long)]
    pub json: bool,
    /// No progress and no summary; errors still show.
    #[arg(long, short)]
    pub quiet: bool,
}
