//! `plimsoll init`: a starter set that runs at once, for the user to make their own.

use std::path::Path;

use super::arguments::InitArguments;
use super::exit::Exit;
use super::terminal::Terminal;
use crate::document::{embedded, visible, write_new_folder};
use crate::report::shipped_templates;

/// Where the starter set lies among the shipped files.
const STARTER: &str = "starter";

/// What shipped documents call the folder of the schemas, and what it is called beside the user's.
const SCHEMAS: [&str; 2] = ["#:schema ../schema/", "#:schema schema/"];

/// Writes the starter set and says what to do with it.
pub fn init(arguments: &InitArguments, terminal: &Terminal) -> Exit {
    let folder = &arguments.folder;
    let documents = if arguments.templates { templates() } else { documents() };
    if let Err(error) = write_new_folder(folder, &documents) {
        terminal.complain(&error.to_string());
        return Exit::Usage;
    }
    let told =
        if arguments.templates { next_of_templates(folder) } else { next(folder, &documents) };
    terminal.print(&told)
}

/// The templates of html reports.
fn templates() -> Vec<(String, String)> {
    let owned = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    shipped_templates().map(owned).collect()
}

fn next_of_templates(folder: &Path) -> String {
    let typed = typed(&folder.to_string_lossy());
    format!(
        "Wrote the templates of html reports to {shown} (minijinja; report.html puts the parts together).\n\n\
         Keep those that you change and delete the others, so that later versions can better them. Then:\n  \
         plimsoll report RUN --template {typed} --out DIR\n",
        shown = visible(&folder.to_string_lossy()),
    )
}

/// The documents of the starter set, and the schemas that they name.
fn documents() -> Vec<(String, String)> {
    let files = embedded::list(STARTER).into_iter().filter_map(|path| embedded::file(&path));
    let [shipped, own] = SCHEMAS;
    let mut documents: Vec<(String, String)> = Vec::new();
    for file in files {
        let name = file.name().trim_start_matches(STARTER).trim_start_matches('/').to_owned();
        documents.push((name, file.text().replacen(shipped, own, 1)));
    }
    let named = |text: &str| {
        let schema = text.strip_prefix(own)?.lines().next()?;
        let file = embedded::file(&format!("schema/{schema}"))?;
        Some((format!("schema/{schema}"), file.text().to_owned()))
    };
    let schemas: Vec<(String, String)> =
        documents.iter().filter_map(|(_, text)| named(text)).collect();
    documents.extend(schemas);
    documents
}

fn next(folder: &Path, documents: &[(String, String)]) -> String {
    let names = documents.iter().map(|(name, _)| name.as_str());
    let names: Vec<&str> = names.filter(|name| !name.contains('/')).collect();
    let typed = typed(&folder.to_string_lossy());
    let out = typed_out(folder);
    let width = typed.len() + out.len() + "plimsoll run  --out ".len();
    let check = format!("plimsoll check {typed}");
    let run = format!("plimsoll run {typed} --out {out}");
    format!(
        "Wrote {shown}: {names}, and the schemas that editors complete them by.\n\nNext:\n  \
         {check:width$}  # do the files fit together?\n  \
         {run:width$}  # simulate, then open {out}/report.html\n\n\
         It is made up. Put your own positions into positions.csv and your own daily closes into\n\
         prices.csv, run `{check}`, and it says what does not fit and how to mend it.\n",
        shown = visible(&folder.to_string_lossy()),
        names = names.join(", "),
    )
}

/// Where results of `folder` may go.
fn typed_out(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    typed(&format!("out/{name}"))
}

/// A path as a shell takes it.
fn typed(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let path = visible(path);
    if path.chars().all(plain) && !path.starts_with('-') {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn paths_are_shown_as_a_shell_takes_them() {
        assert_eq!(typed("books/mine-2"), "books/mine-2");
        assert_eq!(typed("my book"), "'my book'");
        assert_eq!(typed("it's"), r"'it'\''s'");
    }
}
