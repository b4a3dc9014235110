//! Instruction sets and the dispatch of kernels to them: the only `unsafe` of the crate.
//!
//! A kernel is one `#[inline(always)]` body written with `f64::mul_add`; the macro
//! `cloned_per_instruction_set!` compiles it once per set and calls the clone that the explicit
//! [`InstructionSet`] argument names. All operations are correctly rounded (+, −, ×, ÷, √, fused
//! multiply-add, integer bits), none is reassociated, so every clone gives the same bits. Without
//! FMA hardware the fused multiply-add is done in software: same bits, far slower.
//!
//! On other processors the baseline is the only set. AArch64 has fused multiply-add and two-lane
//! NEON in it, so there the same bodies vectorise without a clone of their own.

use std::fmt;
use std::str::FromStr;

/// A set of CPU instructions that kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstructionSet {
    /// What the target triple guarantees (SSE2 on x86-64).
    Baseline,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 F, DQ, VL and BW, with AVX2 and FMA.
    Avx512,
}

/// A name that is not `baseline`, `avx2` or `avx512`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown instruction set '{0}'; expected 'baseline', 'avx2' or 'avx512'")]
pub struct UnknownInstructionSet(pub String);

impl InstructionSet {
    /// Every set, slowest first.
    pub const ALL: [Self; 3] = [Self::Baseline, Self::Avx2, Self::Avx512];

    /// The fastest set this CPU has.
    pub fn detect() -> Self {
        let mut sets = Self::ALL.into_iter().rev();
        sets.find(|set| set.is_supported()).unwrap_or(Self::Baseline)
    }

    /// The sets this CPU has, slowest first.
    pub fn available() -> Vec<Self> {
        let sets = Self::ALL.into_iter();
        sets.filter(|set| set.is_supported()).collect()
    }

    /// Whether this CPU has the set.
    #[cfg(target_arch = "x86_64")]
    pub fn is_supported(self) -> bool {
        let avx2 = || is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = || {
            is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512bw")
        };
        match self {
            Self::Baseline => true,
            Self::Avx2 => avx2(),
            Self::Avx512 => avx2() && avx512(),
        }
    }

    /// Whether this CPU has the set.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn is_supported(self) -> bool {
        self == Self::Baseline
    }

    /// Itself where supported, else [`Self::Baseline`], which gives the same bits.
    #[inline]
    pub(super) fn or_baseline(self) -> Self {
        if self.is_supported() { self } else { Self::Baseline }
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Baseline => "baseline",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        })
    }
}

impl FromStr for InstructionSet {
    type Err = UnknownInstructionSet;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|set| set.to_string() == text);
        found.ok_or_else(|| UnknownInstructionSet(text.to_owned()))
    }
}

/// Declares a kernel: its public signature without the leading `isa: InstructionSet`, then the
/// `#[inline(always)]` body to clone.
macro_rules! cloned_per_instruction_set {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) = $body:path;
    ) => {
        $(#[$attribute])*
        $visibility fn $name(isa: $crate::numeric::InstructionSet, $($argument: $type),*) {
            use $crate::numeric::InstructionSet;

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) {
                $body($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")]
            fn avx512($($argument: $type),*) {
                $body($($argument),*)
            }

            match isa.or_baseline() {
                // SAFETY: `or_baseline` keeps a set only after finding its features on this CPU.
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code)]
                InstructionSet::Avx2 => unsafe { avx2($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code)]
                InstructionSet::Avx512 => unsafe { avx512($($argument),*) },
                _ => $body($($argument),*),
            }
        }
    };
}
pub(super) use cloned_per_instruction_set;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for set in InstructionSet::ALL {
            assert_eq!(set.to_string().parse(), Ok(set));
        }
        assert!("sse9".parse::<InstructionSet>().is_err());
    }

    #[test]
    fn the_detected_set_is_the_last_available() {
        let available = InstructionSet::available();
        assert_eq!(available[0], InstructionSet::Baseline);
        assert_eq!(available.last(), Some(&InstructionSet::detect()));
    }
}
