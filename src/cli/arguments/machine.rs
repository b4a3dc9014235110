//! The machine that works.

use clap::Args;

use crate::numeric::isa::InstructionSet;

/// Options of the machine that works, which no outcome depends on.
#[derive(Debug, Clone, Args)]
pub struct MachineArguments {
    /// Worker threads; the outcome does not depend on it [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Instruction set of the kernels: baseline, avx2 or avx512; the outcome does not depend on it
    /// [default: the best this machine has].
    #[arg(long, value_name = "SET", value_parser = instruction_set)]
    pub instruction_set: Option<InstructionSet>,
    /// Let documents name files outside their folder.
    #[arg(long)]
    pub allow_outside: bool,
}

fn instruction_set(text: &str) -> Result<InstructionSet, String> {
    let set: InstructionSet = text.parse().map_err(|error| format!("{error}"))?;
    if set.is_supported() { Ok(set) } else { Err(format!("this machine does not have {set}")) }
}
