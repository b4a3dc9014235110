//! Double entry: what an event does to everybody's balance of one asset, in native units.

/// Changes of balances of one asset; an event moves money and makes none, so that they sum to zero.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Legs {
    /// The book's accounts.
    pub book: f64,
    /// Everybody else at the venue, bankrupt or deleveraged or a counterparty to a trade.
    pub market: f64,
    /// The venue itself.
    pub venue: f64,
    /// Its insurance fund.
    pub insurance_fund: f64,
    /// Others whose gains are taken.
    pub winners: f64,
}

impl Legs {
    /// What is left over: zero but for rounding.
    pub fn sum(&self) -> f64 {
        self.book + self.market + self.venue + self.insurance_fund + self.winners
    }

    /// The largest leg in absolute value, to measure `sum` against.
    pub fn largest(&self) -> f64 {
        let all = [self.book, self.market, self.venue, self.insurance_fund, self.winners];
        all.iter().fold(0.0, |largest, leg| leg.abs().max(largest))
    }

    /// Posts an event.
    pub fn add(&mut self, other: &Legs) {
        self.book += other.book;
        self.market += other.market;
        self.venue += other.venue;
        self.insurance_fund += other.insurance_fund;
        self.winners += other.winners;
    }
}

/// How a contract pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contract {
    /// `q·(X − E)` of the quote asset, q in coins.
    Linear,
    /// `N·(1/E − 1/X)` coins, N in USD.
    Inverse,
}

/// The closing of a position by its venue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fill {
    /// How the contract pays.
    pub contract: Contract,
    /// What is closed: signed size of the position, positive long.
    pub quantity: f64,
    /// Price up to which profit was counted.
    pub mark: f64,
    /// Price of the fill.
    pub price: f64,
    /// Fee in the settlement asset.
    pub fee: f64,
    /// Share of the fee that goes to the insurance fund.
    pub fee_to_fund: f64,
}

impl Contract {
    /// Profit of holding `quantity` from one price to another, in the settlement asset.
    pub fn profit(self, quantity: f64, from: f64, to: f64) -> f64 {
        match self {
            Self::Linear => quantity * (to - from),
            Self::Inverse => quantity * (1.0 / from - 1.0 / to),
        }
    }

    /// Worth of `quantity` at a price in the settlement asset, up to a constant of the contract.
    fn worth(self, quantity: f64, price: f64) -> f64 {
        match self {
            Self::Linear => quantity * price,
            Self::Inverse => -quantity / price,
        }
    }
}

/// What a fill does to balances. The book's leg is its profit from mark to fill; the market's is
/// found from its own side: it takes the position over at the fill and counts it at the mark.
pub fn fill_legs(fill: &Fill) -> Legs {
    let Fill { contract, quantity, mark, price, fee, fee_to_fund } = *fill;
    Legs {
        book: contract.profit(quantity, mark, price) - fee,
        market: contract.worth(quantity, mark) - contract.worth(quantity, price),
        venue: fee * (1.0 - fee_to_fund),
        insurance_fund: fee * fee_to_fund,
        winners: 0.0,
    }
}
