use super::*;

const SEED: u64 = 20_251_010;

fn pair(isa: InstructionSet, first_path: u64, count: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut even, mut odd) = (vec![0.0; count], vec![0.0; count]);
    let streams = Streams::new(SEED, isa);
    let paths: Vec<u64> = (first_path..first_path + count as u64).collect();
    streams.fill_normal_pair(Purpose::Diffusion, 3, 5, &paths, &mut even, &mut odd);
    (even, odd)
}

#[test]
fn every_instruction_set_draws_the_same_bits() {
    let expected = pair(InstructionSet::Baseline, 77, 1_003);
    for isa in InstructionSet::available() {
        assert_eq!(pair(isa, 77, 1_003), expected, "{isa}");
    }
}

#[test]
fn a_number_does_not_know_its_slice() {
    let isa = InstructionSet::detect();
    let (whole_even, whole_odd) = pair(isa, u64::from(u32::MAX) - 20, 64);
    let streams = Streams::new(SEED, isa);
    for index in 0..64u64 {
        let path = u64::from(u32::MAX) - 20 + index;
        let (mut even, mut odd) = ([0.0], [0.0]);
        streams.fill_normals(Purpose::Diffusion, 3, 10, &[path], &mut even);
        streams.fill_normals(Purpose::Diffusion, 3, 11, &[path], &mut odd);
        assert_eq!(even[0], whole_even[index as usize]);
        assert_eq!(odd[0], whole_odd[index as usize]);
    }
}

#[test]
fn purpose_step_factor_seed_and_path_each_matter() {
    let isa = InstructionSet::detect();
    let draw = |seed, purpose, step, factor, path: u64| {
        let mut out = [0.0];
        Streams::new(seed, isa).fill_uniforms(purpose, step, factor, &[path], &mut out);
        out[0]
    };
    let draws = [
        draw(1, Purpose::Diffusion, 0, 0, 0),
        draw(2, Purpose::Diffusion, 0, 0, 0),
        draw(1 << 32, Purpose::Diffusion, 0, 0, 0),
        draw(1, Purpose::Mixing, 0, 0, 0),
        draw(1, Purpose::Diffusion, 1, 0, 0),
        draw(1, Purpose::Diffusion, 0, 1, 0),
        draw(1, Purpose::Diffusion, 0, 2, 0),
        draw(1, Purpose::Diffusion, 0, 0, 1),
        draw(1, Purpose::Diffusion, 0, 0, 1 << 32),
    ];
    for (index, value) in draws.iter().enumerate() {
        assert!(!draws[..index].contains(value), "draw {index} repeats");
    }
}

/// Pins: a change here changes every result and needs a "Result-changing" line in the CHANGELOG.
/// The uniforms are (k + ½)·2⁻⁵² of the Philox block of counter (0, 0, 0, 0) and key (0, 0), whose
/// known answer (Random123) is 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
#[test]
fn the_first_numbers_are_pinned() {
    let cell =
        |high: u64, low: u64| ((high << 32 | low) >> 12) as f64 * f64::EPSILON + f64::EPSILON / 2.0;
    let radial = cell(0xe169_c58d, 0x6627_e8d5);
    let angular = cell(0x9b00_dbd8, 0xbc57_ac4c);
    let streams = Streams::new(0, InstructionSet::detect());
    let (mut even, mut odd) = ([0.0], [0.0]);
    streams.fill_uniforms(Purpose::Diffusion, 0, 0, &[0], &mut even);
    streams.fill_uniforms(Purpose::Diffusion, 0, 1, &[0], &mut odd);
    assert_eq!((even[0], odd[0]), (radial, angular));
    streams.fill_normal_pair(Purpose::Diffusion, 0, 0, &[0], &mut even, &mut odd);
    let radius = (-2.0 * libm::log(radial)).sqrt();
    let angle = std::f64::consts::TAU * angular;
    assert!((even[0] - radius * libm::cos(angle)).abs() < 1e-15);
    assert!((odd[0] - radius * libm::sin(angle)).abs() < 1e-15);
}

/// Moments of n standard normals: mean 0 ± 1/√n, variance 1 ± √(2/n), skewness 0 ± √(6/n),
/// kurtosis 3 ± √(24/n), correlation of a pair 0 ± 1/√n; four standard errors at a fixed seed.
#[test]
fn normals_have_normal_moments() {
    let n = 400_000;
    let (even, odd) = pair(InstructionSet::detect(), 0, n);
    let scale = (n as f64).sqrt();
    for sample in [&even, &odd] {
        let moment =
            |power: f64| sample.iter().map(|z| libm::pow(*z, power)).sum::<f64>() / n as f64;
        assert!(moment(1.0).abs() < 4.0 / scale);
        assert!((moment(2.0) - 1.0).abs() < 4.0 * 2f64.sqrt() / scale);
        assert!(moment(3.0).abs() < 4.0 * 15f64.sqrt() / scale);
        assert!((moment(4.0) - 3.0).abs() < 4.0 * 96f64.sqrt() / scale);
    }
    let product = even.iter().zip(&odd).map(|(x, y)| x * y).sum::<f64>() / n as f64;
    assert!(product.abs() < 4.0 / scale);
}

/// χ² of the normals' distribution function over 256 equal cells: mean 255, variance 510.
#[test]
fn normals_fill_equal_cells_equally() {
    let n = 200_000;
    let (even, _) = pair(InstructionSet::detect(), 1 << 40, n);
    let mut counts = [0.0f64; 256];
    for z in even {
        let cell = 256.0 * 0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2);
        counts[(cell as usize).min(255)] += 1.0;
    }
    let expected = n as f64 / 256.0;
    let statistic: f64 = counts.iter().map(|c| (c - expected) * (c - expected) / expected).sum();
    assert!((statistic - 255.0).abs() < 4.0 * 510f64.sqrt(), "{statistic}");
}

#[test]
fn streams_for_rejection_differ_by_each_coordinate() {
    use rand::Rng;
    let streams = Streams::new(SEED, InstructionSet::detect());
    let first =
        |purpose, step, factor, path| streams.stream(purpose, step, factor, path).next_u64();
    let base = first(Purpose::Mixing, 0, 0, 0);
    assert_eq!(base, first(Purpose::Mixing, 0, 0, 0));
    for other in [
        first(Purpose::JumpCount, 0, 0, 0),
        first(Purpose::Mixing, 1, 0, 0),
        first(Purpose::Mixing, 0, 1, 0),
        first(Purpose::Mixing, 0, 0, 1),
        first(Purpose::Mixing, 0, 0, 1 << 32),
    ] {
        assert_ne!(base, other);
    }
}
