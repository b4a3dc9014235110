//! The `plimsoll` program: arguments in, exit code out.

fn main() {}
