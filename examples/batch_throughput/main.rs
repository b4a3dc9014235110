//! A suite of 200 scenarios on three books: run as one batch, as separate `run` commands, and
//! killed twenty times on its way.
//!
//! ```text
//! cargo run --release --example batch_throughput -- target/release/plimsoll [SCENARIOS] [ALONE]
//! ```
//!
//! The scenarios are shocks whose unnamed factors follow their conditional distribution, and
//! simulations of 1,000 paths, two to one; all on one market with two years of daily prices of
//! twelve coins. Prints runs a second of the batch, of `ALONE` (default 60) separate commands spread
//! over the suite, and their ratio; then whether the batch that was killed ended with the same
//! bytes.

#![allow(clippy::print_stdout, reason = "an example tells what it measured")]

mod suite;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use suite::Suite;

const KILLS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().ok_or("name the plimsoll program")?;
    let program = fs::canonicalize(program)?;
    let scenarios = arguments.next().map_or(Ok(200), |text| text.parse())?;
    let alone = arguments.next().map_or(Ok(60), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let suite = Suite::write(folder.path(), scenarios)?;
    let batch = timed_batch(&program, folder.path())?;
    let rate = suite.runs() as f64 / batch.as_secs_f64();
    println!("batch: {} runs in {:.1} s, {rate:.1} a second", suite.runs(), batch.as_secs_f64());
    let separate = timed_commands(&program, &suite, alone)?;
    println!("separate commands: {separate:.1} a second ({alone} of them)");
    println!("ratio: {:.1}", rate / separate);
    let killed = killed_batch(&program, folder.path(), batch)?;
    println!("killed {killed} times and resumed: {}", verdict(folder.path())?);
    Ok(())
}

fn batch(program: &Path, folder: &Path, out: &str, resume: bool) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).args(["batch", "batch.toml", "--quiet", "--out", out]);
    if resume {
        command.arg("--resume");
    }
    command
}

fn timed_batch(program: &Path, folder: &Path) -> Result<Duration, Box<dyn Error>> {
    let started = Instant::now();
    let status = batch(program, folder, "whole", false).status()?;
    match status.code() {
        Some(0 | 1) => Ok(started.elapsed()),
        _ => Err(format!("the batch ended with {status}").into()),
    }
}

/// Commands a second, of runs spread evenly over the suite.
fn timed_commands(program: &Path, suite: &Suite, count: usize) -> Result<f64, Box<dyn Error>> {
    let started = Instant::now();
    for index in 0..count {
        let scenario = suite.alone(index * suite.runs() / count)?;
        let mut command = Command::new(program);
        command.current_dir(&suite.folder).args(["run", "--quiet", "--allow-outside"]);
        command.arg(&scenario).arg("--out").arg(format!("alone/{index}"));
        let status = command.status()?;
        if !matches!(status.code(), Some(0 | 1)) {
            return Err(format!("{} ended with {status}", scenario.display()).into());
        }
    }
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

/// Starts, kills and resumes; at last lets it end. How often a kill came before the end.
fn killed_batch(program: &Path, folder: &Path, whole: Duration) -> Result<usize, Box<dyn Error>> {
    let (mut state, mut killed) = (20_260_101_u64, 0);
    for _ in 0..KILLS {
        // A linear congruential generator (Knuth, MMIX): moments up to a tenth of the whole.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = (state >> 11) as f64 / (1_u64 << 53) as f64;
        let mut child = batch(program, folder, "killed", true).stderr(Stdio::null()).spawn()?;
        thread::sleep(whole.mul_f64(0.1 * share));
        killed += usize::from(child.try_wait()?.is_none());
        child.kill()?; // SIGKILL
        child.wait()?;
        check_whole(&folder.join("killed"))?;
    }
    batch(program, folder, "killed", true).status()?;
    Ok(killed)
}

/// Every folder that shows holds all that its manifest lists.
fn check_whole(folder: &Path) -> Result<(), Box<dyn Error>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir()
            && !name.starts_with('.')
            && plimsoll::document::whole_results(&path).is_none()
        {
            return Err(format!("{name} is half-written").into());
        }
    }
    Ok(())
}

fn verdict(folder: &Path) -> Result<&'static str, Box<dyn Error>> {
    let [whole, killed] = ["whole", "killed"].map(|name| contents(&folder.join(name)));
    Ok(if whole? == killed? { "the same bytes" } else { "DIFFERENT" })
}

/// Every file below a folder but manifests, which hold times, by its hash.
fn contents(folder: &Path) -> Result<BTreeMap<PathBuf, blake3::Hash>, Box<dyn Error>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "manifest.json") {
                let hash = blake3::hash(&fs::read(&path)?);
                found.insert(path.strip_prefix(folder)?.to_path_buf(), hash);
            }
        }
    }
    Ok(found)
}
