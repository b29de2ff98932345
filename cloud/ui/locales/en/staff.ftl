# Staff: roles, groups and accounts of the municipality's identity system.
staff-title = Staff and roles
staff-lead = Who has which role, and where it comes from. Roles by groups follow the identity system, roles given by hand stay.
staff-people = People
staff-who = Who
staff-role = Role
staff-authority = Board or company
staff-whence = From
staff-role-officer = Booking officer
staff-role-caretaker = Caretaker
staff-role-technician = Technician
staff-role-administrator = Administrator
staff-authority-gone = A board that is no more
staff-by-hand = Given by hand
staff-by-group = Group: { $groups }
staff-protected = Protected identity
staff-not-yet = Has not signed in yet
staff-shut-out = Shut out in the identity system
staff-let-in = Let in again
staff-let-in-done = They are let in again. Roles given by hand count now.
staff-empty = Nobody has a role
staff-empty-hint = Let a group give a role, or give roles in the municipality’s file.
staff-too-many = { $count ->
    [one] One person is in more groups than the sign-in can name
   *[other] { $count } people are in more groups than the sign-in can name
  }
staff-too-many-next = They get no roles by groups. Let the identity system name only groups that belong to this service, or send the groups by SCIM.
staff-groups-title = Groups
staff-groups-lead = Groups of the identity system and which roles they give. A change holds at once for those who are in the group.
staff-groups-empty = No groups have been seen yet
staff-groups-empty-hint = They appear here when somebody who is in one signs in, or when the identity system sends them.
staff-group = The group’s name
staff-group-hint = Exactly as the identity system writes it, often a name or an id. Capital and small letters are different.
staff-group-people = { $count ->
    [0] Nobody has been seen in it yet
    [one] 1 person
   *[other] { $count } people
  }
staff-gives = { $role } for { $authority }
staff-gives-nothing = Gives no role.
staff-give = Give a role
staff-rule-new = Let a group give a role
staff-rule-add = Let the group give the role
staff-rule-added = The group gives the role now. Those who are in it have it.
staff-rule-remove = Remove
staff-rule-removed = { $group } gives the role no more. Those who had it by the group alone have it no more.
staff-undo = Undo
staff-error-group = Write the group’s name, at most { $most } characters in one line.
staff-error-role = Choose a role.
staff-error-authority = Choose a board or a company.
staff-error-full = There are { $most } rules already. Remove one first.
staff-provisioning-title = Automatic accounts
staff-provisioning-lead = The identity system can send accounts and groups here by SCIM 2.0. Whoever leaves is shut out at once.
staff-state = How things stand
staff-address = Address for the identity system
staff-accounts = Accounts
staff-accounts-active = { $count }, of which { $active } are active
staff-provisioned-groups = Groups
staff-tokens = Keys
staff-tokens-empty = There is no key
staff-tokens-empty-hint = Make a key and put it into the identity system together with the address.
staff-token-make = Make a key
staff-token-made = Made
staff-token-used = Last used
staff-never = Never
staff-token-take-back = Take back
staff-token-taken-back = The key holds no more.
staff-token-shown = The new key
staff-token-new = The key is made.
staff-token-once = Copy it now. It is not shown again.
staff-token-full = There are { $most } keys already. Take one back first.
staff-refusals = What did not work last
staff-refusals-none = Nothing that the identity system sent was refused.
staff-when = When
staff-asked = What
staff-refused-why = Why
