//! Exit codes a scheduler can act on.

use std::process::ExitCode;

/// How a command ended; the order is severity: a batch exits with the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, within limits.
    Within,
    /// Done; a threshold is red or a hard limit is breached.
    Breached,
    /// The caller's fault: usage or input.
    Usage,
    /// Our fault or the machine's: output that cannot be written, internal errors.
    Failure,
    /// Interrupted by Ctrl-C.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Within => 0,
            Exit::Breached => 1,
            Exit::Usage => 2,
            Exit::Failure => 3,
            Exit::Interrupted => 130,
        })
    }
}
