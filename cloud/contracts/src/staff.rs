//! What signing in tells of staff, and as whom people are named to each other.

use std::collections::BTreeSet;

use async_trait::async_trait;
use cloud_kernel::TenantTx;
use protocols_ids::PersonId;

use crate::PortError;

/// Groups that one token may name at most. Microsoft Entra names no more than 200 and says that there are more instead;
/// others have no bound, and ours keeps a sign-in from filling a table.
pub const GROUPS_MAX: usize = 500;
/// Characters of a group's name that is kept, at most: what directories allow.
pub const GROUP_CHARS_MAX: usize = 256;

/// What a token says of somebody's groups.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum GroupsSaid {
    /// Nothing, or nothing that could be read: somebody without groups.
    #[default]
    None,
    /// That they are too many to say (`_claim_names`, `hasgroups`), or more than [`GROUPS_MAX`]: nobody knows which.
    TooMany,
    /// These.
    These(BTreeSet<String>),
}

/// Somebody who signs in.
#[derive(Clone, Debug)]
pub struct StaffSignIn<'a> {
    /// Who.
    pub person: PersonId,
    /// The identity system.
    pub issuer: &'a str,
    /// Who that is there, for signing in.
    pub subject: &'a str,
    /// Who that is there, for provisioning: often the same.
    pub staff_id: &'a str,
    /// In which groups.
    pub groups: &'a GroupsSaid,
}

/// Whoever knows which groups of the identity system give which roles.
#[async_trait]
pub trait StaffRoles: Send + Sync {
    /// Makes the roles that come from groups what the token and what is provisioned say now.
    async fn signed_in(&self, tx: &mut TenantTx, who: &StaffSignIn<'_>) -> Result<(), PortError>;
}

/// Answers whose name only they themselves may read.
#[async_trait]
pub trait ProtectedPersons: Send + Sync {
    /// Those of these persons who have a protected identity.
    async fn protected_among(
        &self,
        tx: &mut TenantTx,
        persons: &[PersonId],
    ) -> Result<BTreeSet<PersonId>, PortError>;
}
