//! Things with a short life, by a name that cannot be guessed.

use std::collections::HashMap;

use jiff::Timestamp;

/// At most so many things, each until its time.
pub(super) struct Pocket<T> {
    held: HashMap<String, (Timestamp, T)>,
    most: usize,
}

impl<T> Pocket<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { held: HashMap::new(), most }
    }

    /// Holds a thing; false when there is no room for it.
    pub(super) fn put(&mut self, name: String, until: Timestamp, thing: T, now: Timestamp) -> bool {
        self.held.retain(|_, (until, _)| now < *until);
        let room = self.held.len() < self.most;
        if room {
            self.held.insert(name, (until, thing));
        }
        room
    }

    /// The thing, unless its time is over.
    pub(super) fn get(&self, name: &str, now: Timestamp) -> Option<&T> {
        self.held.get(name).filter(|(until, _)| now < *until).map(|(_, thing)| thing)
    }

    /// The thing, which is then gone.
    pub(super) fn take(&mut self, name: &str, now: Timestamp) -> Option<T> {
        self.held.remove(name).filter(|(until, _)| now < *until).map(|(_, thing)| thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_thing_is_taken_once_and_only_in_its_time() {
        let mut pocket = Pocket::new(2);
        assert!(pocket.put("a".into(), at(10), 'a', at(0)));
        assert_eq!(pocket.get("a", at(9)), Some(&'a'));
        assert_eq!(pocket.take("a", at(9)), Some('a'));
        assert_eq!(pocket.take("a", at(9)), None);
        assert!(pocket.put("b".into(), at(10), 'b', at(0)));
        assert_eq!(pocket.get("b", at(10)), None);
        assert_eq!(pocket.take("b", at(10)), None);
    }

    #[test]
    fn a_full_pocket_takes_no_more_until_something_is_over() {
        let mut pocket = Pocket::new(1);
        assert!(pocket.put("a".into(), at(10), 'a', at(0)));
        assert!(!pocket.put("b".into(), at(20), 'b', at(9)));
        assert!(pocket.put("b".into(), at(20), 'b', at(10)));
    }
}
