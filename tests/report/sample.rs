//! A plainly artificial outcome for the tests of the report.
//!
//! Every figure is made up from a fixed sequence, but the parts agree with each other the way a
//! run's do: measures come from the losses, contributions sum to the measures, the terms of the
//! potential loss add up. Nothing here is a result of the engine.

use plimsoll::outcome::*;

/// Paths of the sample.
pub const PATHS: usize = 20_000;
const LEVELS: [f64; 3] = [0.95, 0.975, 0.99];
const UNDERLYINGS: [&str; 8] = ["BTC", "ETH", "SOL", "BNB", "XRP", "DOGE", "ADA", "AVAX"];
const ACCOUNTS: [(&str, &str); 5] = [
    ("deribit main", "Deribit"),
    ("deribit vol", "Deribit"),
    ("binance um", "Binance"),
    ("binance coin", "Binance"),
    ("okx carry", "OKX"),
];

/// Losses by path: skewed, with a heavy right tail, in no order.
pub fn losses() -> Vec<f64> {
    (0..PATHS)
        .map(|path| {
            // The golden ratio's multiples fill (0, 1) evenly, in a scattered order.
            let u = (path as f64 + 0.5) * 0.618_033_988_749_894_9 % 1.0;
            let u = u.clamp(1e-6, 1.0 - 1e-6);
            // A scaled logistic bent into a right tail of index 0.15.
            let z = libm::log(u / (1.0 - u));
            let bent = if z > 0.0 { (libm::exp(0.15 * z) - 1.0) / 0.15 } else { 0.8 * z };
            700_000.0 * bent - 60_000.0
        })
        .collect()
}

fn sorted_losses() -> Vec<f64> {
    let mut sorted = losses();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn measure(level: f64, loss: f64, standard_error: Option<f64>, estimator: &str) -> Measure {
    let half = 1.96 * standard_error.unwrap_or(0.01 * loss);
    Measure {
        level,
        loss,
        interval_95: [loss - 0.95 * half, loss + 1.05 * half],
        standard_error,
        estimator: estimator.into(),
    }
}

fn tail_mean(sorted: &[f64], level: f64) -> f64 {
    let first = (level * sorted.len() as f64) as usize;
    sorted[first..].iter().sum::<f64>() / (sorted.len() - first) as f64
}

/// Even bins, and one wide bin a side for the outermost 0.05 % of paths.
fn histogram(sorted: &[f64], even: usize) -> Histogram {
    let outside = PATHS / 2_000;
    let (low, high) = (sorted[outside], sorted[PATHS - 1 - outside]);
    let width = (high - low) / even as f64;
    let mut edges = vec![sorted[0]];
    edges.extend((0..=even).map(|edge| low + edge as f64 * width));
    edges.push(sorted[PATHS - 1]);
    let below = |edge: f64| sorted.partition_point(|loss| *loss < edge);
    let bin = |pair: &[f64]| HistogramBin {
        lower: pair[0],
        upper: pair[1],
        count: (below(pair[1]) - below(pair[0])) as u64,
        probability: 0.0,
    };
    let mut bins: Vec<HistogramBin> = edges.windows(2).map(bin).collect();
    if let Some(last) = bins.last_mut() {
        last.count += 1; // the largest loss itself
    }
    bins.iter_mut().for_each(|bin| bin.probability = bin.count as f64 / PATHS as f64);
    Histogram { bins }
}

fn measures() -> Measures {
    let sorted = sorted_losses();
    let mean = sorted.iter().sum::<f64>() / PATHS as f64;
    let variance =
        sorted.iter().map(|loss| (loss - mean) * (loss - mean)).sum::<f64>() / (PATHS - 1) as f64;
    let value_at_risk = LEVELS.map(|level| {
        let rank = (level * PATHS as f64).ceil() as usize - 1;
        measure(
            level,
            sorted[rank],
            None,
            "order statistic (inverse empirical, type 1); interval from binomial ranks",
        )
    });
    let expected_shortfall = LEVELS.map(|level| {
        let es = tail_mean(&sorted, level);
        measure(level, es, Some(0.012 * es), "Acerbi–Tasche tail mean; Manistre–Hancock error")
    });
    Measures {
        value_at_risk: value_at_risk.to_vec(),
        expected_shortfall: expected_shortfall.to_vec(),
        mean_loss: mean,
        loss_deviation: variance.sqrt(),
        minimum_loss: sorted[0],
        maximum_loss: sorted[PATHS - 1],
        loss_beyond_capital: Some(Probability {
            event: "loss beyond the capital base".into(),
            amount: 25_000_000.0,
            probability: 0.000_05,
            interval_95: [0.000_009, 0.000_28],
            estimator: "share of paths; Wilson interval".into(),
        }),
        tail_index: Some(TailIndex {
            xi: 0.23,
            standard_error: 0.02,
            order_statistics: 400,
            heavy_tail: true,
            infinite_variance: false,
            covered: "in 93 to 94 % of runs".into(),
            estimator: "Hill, largest 2 % of losses".into(),
        }),
        histogram: histogram(&sorted, 80),
    }
}

/// Rows whose ES and VaR sum to the totals given, names as given.
fn contribution_rows(names: &[String], es: f64, var: f64) -> Vec<ContributionRow> {
    let weight = |row: usize| {
        let sign = if row % 5 == 3 { -0.45 } else { 1.0 };
        sign / (1.0 + row as f64 * 0.35)
    };
    let total: f64 = (0..names.len()).map(weight).sum();
    let row = |(index, name): (usize, &String)| {
        let share = weight(index) / total;
        ContributionRow {
            name: name.clone(),
            expected_shortfall: share * es,
            expected_shortfall_error: (0.02 * share * es).abs(),
            value_at_risk: share * var,
            value_at_risk_error: (0.05 * share * var).abs(),
        }
    };
    names.iter().enumerate().map(row).collect()
}

fn position_names() -> Vec<String> {
    let kinds = ["perpetual", "call 110 % 27 Dec", "put 85 % 27 Dec", "future Mar"];
    let mut names: Vec<String> = UNDERLYINGS
        .iter()
        .flat_map(|underlying| kinds.map(|kind| format!("{underlying} {kind}")))
        .collect();
    names.extend(ACCOUNTS.map(|(account, _)| format!("{account}: USDT balance")));
    names
}

fn contributions(measures: &Measures) -> Contributions {
    let (es, var) = (measures.expected_shortfall[1].loss, measures.value_at_risk[1].loss);
    let rows = |names: Vec<String>| contribution_rows(&names, es, var);
    Contributions {
        level: 0.975,
        expected_shortfall: es,
        value_at_risk: var,
        estimator: "tail contributions: the weights of the ES estimator; kernel average for VaR"
            .into(),
        by_position: rows(position_names()),
        by_underlying: rows(UNDERLYINGS.map(String::from).to_vec()),
        by_account: rows(ACCOUNTS.map(|(account, _)| account.into()).to_vec()),
        by_venue: rows(["Deribit", "Binance", "OKX"].map(String::from).to_vec()),
        by_tag: rows(["vol", "carry", "untagged"].map(String::from).to_vec()),
    }
}

fn incremental(measures: &Measures) -> Vec<IncrementalRow> {
    let (es, var) = (measures.expected_shortfall[1].loss, measures.value_at_risk[1].loss);
    let row = |(index, (account, _)): (usize, &(&str, &str))| {
        let share = [0.46, 0.21, -0.08, 0.12, 0.05][index];
        IncrementalRow {
            account: (*account).into(),
            value_at_risk_without: var * (1.0 - share),
            value_at_risk_change: var * share,
            expected_shortfall_without: es * (1.0 - share),
            expected_shortfall_change: es * share,
            expected_shortfall_alone: es * (share.abs() + 0.1),
        }
    };
    ACCOUNTS.iter().enumerate().map(row).collect()
}

/// The first account is closed below a price, the second has passed its line above.
fn prices(index: usize) -> Vec<AccountPrices> {
    let row = |below, above| AccountPrices {
        position: None,
        underlying: "BTC".to_owned(),
        price: 100_000.0,
        liquidation_below: below,
        liquidation_above: above,
        bankruptcy_below: PriceOf::At(61_234.5),
        bankruptcy_above: PriceOf::Never,
    };
    match index {
        0 => vec![row(PriceOf::At(65_432.1), PriceOf::Never)],
        1 => vec![row(PriceOf::Never, PriceOf::Passed)],
        _ => Vec::new(),
    }
}

fn worst_paths() -> Vec<WorstPath> {
    let losses = losses();
    let mut order: Vec<usize> = (0..PATHS).collect();
    order.sort_by(|a, b| losses[*b].total_cmp(&losses[*a]).then(a.cmp(b)));
    let tell = |path: &usize| WorstPath {
        path: *path as u64,
        loss: losses[*path],
        factors: vec![
            FactorMove { factor: "BTC.spot".into(), change: -0.182, deviations: -5.4 },
            FactorMove { factor: "BTC.vol".into(), change: 0.61, deviations: 4.1 },
            FactorMove { factor: "ETH.spot".into(), change: -0.224, deviations: -4.9 },
            FactorMove { factor: "USDT.peg".into(), change: -0.011, deviations: -2.2 },
            FactorMove { factor: "ETH.funding".into(), change: -0.000_31, deviations: -1.1 },
        ],
        rows: vec![
            PathRow { name: "BTC perpetual".into(), loss: losses[*path] * 0.6 },
            PathRow { name: "ETH put 85 % 27 Dec".into(), loss: losses[*path] * 0.5 },
            PathRow { name: "okx carry: USDT balance".into(), loss: losses[*path] * -0.1 },
        ],
        events: vec!["BTC call 110 % 27 Dec expired worthless at 0.5 days".into()],
        story: None,
    };
    order[..5].iter().map(tell).collect()
}

fn greeks_row(underlying: &str, scale: f64) -> GreeksRow {
    GreeksRow {
        underlying: underlying.into(),
        dollar_delta: 9_400_000.0 * scale,
        gamma_1pct: -212_000.0 * scale,
        vega_1pt: -48_500.0 * scale,
        theta_1d: 31_250.0 * scale,
        funding_1d: -4_120.0 * scale,
    }
}

fn greeks() -> Greeks {
    let scales = [0.5, 0.3, 0.12, -0.05, 0.04, 0.03, 0.02, 0.04];
    let point = |step: i32| {
        let x = f64::from(step) * 0.025;
        GreeksProfilePoint {
            spot_move: x,
            value_change: 9_400_000.0 * x - 10_600_000.0 * x * x * (1.0 - 0.6 * x),
            dollar_delta: 9_400_000.0 - 21_200_000.0 * x + 19_080_000.0 * x * x,
            gamma_1pct: -212_000.0 + 381_600.0 * x,
        }
    };
    Greeks {
        by_underlying: UNDERLYINGS.iter().zip(scales).map(|(u, s)| greeks_row(u, s)).collect(),
        total: greeks_row("total", 1.0),
        profile: GreeksProfile {
            axis: "all spots together, volatility unchanged".into(),
            points: (-12..=12).map(point).collect(),
        },
    }
}

fn book() -> BookSummary {
    let greeks = greeks();
    BookSummary {
        name: "Artificial book".into(),
        positions: 32,
        value: 27_480_000.0,
        positions_value: 1_230_000.0,
        collateral_value: 26_250_000.0,
        collateral_after_haircuts: 24_900_000.0,
        exposure: greeks
            .by_underlying
            .iter()
            .map(|row| Exposure {
                underlying: row.underlying.clone(),
                dollar_delta: row.dollar_delta,
            })
            .collect(),
        greeks,
    }
}

fn liquidations() -> Vec<AccountLiquidation> {
    let row = |(index, probability): (usize, f64)| AccountLiquidation {
        account: ACCOUNTS[index].0.into(),
        rules: Some("venue-rules@2026-01-01".into()),
        probability,
        interval_95: [0.9 * probability, 1.1 * probability + 0.000_2],
        mean_cost: 40_000.0 * probability,
        estimator: "share of paths; interval: Wilson score".into(),
        events: Some(events(probability)),
    };
    [(2, 0.004_5), (3, 0.061), (4, 0.0)].map(row).into()
}

/// Amounts in proportion to a probability.
fn amount(probability: f64, largest: f64) -> TailAmount {
    let at = |level: f64| AmountAtLevel {
        level,
        quantile: largest * (probability - (1.0 - level)).max(0.0),
        interval_95: [0.0, 1.2 * largest * probability],
        expected_shortfall: largest * (probability / (1.0 - level)).min(1.0),
        standard_error: 0.03 * largest,
    };
    TailAmount {
        mean: 0.5 * largest * probability,
        level: 0.975,
        expected_shortfall: at(0.975).expected_shortfall,
        standard_error: 0.03 * largest,
        probability,
        levels: LEVELS.map(at).into(),
    }
}

fn events(probability: f64) -> PathEvents {
    let chance = |probability: f64| EventProbability {
        probability,
        interval_95: [0.9 * probability, 1.1 * probability + 0.000_2],
    };
    let time = |hours: f64| EventTime {
        mean_years: hours / 8_760.0,
        quantiles: [(0.1, 0.5), (0.5, 1.0), (0.9, 1.6)]
            .map(|(level, times)| TimeQuantile { level, years: times * hours / 8_760.0 })
            .into(),
    };
    let happens = probability > 0.0;
    PathEvents {
        margin_call: Some(chance(2.0 * probability)),
        time_to_margin_call: happens.then(|| time(9.0)),
        stop: chance(0.01),
        rebalancing: happens.then(|| RebalancingEvents {
            probability: chance(0.25),
            time_to_first: Some(time(7.0)),
            mean_trades: 0.4,
            notional: amount(0.25, 2_000_000.0),
            cost: amount(0.25, 1_000.0),
        }),
        liquidation: chance(probability),
        liquidation_at_steps_alone: None,
        time_to_liquidation: happens.then(|| time(14.0)),
        liquidated_notional: amount(probability, 6_000_000.0),
        cost: amount(probability, 90_000.0),
        bad_debt: amount(0.3 * probability, 40_000.0),
        estimator: "share of paths; interval: Wilson score".into(),
    }
}

fn rung(kind: RungKind, price: f64) -> LadderRung {
    let change = price / 100_000.0 - 1.0;
    LadderRung {
        kind,
        order: (kind == RungKind::Stop).then(|| "stop-1".to_owned()),
        side: if change < 0.0 { RungSide::Below } else { RungSide::Above },
        price: PriceOf::At(price),
        change: Some(change),
        deviations: Some(libm::log(1.0 + change) / 0.031),
        touch: Some(EventProbability { probability: 0.04, interval_95: [0.037, 0.043] }),
        touch_at_any_time: Some(0.052),
    }
}

fn ladders() -> Vec<ThresholdLadder> {
    let never = LadderRung {
        price: PriceOf::Never,
        change: None,
        deviations: None,
        touch: None,
        touch_at_any_time: None,
        ..rung(RungKind::Liquidation, 120_000.0)
    };
    let ladder = |account: usize, rungs| ThresholdLadder {
        account: ACCOUNTS[account].0.into(),
        position: (account == 2).then(|| "BTC perpetual".to_owned()),
        underlying: "BTC".into(),
        price: 100_000.0,
        deviation: 0.031,
        rungs,
    };
    let near = vec![
        rung(RungKind::Bankruptcy, 93_000.0),
        rung(RungKind::Liquidation, 93_900.0),
        rung(RungKind::MarginCall, 95_500.0),
        rung(RungKind::Stop, 97_000.0),
        rung(RungKind::Equity, 98_200.0),
        rung(RungKind::BreakEven, 99_000.0),
        rung(RungKind::Rebalancing, 104_000.0),
        never.clone(),
    ];
    let far = vec![rung(RungKind::Liquidation, 61_000.0), never];
    vec![ladder(2, near), ladder(3, far)]
}

fn at_risk() -> AtRiskCurve {
    let shocks: Vec<f64> = (-9..=20).map(|step| 0.1 * f64::from(step)).collect();
    let closed = |below: f64, notional: f64| -> Vec<f64> {
        shocks.iter().map(|shock| if *shock < below { notional } else { 0.0 }).collect()
    };
    let (one, other) = (closed(-0.05, 4_000_000.0), closed(-0.35, 9_000_000.0));
    let account =
        |index: usize, notional| AtRiskAccount { account: ACCOUNTS[index].0.into(), notional };
    AtRiskCurve {
        direction: "BTC alone".into(),
        underlying: "BTC".into(),
        betas: vec![CoinBeta { asset: "BTC".into(), beta: 1.0 }],
        book: one.iter().zip(&other).map(|(one, other)| one + other).collect(),
        accounts: vec![account(3, other), account(2, one)],
        shocks,
    }
}

fn hedging(underlying: &str, size: f64) -> HedgingLadder {
    let point = |step: i32| {
        let spot_move = 0.05 * f64::from(step);
        let gamma = -size * (1.0 - spot_move * spot_move);
        HedgingPoint {
            spot_move,
            dollar_delta: 1e6 - 30.0 * size * spot_move,
            gamma_1pct: gamma,
            flow_1pct: -gamma,
            share_of_depth: Some(gamma.abs() / 400_000.0),
            share_of_volume: Some(gamma.abs() / 1e9),
        }
    };
    HedgingLadder {
        underlying: underlying.into(),
        depth_1pct: Some(400_000.0),
        daily_volume: Some(1e9),
        points: (-10..=10).map(point).collect(),
    }
}

fn exposure() -> LiquidationExposure {
    let closing = |underlying: &str, notional: f64| CoinClosing {
        underlying: underlying.into(),
        notional,
        closed: 0.9 * notional,
        left: 0.1 * notional,
        days_needed: 5.6,
        spread: 0.000_4 * notional,
        impact: 0.002 * notional,
        market_risk_factor: 1.48,
    };
    let by_underlying = vec![closing("BTC", 8e6), closing("ETH", 3e6)];
    let shortfall = |account: usize, recourse| AccountShortfall {
        account: ACCOUNTS[account].0.into(),
        recourse,
        amount: amount(0.004, 300_000.0),
    };
    LiquidationExposure {
        ladders: ladders(),
        touch_estimator: "at the 2 nodes of 20,000 paths: share of paths".into(),
        at_risk: vec![at_risk()],
        shortfalls: vec![shortfall(2, false), shortfall(3, true)],
        shortfall: Some(amount(0.005, 500_000.0)),
        shortfall_estimator: "equity below zero at the horizon, 20,000 paths".into(),
        hedging: vec![hedging("BTC", 200_000.0), hedging("ETH", 40_000.0)],
        closing: Some(BookClosing {
            horizon_years: 5.0 / 365.0,
            participation: 0.1,
            spread_deviations: 3.0,
            cost: by_underlying.iter().map(|row| row.spread + row.impact).sum(),
            left: by_underlying.iter().map(|row| row.left).sum(),
            by_underlying,
            unknown: vec!["DOGE".into()],
            estimator: "gross dollar delta of the positions today".into(),
        }),
    }
}

fn margin() -> Vec<AccountMargin> {
    let row = |(index, (account, venue)): (usize, &(&str, &str))| {
        let equity = [9.2e6, 4.1e6, 6.0e6, 3.3e6, 2.4e6][index];
        let initial = equity * [0.62, 0.81, 0.44, 1.05, 0.0][index];
        AccountMargin {
            account: (*account).into(),
            venue: Some((*venue).into()),
            rules: Some(format!("{venue} standard, 2026-10-01")),
            equity,
            initial_margin: initial,
            maintenance_margin: 0.7 * initial,
            margin_ratio: (initial > 0.0).then(|| equity / (0.7 * initial)),
            leverage: Some(1.4 + index as f64),
            margin_call: (initial - equity).max(0.0),
            liquidated_at_once: false,
            prices: prices(index),
        }
    };
    ACCOUNTS.iter().enumerate().map(row).collect()
}

fn condition() -> Condition {
    let driver = |name: &str, observed, reference, factor, definition: &str| ConditionDriver {
        name: name.into(),
        observed: Some(observed),
        reference,
        is_share: name == "drawdown",
        factor,
        definition: definition.into(),
    };
    Condition {
        multiplier: 0.8,
        raw: 0.7412,
        target: 0.75,
        floor: 0.75,
        cap: 1.0,
        drivers: vec![
            driver(
                "volatility regime",
                0.71,
                Some(0.55),
                0.88,
                "BTC EWMA volatility, half-life 20 days, annual",
            ),
            driver("drawdown", 0.14, Some(0.1), 0.9, "fall of the treasury from its high, share"),
            driver("rsi", 71.5, Some(70.0), 0.936, "Wilder RSI-14 on BTC daily closes, 0 to 100"),
        ],
        clamps: vec![
            "floor: 0.7412 raised to 0.7500".into(),
            "rate limit: relaxing from 0.7800 by at most 0.0200 a day gives 0.8000".into(),
        ],
        state: ConditionState {
            as_of: "2026-01-01T00:00:00Z".into(),
            hedged: 0.8,
            long: 0.8,
            short: 0.6,
            days_above: Default::default(),
        },
    }
}

fn headroom() -> Vec<Headroom> {
    let bound = |value: f64| HeadroomBound {
        interval_95: Some([0.97 * value, 1.04 * value]),
        binding: "risk".into(),
        reason: String::new(),
    };
    let row = |(index, underlying): (usize, &&str)| {
        let long = 1_900_000.0 / (1.0 + index as f64 * 0.3);
        let short = (index != 5).then_some(11_800_000.0 / (1.0 + index as f64 * 0.2));
        Headroom {
            underlying: (*underlying).into(),
            long: Some(long),
            short,
            held_as: None,
            long_bound: bound(long),
            short_bound: short.map_or_else(
                || HeadroomBound {
                    interval_95: None,
                    binding: "none".into(),
                    reason: "no end found up to 20 times the gross exposure".into(),
                },
                bound,
            ),
        }
    };
    UNDERLYINGS.iter().enumerate().map(row).collect()
}

fn threshold(measures: &Measures) -> Threshold {
    let es = measures.expected_shortfall[1].loss;
    let es_interval = measures.expected_shortfall[1].interval_95;
    let terms = vec![
        PotentialLossTerm {
            name: "simulated ES 97.5 %".into(),
            amount: es,
            weight: 1.0,
            estimator: "Acerbi–Tasche tail mean over one day".into(),
        },
        PotentialLossTerm {
            name: "liquidity".into(),
            amount: 420_000.0,
            weight: 0.5,
            estimator: "half spread and square-root impact of closing in one day".into(),
        },
        PotentialLossTerm {
            name: "concentration".into(),
            amount: 150_000.0,
            weight: 1.0,
            estimator: "Herfindahl add-on".into(),
        },
    ];
    let added = 360_000.0;
    let potential_loss = es + added;
    let interval = [es_interval[0] + added, es_interval[1] + added];
    let money = 25_000_000.0 * 0.28 * 0.8;
    let gross = 9_400_000.0 * 1.1;
    let scale = 1.091;
    Threshold {
        policy: "Artificial policy".into(),
        potential_loss,
        potential_loss_interval_95: interval,
        terms,
        adjustments: Vec::new(),
        combination: "sum".into(),
        capital: 25_000_000.0,
        capital_base: "collateral after haircuts".into(),
        appetite: 0.28,
        condition: condition(),
        threshold: money,
        share_of_capital: 0.224,
        utilisation: Some(potential_loss / money),
        utilisation_interval_95: Some([interval[0] / money, interval[1] / money]),
        utilisation_unconditioned: Some(0.8 * potential_loss / money),
        status: Status::Amber,
        indistinct: false,
        boundaries: [0.75, 1.0],
        scale_to_threshold: ScaleToThreshold {
            value: Some(scale),
            interval_95: Some([1.066, 1.118]),
            binding: "risk".into(),
            reason: "the potential loss reaches the threshold before initial margin binds".into(),
            crossings: vec![scale],
            utilisation_at_value: Some(1.000_2),
            paths: 20_000,
        },
        equivalents: ExposureEquivalents {
            gross_exposure: gross,
            net_exposure: 9_400_000.0,
            gross_at_threshold: Some(scale * gross),
            net_at_threshold: Some(scale * 9_400_000.0),
        },
        headroom: headroom(),
        distance_to_breach: DistanceToBreach {
            spot_down: Some(-0.093),
            spot_up: None,
            volatility_up: Some(0.24),
            spot_down_interval_95: Some([-0.097, -0.089]),
            spot_up_interval_95: None,
            volatility_up_interval_95: Some([0.22, 0.26]),
            notes: vec!["spot up: no breach up to +50 %".into()],
        },
        diversification_level: Some(0.975),
        standalone_expected_shortfall: es * 1.38,
        diversified_expected_shortfall: es,
        remedy: Remedy {
            target_utilisation: 0.7,
            margin_call: Some(4_300_000.0),
            scale_positions: Some(0.84),
            reduce_gross_exposure: Some(1_650_000.0),
            advice: "Reduce gross exposure by about a sixth, or add external money.".into(),
            accounts: vec![AccountCall {
                account: "okx carry".into(),
                to_initial_margin: 0.0,
                to_target: Some(4_300_000.0),
                uncured_by_transfers: 0.0,
            }],
            transfers: Vec::new(),
        },
        hedging: None,
        limits: Vec::new(),
    }
}

fn model() -> ModelSummary {
    let names: Vec<String> = ["BTC", "ETH", "SOL"]
        .iter()
        .flat_map(|coin| ["spot", "vol", "basis"].map(|kind| format!("{coin}.{kind}")))
        .collect();
    let correlation = (0..names.len())
        .map(|row: usize| {
            let entry = |column: usize| match row.abs_diff(column) {
                0 => 1.0,
                distance if distance % 3 == 0 => 0.8 - 0.05 * distance as f64,
                distance if distance % 3 == 1 => -0.31,
                _ => 0.07,
            };
            (0..names.len()).map(entry).collect()
        })
        .collect();
    ModelSummary {
        process: "t-copula, ν = 4.6 shared; marginals Student-t".into(),
        returns: "log".into(),
        revaluation: "full".into(),
        proxy: None,
        drift: "martingale at the forward".into(),
        correlation_source: "Ledoit–Wolf, 1,095 observations, shrinkage 0.08".into(),
        correlation_projection_distance: Some(0.000_42),
        stressed: None,
        factors: names
            .iter()
            .enumerate()
            .map(|(index, name)| FactorSummary {
                name: name.clone(),
                volatility: 0.55 + 0.07 * index as f64,
                source: "EWMA, half-life 20 days, 1,095 observations".into(),
            })
            .collect(),
        correlation,
        notes: vec![
            "AVAX listed 2024-02-11: 640 observations.".into(),
            "Truncation of the t at ±ln 5 lowers ES 97.5 % by 0.02 %.".into(),
        ],
    }
}

/// The whole artificial outcome: amber, one account short of initial margin.
pub fn outcome() -> Outcome {
    let measures = measures();
    Outcome {
        format_version: FORMAT_VERSION,
        plimsoll_version: "0.0.0-sample".into(),
        scenario: "Artificial sample".into(),
        description: "Made-up figures for tests; nobody holds this book.".into(),
        as_of: "2026-11-20T00:00:00Z".into(),
        currency: "USD".into(),
        horizon_years: 1.0 / 365.0,
        nodes_years: vec![0.5 / 365.0, 1.0 / 365.0],
        paths: PATHS as u64,
        stopping: None,
        seed: 42,
        model: model(),
        book: book(),
        contributions: contributions(&measures),
        incremental: incremental(&measures),
        worst_paths: worst_paths(),
        threshold: Some(threshold(&measures)),
        margin: margin(),
        liquidations: liquidations(),
        venue_failures: Vec::new(),
        failure_sampling: None,
        calls_met: Vec::new(),
        moved_prices: None,
        breach_ladder: None,
        reverse: None,
        liquidity_horizons: None,
        path_events: Some(events(0.064)),
        liquidation_exposure: exposure(),
        data_quality: vec![
            DataFinding {
                file: "history.csv".into(),
                line: Some(412),
                what: "duplicate date 2025-03-01".into(),
                repair: Some("kept the first of 2 rows".into()),
            },
            DataFinding {
                file: "history.csv".into(),
                line: None,
                what: "newest first".into(),
                repair: None,
            },
        ],
        warnings: vec![Warning {
            code: "heavy_tail".into(),
            message: "The tail index of the losses is 0.23: intervals of ES cover the truth in 93 to 94 % of runs."
                .into(),
        }],
        measures,
        with_trades: None,
    }
}

/// The sample with a smaller book proposed.
pub fn outcome_with_trades() -> Outcome {
    let mut before = outcome();
    let mut after = outcome();
    let shrunk = 0.7;
    for measure in
        after.measures.value_at_risk.iter_mut().chain(&mut after.measures.expected_shortfall)
    {
        measure.loss *= shrunk;
        measure.interval_95 = measure.interval_95.map(|end| end * shrunk);
    }
    if let Some(threshold) = &mut after.threshold {
        threshold.potential_loss *= shrunk;
        threshold.utilisation = threshold.utilisation.map(|u| u * shrunk);
        threshold.utilisation_interval_95 =
            threshold.utilisation_interval_95.map(|i| i.map(|u| u * shrunk));
        threshold.status = Status::Green;
        threshold.scale_to_threshold.value = Some(1.72);
    }
    after.margin[3].margin_call = 0.0;
    after.margin[3].initial_margin *= shrunk;
    before.with_trades = Some(Box::new(after));
    before
}
