//! The standard margin of one account, compiled once and asked for on every path.
//!
//! Flows in: a venue's rules and an account's positions, once; then sizes and prices of one moment
//! of one path, one [`ContractInputs`] a contract. Flows out: [`Margin`] in USD. Nothing is
//! allocated and nothing looked up by name when it is asked.
//!
//! Limits: cross and isolated margin. Portfolio margin depends on the revaluation of the book and
//! stands in [`super::grid`]; for such an account this gives the venue's standard requirement.

use std::collections::BTreeMap;

use super::rules::{
    FutureRules, HedgeMode, Margin, OptionRules, OptionValue, ShortOption, VenueRules,
};
use super::{MarginError, error};
use crate::portfolio::{Instrument, OptionRight, Portfolio, PositionMode, Settlement};

/// The rules of every contract that an account holds.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountRules {
    contracts: Vec<ContractRules>,
    option_value: OptionValue,
}

/// The rules of one contract.
#[derive(Debug, Clone, PartialEq)]
pub struct ContractRules {
    /// Indices into [`Portfolio::positions`] of the positions in it.
    pub positions: Vec<usize>,
    pub(super) kind: ContractKind,
    sides: Sides,
    /// Largest leverage the desk allows itself.
    pub(super) leverage_max: Option<f64>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum ContractKind {
    Spot,
    Future(FutureRules),
    Option { rules: OptionRules, right: OptionRight, strike: f64 },
}

/// How long and short of one contract count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sides {
    Net,
    Both,
    Larger,
}

/// Size and prices of one contract at one moment of one path.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ContractInputs {
    /// What is held long, zero or above: USD notional of futures and perpetuals (coins at the
    /// forward, or the dollars of inverse contracts), coins of options.
    pub long: f64,
    /// What is held short, likewise, zero or above.
    pub short: f64,
    /// USD price of the coin.
    pub spot: f64,
    /// USD mark of the perpetual, or forward of the expiry.
    pub forward: f64,
    /// USD price of the quote currency; 1 for inverse contracts.
    pub quote_price: f64,
    /// USD value of one option; not read for other contracts.
    pub option_value: f64,
}

impl ContractInputs {
    /// The sides of a net size, negative is short; prices are still to be filled in.
    pub fn sided(net: f64) -> Self {
        Self { long: net.max(0.0), short: (-net).max(0.0), ..Self::default() }
    }
}

impl AccountRules {
    /// Compiles the account with index `account`. Positions of one contract and volatility are one
    /// entry, in the order of their keys.
    ///
    /// # Errors
    /// Options where the rules have none; long and short held apart where the rules cannot.
    pub fn compile(
        rules: &VenueRules,
        portfolio: &Portfolio,
        account: usize,
    ) -> Result<Self, MarginError> {
        let held = portfolio.positions.iter().enumerate();
        let mut contracts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, position) in held.filter(|(_, position)| position.account == account) {
            contracts.entry(super::book::contract_key(position)).or_default().push(index);
        }
        let contract = |positions| ContractRules::new(rules, portfolio, account, positions);
        Ok(Self {
            contracts: contracts.into_values().map(contract).collect::<Result<_, _>>()?,
            option_value: rules.options.map_or(OptionValue::MarginBalance, |found| found.value),
        })
    }

    /// The contracts, in the order in which [`margin`](Self::margin) reads its inputs.
    pub fn contracts(&self) -> &[ContractRules] {
        &self.contracts
    }

    /// Whether the value of options counts in the margin balance or in the requirement.
    pub fn option_value(&self) -> OptionValue {
        self.option_value
    }

    /// Margin in USD of all contracts together; `inputs` one a contract, in their order.
    pub fn margin(&self, inputs: &[ContractInputs]) -> Margin {
        debug_assert_eq!(inputs.len(), self.contracts.len());
        let mut sum = Margin::default();
        for (contract, inputs) in self.contracts.iter().zip(inputs) {
            sum += contract.margin(inputs);
        }
        sum
    }
}

impl ContractRules {
    /// The rules of the contract that `positions` of `account` are in.
    pub(super) fn new(
        rules: &VenueRules,
        portfolio: &Portfolio,
        account: usize,
        positions: Vec<usize>,
    ) -> Result<Self, MarginError> {
        let position = &portfolio.positions[positions[0]];
        let account = &portfolio.accounts[account];
        let kind = match &position.instrument {
            Instrument::Spot { .. } => ContractKind::Spot,
            Instrument::Perpetual { underlying, .. } | Instrument::Future { underlying, .. } => {
                let listed = rules.futures_on(underlying);
                if *listed == FutureRules::Unlisted {
                    return Err(error::no_future_rules(rules, portfolio, account, position));
                }
                ContractKind::Future(listed.clone())
            }
            Instrument::Option { strike, right, .. } => {
                let found = rules.options;
                let missing = || error::no_option_rules(rules, portfolio, account, position);
                let options = found.ok_or_else(missing)?;
                ContractKind::Option { rules: options, right: *right, strike: *strike }
            }
        };
        let sides = match (account.position_mode, rules.hedge_mode) {
            (PositionMode::OneWay, _) => Sides::Net,
            (PositionMode::Hedge, Some(HedgeMode::BothSides)) => Sides::Both,
            (PositionMode::Hedge, Some(HedgeMode::LargerSide)) => Sides::Larger,
            (PositionMode::Hedge, None) => {
                return Err(MarginError::NoHedgeMode {
                    account: account.name.clone(),
                    rules: rules.id.clone(),
                });
            }
        };
        Ok(Self { positions, kind, sides, leverage_max: account.leverage_max })
    }

    /// No margin for the contract by itself: `positions` are margined with others.
    pub(super) fn none(positions: Vec<usize>) -> Self {
        Self { positions, kind: ContractKind::Spot, sides: Sides::Net, leverage_max: None }
    }

    /// Whether long and short are one net position: the inputs then hold one of the two.
    pub fn is_netted(&self) -> bool {
        self.sides == Sides::Net
    }

    /// Margin in USD; zero for spot and for long options. Long and short are netted here where they
    /// are one position.
    #[inline]
    pub fn margin(&self, inputs: &ContractInputs) -> Margin {
        let (long, short) = match self.sides {
            Sides::Net => {
                let net = inputs.long - inputs.short;
                (net.max(0.0), (-net).max(0.0))
            }
            Sides::Both | Sides::Larger => (inputs.long, inputs.short),
        };
        match &self.kind {
            ContractKind::Spot => Margin::default(),
            ContractKind::Future(rules) => {
                let long = self.future_side(rules, long, inputs);
                let short = self.future_side(rules, short, inputs);
                match self.sides {
                    Sides::Larger => Margin {
                        initial: long.initial.max(short.initial),
                        maintenance: long.maintenance.max(short.maintenance),
                    },
                    Sides::Net | Sides::Both => Margin {
                        initial: long.initial + short.initial,
                        maintenance: long.maintenance + short.maintenance,
                    },
                }
            }
            ContractKind::Option { rules, right, strike } => {
                if short <= 0.0 {
                    return Margin::default();
                }
                let one = ShortOption {
                    right: *right,
                    strike_over_forward: strike * inputs.quote_price / inputs.forward,
                    mark: inputs.option_value / inputs.spot,
                };
                rules.margin(&one).scaled(short * inputs.spot)
            }
        }
    }

    /// Margin of one side with a USD notional.
    #[inline]
    fn future_side(&self, rules: &FutureRules, notional: f64, inputs: &ContractInputs) -> Margin {
        if notional <= 0.0 {
            return Margin::default();
        }
        let margin = rules.margin(notional / inputs.quote_price, notional / inputs.forward);
        let desk = self.leverage_max.map_or(0.0, |leverage| notional / leverage);
        Margin {
            initial: (margin.initial * inputs.quote_price).max(desk),
            maintenance: margin.maintenance * inputs.quote_price,
        }
    }
}

/// USD price of the quote, as contracts count it: 1 for inverse ones.
pub(super) fn counted_quote_price(settlement: &Settlement, quote_price: f64) -> f64 {
    match settlement {
        Settlement::Linear { .. } => quote_price,
        Settlement::Inverse => 1.0,
    }
}
