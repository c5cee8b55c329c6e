//! The files and folders that a command is given. They may come from somebody else, as a pull request does: read are regular
//! files below what was named and nothing else, and a bounded number of them.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;
use std::sync::Arc;

use super::places::Mark;
use super::problem::{Problem, place};

/// The most that is read.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Files.
    files: usize,
    /// Entries of folders, whatever they are.
    entries: usize,
    /// Folders in each other, below what was named.
    depth: usize,
    /// Bytes of all files together.
    bytes: u64,
}

/// Enough for a hundred thousand people, and below what a machine for CI has.
const BOUNDS: Bounds = Bounds { files: 20_000, entries: 200_000, depth: 32, bytes: 256 << 20 };

/// One file, as it was read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its name in messages.
    pub file: Arc<str>,
    /// What it says.
    pub text: String,
}

/// Reads files and folders, in the order given; of a folder its `*.yaml`, `*.yml` and `*.json` files in the order of
/// their names, then its subfolders in the order of theirs. `-` is standard input.
///
/// Links are followed within the folder that was named, or of a named file within its own folder. At most 20,000 files, 32
/// folders in each other, and 256 mebibytes are read.
///
/// # Errors
/// Everything that is not there, cannot be read, or is more than that.
pub fn sources(paths: &[PathBuf]) -> Result<Vec<SourceFile>, Vec<Problem>> {
    sources_within(paths, BOUNDS)
}

fn sources_within(paths: &[PathBuf], bounds: Bounds) -> Result<Vec<SourceFile>, Vec<Problem>> {
    let mut search = Search { bounds, root: PathBuf::new(), around: Vec::new(), entries: 0, files: Vec::new(), problems: Vec::new() };
    for path in paths {
        search.begin(path);
    }
    let Search { files, mut problems, .. } = search;
    let mut sources = Vec::new();
    let mut room = bounds.bytes;
    for file in files {
        let is_input = file.as_os_str() == "-";
        let name = if is_input { "<stdin>".to_owned() } else { file.display().to_string() };
        let read = if is_input { read_up_to(io::stdin().lock(), room) } else { File::open(&file).and_then(|file| read_up_to(file, room)) };
        match read {
            Ok(bytes) if bytes.len() as u64 > room => {
                problems.push(Problem { place: name, message: format!("more than {} MiB of text in all", bounds.bytes >> 20) });
                break;
            }
            Ok(bytes) => {
                room -= bytes.len() as u64;
                match String::from_utf8(bytes) {
                    Ok(text) => sources.push(SourceFile { file: name.into(), text }),
                    Err(error) => problems.push(not_text(&name, &error)),
                }
            }
            Err(error) => problems.push(Problem { place: name, message: error.to_string() }),
        }
    }
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

/// What there is to read, and one byte beyond the room if there is more than that.
fn read_up_to(from: impl Read, room: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(room + 1).read_to_end(&mut bytes).map(|_| bytes)
}

fn not_text(file: &str, error: &FromUtf8Error) -> Problem {
    let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
    let mark = Mark { line: before.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>() + 1, column: 0 };
    Problem { place: place(file, mark), message: "not UTF-8".to_owned() }
}

/// What is found on the way through what was named.
struct Search {
    bounds: Bounds,
    /// The folder that no link may lead out of, without links.
    root: PathBuf,
    /// The folders around the one that is being looked through, without links.
    around: Vec<PathBuf>,
    entries: usize,
    files: Vec<PathBuf>,
    problems: Vec<Problem>,
}

impl Search {
    /// Looks through one path that was named.
    fn begin(&mut self, path: &Path) {
        if path.as_os_str() == "-" {
            self.files.push(path.to_owned());
            return;
        }
        let (files, problems) = (self.files.len(), self.problems.len());
        match root_of(path) {
            Ok(root) => {
                self.root = root;
                self.look(path, true);
            }
            Err(error) => self.complain(path, error),
        }
        if self.files.len() == files && self.problems.len() == problems {
            self.complain(path, "no *.yaml, *.yml or *.json file in it");
        }
    }

    fn complain(&mut self, path: &Path, message: impl fmt::Display) {
        self.problems.push(Problem { place: path.display().to_string(), message: message.to_string() });
    }

    fn look(&mut self, path: &Path, is_named: bool) {
        let is_wanted = path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json");
        let found = fs::canonicalize(path).and_then(|real| fs::metadata(&real).map(|metadata| (real, metadata)));
        let (real, metadata) = match found {
            Ok(found) => found,
            Err(error) if is_named || is_wanted => return self.complain(path, error),
            // A link that leads nowhere, and would not be read.
            Err(_) => return,
        };
        if !metadata.is_dir() && !is_named && !is_wanted {
            return;
        }
        if !real.starts_with(&self.root) {
            return self.complain(path, format!("a link that leads out of {}", self.root.display()));
        }
        if metadata.is_dir() {
            self.look_through(path, real);
        } else if !metadata.is_file() {
            self.complain(path, "not a regular file (- is standard input)");
        } else if self.files.len() >= self.bounds.files {
            self.stop(path, &format!("more than {} files in all", self.bounds.files));
        } else {
            self.files.push(path.to_owned());
        }
    }

    fn look_through(&mut self, path: &Path, real: PathBuf) {
        if self.around.contains(&real) {
            return self.complain(path, "a link to a folder that it is in");
        }
        if self.around.len() > self.bounds.depth {
            return self.complain(path, format!("more than {} folders in each other", self.bounds.depth));
        }
        let entries = match self.entries_of(path) {
            Ok(entries) => entries,
            Err(error) => return self.complain(path, error),
        };
        if self.entries > self.bounds.entries {
            return self.stop(path, &format!("more than {} entries of folders in all", self.bounds.entries));
        }
        self.around.push(real);
        for entry in entries {
            if self.is_over() {
                break;
            }
            self.look(&entry, false);
        }
        self.around.pop();
    }

    /// Says once that there is too much, after which nothing more is looked at.
    fn stop(&mut self, path: &Path, message: &str) {
        if !self.is_over() {
            self.complain(path, message);
        }
        self.entries = usize::MAX;
    }

    fn is_over(&self) -> bool {
        self.entries == usize::MAX
    }

    /// Files by name, then folders by name. What begins with a dot is not looked at.
    fn entries_of(&mut self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(path)? {
            self.entries = self.entries.saturating_add(1);
            if self.entries > self.bounds.entries {
                break;
            }
            let entry = entry?.path();
            if !entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                found.push((entry.is_dir(), entry));
            }
        }
        found.sort();
        Ok(found.into_iter().map(|(_, entry)| entry).collect())
    }
}

/// The folder that no link may lead out of: the named one, unless that is a link itself, or the one that a named file is in.
fn root_of(path: &Path) -> io::Result<PathBuf> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_dir() {
        return fs::canonicalize(path);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::canonicalize(folder.unwrap_or(Path::new(".")))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::{BOUNDS, Bounds, sources, sources_within};

    /// What is read of a path, or what is said, by the names after the last slash.
    fn read(path: &Path, bounds: Bounds) -> Result<Vec<String>, Vec<String>> {
        let short = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
        match sources_within(&[path.to_owned()], bounds) {
            Ok(found) => Ok(found.iter().map(|source| short(&source.file)).collect()),
            Err(problems) => Err(problems.iter().map(|found| format!("{}: {}", short(&found.place), found.message)).collect()),
        }
    }

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("in");
        fs::create_dir(&inside).expect("a folder");
        fs::write(folder.path().join("secret.yaml"), "a: 1\n").expect("a file");
        fs::write(inside.join("a.yaml"), "a: 1\n").expect("a file");
        (folder, inside)
    }

    /// A pull request may hold any of them; each ends at once and is told by its name.
    #[test]
    fn what_is_no_regular_file_inside_is_refused() {
        /// Its name, how it is made, and what is said.
        type Row = (&'static str, fn(&Path), &'static str);
        let rows: [Row; 7] = [
            ("b.yaml", |path| drop(Command::new("mkfifo").arg(path).status()), "not a regular file"),
            ("b.yaml", |path| symlink("/dev/zero", path).expect("a link"), "leads out of"),
            ("b.yaml", |path| symlink("../secret.yaml", path).expect("a link"), "leads out of"),
            ("b", |path| symlink("..", path).expect("a link"), "leads out of"),
            ("b", |path| symlink(".", path).expect("a link"), "a folder that it is in"),
            ("b.yaml", |path| symlink("b.yaml", path).expect("a link"), "symbolic links"),
            ("b.yaml", |path| symlink("nothing", path).expect("a link"), "No such file"),
        ];
        for (name, make, words) in rows {
            let (_folder, inside) = folder();
            make(&inside.join(name));
            let found = read(&inside, BOUNDS).expect_err(words);
            assert!(found.len() == 1 && found[0].starts_with(&format!("{name}: ")) && found[0].contains(words), "{words}: {found:?}");
        }
    }

    #[test]
    fn what_is_named_itself_is_no_exception() {
        let (folder, inside) = folder();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()));
        for (path, words) in [(pipe, "not a regular file"), (PathBuf::from("/dev/zero"), "not a regular file")] {
            assert!(read(&path, BOUNDS).is_err_and(|found| found.len() == 1 && found[0].contains(words)), "{}", path.display());
        }
        let link = inside.join("z.yaml");
        symlink("../secret.yaml", &link).expect("a link");
        assert!(read(&link, BOUNDS).is_err_and(|found| found[0].contains("leads out of")));
        assert!(read(&inside.join("missing.yaml"), BOUNDS).is_err_and(|found| found.len() == 1));
    }

    /// As the volume of a `ConfigMap` has them.
    #[test]
    fn links_within_are_followed() {
        let (_folder, inside) = folder();
        fs::create_dir(inside.join("..data")).expect("a folder");
        fs::write(inside.join("..data/b.yaml"), "a: 1\n").expect("a file");
        symlink("..data/b.yaml", inside.join("b.yaml")).expect("a link");
        symlink("nothing", inside.join("editor.lock")).expect("a link");
        assert_eq!(read(&inside, BOUNDS), Ok(vec!["a.yaml".to_owned(), "b.yaml".to_owned()]));
        assert!(sources(&[inside.join("b.yaml"), inside]).is_ok_and(|found| found.len() == 3));
    }

    #[test]
    fn more_than_the_bounds_is_not_read() {
        let (_folder, inside) = folder();
        fs::create_dir_all(inside.join("x/y")).expect("a folder");
        fs::write(inside.join("x/y/b.yaml"), "a: 1\n").expect("a file");
        let exact = Bounds { files: 2, entries: 4, depth: 2, bytes: 10 };
        assert_eq!(read(&inside, exact), Ok(vec!["a.yaml".to_owned(), "b.yaml".to_owned()]));
        for (bounds, words) in [
            (Bounds { files: 1, ..exact }, "b.yaml: more than 1 files"),
            (Bounds { entries: 3, ..exact }, "y: more than 3 entries"),
            (Bounds { depth: 1, ..exact }, "y: more than 1 folders"),
            (Bounds { bytes: 9, ..exact }, "b.yaml: more than 0 MiB"),
        ] {
            assert!(read(&inside, bounds).is_err_and(|found| found.len() == 1 && found[0].starts_with(words)), "{words}");
        }
    }
}
