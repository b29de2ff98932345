//! What is wrong with a wish, in words for programs.

use booking_domain::{Field, Reason};

/// The field that a reason is about.
pub const fn field(reason: &Reason) -> &'static str {
    match reason.field() {
        Field::Resource => "resource",
        Field::Start => "start",
        Field::Minutes => "minutes",
        Field::Customer => "customer",
        Field::Purpose => "purpose_kind",
        Field::Persons => "persons",
        Field::Driver => "particulars.driver",
        Field::Licence => "particulars.driver.licensed",
        Field::Boat => "particulars.boat",
        Field::BoatLength => "particulars.boat.length_cm",
        Field::BoatBeam => "particulars.boat.beam_cm",
        Field::Equipment(_) => "accessories",
    }
}

/// What is wrong with it.
pub const fn code(reason: &Reason) -> &'static str {
    match reason {
        Reason::Nothing => "nothing",
        Reason::TooMany { .. } => "too-many",
        Reason::UnknownResource(_) | Reason::NoSuchEquipment(_) => "unknown",
        Reason::Past { .. } => "past",
        Reason::TooSoon { .. } => "too-soon",
        Reason::TooFar { .. } => "too-far",
        Reason::StartOffStep { .. } | Reason::LengthOffStep { .. } => "off-step",
        Reason::TooShort { .. } => "too-short",
        Reason::TooLong { .. } => "too-long",
        Reason::Closed { .. } => "closed",
        Reason::NotAPackage { .. } => "not-a-package",
        Reason::NotAStay { .. } => "not-a-stay",
        Reason::NotForYou { .. } => "not-for-customer",
        Reason::OtherPurpose { .. } => "other-purpose",
        Reason::TooYoung { .. } => "too-young",
        Reason::TooFewWorkingDays { .. } => "too-few-working-days",
        Reason::Blocked { .. } => "blocked",
        Reason::OverQuota { .. } => "over-quota",
        Reason::TooManyPersons { .. } => "too-many-persons",
        Reason::Condition { .. } => "condition",
        Reason::ExcludesOwn { .. } => "excludes-own",
        Reason::PersonsMissing | Reason::DriverMissing | Reason::BoatMissing => "missing",
        Reason::LicenceMissing { .. } => "no-licence",
        Reason::BoatTooLong { .. } | Reason::BoatTooBroad { .. } => "too-large",
        Reason::Apart => "apart",
        Reason::ByEnquiry => "by-enquiry",
    }
}
