//! Where the store is: `sqlite:FILE`, `postgres://…`, or `none`; and where it is if nobody says.

use std::path::{Path, PathBuf};

/// Where decisions and feedback are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: no audit, and feedback is refused.
    Nowhere,
    /// In a file on this machine.
    File(PathBuf),
    /// In a PostgreSQL that several replicas share.
    Postgres(String),
}

impl Place {
    /// What a setting says; nothing if it says none of the three. A relative file starts at `folder`.
    #[must_use]
    pub fn read(setting: &str, folder: &Path) -> Option<Self> {
        if setting == "none" {
            return Some(Self::Nowhere);
        }
        if let Some(file) = setting.strip_prefix("sqlite:").filter(|f| !f.is_empty()) {
            return Some(Self::File(folder.join(file)));
        }
        let postgres = setting.starts_with("postgres://") || setting.starts_with("postgresql://");
        postgres.then(|| Self::Postgres(setting.to_owned()))
    }

    /// Where programs of this user, or of this unit of the machine, keep what they know; nowhere if there is no such
    /// place. `variable` reads the environment.
    #[must_use]
    pub fn usual(variable: impl Fn(&str) -> Option<String>) -> Self {
        let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|p| p.is_absolute());
        // systemd names the folder of a unit; several, if it has several.
        let unit = variable("STATE_DIRECTORY")
            .and_then(|all| all.split(':').next().map(PathBuf::from))
            .filter(|p| p.is_absolute());
        let own = || absolute("XDG_STATE_HOME").map(|p| p.join("apposite"));
        let home = || absolute("HOME").map(|p| p.join(".local/state/apposite"));
        let folder = unit.or_else(own).or_else(home);
        folder.map_or(Self::Nowhere, |folder| Self::File(folder.join("apposite.db")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_says_one_of_three_things() {
        let read = |setting| Place::read(setting, Path::new("/etc/apposite"));
        assert_eq!(read("none"), Some(Place::Nowhere));
        assert_eq!(
            read("sqlite:a.db"),
            Some(Place::File("/etc/apposite/a.db".into()))
        );
        assert_eq!(read("sqlite:/srv/a.db"), Some(Place::File("/srv/a.db".into())));
        let url = "postgres://db.example.org/apposite";
        assert_eq!(read(url), Some(Place::Postgres(url.to_owned())));
        for odd in ["", "None", "a.db", "sqlite:", "mysql://db", "postgres:db"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn left_out_it_is_where_this_user_keeps_state() {
        let usual = |set: &[(&str, &str)]| {
            Place::usual(|name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        let file = |path: &str| Place::File(path.into());
        assert_eq!(
            usual(&[("HOME", "/home/a")]),
            file("/home/a/.local/state/apposite/apposite.db")
        );
        assert_eq!(
            usual(&[("HOME", "/home/a"), ("XDG_STATE_HOME", "/s")]),
            file("/s/apposite/apposite.db")
        );
        assert_eq!(
            usual(&[("HOME", "/"), ("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")]),
            file("/var/lib/a/apposite.db")
        );
        // A relative one would litter wherever the program is started.
        assert_eq!(usual(&[("HOME", "")]), Place::Nowhere);
        assert_eq!(usual(&[("XDG_STATE_HOME", "state")]), Place::Nowhere);
        assert_eq!(usual(&[]), Place::Nowhere);
    }
}
