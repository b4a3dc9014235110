//! `--theme` and `--template`: a house's name, logo, colours and templates on its reports.

#[path = "common/command.rs"]
mod command;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use command::{plimsoll_at_root as plimsoll, stderr};
use sha2::{Digest, Sha256};

/// Results of a small run, and a folder for what looks are made of.
struct Ran {
    folder: tempfile::TempDir,
}

impl Ran {
    fn of(scenario: &str) -> Self {
        let ran = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        let out = ran.name("run");
        let more = ["--paths", "1000", "--quiet", "--no-catalogue", "--out", &out];
        let done = plimsoll(&[&["run", scenario][..], &more].concat());
        assert!(matches!(done.status.code(), Some(0 | 1)), "{}", stderr(&done));
        ran
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").to_owned()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, bytes).expect("it can be written");
        self.name(name)
    }

    fn report(&self, look: &[&str]) -> Output {
        let (run, out) = (self.name("run"), self.name("report"));
        plimsoll(&[&["report", &run, "--out", &out][..], look].concat())
    }

    /// The page in this look.
    fn page(&self, look: &[&str]) -> String {
        let done = self.report(look);
        assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
        fs::read_to_string(self.path("report/report.html")).expect("a page")
    }

    /// What is said of a look that is refused; nothing is then written.
    fn refused(&self, look: &[&str]) -> String {
        let done = self.report(look);
        assert_eq!(done.status.code(), Some(2), "{}", stderr(&done));
        assert!(!self.path("report").exists());
        stderr(&done)
    }
}

const SHIPPED: &str = "scenarios/theme/house.toml";

#[test]
fn a_theme_gives_the_page_its_name_logo_and_colours() {
    let ran = Ran::of("scenarios/minimal");
    let plain = ran.page(&[]);
    let themed = ran.page(&["--theme", SHIPPED]);
    let logo = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/theme/logo.svg"));
    let address = format!("data:image/svg+xml;base64,{}", STANDARD.encode(logo.expect("a logo")));
    assert!(themed.contains(&format!("<img src=\"{address}\" alt=\"\"> Example House</p>")));
    assert!(themed.contains("; img-src data:\">"), "the page may show its logo");
    assert!(themed.contains(":root { --link: #0f5f4a; --heading: #123c33; }"));
    let dark =
        "@media (prefers-color-scheme: dark) { :root { --link: #6fd0b4; --heading: #bfe9dc; } }";
    assert!(themed.contains(dark));
    assert!(
        !plain.contains("<img") && !plain.contains("img-src") && !plain.contains("Example House")
    );
    // Words and figures are the same.
    let main = |page: &str| page[page.find("<main>").expect("main")..].to_owned();
    assert_eq!(main(&themed), main(&plain));
}

#[test]
fn a_house_is_text_and_not_markup() {
    let ran = Ran::of("scenarios/minimal");
    let theme = ran.write("theme.toml", "house = '<script>alert(1)</script>{{ 3 * 7 }}\"'\n");
    let page = ran.page(&["--theme", &theme]);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;{{ 3 * 7 }}&quot;</p>"));
    assert_eq!(page.matches("<script").count(), 1, "the page's own");
}

#[test]
fn every_fault_of_a_theme_shows_at_its_line() {
    let ran = Ran::of("scenarios/minimal");
    ran.write("loads.svg", "<svg>\n<image href=\"http://example.org/a.png\"/>\n<script/></svg>");
    let theme = ran.write(
        "theme.toml",
        "house = \"A\"\nlogo = \"loads.svg\"\n[light]\naccent = \"#88aaff\"\nheading = \"#767676\"\n\
         [dark]\naccent = \"#333333\"\n",
    );
    let told = ran.refused(&["--theme", &theme]);
    // Contrasts by the formula of WCAG 2.2, worked out apart in Python: #88aaff is 2.08 : 1 against #f4f5f7,
    // #767676 4.16 : 1, #333333 1.29 : 1 against #19212a.
    for words in [
        "theme.toml:4",
        "2.08 : 1 against #f4f5f7",
        "theme.toml:5",
        "4.16 : 1 against #f4f5f7",
        "theme.toml:7",
        "1.29 : 1 against #19212a",
        "a contrast of at least 4.5 : 1",
        &format!("{}:2", ran.name("loads.svg")),
        "`http://example.org/a.png`",
        "loads.svg:3",
        "`script`",
    ] {
        assert!(told.contains(words), "{words} is not in\n{told}");
    }
    let unknown =
        ran.write("theme.toml", "house = \"A\"\n[light]\nred = \"#00ff00\"\naccent = \"blue\"\n");
    let told = ran.refused(&["--theme", &unknown]);
    assert!(told.contains("unknown key `red`") && told.contains("#0b5a8f"), "{told}");
}

#[test]
fn a_logo_is_a_picture_of_reasonable_size_in_the_themes_folder() {
    let ran = Ran::of("scenarios/minimal");
    let theme =
        |logo: &str| ran.write("look/theme.toml", format!("house = \"A\"\nlogo = \"{logo}\"\n"));
    ran.write("look/large.svg", format!("<svg>{}</svg>", " ".repeat(256 << 10)));
    ran.write("look/text.png", "no picture");
    ran.write("outside.svg", "<svg/>");
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend(5_000_u32.to_be_bytes());
    png.extend(10_u32.to_be_bytes());
    ran.write("look/wide.png", &png);
    for (logo, words) in [
        ("large.svg", "257 KiB"),
        ("text.png", "is no logo"),
        ("wide.png", "5000 by 10"),
        ("../outside.svg", "leaves"),
        ("absent.png", "there is no file"),
    ] {
        let told = ran.refused(&["--theme", &theme(logo)]);
        assert!(told.contains(words) && told.contains("theme.toml:2"), "{logo}: {told}");
    }
}

#[test]
fn own_templates_take_the_place_of_those_of_their_name() {
    let ran = Ran::of("scenarios/minimal");
    let own = ran.name("own");
    let wrote = plimsoll(&["init", &own, "--templates"]);
    assert_eq!(wrote.status.code(), Some(0), "{}", stderr(&wrote));
    let plain = ran.page(&[]);
    assert_eq!(ran.page(&["--template", &own]), plain, "as they ship");
    for entry in fs::read_dir(&own).expect("the templates") {
        fs::remove_file(entry.expect("a file").path()).expect("it can be removed");
    }
    ran.write("own/since.html", "");
    ran.write(
        "own/data.html",
        "<section id=\"data\"><h2>Ours: {{ outcome.book.name }}</h2></section>",
    );
    ran.write("own/.hidden", "not a template");
    let page = ran.page(&["--template", &own]);
    assert!(page.contains("<h2>Ours: ") && !page.contains("<h3>Assumptions</h3>"));
}

/// A browser runs the script alone whose hash the page names; it reads `\r\n` as `\n`.
#[test]
fn the_policy_names_the_hash_of_a_script_of_ones_own() {
    let ran = Ran::of("scenarios/minimal");
    ran.write("own/sort.js", "document.title = 'a < b';\r\n// own\r\n");
    let page = ran.page(&["--template", &ran.name("own")]);
    let (_, rest) = page.split_once("<script>").expect("a script");
    let (script, _) = rest.split_once("</script>").expect("its end");
    assert_eq!(script, "document.title = 'a < b';\n// own");
    let hash = STANDARD.encode(Sha256::digest(script));
    assert!(page.contains(&format!("script-src 'sha256-{hash}'\">")));
}

#[test]
fn every_fault_of_templates_is_told() {
    let ran = Ran::of("scenarios/minimal");
    ran.write("own/answer.html", "<p>\n{% if verdict %}\n<b>{{ verdict. }}</b>\n{% endif %}\n");
    ran.write("own/data.html", "{% autoescape false %}{{ outcome.scenario }}{% endautoescape %}");
    ran.write("own/reprot.html", "");
    ran.write("own/sort.js", "'</script>'");
    let told = ran.refused(&["--template", &ran.name("own")]);
    for words in [
        "answer.html:3",
        "syntax error",
        "data.html:1",
        "escaping",
        "there is no template `reprot.html`",
        "did you mean `report.html`?",
        "historical.html",
        "sort.js:1",
    ] {
        assert!(told.contains(words), "{words} is not in\n{told}");
    }
}

#[test]
fn a_template_that_does_not_fit_is_named_with_its_line_and_nothing_is_written() {
    let ran = Ran::of("scenarios/minimal");
    for (text, words) in [
        ("<p>\n{{ outcome.bok.name }}</p>", "answer.html:2"),
        ("<p>\n\n{{ outcome.scenario | safe }}</p>", "answer.html:3"),
    ] {
        ran.write("own/answer.html", text);
        let done = ran.report(&["--template", &ran.name("own")]);
        let told = stderr(&done);
        assert!(done.status.code() == Some(3) && told.contains(words), "{told}");
        assert!(!ran.path("report").exists());
    }
}

/// Whatever the template does with them, names from input files stay text.
#[test]
fn values_are_escaped_in_every_template() {
    let ran = Ran::of("scenarios/minimal");
    ran.write("own/answer.html", "{{ '<b>' ~ outcome.scenario }}");
    ran.write("own/style.css", "/* {{ '</style>' ~ outcome.scenario }} */");
    let page = ran.page(&["--template", &ran.name("own")]);
    assert!(page.contains("&lt;b&gt;") && page.contains("&lt;&#x2f;style&gt;"));
    assert_eq!(page.matches("</style>").count(), 1);
}

#[test]
fn runs_batches_grids_and_replays_take_a_look_too() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let brand = "Example House</p>";
    for (what, scenario, page) in [
        ("run", "scenarios/minimal", "report.html"),
        ("run", "scenarios/grid", "report.html"),
        ("run", "scenarios/replay", "report.html"),
        ("batch", "scenarios/batch", "index.html"),
    ] {
        let out = folder.path().join(scenario.replace('/', "-"));
        let name = out.to_str().expect("UTF-8");
        let done = plimsoll(&[
            what,
            scenario,
            "--quiet",
            "--no-catalogue",
            "--theme",
            SHIPPED,
            "--out",
            name,
        ]);
        assert!(matches!(done.status.code(), Some(0 | 1)), "{}", stderr(&done));
        assert!(fs::read_to_string(out.join(page)).expect("a page").contains(brand), "{scenario}");
    }
    // Another look is another report: nothing of the batch stands.
    let out = folder.path().join("scenarios-batch");
    let name = out.to_str().expect("UTF-8");
    let again = ["batch", "scenarios/batch", "--no-catalogue", "--resume", "--out", name];
    let themed = stderr(&plimsoll(&[&again[..], &["--theme", SHIPPED]].concat()));
    assert!(themed.contains("12 of 12 runs stood already"), "{themed}");
    let plain = stderr(&plimsoll(&again));
    assert!(plain.contains("it is run again") && !plain.contains("stood already"), "{plain}");
}

#[test]
fn a_look_that_no_report_would_show_is_refused() {
    let ran = Ran::of("scenarios/minimal");
    for look in [["--theme", SHIPPED], ["--template", "scenarios"]] {
        let told = ran.refused(&[&look[..], &["--format", "md"]].concat());
        assert!(told.contains(look[0]) && told.contains("html"), "{told}");
    }
    let told = ran.refused(&["--template", "no/such/folder"]);
    assert!(told.contains("no/such/folder"), "{told}");
}
