//! Opening files: confined to the scenario's folder, size-limited, hashed.
//!
//! A path that begins with `shipped:` names a file inside the binary, and what such a file names
//! lies there too: it leaves no folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::decode::{BYTE_ORDER_MARK, FileIdentity, decode};
use super::embedded;
use super::kept::{KeptInput, copies};
use super::manifest::Manifest;
use super::output::file_names;
use super::source::{Place, SourceFile};
use super::suggest::did_you_mean;
use super::violation::{Violation, Violations};
use super::visible::quoted;

/// What to do where nothing is there yet.
const BEGIN: &str = "`plimsoll init DIR` writes documents that run at once, for you to change; \
                     `plimsoll scenarios` lists those that ship";

/// How paths to files inside the binary begin.
pub const SHIPPED: &str = "shipped:";

/// Largest file read, in bytes.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Whether files outside the scenario's folder may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confinement {
    /// Only below the root folder, links resolved.
    Inside,
    /// Anywhere the user asked for (`--allow-outside`).
    AllowOutside,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InputFile {
    /// Its path from the scenario's folder.
    pub name: String,
    /// BLAKE3 hash of its bytes, in hexadecimal.
    pub blake3: String,
}

/// Opens the files of one scenario and remembers what it read.
#[derive(Debug)]
pub struct Loader {
    root: Root,
    confinement: Confinement,
    /// The folder that files must lie in, where it is a wider one than the root.
    confines: Option<PathBuf>,
    /// Shared with siblings: each file is read once.
    opened: Arc<Mutex<BTreeMap<PathBuf, Opened>>>,
    /// Where the files lie that this loader opened, with the names they were opened by.
    used: Mutex<BTreeMap<PathBuf, BTreeSet<String>>>,
}

#[derive(Debug, Clone)]
enum Root {
    Folder {
        typed: PathBuf,
        real: PathBuf,
    },
    Shipped,
    /// Copies beside results, by the name of the input.
    Kept(Arc<BTreeMap<String, PathBuf>>),
}

#[derive(Debug)]
struct Opened {
    file: Arc<SourceFile>,
    blake3: String,
    /// Whether the bytes began with a byte-order mark.
    marked: bool,
}

impl Loader {
    /// For the scenario in the folder `root`.
    ///
    /// # Errors
    /// A folder that does not exist or cannot be entered.
    pub fn new(root: &Path, confinement: Confinement) -> Result<Self, Violations> {
        let folder = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let real = fs::canonicalize(folder).map_err(|error| {
            let made_up = SourceFile::new(&root.to_string_lossy(), "");
            let title = format!("cannot open the folder: {error}");
            Violation::new(Place::start_of(&made_up), title)
        })?;
        let typed = root.to_owned();
        Ok(Self::with_root(Root::Folder { typed, real }, confinement))
    }

    /// For the scenarios that ship inside the binary; paths are below `scenarios/`.
    pub fn shipped() -> Self {
        Self::with_root(Root::Shipped, Confinement::Inside)
    }

    /// For the run whose results stand in `folder`: its files are the copies kept there, and no
    /// others.
    pub fn of_kept(folder: &Path, manifest: &Manifest) -> Self {
        Self::with_root(Root::Kept(Arc::new(copies(folder, manifest))), Confinement::Inside)
    }

    fn with_root(root: Root, confinement: Confinement) -> Self {
        Self { root, confinement, confines: None, opened: Arc::default(), used: Mutex::default() }
    }

    /// The same, confined to `folder`, in which the root lies, instead of to the root.
    pub fn confined_to(self, folder: &Path) -> Self {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Self { confines: fs::canonicalize(folder).ok(), ..self }
    }

    /// A loader of the same root that shares every file read and has opened none: for another
    /// scenario of the folder.
    pub fn sibling(&self) -> Self {
        Self {
            root: self.root.clone(),
            confinement: self.confinement,
            confines: self.confines.clone(),
            opened: Arc::clone(&self.opened),
            used: Mutex::default(),
        }
    }

    /// Counts what a sibling opened as opened here too.
    pub fn adopt(&self, sibling: &Self) {
        let theirs = sibling.used().clone();
        let mut used = self.used();
        for (location, names) in theirs {
            used.entry(location).or_default().extend(names);
        }
    }

    /// Opens `path`, relative to the file that `from` lies in, or to the root folder.
    ///
    /// # Errors
    /// One violation, at `from` where given: a path that leaves the folder, a file that is absent,
    /// not a regular file, unreadable, too large, binary or not UTF-8.
    pub fn open(&self, path: &str, from: Option<&Place>) -> Result<Arc<SourceFile>, Violations> {
        let request = self.request(path, from);
        let shipped = request.shipped().map(|inner| request.inside_shipped(&inner)).transpose()?;
        let location = match (&self.root, shipped) {
            (Root::Kept(_), inner) => PathBuf::from(request.kept_name(inner.as_deref())),
            (Root::Folder { .. }, Some(inner)) => PathBuf::from(format!("{SHIPPED}{inner}")),
            (Root::Shipped, Some(inner)) => PathBuf::from(inner),
            (Root::Shipped, None) => PathBuf::from(self.inside(&request)?),
            (Root::Folder { real, .. }, None) => self.locate(real, &request)?,
        };
        let identity = self.identity(&request, &location);
        let known = self.opened().get(&location).map(|opened| Arc::clone(&opened.file));
        if let Some(file) = known {
            self.used().entry(location).or_default().insert(identity.name);
            return Ok(file);
        }
        let bytes = self.read(&location, &request)?;
        let name = identity.name.clone();
        let opened = Opened {
            file: decode(identity, &bytes)?,
            blake3: blake3::hash(&bytes).to_hex().to_string(),
            marked: bytes.starts_with(BYTE_ORDER_MARK),
        };
        self.used().entry(location.clone()).or_default().insert(name);
        // Where a sibling was quicker, its reading stands.
        let mut all = self.opened();
        Ok(Arc::clone(&all.entry(location).or_insert(opened).file))
    }

    /// The bytes of the file `path`, which need not be text, found as by [`Loader::open`] in a folder
    /// on disk; it is not counted among the inputs.
    ///
    /// # Errors
    /// As [`Loader::open`], but any bytes will do.
    pub fn bytes(&self, path: &str, from: Option<&Place>) -> Result<Vec<u8>, Violations> {
        let request = self.request(path, from);
        let location = match &self.root {
            Root::Folder { real, .. } => self.locate(real, &request)?,
            Root::Shipped | Root::Kept(_) => PathBuf::from(self.inside(&request)?),
        };
        self.read(&location, &request)
    }

    /// Where `path` is on disk, links resolved and confined; `None` inside the binary.
    ///
    /// # Errors
    /// As [`Loader::open`]; a folder is found too.
    pub fn find(&self, path: &str, from: Option<&Place>) -> Result<Option<PathBuf>, Violations> {
        let request = self.request(path, from);
        match &self.root {
            Root::Folder { real, .. } if !is_shipped(&request.joined) => {
                self.locate(real, &request).map(Some)
            }
            Root::Folder { .. } | Root::Shipped | Root::Kept(_) => Ok(None),
        }
    }

    /// Hash of the file `path`, as in [`Loader::inputs`], where it can be read.
    pub fn hash(&self, path: &str) -> Option<String> {
        let file = self.open(path, None).ok()?;
        let opened = self.opened();
        let mut all = opened.values();
        all.find(|one| Arc::ptr_eq(&one.file, &file)).map(|one| one.blake3.clone())
    }

    /// Every file opened so far by this loader, by name; one that was opened by two names, by both.
    pub fn inputs(&self) -> Vec<InputFile> {
        self.kept_inputs().into_iter().map(|kept| kept.input).collect()
    }

    /// The same, with their contents.
    pub fn kept_inputs(&self) -> Vec<KeptInput> {
        let opened = self.opened();
        let used = self.used();
        let known =
            used.iter().filter_map(|(location, names)| Some((opened.get(location)?, names)));
        let kept = known.flat_map(|(one, names)| {
            names.iter().map(|name| KeptInput {
                input: InputFile { name: name.clone(), blake3: one.blake3.clone() },
                file: Arc::clone(&one.file),
                marked: one.marked,
            })
        });
        let mut kept: Vec<KeptInput> = kept.collect();
        kept.sort_by(|a, b| a.input.cmp(&b.input));
        kept
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, BTreeMap<PathBuf, Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn used(&self) -> std::sync::MutexGuard<'_, BTreeMap<PathBuf, BTreeSet<String>>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request<'a>(&self, path: &'a str, from: Option<&'a Place>) -> Request<'a> {
        let folder =
            from.and_then(|place| Path::new(place.file.name()).parent()).unwrap_or(Path::new(""));
        let joined =
            if path.starts_with(SHIPPED) { PathBuf::from(path) } else { folder.join(path) };
        let typed = match &self.root {
            Root::Folder { typed, .. } if !is_shipped(&joined) => typed.join(&joined),
            Root::Folder { .. } | Root::Shipped | Root::Kept(_) => joined.clone(),
        };
        Request { path, from, joined, shown: typed.to_string_lossy().into_owned() }
    }

    /// The path from the root folder without `..`.
    fn inside(&self, request: &Request<'_>) -> Result<String, Violations> {
        let normal = normalised(&request.joined).ok_or_else(|| request.leaves())?;
        Ok(normal.to_string_lossy().into_owned())
    }

    /// The real location on disk, links resolved and confined.
    fn locate(&self, root: &Path, request: &Request<'_>) -> Result<PathBuf, Violations> {
        let confined = self.confinement == Confinement::Inside;
        if confined && self.confines.is_none() {
            self.inside(request)?;
        }
        let real = fs::canonicalize(root.join(&request.joined))
            .map_err(|error| request.unreadable(&error, &neighbours(root, request)))?;
        if confined && !real.starts_with(self.confines.as_deref().unwrap_or(root)) {
            return Err(request.leaves());
        }
        Ok(real)
    }

    fn identity(&self, request: &Request<'_>, location: &Path) -> FileIdentity {
        if is_shipped(location) {
            let name = location.to_string_lossy().into_owned();
            return FileIdentity { shown: name.clone(), name, path: None };
        }
        let normal = normalised(&request.joined).unwrap_or_else(|| request.joined.clone());
        let name = normal.to_string_lossy().into_owned();
        match &self.root {
            Root::Folder { typed, .. } => FileIdentity {
                shown: typed.join(&normal).to_string_lossy().into_owned(),
                name,
                path: Some(location.to_owned()),
            },
            Root::Shipped => FileIdentity { shown: format!("shipped:{name}"), name, path: None },
            Root::Kept(_) => FileIdentity { shown: name.clone(), name, path: None },
        }
    }

    fn read(&self, location: &Path, request: &Request<'_>) -> Result<Vec<u8>, Violations> {
        match &self.root {
            Root::Kept(copies) => {
                let name = location.to_string_lossy();
                let copy = copies.get(&*name).ok_or_else(|| request.not_kept())?;
                read_limited(copy).map_err(|error| request.unreadable(&error, &[]))
            }
            Root::Folder { .. } if !is_shipped(location) => {
                read_limited(location).map_err(|error| request.unreadable(&error, &[]))
            }
            Root::Folder { .. } | Root::Shipped => {
                let path = location.to_string_lossy();
                let inner = path.strip_prefix(SHIPPED).unwrap_or(&path);
                embedded::bytes(inner).map(<[u8]>::to_vec).ok_or_else(|| {
                    let folder = Path::new(inner).parent().unwrap_or(Path::new(""));
                    let neighbours = embedded::list(&folder.to_string_lossy());
                    let names: Vec<String> = neighbours
                        .iter()
                        .filter_map(|path| Path::new(path).file_name())
                        .map(|name| name.to_string_lossy().into_owned())
                        .collect();
                    request.unreadable(&io::ErrorKind::NotFound.into(), &names)
                })
            }
        }
    }
}

/// A path asked for, and by whom.
struct Request<'a> {
    path: &'a str,
    from: Option<&'a Place>,
    joined: PathBuf,
    /// As the user would type it.
    shown: String,
}

fn is_shipped(path: &Path) -> bool {
    path.to_string_lossy().starts_with(SHIPPED)
}

impl Request<'_> {
    /// The path inside the binary, where it is one.
    fn shipped(&self) -> Option<PathBuf> {
        let joined = self.joined.to_string_lossy();
        joined.strip_prefix(SHIPPED).map(PathBuf::from)
    }

    /// That path without `..`.
    fn inside_shipped(&self, inner: &Path) -> Result<String, Violations> {
        let normal = normalised(inner).ok_or_else(|| self.leaves())?;
        Ok(normal.to_string_lossy().into_owned())
    }

    /// The name by which the file was read when its copy was kept.
    fn kept_name(&self, shipped: Option<&str>) -> String {
        if let Some(inner) = shipped {
            return format!("{SHIPPED}{inner}");
        }
        let normal = normalised(&self.joined).unwrap_or_else(|| self.joined.clone());
        normal.to_string_lossy().into_owned()
    }

    fn not_kept(&self) -> Violations {
        let title = format!("no copy of {} was kept with the results", quoted(self.path));
        Violation::new(self.place(), title).into()
    }

    fn place(&self) -> Place {
        let identity =
            || FileIdentity { name: self.path.to_owned(), shown: self.shown.clone(), path: None };
        let made_up = || Place::start_of(&SourceFile::named(identity(), String::new()));
        self.from.cloned().unwrap_or_else(made_up)
    }

    fn leaves(&self) -> Violations {
        let title = format!("{} leaves the scenario's folder", quoted(self.path));
        let violation = Violation::new(self.place(), title)
            .expected("a path below the folder of the scenario, links resolved")
            .help("move the file there, or pass `--allow-outside` if you trust the scenario");
        violation.into()
    }

    fn unreadable(&self, error: &io::Error, neighbours: &[String]) -> Violations {
        let title = match error.kind() {
            io::ErrorKind::NotFound => format!("there is no file {}", quoted(self.path)),
            _ => format!("cannot read {}: {error}", quoted(self.path)),
        };
        let asked = Path::new(self.path).file_name().unwrap_or_default();
        let help = did_you_mean(&asked.to_string_lossy(), neighbours.iter().map(String::as_str));
        // What the user typed, and not what a document names.
        let typed = self.from.is_none() && error.kind() == io::ErrorKind::NotFound;
        let help = help.or_else(|| typed.then(|| BEGIN.to_owned()));
        let violation =
            Violation::new(self.place(), title).expected("a readable file").help_if(help);
        violation.into()
    }
}

/// The documents in `folder`, sorted: its TOML files, and the `scenario.toml` of the folders in it;
/// `None` where it is no folder.
///
/// # Errors
/// A folder that cannot be read.
pub fn documents_in(folder: &Path) -> io::Result<Option<Vec<PathBuf>>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = PathBuf::from(entry?.file_name());
        let (path, inner) = (folder.join(&name), name.join("scenario.toml"));
        if path.is_file() && path.extension().is_some_and(|extension| extension == "toml") {
            found.push(name);
        } else if folder.join(&inner).is_file() {
            found.push(inner);
        }
    }
    found.sort();
    Ok(Some(found))
}

/// The names of all that lies in `folder`, sorted, without those that begin with a dot.
///
/// # Errors
/// A folder that cannot be read.
pub fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = file_names(folder)?;
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

/// The names of the files in the folder a request points into.
fn neighbours(root: &Path, request: &Request<'_>) -> Vec<String> {
    let folder = root.join(&request.joined);
    let entries = folder.parent().and_then(|folder| fs::read_dir(folder).ok());
    let names = entries.into_iter().flatten().flatten();
    let mut names: Vec<String> =
        names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// `path` without `.` and `..`; `None` where it is absolute or climbs above its start.
fn normalised(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => normal.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !normal.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(normal)
}

/// Reads a regular file; pipes and devices, which may never end, are refused unopened.
fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other("it is larger than 256 MiB"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("data")).unwrap();
        fs::write(folder.path().join("outside.txt"), "secret").unwrap();
        fs::write(root.join("scenario.toml"), "file = \"data/a.csv\"").unwrap();
        fs::write(root.join("data/a.csv"), "b.csv").unwrap();
        fs::write(root.join("data/b.csv"), "").unwrap();
        folder
    }

    fn loader(folder: &tempfile::TempDir, confinement: Confinement) -> Loader {
        Loader::new(&folder.path().join("root"), confinement).unwrap()
    }

    fn title(result: Result<Arc<SourceFile>, Violations>) -> String {
        result.unwrap_err().items()[0].title.clone()
    }

    #[test]
    fn paths_are_relative_to_the_file_that_names_them_and_names_to_the_root() {
        let folder = folder();
        let loader = loader(&folder, Confinement::Inside);
        let scenario = loader.open("scenario.toml", None).unwrap();
        let place = Place::new(&scenario, 7..19);
        let a = loader.open("data/a.csv", Some(&place)).unwrap();
        let b = loader.open("b.csv", Some(&Place::start_of(&a))).unwrap();
        assert_eq!(b.name(), "data/b.csv");
        assert!(b.shown().ends_with("root/data/b.csv"));
        let again = loader.open("../data/b.csv", Some(&Place::start_of(&a))).unwrap();
        assert!(Arc::ptr_eq(&again, &b));
        let names: Vec<_> = loader.inputs().into_iter().map(|input| input.name).collect();
        assert_eq!(names, ["data/a.csv", "data/b.csv", "scenario.toml"]);
        // The published BLAKE3 hash of no bytes.
        let hash = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(loader.inputs()[1].blake3, hash);
    }

    #[test]
    fn escapes_are_refused_unless_allowed() {
        let folder = folder();
        let inside = loader(&folder, Confinement::Inside);
        let outside = folder.path().join("outside.txt");
        let absolute = outside.to_string_lossy().into_owned();
        for path in ["../outside.txt", "data/../../outside.txt", &absolute, "/etc/passwd"] {
            assert!(title(inside.open(path, None)).contains("leaves"), "{path}");
        }
        let allowed = loader(&folder, Confinement::AllowOutside);
        for path in ["../outside.txt", &absolute] {
            assert_eq!(allowed.open(path, None).unwrap().text(), "secret");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_folder_are_refused() {
        let folder = folder();
        let link = folder.path().join("root/data/link.txt");
        std::os::unix::fs::symlink(folder.path().join("outside.txt"), &link).unwrap();
        let inside = loader(&folder, Confinement::Inside);
        assert!(title(inside.open("data/link.txt", None)).contains("leaves"));
        let allowed = loader(&folder, Confinement::AllowOutside);
        assert!(allowed.open("data/link.txt", None).is_ok());
    }

    /// From a folder, and from a file that is shipped itself.
    #[test]
    fn shipped_files_are_named_from_anywhere() {
        let folder = folder();
        let loader = loader(&folder, Confinement::Inside);
        let scenario = loader.open("shipped:minimal/scenario.toml", None).unwrap();
        assert_eq!(scenario.name(), "shipped:minimal/scenario.toml");
        let place = Place::start_of(&scenario);
        let market = loader.open("market.toml", Some(&place)).unwrap();
        assert_eq!(market.name(), "shipped:minimal/market.toml");
        let again = loader.open("../minimal/market.toml", Some(&place)).unwrap();
        assert!(Arc::ptr_eq(&again, &market));
        assert!(title(loader.open("../../secret", Some(&place))).contains("leaves"));
        let missing = loader.open("shipped:minimal/markt.toml", None).unwrap_err();
        assert_eq!(missing.items()[0].help.as_deref(), Some("did you mean `market.toml`?"));
        assert_eq!(loader.inputs()[0].name, "shipped:minimal/market.toml");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let folder = folder();
        let root = folder.path().join("root");
        fs::write(root.join("binary.bin"), b"ab\n\x00\xff").unwrap();
        fs::write(root.join("latin.csv"), b"ok\nna\xefve").unwrap();
        fs::write(root.join("utf16.csv"), b"\xff\xfea\0").unwrap();
        fs::write(root.join("bom.csv"), b"\xef\xbb\xbfa,b").unwrap();
        let loader = loader(&folder, Confinement::Inside);
        let missing = loader.open("data/aa.csv", None).unwrap_err();
        assert_eq!(missing.items()[0].help.as_deref(), Some("did you mean `a.csv`?"));
        assert!(title(loader.open("data", None)).contains("it is a folder"));
        let binary = loader.open("binary.bin", None).unwrap_err();
        let place = &binary.items()[0].place;
        assert_eq!((place.line(), place.column()), (2, 1));
        let latin = loader.open("latin.csv", None).unwrap_err();
        let place = &latin.items()[0].place;
        assert_eq!((place.line(), place.column(), place.text()), (2, 3, "\u{fffd}"));
        assert!(title(loader.open("utf16.csv", None)).contains("UTF-16"));
        assert_eq!(loader.open("bom.csv", None).unwrap().text(), "a,b");
    }
}
