//! The administrator's file of groups: which of the identity system's gives which role. Its keys are described in
//! `docs/import-format.md`.

use cloud_contracts::{GROUP_CHARS_MAX, ImportError, ImportReport};
use cloud_kernel::{Actor, Role, TenantTx};
use serde::Deserialize;

use crate::store::known::{self, Rule};
use crate::{NAME, RULES_MAX, roles};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    group: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    role: String,
    authority: String,
}

/// The name of a group as it was typed; `None` where it can be none.
pub(crate) fn group_name(typed: &str) -> Option<String> {
    let name = typed.trim();
    let fits = (1..=GROUP_CHARS_MAX).contains(&name.chars().count()) && !name.contains(char::is_control);
    fits.then(|| name.to_owned())
}

/// Reads the file's text into the tenant of the transaction. The same file again changes nothing; nothing is taken away.
pub async fn import(tx: &mut TenantTx, text: &str) -> Result<ImportReport, ImportError> {
    let file: File = toml::from_str(text).map_err(|error| ImportError::Unreadable(error.to_string()))?;
    let mut report = ImportReport::default();
    known::one_at_a_time(tx).await.map_err(ImportError::database)?;
    for entry in &file.group {
        let invalid = |what: &str| ImportError::Invalid {
            at: format!("group {:?}", entry.name),
            what: what.to_owned(),
        };
        let group =
            group_name(&entry.name).ok_or_else(|| invalid("name is empty, too long or unprintable"))?;
        let role = Role::parse(&entry.role)
            .ok_or_else(|| invalid("role is none of officer, caretaker, technician, administrator"))?;
        let authority = tx.authority(&entry.authority).await.map_err(ImportError::database)?;
        let authority = authority.ok_or_else(|| invalid("the authority is not in tenant.toml"))?;
        if known::rules(tx).await.map_err(ImportError::database)?.len() >= RULES_MAX {
            return Err(invalid("there are as many rules as there may be"));
        }
        let wanted = Rule { group, authority, role };
        if known::add_rule(tx, &wanted).await.map_err(ImportError::database)? {
            report.created += 1;
            roles::settle_group(tx, &wanted.group, Actor::Service(NAME))
                .await
                .map_err(ImportError::database)?;
        }
    }
    Ok(report)
}
