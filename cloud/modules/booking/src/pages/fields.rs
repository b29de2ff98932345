//! What the forms of booking ask beside the time: what for, who comes, what goes with it, and what is peculiar to it.

use std::collections::BTreeMap;

use booking_domain::{
    ACCESSORIES_MAX, ACCESSORY_COUNT_MAX, Accessory, AgeGroup, Boat, Driver, Gender, PERSONS_MAX,
    Participants, Particulars, ParticularsError, Peculiar, Purpose, PurposeKind, centimetres,
};
use cloud_contracts::Equipment;
use cloud_kernel::TenantTx;
use cloud_ui::{Checkbox, ErrorSummary, Field, Lang, Select, t};
use maud::{Markup, html};
use protocols_ids::EquipmentId;

use super::words::{age_group_name, gender_name, metres, purpose_error};
use crate::extras::{self, Short};
use crate::store::{Booking, StoreError, extras as rows};

/// As it was typed.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub purpose: String,
    pub kind: String,
    pub persons: String,
    pub age_group: String,
    pub gender: String,
    pub accessories: BTreeMap<EquipmentId, String>,
    pub driver: String,
    pub licensed: bool,
    pub boat: String,
    pub boat_length: String,
    pub boat_beam: String,
}

/// As it was understood.
#[derive(Clone, Debug)]
pub struct Said {
    pub purpose: Purpose,
    pub kind: PurposeKind,
    pub participants: Participants,
    pub accessories: Vec<Accessory>,
    pub particulars: Particulars,
}

/// What the chosen resources ask, and what can be had with them.
#[derive(Clone, Debug, Default)]
pub struct Asks {
    /// What is peculiar to each of them, but nothing.
    pub peculiar: Vec<Peculiar>,
    /// What can be had.
    pub equipment: Vec<Equipment>,
    /// How many of what is counted can be had at the chosen times.
    pub left: Vec<Short>,
}

/// What was typed is no number of people.
#[derive(Clone, Copy, Debug)]
pub struct NoNumber;

/// The name of a field for how many of a piece of equipment.
pub fn accessory_field(equipment: EquipmentId) -> String {
    format!("accessory-{equipment}")
}

impl About {
    /// What was said of a booking: two statements.
    pub async fn of(tx: &mut TenantTx, booking: &Booking) -> Result<Self, StoreError> {
        let accessories = extras::of_booking(tx, &booking.times).await?;
        let particulars = rows::said(tx, booking.id).await?;
        let Participants { persons, age_group, gender } = booking.participants;
        let (driver, boat) = (particulars.driver.as_ref(), particulars.boat.as_ref());
        Ok(Self {
            purpose: booking.purpose.clone(),
            kind: booking.purpose_kind.key().to_owned(),
            persons: persons.map(|persons| persons.to_string()).unwrap_or_default(),
            age_group: age_group.map(AgeGroup::key).unwrap_or_default().to_owned(),
            gender: gender.map(Gender::key).unwrap_or_default().to_owned(),
            accessories: accessories.iter().map(|one| (one.equipment, one.count.to_string())).collect(),
            driver: driver.map(|driver| driver.name.clone()).unwrap_or_default(),
            licensed: driver.is_some_and(|driver| driver.licensed),
            boat: boat.map(|boat| boat.name.clone()).unwrap_or_default(),
            boat_length: boat.map(|boat| metres(boat.length_cm)).unwrap_or_default(),
            boat_beam: boat.map(|boat| metres(boat.beam_cm)).unwrap_or_default(),
        })
    }

    /// Takes a field of a form; gives it back where it is none of these.
    pub fn take(&mut self, name: &str, value: String) -> Option<String> {
        let field = match name {
            "purpose" => &mut self.purpose,
            "purpose_kind" => &mut self.kind,
            "persons" => &mut self.persons,
            "age_group" => &mut self.age_group,
            "gender" => &mut self.gender,
            "driver" => &mut self.driver,
            "boat" => &mut self.boat,
            "boat_length" => &mut self.boat_length,
            "boat_beam" => &mut self.boat_beam,
            "licensed" => {
                self.licensed = true;
                return None;
            }
            other => {
                let equipment = other.strip_prefix("accessory-").and_then(|id| id.parse().ok());
                let Some(equipment) = equipment else { return Some(value) };
                if self.accessories.len() < ACCESSORIES_MAX {
                    self.accessories.insert(equipment, value);
                }
                return None;
            }
        };
        *field = value;
        None
    }

    /// What goes with it; none where a number is none, with the fields of those.
    pub fn counted(&self) -> Result<Vec<Accessory>, Vec<EquipmentId>> {
        let (mut counted, mut wrong) = (Vec::new(), Vec::new());
        for (equipment, typed) in &self.accessories {
            let typed = typed.trim();
            match typed.parse::<u32>() {
                _ if typed.is_empty() => {}
                Ok(0) => {}
                Ok(count) if count <= ACCESSORY_COUNT_MAX => {
                    counted.push(Accessory { equipment: *equipment, count });
                }
                Ok(_) | Err(_) => wrong.push(*equipment),
            }
        }
        if wrong.is_empty() { Ok(counted) } else { Err(wrong) }
    }

    /// How many come, where that is said; an error where it is no number.
    pub fn persons(&self) -> Result<Option<u32>, NoNumber> {
        let typed = self.persons.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        typed.parse().ok().filter(|persons| (1..=PERSONS_MAX).contains(persons)).map(Some).ok_or(NoNumber)
    }

    /// What is peculiar to these, as far as it was typed and can be read.
    pub fn particulars(&self, asks: &Asks) -> Particulars {
        let said = |peculiar: &Peculiar| match peculiar {
            Peculiar::Nothing | Peculiar::Lodging => Particulars::default(),
            Peculiar::Vehicle { .. } => {
                Particulars { driver: Driver::parse(&self.driver, self.licensed).ok(), boat: None }
            }
            Peculiar::Berth { .. } => {
                let measures = centimetres(&self.boat_length).zip(centimetres(&self.boat_beam));
                let boat = measures.and_then(|(length, beam)| Boat::parse(&self.boat, length, beam).ok());
                Particulars { driver: None, boat }
            }
        };
        asks.peculiar.iter().map(said).fold(Particulars::default(), Particulars::and)
    }

    /// What was said, or what is wrong with it, beside the fields.
    pub fn read(&self, lang: Lang, asks: &Asks, mut errors: ErrorSummary) -> Result<Said, ErrorSummary> {
        let persons = self.persons();
        if persons.is_err() {
            errors = errors.error("persons", &t(lang, "booking-error-persons", &[("most", &PERSONS_MAX)]));
        }
        let purpose = Purpose::parse(&self.purpose);
        if let Err(error) = purpose {
            errors = errors.error("purpose", &purpose_error(lang, error));
        }
        let accessories = self.counted();
        for equipment in accessories.as_ref().err().into_iter().flatten() {
            let text = t(lang, "booking-error-accessory", &[("most", &ACCESSORY_COUNT_MAX)]);
            errors = errors.error(&accessory_field(*equipment), &text);
        }
        let mut particulars = Particulars::default();
        for peculiar in &asks.peculiar {
            match peculiar {
                Peculiar::Nothing | Peculiar::Lodging => {}
                Peculiar::Vehicle { .. } => match Driver::parse(&self.driver, self.licensed) {
                    Ok(driver) => particulars.driver = Some(driver),
                    Err(error) => errors = errors.error("driver", &name_error(lang, "driver", error)),
                },
                Peculiar::Berth { .. } => {
                    let (length, beam) = (centimetres(&self.boat_length), centimetres(&self.boat_beam));
                    for (field, measure) in [("boat_length", length), ("boat_beam", beam)] {
                        if measure.is_none() {
                            errors = errors.error(field, &t(lang, "booking-error-metres", &[]));
                        }
                    }
                    match Boat::parse(&self.boat, length.unwrap_or(1), beam.unwrap_or(1)) {
                        Ok(boat) => particulars.boat = Some(boat),
                        Err(error) => errors = errors.error("boat", &name_error(lang, "boat", error)),
                    }
                }
            }
        }
        let (Ok(persons), Ok(purpose), Ok(accessories), true) =
            (persons, purpose, accessories, errors.is_empty())
        else {
            return Err(errors);
        };
        let (age_group, gender) = (AgeGroup::parse(&self.age_group), Gender::parse(&self.gender));
        Ok(Said {
            purpose,
            kind: PurposeKind::parse(&self.kind).unwrap_or(PurposeKind::Other),
            participants: Participants { persons, age_group, gender },
            accessories,
            particulars,
        })
    }

    /// Who takes part; open where something of it was said or is wrong, and asked at once where one sleeps.
    pub fn participants(&self, lang: Lang, asks: &Asks, errors: &ErrorSummary) -> Markup {
        let sleeps = asks.peculiar.contains(&Peculiar::Lodging);
        let persons_said = !sleeps && (!self.persons.is_empty() || errors.of("persons").is_some());
        let said = persons_said || !self.age_group.is_empty() || !self.gender.is_empty();
        let ages = Select::new("age_group", &t(lang, "booking-age-group", &[]))
            .chosen(&self.age_group)
            .option("", &t(lang, "booking-not-said", &[]));
        let ages = AgeGroup::ALL
            .into_iter()
            .fold(ages, |ages, group| ages.option(group.key(), &age_group_name(lang, group)));
        let genders = Select::new("gender", &t(lang, "booking-gender", &[]))
            .chosen(&self.gender)
            .option("", &t(lang, "booking-not-said", &[]));
        let genders = Gender::ALL
            .into_iter()
            .fold(genders, |genders, gender| genders.option(gender.key(), &gender_name(lang, gender)));
        let persons = Field::number("persons", &t(lang, "booking-persons", &[]))
            .value(&self.persons)
            .error(errors.of("persons"));
        let persons = if sleeps { persons.required() } else { persons };
        html! {
            @if sleeps { (persons) }
            details open[said] {
                summary { (t(lang, "booking-participants", &[])) }
                @if !sleeps { (persons) }
                (ages)
                (genders)
            }
        }
    }

    /// What is peculiar to what is booked.
    pub fn peculiar(&self, lang: Lang, asks: &Asks, errors: &ErrorSummary) -> Markup {
        html! {
            @for peculiar in &asks.peculiar {
                @match peculiar {
                    Peculiar::Nothing | Peculiar::Lodging => {}
                    Peculiar::Vehicle { licence } => {
                        @let confirm = match licence {
                            Some(class) => t(lang, "booking-licensed-class", &[("class", class)]),
                            None => t(lang, "booking-licensed", &[]),
                        };
                        (Field::text("driver", &t(lang, "booking-driver", &[]))
                            .value(&self.driver)
                            .error(errors.of("driver"))
                            .required())
                        (Checkbox::new("licensed", &confirm).checked(self.licensed).error(errors.of("licensed")))
                    }
                    Peculiar::Berth { length_cm, beam_cm } => {
                        (Field::text("boat", &t(lang, "booking-boat", &[]))
                            .hint(&t(lang, "booking-boat-hint", &[]))
                            .value(&self.boat)
                            .error(errors.of("boat"))
                            .required())
                        (measure(lang, "boat_length", &t(lang, "booking-boat-length", &[]), *length_cm)
                            .value(&self.boat_length)
                            .error(errors.of("boat_length"))
                            .required())
                        (measure(lang, "boat_beam", &t(lang, "booking-boat-beam", &[]), *beam_cm)
                            .value(&self.boat_beam)
                            .error(errors.of("boat_beam"))
                            .required())
                    }
                }
            }
        }
    }

    /// Equipment and services, with how many are left; open where something was chosen or is wrong.
    pub fn equipment(&self, lang: Lang, asks: &Asks, errors: &ErrorSummary) -> Markup {
        let chosen = asks.equipment.iter().any(|one| {
            self.accessories.get(&one.id).is_some_and(|typed| !matches!(typed.trim(), "" | "0"))
                || errors.of(&accessory_field(one.id)).is_some()
        });
        html! {
            @if !asks.equipment.is_empty() {
                details open[chosen] {
                    summary { (t(lang, "booking-accessories-choose", &[])) }
                    @for one in &asks.equipment { (self.how_many(lang, one, asks, errors)) }
                }
            }
        }
    }

    /// How many of one.
    pub fn how_many(&self, lang: Lang, one: &Equipment, asks: &Asks, errors: &ErrorSummary) -> Field {
        let name = accessory_field(one.id);
        let left = asks.left.iter().find(|left| left.equipment == one.id).map(|left| left.left);
        let hint = match (one.stock, left) {
            (Some(stock), Some(left)) => {
                t(lang, "booking-accessory-left", &[("left", &left), ("stock", &stock)])
            }
            (Some(stock), None) => t(lang, "booking-accessory-stock", &[("stock", &stock)]),
            (None, _) => String::new(),
        };
        let field = Field::number(&name, &one.name)
            .value(self.accessories.get(&one.id).map_or("", String::as_str))
            .error(errors.of(&name));
        if hint.is_empty() { field } else { field.hint(&hint) }
    }
}

/// A measure in metres, with the largest that fits.
fn measure(lang: Lang, name: &str, label: &str, most_cm: Option<u32>) -> Field {
    let field = Field::text(name, label);
    match most_cm {
        Some(most) => field.hint(&t(lang, "booking-measure-most", &[("most", &metres(most))])),
        None => field.hint(&t(lang, "booking-measure", &[])),
    }
}

fn name_error(lang: Lang, field: &str, error: ParticularsError) -> String {
    match (error, field) {
        (ParticularsError::TooLong { most }, _) => t(lang, "booking-error-name-long", &[("most", &most)]),
        (ParticularsError::Blank | ParticularsError::NoMeasure, "driver") => {
            t(lang, "booking-error-driver", &[])
        }
        (ParticularsError::Blank | ParticularsError::NoMeasure, _) => t(lang, "booking-error-boat", &[]),
    }
}
