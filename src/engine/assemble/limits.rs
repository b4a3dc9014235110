//! Limits of the policy beside its threshold: what each part of the book measures, and its state.

use super::{Found, incremental};
use crate::engine::EngineError;
use crate::outcome::{ContributionRow, Contributions, LimitReading, LimitState};
use crate::portfolio::Portfolio;
use crate::pricing::{self, Granularity, Row, RowExposure};
use crate::threshold::{self, Limit, LimitLevel, LimitMeasure, Policy};
use crate::units::{ConfidenceLevel, Symbol};

/// Every limit of the policy on every part it holds, in the policy's order.
pub(super) fn limits(
    found: &Found,
    policy: &Policy,
    capital: f64,
    contributions: &Contributions,
) -> Result<Vec<LimitReading>, EngineError> {
    if policy.limits.is_empty() {
        return Ok(Vec::new());
    }
    let setting = &found.book.setting;
    let level = policy.shortfall_level();
    let level = level.unwrap_or(found.plan.scenario.measures.contribution_level);
    let exposures = pricing::exposures(
        setting.market,
        setting.portfolio,
        setting.pricing,
        Granularity::Position,
    )?;
    let measured = Measured { found, exposures, contributions, level };
    let mut readings = Vec::new();
    for limit in &policy.limits {
        for part in parts(limit, setting.portfolio) {
            let value = measured.value(limit, &part)?;
            readings.push(reading(limit, &part, value, capital));
        }
    }
    Ok(readings)
}

/// Names of the parts that a limit holds; one without a name is the book.
pub(in crate::engine) fn parts(limit: &Limit, portfolio: &Portfolio) -> Vec<String> {
    match &limit.of {
        Some(part) => vec![part.clone()],
        None => all_parts(limit.level, portfolio),
    }
}

/// Names of all parts of a level.
pub(in crate::engine) fn all_parts(level: LimitLevel, portfolio: &Portfolio) -> Vec<String> {
    let positions = portfolio.positions.iter();
    let mut parts: Vec<String> = match level {
        LimitLevel::Book => return vec![String::new()],
        LimitLevel::Venue => {
            return portfolio.venues.iter().map(|venue| venue.name.clone()).collect();
        }
        LimitLevel::Account => {
            return portfolio.accounts.iter().map(|account| account.name.clone()).collect();
        }
        LimitLevel::Underlying => {
            positions.map(|position| position.instrument.underlying().to_string()).collect()
        }
        LimitLevel::Tag => positions.flat_map(|position| position.tags.clone()).collect(),
    };
    parts.sort();
    parts.dedup();
    parts
}

fn reading(limit: &Limit, part: &str, value: f64, capital: f64) -> LimitReading {
    let threshold::LimitReading { value, soft, hard, state } = limit.reading(value, capital);
    LimitReading {
        name: limit.name.clone(),
        level: limit.level.name().to_owned(),
        of: part.to_owned(),
        measure: limit.measure.name().to_owned(),
        value,
        soft,
        hard,
        share_of_capital: (capital > 0.0).then_some(value / capital),
        state: match state {
            threshold::LimitState::Within => LimitState::Within,
            threshold::LimitState::SoftBreached => LimitState::SoftBreached,
            threshold::LimitState::HardBreached => LimitState::HardBreached,
        },
    }
}

struct Measured<'a> {
    found: &'a Found<'a>,
    exposures: Vec<RowExposure>,
    contributions: &'a Contributions,
    level: ConfidenceLevel,
}

impl Measured<'_> {
    fn value(&self, limit: &Limit, part: &str) -> Result<f64, EngineError> {
        Ok(match limit.measure {
            LimitMeasure::GrossExposure => {
                self.deltas(limit.level, part).iter().map(|(_, delta)| delta.abs()).sum()
            }
            LimitMeasure::NetExposure => {
                self.deltas(limit.level, part).iter().map(|(_, delta)| delta).sum::<f64>().abs()
            }
            LimitMeasure::ExpectedShortfall => {
                let accounts = self.accounts(limit.level, part);
                incremental::alone(self.found, self.level, &accounts)?.expected_shortfall
            }
            LimitMeasure::LossContribution => self.contribution(limit.level, part),
            LimitMeasure::InitialMargin => {
                let requirements = &self.found.book.requirements;
                let accounts = self.accounts(limit.level, part);
                accounts.iter().map(|&account| requirements[account].initial).sum()
            }
        })
    }

    fn portfolio(&self) -> &Portfolio {
        self.found.book.setting.portfolio
    }

    /// Dollar delta of a part by coin.
    fn deltas(&self, level: LimitLevel, part: &str) -> Vec<(Symbol, f64)> {
        let mut sums: Vec<(Symbol, f64)> = Vec::new();
        let rows = self.exposures.iter().filter(|exposure| self.is_in(exposure.row, level, part));
        for (coin, delta) in rows.flat_map(|exposure| &exposure.dollar_deltas) {
            if level == LimitLevel::Underlying && coin.as_str() != part {
                continue;
            }
            match sums.iter_mut().find(|(symbol, _)| symbol == coin) {
                Some((_, sum)) => *sum += delta,
                None => sums.push((coin.clone(), *delta)),
            }
        }
        sums
    }

    /// Whether a row counts for a part; coins are told apart by their deltas.
    fn is_in(&self, row: Row, level: LimitLevel, part: &str) -> bool {
        let portfolio = self.portfolio();
        let account = match row {
            Row::Position(position) => portfolio.positions[position].account,
            Row::Balance { account, .. }
            | Row::AccountPositions(account)
            | Row::AccountBalances(account) => account,
        };
        match (level, row) {
            (LimitLevel::Book | LimitLevel::Underlying, _) => true,
            (LimitLevel::Venue | LimitLevel::Account, _) => self.is_account(account, level, part),
            (LimitLevel::Tag, Row::Position(position)) => {
                portfolio.positions[position].tags.iter().any(|tag| tag == part)
            }
            (LimitLevel::Tag, _) => false,
        }
    }

    fn accounts(&self, level: LimitLevel, part: &str) -> Vec<usize> {
        let accounts = 0..self.portfolio().accounts.len();
        accounts.filter(|&account| self.is_account(account, level, part)).collect()
    }

    fn is_account(&self, account: usize, level: LimitLevel, part: &str) -> bool {
        let portfolio = self.portfolio();
        let account = &portfolio.accounts[account];
        match level {
            LimitLevel::Account => account.name == part,
            LimitLevel::Venue => {
                account.venue.is_some_and(|venue| portfolio.venues[venue].name == part)
            }
            LimitLevel::Book | LimitLevel::Underlying | LimitLevel::Tag => true,
        }
    }

    /// Contribution to ES; of a tag the sum over the positions that carry it.
    fn contribution(&self, level: LimitLevel, part: &str) -> f64 {
        let found = self.contributions;
        let of = |rows: &[ContributionRow], name: &str| {
            let row = rows.iter().find(|row| row.name == name);
            row.map_or(0.0, |row| row.expected_shortfall)
        };
        match level {
            LimitLevel::Venue => of(&found.by_venue, part),
            LimitLevel::Account => of(&found.by_account, part),
            LimitLevel::Underlying => of(&found.by_underlying, part),
            LimitLevel::Tag => {
                let positions = self.portfolio().positions.iter();
                let tagged = positions.filter(|one| one.tags.iter().any(|tag| tag == part));
                tagged.map(|position| of(&found.by_position, &position.id)).sum()
            }
            LimitLevel::Book => found.expected_shortfall,
        }
    }
}
