//! Commands about documents and about the program itself.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll init my-book\n  plimsoll check my-book\n  \
                        plimsoll run my-book --out out/my-book\n\n\
                        Book and prices are made up. Put your positions into positions.csv and your\n\
                        daily closes into prices.csv; what does not fit is said with file and line.")]
pub struct InitArguments {
    /// The folder to make; it may be there, but must be empty.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Write the templates of the html reports instead, for `report --template DIR`.
    #[arg(long)]
    pub templates: bool,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll check my-book\n  \
                        plimsoll check my-book/portfolio.toml my-book/market.toml")]
pub struct CheckArguments {
    /// Documents: a scenario, calibration or backtest is checked with every file it names; portfolio,
    /// market, policy and venue documents on their own.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Let documents name files outside their folder.
    #[arg(long)]
    pub allow_outside: bool,
}

/// Arguments of `scenarios`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll scenarios\n  \
                        plimsoll scenarios 2020-03-12-close > mine/crash.toml\n  \
                        plimsoll run shipped:2020-03-12-close")]
pub struct ScenariosArguments {
    /// Name of the scenario to print; without one all are listed, each with why it exists.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll schema portfolio > schema/portfolio.json\n\n\
                        A document whose first line is `#:schema schema/portfolio.json` is then\n\
                        completed and checked by editors that know TOML schemas.")]
pub struct SchemaArguments {
    /// The document kind.
    #[arg(value_enum, value_name = "DOCUMENT")]
    pub document: DocumentKind,
}

/// Kinds of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DocumentKind {
    /// What may happen, and how much is simulated.
    Scenario,
    /// What is held, where.
    Portfolio,
    /// The world today.
    Market,
    /// How much may be carried.
    Policy,
    /// A venue's margin rules.
    Venue,
    /// A search for liquidation thresholds.
    Calibration,
    /// Many scenarios run side by side.
    Batch,
    /// Models walked forward over a price history.
    Backtest,
    /// A search for a threshold policy.
    #[value(name = "policy_calibration")]
    PolicyCalibration,
    /// Name, logo and colours of a house's reports.
    Theme,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        plimsoll completions bash > ~/.local/share/bash-completion/completions/plimsoll\n  \
                        plimsoll completions zsh > ~/.zfunc/_plimsoll\n  \
                        plimsoll completions fish > ~/.config/fish/completions/plimsoll.fish")]
pub struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll man ~/.local/share/man/man1\n  man plimsoll-run")]
pub struct ManArguments {
    /// The folder to write them into; pages of other programs there stay.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}
