//! Against scipy's unscrambled points; nets stay nets; every instruction set gives the same bits.

use super::*;

fn streams() -> Streams {
    Streams::new(7, InstructionSet::Baseline)
}

fn unscrambled(sequence: &SobolSequence, dimension: usize, index: u32) -> f64 {
    f64::from(point(&sequence.directions[dimension], index)) * CELL
}

/// scipy 1.17.1, `scipy.stats.qmc.Sobol(1000, scramble=False, bits=32)`, points 1, 2, 3, 7 and
/// 1000, which it numbers in Gray code order.
#[test]
fn points_are_those_of_an_independent_implementation() {
    let sequence = SobolSequence::new(DIMENSIONS_MAX);
    let expected = [
        (0, [0.5, 0.75, 0.25, 0.125, 0.2197265625]),
        (1, [0.5, 0.25, 0.75, 0.625, 0.0966796875]),
        (2, [0.5, 0.25, 0.75, 0.375, 0.5185546875]),
        (9, [0.5, 0.75, 0.25, 0.875, 0.0693359375]),
        (99, [0.5, 0.75, 0.25, 0.625, 0.1865234375]),
        (499, [0.5, 0.25, 0.75, 0.375, 0.2548828125]),
        (999, [0.5, 0.75, 0.25, 0.375, 0.2001953125]),
    ];
    for (dimension, points) in expected {
        for (number, expected) in [1u32, 2, 3, 7, 1000].into_iter().zip(points) {
            let gray = number ^ number >> 1;
            assert_eq!(unscrambled(&sequence, dimension, gray), expected, "{dimension} {number}");
        }
    }
    for (number, expected) in [(1u32, 500.0), (5, 496.0), (1000, 485.4296875), (2047, 501.75)] {
        let gray = number ^ number >> 1;
        let sum: f64 = (0..DIMENSIONS_MAX).map(|d| unscrambled(&sequence, d, gray)).sum();
        assert_eq!(sum, expected, "point {number}");
    }
}

/// Owen's scrambling keeps the net: 2^m points put one into each of 2^m even cells of every
/// dimension, and the first two dimensions are a (0, m, 2)-net.
#[test]
fn scrambled_points_are_still_a_net() {
    let sequence = SobolSequence::new(40);
    let indices: Vec<u32> = (4096..8192).collect();
    let mut columns = vec![vec![0.0; indices.len()]; 40];
    for (dimension, column) in columns.iter_mut().enumerate() {
        let scramble = Scramble::draw(&streams(), 3, dimension as u32);
        sequence.fill_uniforms(InstructionSet::detect(), dimension, scramble, &indices, column);
        let mut seen = vec![false; 4096];
        for uniform in column {
            let cell = (*uniform * 4096.0) as usize;
            assert!(!std::mem::replace(&mut seen[cell], true), "dimension {dimension}");
        }
    }
    for split in 0..=12u32 {
        let (across, along) = (f64::from(1 << split), f64::from(1 << (12 - split)));
        let mut seen = vec![false; 4096];
        for (x, y) in columns[0].iter().zip(&columns[1]) {
            let cell = (x * across) as usize * along as usize + (y * along) as usize;
            assert!(!std::mem::replace(&mut seen[cell], true), "split {split}");
        }
    }
}

/// Over replicates each point is uniform: mean ½, variance 1/12, and points of one net are as good
/// as uncorrelated with those of another replicate.
#[test]
fn replicates_are_uniform_and_independent() {
    let sequence = SobolSequence::new(2);
    let replicates = 20_000;
    let mut before = 0.5;
    let (mut sum, mut squares, mut products) = (0.0, 0.0, 0.0);
    for replicate in 0..replicates {
        let mut out = [0.0];
        let scramble = Scramble::draw(&streams(), replicate, 1);
        sequence.fill_uniforms(InstructionSet::Baseline, 1, scramble, &[5], &mut out);
        let centred = out[0] - 0.5;
        sum += centred;
        squares += centred * centred;
        products += centred * (before - 0.5);
        before = out[0];
    }
    let n = replicates as f64;
    assert!((sum / n).abs() < 4.0 / (12.0 * n).sqrt());
    assert!((squares / n - 1.0 / 12.0).abs() < 4.0 * (1.0 / 180.0 / n).sqrt());
    assert!((products / n).abs() < 4.0 / 12.0 / n.sqrt());
}

/// The integral of Π(1 + c(x − ½)) is one; the error over scrambled nets falls far below 1/√n.
#[test]
fn smooth_integrals_converge_faster_than_random_points() {
    let sequence = SobolSequence::new(5);
    let error = |points: u32| {
        let indices: Vec<u32> = (0..points).collect();
        let mut squares = 0.0;
        for replicate in 0..16 {
            let mut product = vec![1.0; indices.len()];
            let mut column = vec![0.0; indices.len()];
            for dimension in 0..5 {
                let scramble = Scramble::draw(&streams(), replicate, dimension as u32);
                let isa = InstructionSet::detect();
                sequence.fill_uniforms(isa, dimension, scramble, &indices, &mut column);
                for (product, x) in product.iter_mut().zip(&column) {
                    *product *= 1.0 + 2.0 * (x - 0.5);
                }
            }
            let mean = product.iter().sum::<f64>() / f64::from(points);
            squares += (mean - 1.0) * (mean - 1.0);
        }
        (squares / 16.0).sqrt()
    };
    // Random points: the error falls by 4 for 16 times as many, and is √(1.333⁵ − 1)/64 = 2.8e-2;
    // scipy's exact Owen scrambling measures 1.3e-2 and 1.0e-3.
    let (few, many) = (error(256), error(4096));
    assert!(few / many > 7.0, "{few} {many}");
    assert!(many < 2e-3, "{many}");
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let sequence = SobolSequence::new(50);
    let indices: Vec<u32> = (0..1003u32).map(|k| k.wrapping_mul(2_654_435_761)).collect();
    let scramble = Scramble::draw(&streams(), 1, 49);
    let uniforms = |isa| {
        let mut out = vec![0.0; indices.len()];
        sequence.fill_uniforms(isa, 49, scramble, &indices, &mut out);
        out
    };
    let baseline = uniforms(InstructionSet::Baseline);
    assert!(baseline.iter().all(|u| *u > 0.0 && *u < 1.0));
    for isa in InstructionSet::available() {
        assert_eq!(uniforms(isa), baseline, "{isa}");
    }
}
