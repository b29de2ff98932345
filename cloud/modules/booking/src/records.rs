//! What booking keeps of people and cases.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use booking_domain::{PurposeKind, State};
use cloud_contracts::{
    Access, Facilities, Fact, FactValue, InformationType, KeptBy, Passage, PortError, Record, Records,
    RecordsWanted, Tells,
};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::{BookingId, PersonId, ResourceId};
use uuid::Uuid;

use crate::store::records::{self, Beside, Cases, Kept, KeptEnquiry, KeptText, KeptTime};

const BOOKINGS: &str = "booking.bookings";
const ENQUIRIES: &str = "booking.enquiries";

/// Bookings and enquiries as records. Who passed a door by the right of a booking is a fact of the booking, and is nobody's
/// any more when that is destroyed.
pub struct BookingRecords {
    facilities: Arc<dyn Facilities>,
    access: Arc<dyn Access>,
}

impl BookingRecords {
    /// Over the register, which knows what places are called, and the doors.
    pub fn new(facilities: Arc<dyn Facilities>, access: Arc<dyn Access>) -> Self {
        Self { facilities, access }
    }

    async fn records(&self, tx: &mut TenantTx, cases: Cases<'_>) -> Result<Vec<Record>, PortError> {
        let bookings = records::bookings(tx, cases).await.map_err(PortError::database)?;
        let enquiries = records::enquiries(tx, cases).await.map_err(PortError::database)?;
        if bookings.is_empty() && enquiries.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = bookings.iter().map(|booking| booking.id).collect();
        let booking_ids: Vec<BookingId> = ids.iter().copied().map(BookingId::new).collect();
        let all: Vec<Uuid> = ids.iter().copied().chain(enquiries.iter().map(|enquiry| enquiry.id)).collect();
        let times = records::times(tx, &ids).await.map_err(PortError::database)?;
        let texts = records::texts(tx, &all).await.map_err(PortError::database)?;
        let passages = self.access.passages(tx, &booking_ids).await?;
        let facilities = self.facilities.all(tx).await?;
        let places = facilities.iter().flat_map(|facility| {
            let named = facility.resources.iter();
            named.map(move |one| (one.id, format!("{}, {}", facility.name, one.name)))
        });
        let mut beside = Aside { places: places.collect(), ..Aside::default() };
        for time in times {
            beside.times.entry(time.booking).or_default().push(time);
        }
        for text in texts {
            beside.texts.entry(text.case).or_default().push(text);
        }
        for passage in passages {
            beside.passages.entry(passage.booking.uuid()).or_default().push(passage);
        }
        let bookings = bookings.into_iter().map(|booking| beside.booking(booking));
        let mut all: Vec<Record> = bookings.collect();
        all.extend(enquiries.into_iter().map(|enquiry| beside.enquiry(enquiry)));
        Ok(all)
    }
}

/// What belongs to cases, by the case.
#[derive(Default)]
struct Aside {
    places: BTreeMap<ResourceId, String>,
    times: BTreeMap<Uuid, Vec<KeptTime>>,
    texts: BTreeMap<Uuid, Vec<KeptText>>,
    passages: BTreeMap<Uuid, Vec<Passage>>,
}

impl Aside {
    fn place(&self, resource: ResourceId) -> String {
        self.places.get(&resource).cloned().unwrap_or_default()
    }

    fn booking(&self, booking: Kept) -> Record {
        let times = self.times.get(&booking.id).map(Vec::as_slice).unwrap_or_default();
        let state = State::parse(&booking.status);
        let mut facts = vec![
            Fact::case("records-fact-state", FactValue::Term(state_term(state))),
            Fact::person("records-fact-customer", booking.customer_name),
            Fact::person("records-fact-booker", booking.booker),
            Fact::words("records-fact-purpose", booking.purpose),
            Fact::case(
                "records-fact-purpose-kind",
                FactValue::Term(kind_term(PurposeKind::parse(&booking.purpose_kind))),
            ),
        ];
        facts.extend(times.iter().map(|time| {
            let span = FactValue::Span(time.starts_at, time.ends_at, self.place(time.resource));
            Fact::case("records-fact-time", span)
        }));
        if let Some(persons) = booking.persons {
            facts.push(Fact::case("records-fact-persons", FactValue::Text(persons.to_string())));
        }
        if let Some(price) = booking.price_ore {
            facts.push(Fact::case("records-fact-price", FactValue::Ore(price)));
        }
        if let Some(at) = booking.decided_at {
            facts.push(Fact::case("records-fact-decided-at", FactValue::At(at)));
        }
        if let Some(by) = booking.decided_by {
            facts.push(Fact::case("records-fact-decided-by", FactValue::Text(by)));
        }
        if let Some(delegation) = booking.delegation {
            facts.push(Fact::case("records-fact-delegation", FactValue::Text(delegation)));
        }
        if let Some(reason) = booking.decision_reason.filter(|reason| !reason.is_empty()) {
            facts.push(Fact::words("records-fact-reason", reason));
        }
        if let Some(message) = booking.contact_message {
            facts.push(Fact::words("records-fact-to-staff", message));
        }
        self.written(booking.id, &mut facts);
        facts.extend(self.passages.get(&booking.id).into_iter().flatten().map(|passage| {
            let through = FactValue::Span(passage.at, passage.at, passage.door.clone());
            Fact { name: "records-fact-passage", value: through, tells: Tells::Person }
        }));
        facts.push(Fact {
            name: "records-fact-code",
            value: FactValue::Text(String::new()),
            tells: Tells::Code,
        });
        let over_at = times.iter().map(|time| time.ends_at).max();
        let open = matches!(state, Some(State::Requested | State::Held));
        Record {
            information: BOOKINGS,
            id: booking.id,
            name: booking.number.to_string(),
            since: booking.created_at,
            over_at: over_at.filter(|_| !open),
            protected: booking.protected,
            facts,
        }
    }

    fn enquiry(&self, enquiry: KeptEnquiry) -> Record {
        let mut facts = vec![
            Fact::person("records-fact-customer", enquiry.customer_name),
            Fact::person("records-fact-asker", enquiry.asker),
            Fact::case("records-fact-place", FactValue::Text(self.place(enquiry.resource))),
            Fact::words("records-fact-wished", enquiry.wished),
            Fact::words("records-fact-purpose", enquiry.purpose),
        ];
        self.written(enquiry.id, &mut facts);
        if let Some(at) = enquiry.ended_at {
            facts.push(Fact::case("records-fact-ended-at", FactValue::At(at)));
        }
        if let Some(by) = enquiry.ended_by {
            facts.push(Fact::case("records-fact-ended-by", FactValue::Text(by)));
        }
        if let Some(reason) = enquiry.end_reason {
            facts.push(Fact::words("records-fact-reason", reason));
        }
        Record {
            information: ENQUIRIES,
            id: enquiry.id,
            name: enquiry.number.to_string(),
            since: enquiry.asked_at,
            over_at: enquiry.ended_at,
            protected: enquiry.protected,
            facts,
        }
    }

    fn written(&self, case: Uuid, facts: &mut Vec<Fact>) {
        for text in self.texts.get(&case).into_iter().flatten() {
            match text.beside {
                Beside::Note => {
                    facts.push(Fact::words("records-fact-note", signed(text)));
                }
                Beside::Letter => {
                    facts.push(Fact::words("records-fact-letter", signed(text)));
                }
                Beside::Guest => {
                    let words = [text.author.as_str(), text.words.as_str()];
                    let words: Vec<&str> = words.into_iter().filter(|part| !part.is_empty()).collect();
                    facts.push(Fact::person("records-fact-guest", words.join(", ")));
                }
            }
        }
    }
}

fn signed(text: &KeptText) -> String {
    format!("{}: {}", text.author, text.words)
}

const fn state_term(state: Option<State>) -> &'static str {
    match state {
        Some(State::Requested) => "records-state-requested",
        Some(State::Confirmed) => "records-state-confirmed",
        Some(State::Refused) => "records-state-refused",
        Some(State::Cancelled) => "records-state-cancelled",
        Some(State::Held) | None => "records-state-held",
    }
}

const fn kind_term(kind: Option<PurposeKind>) -> &'static str {
    match kind {
        Some(PurposeKind::Training) => "booking-kind-training",
        Some(PurposeKind::Match) => "booking-kind-match",
        Some(PurposeKind::Event) => "booking-kind-event",
        Some(PurposeKind::School) => "booking-kind-school",
        Some(PurposeKind::Meeting) => "booking-kind-meeting",
        Some(PurposeKind::Private) => "booking-kind-private",
        Some(PurposeKind::Overnight) => "booking-kind-overnight",
        Some(PurposeKind::Other) | None => "booking-kind-other",
    }
}

#[async_trait]
impl Records for BookingRecords {
    fn types(&self) -> &'static [InformationType] {
        &[
            InformationType { key: BOOKINGS, kept_by: KeptBy::Plan },
            InformationType { key: ENQUIRIES, kept_by: KeptBy::Plan },
        ]
    }

    async fn of_person(&self, tx: &mut TenantTx, person: PersonId) -> Result<Vec<Record>, PortError> {
        let mut all = self.records(tx, Cases::Of(person)).await?;
        // What staff wrote among themselves is for whoever asks for public records, where it is looked at first.
        for record in &mut all {
            record.facts.retain(|fact| fact.name != "records-fact-note" && fact.tells != Tells::Code);
        }
        Ok(all)
    }

    async fn wanted(&self, tx: &mut TenantTx, wanted: &RecordsWanted) -> Result<Vec<Record>, PortError> {
        self.records(tx, Cases::Wanted(wanted)).await
    }

    async fn destroy(
        &self,
        tx: &mut TenantTx,
        information: &str,
        of: Option<PersonId>,
        over_before: Timestamp,
        most: u32,
    ) -> Result<u64, PortError> {
        let done = match information {
            BOOKINGS => records::destroy_bookings(tx, of, over_before, most).await,
            ENQUIRIES => records::destroy_enquiries(tx, of, over_before, most).await,
            _ => Ok(0),
        };
        done.map_err(PortError::database)
    }
}
