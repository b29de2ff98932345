use std::collections::{BTreeMap, BTreeSet};

/// What groups give: each role with the groups that give it.
pub type Given<R> = BTreeMap<R, BTreeSet<String>>;

/// The roles that these groups give by these rules, and which group gives which: one concept, whether a token named the
/// groups or they were provisioned. Groups without a rule give nothing.
pub fn roles_of<R: Ord + Clone>(rules: &[(String, R)], groups: &BTreeSet<String>) -> Given<R> {
    let mut given = Given::new();
    for (group, role) in rules.iter().filter(|(group, _)| groups.contains(group)) {
        given.entry(role.clone()).or_default().insert(group.clone());
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_give_what_rules_say_once_and_the_others_nothing() {
        let rules =
            [("Bokning", 1), ("Bokning", 2), ("Vakt", 2)].map(|(group, role)| (group.to_owned(), role));
        let groups = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let given = roles_of(&rules, &groups(&["Bokning", "Vakt", "Lunch", "bokning"]));
        assert_eq!(given.keys().copied().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(given[&2], groups(&["Bokning", "Vakt"]));
        assert!(roles_of(&rules, &groups(&["bokning", ""])).is_empty());
    }
}
