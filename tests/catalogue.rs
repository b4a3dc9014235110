//! The catalogue of runs through the whole program: many processes at once, processes killed, a log
//! that was tampered with, a disk that is full, decisions about breaches.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Instant;

use plimsoll::catalogue::Catalogue;
use plimsoll::outcome::{CatalogueEntry, CatalogueRecord, ResultsNow};
use rusqlite::Connection;

const SCENARIO: &str = "name = \"one\"\nportfolio = \"book.toml\"\nmarket = \"market.toml\"\n\
    policy = \"policy.toml\"\n[simulation]\nhorizon = \"1d\"\npaths = 400\nseed = 3\n\
    [model.stated_volatility]\n\"BTC.spot\" = \"60%\"\n";
const MARKET: &str = "name = \"one coin\"\nas_of = 2026-01-01T00:00:00Z\n\
    [[asset]]\nsymbol = \"BTC\"\nprice = 100_000\n[[underlying]]\nsymbol = \"BTC\"\n";
const BOOK: &str = "name = \"book\"\nvenue = [{ name = \"exchange\" }]\n\
    [[account]]\nname = \"main\"\nvenue = \"exchange\"\n\
    balance = [{ asset = \"USD\", quantity = 100_000 }]\n\
    [[position]]\nid = \"bitcoin\"\naccount = \"main\"\ntype = \"perpetual\"\n\
    underlying = \"BTC\"\nquote = \"USD\"\nquantity = 1\n";
/// A thousandth of the capital may be lost, and no more than a coin be held: the threshold and the
/// soft bound are breached.
const POLICY: &str = "name = \"tight\"\nappetite = \"0.1%\"\n[capital]\nbase = \"collateral\"\n\
    [[term]]\nkind = \"simulated_shortfall\"\nname = \"ES\"\nlevel = 0.975\n\
    [[limit]]\nname = \"venue bound\"\nlevel = \"venue\"\nof = \"exchange\"\n\
    measure = \"gross_exposure\"\nsoft = 1_000\nhard = 1_000_000\n";

/// A folder with a scenario, and the results and the catalogue beside it.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        let files = [
            ("scenario.toml", SCENARIO),
            ("market.toml", MARKET),
            ("book.toml", BOOK),
            ("policy.toml", POLICY),
        ];
        for (name, text) in files {
            fs::write(desk.path(name), text).expect("writable");
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn catalogue(&self) -> PathBuf {
        self.path("out/plimsoll-catalogue.sqlite")
    }

    fn run(&self, name: &str) -> Command {
        let mut command = plimsoll();
        command.arg("run").arg(self.path("scenario.toml")).args(["--threads", "1"]);
        command.arg("--out").arg(self.path("out").join(name));
        command
    }

    fn overriding(&self, entry: &str, reason: &str) -> Command {
        let mut command = plimsoll();
        command.args(["override", entry, "--by", "risk officer", "--reason", reason]);
        command.args(["--breach", "exposure threshold", "--catalogue"]).arg(self.catalogue());
        command
    }

    fn verify(&self, more: &[&str]) -> Output {
        let mut command = plimsoll();
        command.args(["catalogue", "verify", "--catalogue"]).arg(self.catalogue()).args(more);
        output(command)
    }

    fn entries(&self) -> Vec<CatalogueEntry> {
        Catalogue::open(&self.catalogue()).expect("a catalogue").entries().expect("readable")
    }

    /// Changes the file behind the program's back.
    fn tamper(&self, sql: &str) {
        let connection = Connection::open(self.catalogue()).expect("it opens");
        let triggers =
            "DROP TRIGGER IF EXISTS entries_stay; DROP TRIGGER IF EXISTS entries_remain;";
        connection.execute_batch(&format!("{triggers}{sql}")).expect("it runs");
    }
}

fn plimsoll() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn output(mut command: Command) -> Output {
    command.output().expect("it starts")
}

fn spawn(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The entry that a process says it recorded.
fn acknowledged(text: &str) -> Option<u64> {
    let (_, number) = text.split_once("recorded as entry ")?;
    number.split_whitespace().next()?.parse().ok()
}

#[test]
fn fifty_processes_record_at_once_and_nothing_is_lost() {
    let desk = Desk::new();
    let children: Vec<(String, Child)> = (0..50)
        .map(|number| (format!("{number:02}"), spawn(desk.run(&format!("{number:02}")))))
        .collect();
    for (name, child) in children {
        let done = child.wait_with_output().expect("it ends");
        assert_eq!(done.status.code(), Some(1), "{name}: {}", stderr(&done));
        let entry = acknowledged(&stderr(&done)).expect("it says what it recorded");
        let run = Catalogue::open(&desk.catalogue()).unwrap().run(entry).unwrap();
        assert!(Path::new(&run.folder).ends_with(&name), "{} is not {name}", run.folder);
    }
    assert_eq!(desk.entries().len(), 50);
    let verified = desk.verify(&[]);
    assert_eq!(verified.status.code(), Some(0), "{}", stdout(&verified));
    assert!(stdout(&verified).contains("results of 50 runs: 50 stand"), "{}", stdout(&verified));
}

#[test]
fn what_a_killed_process_had_recorded_is_there_and_whole() {
    let desk = Desk::new();
    output(desk.run("first"));
    // How long one takes says when to kill the others: anywhere from before it begins to after it
    // ends.
    let took = {
        let started = Instant::now();
        output(desk.overriding("1", "to see how long it takes"));
        started.elapsed()
    };
    let (mut told, mut silent) = (Vec::new(), 0);
    // A walk by the golden ratio meets every part of the span.
    for number in 0..100_u32 {
        let reason = format!("kill {number}");
        let mut child = spawn(desk.overriding("1", &reason));
        let share = (f64::from(number) * 0.618_033_988_75).fract();
        thread::sleep(took.mul_f64(1.5 * share));
        child.kill().expect("it is killed, or has ended");
        let done = child.wait_with_output().expect("it ends");
        match acknowledged(&stdout(&done)) {
            Some(entry) => told.push((entry, reason)),
            None => silent += 1,
        }
    }
    assert!(told.len() >= 5 && silent >= 5, "{} told, {silent} silent: kill elsewhere", told.len());
    let verified = desk.verify(&[]);
    assert_eq!(verified.status.code(), Some(0), "{}{}", stdout(&verified), stderr(&verified));
    let entries = desk.entries();
    for (entry, reason) in told {
        let found = entries.iter().find(|one| one.entry == entry).expect("recorded");
        let CatalogueRecord::Override(decision) = &found.record else { panic!("{found:?}") };
        assert_eq!(decision.reason, reason);
    }
}

#[test]
fn runs_that_are_killed_leave_no_half_of_a_record() {
    let desk = Desk::new();
    let took = {
        let started = Instant::now();
        output(desk.run("first"));
        started.elapsed()
    };
    for number in 0..30_u32 {
        let mut child = spawn(desk.run(&format!("{number}")));
        thread::sleep(took.mul_f64(1.3 * (f64::from(number) * 0.618_033_988_75).fract()));
        child.kill().expect("it is killed, or has ended");
        child.wait().expect("it ends");
    }
    let last = output(desk.run("last"));
    assert_eq!(last.status.code(), Some(1), "{}", stderr(&last));
    let verification = Catalogue::open(&desk.catalogue()).unwrap().verify(None).unwrap();
    assert!(verification.is_whole(), "{verification:?}");
    // A record is written after its results: none is without them.
    let standing = |(_, now): &(u64, ResultsNow)| *now == ResultsNow::Standing;
    assert!(verification.results.iter().all(standing), "{verification:?}");
}

#[test]
fn whatever_is_tampered_with_is_found() {
    let head = |desk: &Desk| desk.entries().last().expect("entries").hash.clone();
    let cases = [
        (
            "UPDATE entries SET body = replace(body, '\"seed\":3', '\"seed\":4') WHERE entry = 2;",
            "entry 2: its contents do not have its hash",
        ),
        (
            "UPDATE entries SET recorded_at = '2020-01-01T00:00:00Z' WHERE entry = 1;",
            "entry 1: its contents do not have its hash",
        ),
        ("DELETE FROM entries WHERE entry = 2;", "entry 3: entry 2 is missing: entry 3 follows"),
        (
            "DELETE FROM entries WHERE entry = 3;",
            "3 entries were recorded and the last one there is 2",
        ),
        (
            "UPDATE entries SET entry = 9 WHERE entry = 1; UPDATE entries SET entry = 1 WHERE entry = 2; UPDATE entries SET entry = 2 WHERE entry = 9;",
            "entry 1: ",
        ),
        ("UPDATE entries SET body = '{}' WHERE entry = 2;", "entry 2: its record cannot be read"),
    ];
    for (sql, expected) in cases {
        let desk = Desk::new();
        (0..3).for_each(|number| drop(output(desk.run(&number.to_string()))));
        assert_eq!(desk.verify(&[]).status.code(), Some(0));
        desk.tamper(sql);
        let verified = desk.verify(&[]);
        assert_eq!(verified.status.code(), Some(1), "{sql}");
        let text = stdout(&verified).replace('\n', " ");
        assert!(text.contains("NOT WHOLE") && text.contains(expected), "{sql}: {text}");
    }
    // Somebody who writes the whole log anew leaves no trace in it, but for the hash kept elsewhere.
    let desk = Desk::new();
    output(desk.run("a"));
    let kept = head(&desk);
    assert_eq!(desk.verify(&["--head", &kept]).status.code(), Some(0));
    fs::remove_file(desk.catalogue()).unwrap();
    output(desk.run("a"));
    assert_eq!(desk.verify(&[]).status.code(), Some(0));
    let verified = desk.verify(&["--head", &kept]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(stdout(&verified).contains("no entry has the hash"), "{}", stdout(&verified));
}

#[test]
fn a_log_whose_end_was_cut_takes_no_more() {
    let desk = Desk::new();
    (0..2).for_each(|number| drop(output(desk.run(&number.to_string()))));
    desk.tamper("DELETE FROM entries WHERE entry = 2;");
    let run = output(desk.run("later"));
    assert_eq!(run.status.code(), Some(3));
    assert!(stderr(&run).contains("the results were written but could not be recorded"));
    assert!(desk.path("out/later/result.json").exists());
}

#[test]
fn the_file_itself_refuses_changes() {
    let desk = Desk::new();
    output(desk.run("a"));
    let connection = Connection::open(desk.catalogue()).unwrap();
    for sql in ["UPDATE entries SET body = ''", "DELETE FROM entries"] {
        let refused = connection.execute_batch(sql).unwrap_err();
        assert!(refused.to_string().contains("entries of the catalogue are never"), "{refused}");
    }
}

#[test]
fn results_that_changed_are_told_and_those_that_were_replaced_are_not() {
    let desk = Desk::new();
    for name in ["a", "a", "b", "c"] {
        output(desk.run(name));
    }
    fs::remove_dir_all(desk.path("out/b")).unwrap();
    let verified = desk.verify(&[]);
    assert_eq!(verified.status.code(), Some(0), "{}", stdout(&verified));
    let told = stdout(&verified).replace('\n', " ");
    assert!(told.contains("2 stand, 1 replaced by a later run, 1 gone, 0 changed"), "{told}");
    let result = desk.path("out/c/result.json");
    let text = fs::read_to_string(&result).unwrap();
    fs::write(&result, text.replacen("RED", "GREEN", 1).replacen("\"red\"", "\"green\"", 1))
        .unwrap();
    let verified = desk.verify(&[]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(stdout(&verified).contains("entry 4: its results are not as they were recorded"));
}

/// A limit on the size of files stands for the full disk: writes fail in the middle.
#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing_that_was_recorded() {
    let desk = Desk::new();
    output(desk.run("first"));
    let blocks = fs::metadata(desk.catalogue()).unwrap().len() / 512 + 64;
    let mut told = 1;
    let failed = loop {
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let program = desk.overriding("1", &"a long reason ".repeat(50));
        let mut command = Command::new("sh");
        command.arg("-c").arg(limited).arg(program.get_program()).args(program.get_args());
        let done = output(command);
        match acknowledged(&stdout(&done)) {
            Some(entry) => told = entry,
            None => break done,
        }
        assert!(told < 1_000, "the limit was never met");
    };
    assert!(told > 3, "only {told} fitted");
    assert_eq!(failed.status.code(), Some(3), "{}", stderr(&failed));
    assert!(stderr(&failed).contains("nothing was recorded"), "{}", stderr(&failed));
    let verified = desk.verify(&[]);
    assert_eq!(verified.status.code(), Some(0), "{}", stdout(&verified));
    assert_eq!(desk.entries().len() as u64, told);
    // With room again it goes on where it stood.
    let done = output(desk.overriding("1", "there is room again"));
    assert_eq!(acknowledged(&stdout(&done)), Some(told + 1));
}

#[test]
fn an_override_has_a_breach_a_person_and_a_reason() {
    let desk = Desk::new();
    output(desk.run("a"));
    let record = |arguments: &[&str]| {
        let mut command = plimsoll();
        command.arg("override").args(arguments).arg("--catalogue").arg(desk.catalogue());
        output(command)
    };
    let refused = [
        (&["1", "--reason", " "][..], "--reason is blank"),
        (&["1", "--reason", "x", "--by", ""], "--by is blank"),
        (&["1", "--reason", "x", "--by", "me"], "name one with --breach"),
        (
            &["1", "--reason", "x", "--by", "me", "--breach", "y"],
            "did not breach `y`; it breached `exposure threshold`, `venue bound`",
        ),
        (&["7", "--reason", "x", "--by", "me"], "entry 7 of"),
        (&["1", "--by", "me"], "--reason <TEXT>"),
    ];
    for (arguments, expected) in refused {
        let done = record(arguments);
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&done).contains(expected), "{arguments:?}: {}", stderr(&done));
    }
    assert_eq!(desk.entries().len(), 1);
    let arguments = [
        "1",
        "--reason",
        "hedge booked",
        "--by",
        "CRO",
        "--breach",
        "venue bound",
        "--until",
        "2026-12-01",
    ];
    assert_eq!(record(&arguments).status.code(), Some(0));
    let mut command = plimsoll();
    command.args(["runs", "--catalogue"]).arg(desk.path("out"));
    let listed = stdout(&output(command));
    let words = listed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("venue bound of entry 1 overridden until"), "{listed}");
    assert!(words.contains("CRO") && words.contains("hedge booked"), "{listed}");
}

#[test]
fn runs_are_listed_filtered_followed_and_compared() {
    let desk = Desk::new();
    output(desk.run("a"));
    let mut again = desk.run("b");
    again.args(["--seed", "4", "--paths", "600"]);
    output(again);
    let market = desk.path("market.toml");
    fs::write(&market, MARKET.replace("100_000", "90_000")).unwrap();
    output(desk.run("c"));
    let runs = |arguments: &[&str]| {
        let mut command = plimsoll();
        command.args(["runs", "--catalogue"]).arg(desk.catalogue()).args(arguments);
        let done = output(command);
        assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
        stdout(&done)
    };
    let count = |text: &str| text.lines().filter(|line| line.contains("ES 99 %")).count();
    assert_eq!(count(&runs(&[])), 3);
    assert_eq!(count(&runs(&["--last", "2"])), 2);
    assert_eq!(count(&runs(&["--status", "red"])), 3);
    assert_eq!(count(&runs(&["--since", "2020-01-01"])), 3);
    for none in [["--status", "green"], ["--scenario", "two"], ["--since", "2999-01-01"]] {
        assert!(runs(&none).contains("no recorded run fits"), "{none:?}");
    }
    let trend = runs(&["--trend"]);
    for name in ["one: 3 runs", "VaR", "ES", "threshold", "utilisation"] {
        assert!(trend.contains(name), "{name}: {trend}");
    }
    // What is listed is what the results say.
    let recorded: Vec<CatalogueEntry> =
        runs(&["--json"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (entry, name) in recorded.iter().zip(["a", "b", "c"]) {
        let text = fs::read_to_string(desk.path("out").join(name).join("result.json")).unwrap();
        let result: serde_json::Value = serde_json::from_str(&text).unwrap();
        let CatalogueRecord::Run(run) = &entry.record else { panic!("{entry:?}") };
        let figures = run.figures.as_ref().unwrap();
        assert_eq!(figures.threshold, result["threshold"]["threshold"].as_f64());
        assert_eq!(figures.utilisation, result["threshold"]["utilisation"].as_f64());
        let shortfalls = result["measures"]["expected_shortfall"].as_array().unwrap();
        for (kept, found) in run.tail.iter().zip(shortfalls) {
            assert_eq!(Some(kept.expected_shortfall), found["loss"].as_f64());
        }
        assert_eq!(run.breaches[0].bound, figures.threshold.unwrap());
    }
    let told = runs(&["--compare", "1", "2"]);
    assert!(told.contains("seed") && told.contains("paths"), "{told}");
    assert!(told.contains("4 inputs the same, none changed"), "{told}");
    let told = runs(&["--compare", "1", "3"]);
    assert!(told.contains("3 inputs the same; market.toml changed"), "{told}");
    assert!(!told.contains("seed"), "{told}");
}

#[test]
fn other_files_are_refused_before_anything_is_computed() {
    let desk = Desk::new();
    let other = desk.path("other.sqlite");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    fs::write(desk.path("text"), "this is no database at all, whatever its name may say").unwrap();
    for (name, expected) in
        [("other.sqlite", "another program's SQLite file"), ("text", "it is no SQLite file")]
    {
        let before = fs::read(desk.path(name)).unwrap();
        let mut command = desk.run("x");
        command.arg("--catalogue").arg(desk.path(name));
        let done = output(command);
        assert_eq!(done.status.code(), Some(2), "{}", stderr(&done));
        assert!(stderr(&done).contains(expected), "{}", stderr(&done));
        assert!(!desk.path("out/x").exists());
        assert_eq!(fs::read(desk.path(name)).unwrap(), before);
    }
}

#[test]
fn nothing_is_recorded_where_that_is_asked_for() {
    let desk = Desk::new();
    let mut command = desk.run("a");
    command.arg("--no-catalogue");
    assert_eq!(output(command).status.code(), Some(1));
    assert!(!desk.catalogue().exists());
    let mut runs = plimsoll();
    runs.args(["runs", "--catalogue"]).arg(desk.path("out"));
    let done = output(runs);
    assert_eq!(done.status.code(), Some(2));
    assert!(stderr(&done).contains("there is no catalogue at"), "{}", stderr(&done));
    // Killed over its first entry, a process can leave an empty file: the next begins it.
    fs::write(desk.catalogue(), "").unwrap();
    assert_eq!(acknowledged(&stderr(&output(desk.run("b")))), Some(1));
}
