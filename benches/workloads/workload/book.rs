//! A workload as market and portfolio.

use plimsoll::margin::{CloseAmount, FutureRules, Liquidation, Monitoring, VenueRules};
use plimsoll::market::{Asset, AssetKind, ForwardCurve, Market, Underlying};
use plimsoll::portfolio::{
    Account, Balance, Instrument, MarginMode, Portfolio, Position, Settlement, Venue,
};
use plimsoll::units::{Symbol, Years};

use super::data::{AccountData, FactorData, MarginedData, OptionData, Workload};

/// Prices, and forwards that carry at the workload's rate, which discounts USD too.
pub fn market(workload: &Workload) -> Market {
    let usd = Asset {
        symbol: Symbol::usd(),
        kind: AssetKind::Fiat,
        price_usd: 1.0,
        discount_rate: workload.rate,
    };
    let coin = |factor: &FactorData| Asset {
        symbol: Symbol::new(&factor.id),
        kind: AssetKind::Coin,
        price_usd: factor.spot,
        discount_rate: 0.0,
    };
    let mut assets: Vec<Asset> = workload.factors.iter().map(coin).chain([usd]).collect();
    assets.sort_by(|left, right| left.symbol.cmp(&right.symbol));
    let underlyings = workload.factors.iter().map(|factor| underlying(factor, workload.rate));
    Market {
        name: workload.name.to_owned(),
        as_of: jiff::Timestamp::UNIX_EPOCH,
        assets,
        underlyings: underlyings.collect(),
        history: None,
    }
}

fn underlying(factor: &FactorData, rate: f64) -> Underlying {
    let year = (Years(1.0), factor.spot * libm::exp(rate));
    Underlying {
        symbol: Symbol::new(&factor.id),
        forwards: ForwardCurve::from_quotes(factor.spot, &[year]),
        volatility: None,
        funding_rate_8h: 0.0,
        perpetual_basis: 0.0,
        liquidity: None,
    }
}

/// The accounts that can be liquidated, each at a venue of its own, since rates differ by account
/// and coin; everything else in one account that cannot.
pub fn portfolio(workload: &Workload) -> Portfolio {
    let name = |index: usize| &workload.factors[index].id;
    let settlement = || Settlement::Linear { quote: Symbol::usd() };
    let perpetual = |index| Instrument::Perpetual {
        underlying: Symbol::new(name(index)),
        settlement: settlement(),
    };
    let options = workload.options.iter().map(|held| {
        let instrument = option(held, name(held.factor), settlement());
        Position {
            volatility: Some(held.volatility),
            ..position(&held.id, instrument, held.quantity)
        }
    });
    let perpetuals = workload.perpetuals.iter();
    let perpetuals =
        perpetuals.map(|held| position(&held.id, perpetual(held.factor), held.quantity));
    let linear = workload.linear.iter().map(|held| {
        let instrument = Instrument::Spot { asset: Symbol::new(name(held.factor)) };
        position(&held.id, instrument, held.quantity)
    });
    let margined = workload.margined.iter().map(|held| {
        let of = position(&held.id, perpetual(held.factor), held.quantity);
        Position { account: held.account, entry_price: Some(held.entry_price), ..of }
    });
    let positions = options.chain(perpetuals).chain(linear).chain(margined).collect();
    let venues = workload.accounts.iter().map(venue).collect();
    Portfolio {
        name: workload.name.to_owned(),
        venues,
        accounts: accounts(workload),
        positions,
        orders: Vec::new(),
        margin_calls: None,
        hedges: Vec::new(),
    }
}

fn option(held: &OptionData, coin: &str, settlement: Settlement) -> Instrument {
    Instrument::Option {
        underlying: Symbol::new(coin),
        settlement,
        expiry: Years(held.expiry_years),
        strike: held.strike,
        right: held.right,
    }
}

fn position(id: &str, instrument: Instrument, quantity: f64) -> Position {
    Position {
        id: id.to_owned(),
        account: 0,
        instrument,
        quantity,
        entry_price: None,
        volatility: None,
        tags: Vec::new(),
    }
}

fn accounts(workload: &Workload) -> Vec<Account> {
    let account = |name: &str, margin_mode, venue, balances| Account {
        venue,
        margin_mode,
        recourse: true,
        balances,
        ..Account::new(name)
    };
    if workload.accounts.is_empty() {
        return vec![account("desk", MarginMode::None, None, Vec::new())];
    }
    let margined = |(index, held): (usize, &AccountData)| {
        let usd = Balance {
            asset: Symbol::usd(),
            quantity: held.collateral,
            haircut: 0.0,
            borrow_rate: 0.0,
        };
        account(&held.id, MarginMode::Cross, Some(index), vec![usd])
    };
    workload.accounts.iter().enumerate().map(margined).collect()
}

fn venue(account: &AccountData) -> Venue {
    Venue {
        name: account.id.clone(),
        rules: None,
        default_probability_1y: 0.0,
        loss_given_default: 0.0,
        failure: None,
    }
}

/// Flat maintenance by coin for each account's venue.
pub fn rules(workload: &Workload) -> Vec<Option<VenueRules>> {
    let of_account = |(index, account): (usize, &AccountData)| {
        let held = workload.margined.iter().filter(|held| held.account == index);
        let flat = |rate: f64| FutureRules::Flat { initial: rate, maintenance: rate };
        let by_coin = |held: &MarginedData| {
            (Symbol::new(&workload.factors[held.factor].id), flat(held.maintenance_rate))
        };
        Some(VenueRules {
            source: "benches/workloads".to_owned(),
            futures_by_coin: held.map(by_coin).collect(),
            liquidation_fee: workload.liquidation_cost,
            liquidation: Some(Liquidation {
                close: CloseAmount::Full,
                slippage: 0.0,
                monitoring: Monitoring::Steps,
                substeps: Liquidation::SUBSTEPS,
            }),
            ..VenueRules::of_futures(account.id.clone(), flat(1.0))
        })
    };
    workload.accounts.iter().enumerate().map(of_account).collect()
}
