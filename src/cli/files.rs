//! Reading what the user points at, with messages that say which file and what to do.

use super::Failure;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

const HELP: &str = "give the path of a request file, or `-` for standard input";

/// The bytes of a file, or of standard input for `-`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    match path.as_os_str().as_encoded_bytes() {
        b"-" => {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            read.map(|_| bytes)
                .map_err(|error| unreadable(path, &error, HELP))
        }
        _ => read_with(path, HELP),
    }
}

/// The bytes of a file, with what to do if there is none.
pub(super) fn read_with(path: &Path, help: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = open_with(path, help)?.read_to_end(&mut bytes);
    read.map(|_| bytes)
        .map_err(|error| unreadable(path, &error, help))
}

/// A file to read from.
pub(super) fn open(path: &Path) -> Result<fs::File, Failure> {
    open_with(path, HELP)
}

fn open_with(path: &Path, help: &str) -> Result<fs::File, Failure> {
    let file = fs::File::open(path).and_then(|file| {
        // On most systems a folder opens like a file and fails only when it is read.
        if file.metadata()?.is_dir() {
            Err(io::ErrorKind::IsADirectory.into())
        } else {
            Ok(file)
        }
    });
    file.map_err(|error| unreadable(path, &error, help))
}

/// Checks that a folder can be read before anybody starts to work with it.
pub(super) fn check_folder(path: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let help =
        "give a readable folder with the knowledge files, or leave out --cards to use the one built in";
    fs::read_dir(path)
        .map(drop)
        .map_err(|error| unreadable(path, &error, help))
}

/// Writes a file and makes the folder it belongs to.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, text)).map_err(|error| {
        let what = format!("`{}`: cannot be written ({})", path.display(), error.kind());
        Failure::new(what, "give a folder that this user may write to")
    })
}

/// Every request file below a folder, in order of name, with its path from there.
pub(super) fn requests(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
        let help = "give a readable folder with request files";
        for entry in fs::read_dir(folder).map_err(|e| unreadable(folder, &e, help))? {
            let path = entry.map_err(|e| unreadable(folder, &e, help))?.path();
            // Links are followed once, as files: a linked folder could lead back to itself.
            if path.is_dir() && !path.is_symlink() {
                walk(root, &path, found)?;
            } else if path.extension().is_some_and(|e| e == "json") {
                let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                found.push((name, read(&path)?));
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found)?;
    found.sort();
    Ok(found)
}

/// The same words on every platform, and none of them Rust's.
fn unreadable(path: &Path, error: &io::Error, help: &str) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by this user".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder, not a file".to_owned(),
        io::ErrorKind::NotADirectory => "is a file, not a folder".to_owned(),
        _ => format!("cannot be read ({error})"),
    };
    Failure::new(format!("`{}`: {why}", path.display()), help)
}
