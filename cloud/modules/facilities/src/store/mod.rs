//! The register's tables.

mod closure;
mod history;
pub(crate) mod owner;
mod photo;
mod port;
mod register;
mod removal;

pub(crate) use closure::*;
pub(crate) use history::{
    Version, Which as WhichVersions, Written, keep, last_written, lock_register, versions,
};
pub(crate) use photo::*;
pub(crate) use port::{Which, facilities};
pub(crate) use register::*;
pub(crate) use removal::*;

/// A number as the database has it, in the type that its constraint allows.
fn read<From, To: TryFrom<From>>(number: From) -> Result<To, sqlx::Error>
where
    To::Error: std::error::Error + Send + Sync + 'static,
{
    To::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A number that the domain has checked, as the database takes it.
fn write<From, To: TryFrom<From>>(number: From) -> Result<To, sqlx::Error>
where
    To::Error: std::error::Error + Send + Sync + 'static,
{
    To::try_from(number).map_err(|error| sqlx::Error::Encode(error.into()))
}

fn unreadable(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}
