//! Where the fields of a document are written.

use std::collections::BTreeMap;

/// A place in a file; ordered as one reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// From 1; 0 where it is not known.
    pub line: u64,
    /// In characters, from 1; 0 where it is not known.
    pub column: u64,
}

/// Where one field is written.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Its name; absent for documents and for elements of lists.
    key: Option<Mark>,
    /// Its value; absent for lists, mappings and nothing, which are best shown by their names.
    scalar: Option<Mark>,
    /// Where the value begins, whatever it is.
    value: Mark,
}

/// The places of all fields of a document by their paths (`spec.tasks[0].name`; the empty path is the document).
#[derive(Clone, Debug, Default)]
pub struct Places(BTreeMap<String, Place>);

impl Places {
    pub(super) fn add(&mut self, path: String, key: Option<Mark>, value: Mark, is_scalar: bool) {
        self.0.insert(path, Place { key, scalar: is_scalar.then_some(value), value });
    }

    /// The place to show when something is wrong with the field: its value, or the name of a list or mapping. Of a
    /// field that is not there, that of the closest field around it.
    #[must_use]
    pub fn of(&self, path: &str) -> Mark {
        self.nearest(path).map(|place| place.scalar.or(place.key).unwrap_or(place.value)).unwrap_or_default()
    }

    /// The place of the field's name; where it has none, as [`Places::of`].
    #[must_use]
    pub fn of_key(&self, path: &str) -> Mark {
        self.find(path).and_then(|place| place.key).unwrap_or_else(|| self.of(path))
    }

    /// Where the text, number or truth value of this field begins.
    #[must_use]
    pub fn of_scalar(&self, path: &str) -> Option<Mark> {
        self.find(path)?.scalar
    }

    /// Every text, number and truth value with its path, in the order of the paths.
    pub fn scalars(&self) -> impl Iterator<Item = (&str, Mark)> {
        self.0.iter().filter_map(|(path, place)| Some((path.as_str(), place.scalar?)))
    }

    /// Gives the field, and everything below it, the path that it should have had.
    pub fn rename(&mut self, from: &str, to: &str) {
        let is_below = |path: &str| path.strip_prefix(from).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        let moved: Vec<String> = self.0.keys().filter(|path| is_below(path)).cloned().collect();
        for path in moved {
            if let Some(place) = self.0.remove(&path) {
                self.0.insert(format!("{to}{}", &path[from.len()..]), place);
            }
        }
    }

    /// The places of a value in the document, as if it were one itself.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        let below = self.0.iter().filter_map(|(whole, place)| {
            let rest = whole.strip_prefix(path)?;
            let is_below = rest.is_empty() || rest.starts_with(['.', '[']);
            is_below.then(|| (rest.strip_prefix('.').unwrap_or(rest).to_owned(), *place))
        });
        Self(below.collect())
    }

    fn nearest(&self, path: &str) -> Option<&Place> {
        let mut path = path;
        loop {
            if let Some(place) = self.find(path) {
                return Some(place);
            }
            let Some(end) = path.rfind(['.', '[']) else { return self.0.get("") };
            path = &path[..end];
        }
    }

    /// The API server writes some keys of maps in brackets: `spec.attributes[key]`.
    fn find(&self, path: &str) -> Option<&Place> {
        self.0.get(path).or_else(|| {
            let (parent, key) = path.strip_suffix(']')?.rsplit_once('[')?;
            self.0.get(&format!("{parent}.{key}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, Places};

    fn mark(line: u64, column: u64) -> Mark {
        Mark { line, column }
    }

    fn places() -> Places {
        let mut places = Places::default();
        places.add(String::new(), None, mark(1, 1), false);
        places.add("spec".to_owned(), Some(mark(2, 1)), mark(3, 3), false);
        places.add("spec.mail".to_owned(), Some(mark(3, 3)), mark(3, 9), true);
        places.add("spec.mailNickname".to_owned(), Some(mark(4, 3)), mark(4, 17), true);
        places.add("spec.tasks[0]".to_owned(), None, mark(6, 5), false);
        places
    }

    #[test]
    fn the_closest_field_is_shown() {
        let places = places();
        let rows = [
            ("", mark(1, 1)),
            ("<nil>", mark(1, 1)),
            ("kind", mark(1, 1)),
            ("spec", mark(2, 1)),
            ("spec.mail", mark(3, 9)),
            ("spec[mail]", mark(3, 9)),
            ("spec.category", mark(2, 1)),
            ("spec.tasks[0].name", mark(6, 5)),
            ("spec.tasks[7]", mark(2, 1)),
        ];
        for (path, wanted) in rows {
            assert_eq!(places.of(path), wanted, "{path}");
        }
        assert_eq!(places.of_key("spec.mail"), mark(3, 3));
        assert_eq!(places.of_key("spec.category"), mark(2, 1));
    }

    #[test]
    fn a_renamed_field_takes_along_what_is_below_it_and_nothing_else() {
        let mut places = places();
        places.rename("spec.mail", "spec.email");
        assert_eq!(places.of("spec.email"), mark(3, 9));
        assert_eq!(places.of("spec.mail"), mark(2, 1));
        assert_eq!(places.of("spec.mailNickname"), mark(4, 17));
        places.rename("spec", "data");
        assert_eq!(places.of("data.tasks[0].name"), mark(6, 5));
    }
}
