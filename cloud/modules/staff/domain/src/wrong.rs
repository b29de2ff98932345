/// Why a request of the identity system is not done (RFC 7644 §3.12), in words for whoever runs it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Wrong {
    /// The filter is not one that is understood.
    #[error("the filter is not understood: {0}")]
    Filter(&'static str),
    /// The body is not what its schema says.
    #[error("{0}")]
    Syntax(&'static str),
    /// A path leads nowhere.
    #[error("no attribute {0:?} is known here")]
    Path(String),
    /// A path chooses among values, and there is none of them.
    #[error("no value is where the path leads")]
    Target,
    /// A value cannot be.
    #[error("{attribute}: {what}")]
    Value {
        /// Of which attribute.
        attribute: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// It cannot be changed.
    #[error("{0} cannot be changed")]
    Mutability(&'static str),
}

impl Wrong {
    /// As RFC 7644 §3.12 names it.
    pub const fn scim_type(&self) -> &'static str {
        match self {
            Self::Filter(_) => "invalidFilter",
            Self::Syntax(_) => "invalidSyntax",
            Self::Path(_) => "invalidPath",
            Self::Target => "noTarget",
            Self::Value { .. } => "invalidValue",
            Self::Mutability(_) => "mutability",
        }
    }
}
