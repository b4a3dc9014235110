//! Kernels and their dispatch (the only `unsafe`), random numbers, special functions, matrices,
//! Black-76, roots and minima.
//!
//! Flows in: plain numbers and slices. Flows out: the same, with the same bits on every x86-64
//! CPU, whichever [`InstructionSet`] runs. Nothing here knows a market, a portfolio or a file.
//!
//! Two families: `kernel`, `accumulate`, `combination`, `random`, `black76` and `matrix` hold slice
//! kernels, cloned per instruction set and called on paths; `special`, `root` and `optimise` hold
//! scalar set-up code built on the same element functions and on the `libm` crate.

pub mod accumulate;
pub mod black76;
pub mod chebyshev;
pub mod combination;
mod complex;
mod element;
pub mod isa;
pub mod kernel;
pub mod least_distance;
pub mod matrix;
pub mod optimise;
pub mod philox;
pub mod piecewise;
pub mod projection;
pub mod quadratic_law;
pub mod random;
pub mod root;
pub mod segments;
pub mod sobol;
pub mod special;
pub mod sums;

pub use isa::InstructionSet;
pub use random::{Purpose, Streams};
