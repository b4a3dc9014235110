//! Margin of one contract over a block of paths: what [`ContractRules::margin`] finds on each, to
//! the same bits, without a branch a path where rules allow it.
//!
//! Flows in: sizes and prices `[path]` of one moment. Flows out: initial and maintenance margin
//! added to sums `[path]`, in USD.

use super::account::{ContractInputs, ContractKind, ContractRules};
use super::rules::{FutureRules, Margin, OptionRules, ShortOption};
use crate::portfolio::OptionRight;

/// Sizes and prices of one contract, `[path]` each; see [`ContractInputs`] for what they are.
#[derive(Debug, Clone, Copy)]
pub struct ContractColumns<'a> {
    /// Bought, in units of `unit`.
    pub long: &'a [f64],
    /// Sold, likewise.
    pub short: &'a [f64],
    /// What a unit of size is.
    pub unit: SizeUnit,
    /// USD price of the coin.
    pub spot: &'a [f64],
    /// USD mark of the perpetual, or forward of the expiry.
    pub forward: &'a [f64],
    /// USD price of the quote currency.
    pub quote_price: &'a [f64],
    /// USD value of what is held today, and how much that is; not read but for options.
    pub option: (&'a [f64], f64),
}

/// What the sizes of a contract count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeUnit {
    /// USD notional of inverse futures, or coins of options: taken as they are.
    AsCounted,
    /// Coins of linear futures, worth the forward.
    CoinsAtForward,
}

impl<'a> ContractColumns<'a> {
    /// Its first paths, so that a loop over them needs no check a path.
    #[inline(always)]
    fn first(&self, count: usize) -> ContractColumns<'a> {
        let (values, held) = self.option;
        ContractColumns {
            long: &self.long[..count],
            short: &self.short[..count],
            unit: self.unit,
            spot: &self.spot[..count],
            forward: &self.forward[..count],
            quote_price: &self.quote_price[..count],
            option: (if values.is_empty() { values } else { &values[..count] }, held),
        }
    }

    /// USD notional of a size, or its coins.
    #[inline(always)]
    fn unit_at(&self, place: usize) -> f64 {
        match self.unit {
            SizeUnit::AsCounted => 1.0,
            SizeUnit::CoinsAtForward => self.forward[place].abs(),
        }
    }

    /// What is held net, in USD or coins; negative is short.
    #[inline(always)]
    fn net_at(&self, place: usize) -> f64 {
        let unit = self.unit_at(place);
        self.long[place] * unit - self.short[place] * unit
    }

    /// One option, in USD.
    #[inline(always)]
    fn option_value_at(&self, place: usize) -> f64 {
        let (values, held) = self.option;
        if held == 0.0 { 0.0 } else { values[place] / held }
    }

    /// Margin of a net future, by what `margin` asks for a notional in the quote and its coins.
    #[inline(always)]
    fn future(
        &self,
        place: usize,
        leverage_max: f64,
        margin: impl Fn(f64, f64) -> Margin,
    ) -> Margin {
        let (notional, quote) = (self.net_at(place).abs(), self.quote_price[place]);
        let asked = margin(notional / quote, notional / self.forward[place]);
        let margin = Margin {
            initial: (asked.initial * quote).max(notional / leverage_max),
            maintenance: asked.maintenance * quote,
        };
        if notional > 0.0 { margin } else { Margin::default() }
    }

    /// Margin of a net short option; nothing of a long one.
    #[inline(always)]
    fn short(
        &self,
        place: usize,
        rules: &OptionRules,
        (right, strike): (OptionRight, f64),
    ) -> Margin {
        let (short, spot) = (-self.net_at(place), self.spot[place]);
        let one = ShortOption {
            right,
            strike_over_forward: strike * self.quote_price[place] / self.forward[place],
            mark: self.option_value_at(place) / spot,
        };
        let margin = rules.margin(&one).scaled(short * spot);
        if short > 0.0 { margin } else { Margin::default() }
    }

    fn inputs(&self, place: usize) -> ContractInputs {
        let unit = self.unit_at(place);
        ContractInputs {
            long: self.long[place] * unit,
            short: self.short[place] * unit,
            spot: self.spot[place],
            forward: self.forward[place],
            quote_price: self.quote_price[place],
            option_value: if self.option.0.is_empty() { 0.0 } else { self.option_value_at(place) },
        }
    }
}

impl ContractRules {
    /// Adds the margin of the contract on every path to `initial` and `maintenance`.
    ///
    /// # Panics
    /// If the sums are longer than the columns.
    pub fn add_margins(&self, columns: &ContractColumns, sums: [&mut [f64]; 2]) {
        let columns = &columns.first(sums[0].len());
        if !self.is_netted() {
            return add(sums, |place| self.margin(&columns.inputs(place)));
        }
        // no limit: one that no notional reaches
        let leverage = self.leverage_max.unwrap_or(f64::INFINITY);
        match &self.kind {
            ContractKind::Spot => {}
            ContractKind::Future(FutureRules::Flat { initial, maintenance }) => {
                let flat = |notional, _| Margin::shares(notional, *initial, *maintenance);
                add(sums, |place| columns.future(place, leverage, flat));
            }
            ContractKind::Future(FutureRules::Sized { initial, maintenance, per_coin }) => {
                let sized = |notional, coins: f64| {
                    let growth = per_coin * coins;
                    Margin::shares(notional, initial + growth, maintenance + growth)
                };
                add(sums, |place| columns.future(place, leverage, sized));
            }
            ContractKind::Future(rules) => {
                add(sums, |place| {
                    columns.future(place, leverage, |n, coins| rules.margin(n, coins))
                });
            }
            ContractKind::Option { rules, right: OptionRight::Call, strike } => {
                add(sums, |place| columns.short(place, rules, (OptionRight::Call, *strike)));
            }
            ContractKind::Option { rules, right: OptionRight::Put, strike } => {
                add(sums, |place| columns.short(place, rules, (OptionRight::Put, *strike)));
            }
        }
    }
}

/// Adds the margin that `margin` says for each place.
#[inline(always)]
fn add([initial, maintenance]: [&mut [f64]; 2], margin: impl Fn(usize) -> Margin) {
    for (place, (initial, maintenance)) in initial.iter_mut().zip(maintenance).enumerate() {
        let margin = margin(place);
        *initial += margin.initial;
        *maintenance += margin.maintenance;
    }
}
