//! Malformed input: each damage gets a diagnostic at its exact place, all of them at once.
//!
//! A case damages a good scenario. The damage marks what must be pointed at with `«…»`: the marks
//! are removed before the file is written, and say line, column, offending text and count of the
//! violations. Titles are given in reading order (files by name, then by place).

mod malformed {
    mod binary;
    mod cases;
    mod command;
    mod cross_cases;
    mod files;
    mod good;
    mod path_events;
    mod special;
}
