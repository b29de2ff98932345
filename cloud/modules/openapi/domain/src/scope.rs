use std::collections::BTreeSet;
use std::fmt;

/// What a program may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// Read the register and what is free.
    FacilitiesRead,
    /// Read bookings.
    BookingsRead,
    /// Book, change and cancel.
    BookingsWrite,
    /// Read for whom it may act.
    CustomersRead,
    /// Be told of what happens.
    Webhooks,
}

impl Scope {
    /// All of them, in the order of lists.
    pub const ALL: [Self; 5] =
        [Self::FacilitiesRead, Self::BookingsRead, Self::BookingsWrite, Self::CustomersRead, Self::Webhooks];

    /// As OAuth, forms and the database write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::FacilitiesRead => "facilities:read",
            Self::BookingsRead => "bookings:read",
            Self::BookingsWrite => "bookings:write",
            Self::CustomersRead => "customers:read",
            Self::Webhooks => "webhooks",
        }
    }

    /// The scope with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.key() == key)
    }
}

/// Something that is no scope.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no scope of that name")]
pub struct UnknownScope;

/// What a program may do altogether.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// These.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self(scopes.into_iter().collect())
    }

    /// As a request for a token writes them: with spaces between (RFC 6749 §3.3).
    pub fn parse(text: &str) -> Result<Self, UnknownScope> {
        let words = text.split(' ').filter(|word| !word.is_empty());
        words.map(|word| Scope::parse(word).ok_or(UnknownScope)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether it may do this.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether it may do all that the other may.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.is_subset(&self.0)
    }

    /// Whether it may do nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }

    /// Their keys, as the database keeps them.
    pub fn keys(&self) -> Vec<String> {
        self.iter().map(|scope| scope.key().to_owned()).collect()
    }

    /// Reads [`Scopes::keys`]; what this release does not know any more is left out.
    pub fn from_keys(keys: &[String]) -> Self {
        Self(keys.iter().filter_map(|key| Scope::parse(key)).collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(Scope::key).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_they_are_written_and_nothing_else_is_one() {
        let all = Scopes::of(Scope::ALL);
        assert_eq!(Scopes::parse(&all.to_string()), Ok(all.clone()));
        assert_eq!(Scopes::from_keys(&all.keys()), all);
        assert_eq!(Scopes::parse("bookings:read admin"), Err(UnknownScope));
        assert_eq!(Scopes::parse(" "), Ok(Scopes::default()));
        let one = Scopes::of([Scope::BookingsRead]);
        assert!(all.covers(&one) && !one.covers(&all) && one.has(Scope::BookingsRead));
    }
}
