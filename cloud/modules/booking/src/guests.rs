//! Lets people in by codes of their own, and takes that back: what the page and every change of a booking share.

use booking_domain::{Email, FullHouse, GuestTimes, Parted, PersonName, State, room_for_guest};
use cloud_contracts::{BookingToOpen, GuestLetIn, GuestTakenBack, GuestToOpen, HandedOver};
use cloud_kernel::{Actor, TenantTx};
use protocols_ids::{GuestId, OccurrenceId, PersonId};
use serde_json::json;

use crate::Ports;
use crate::book::{BookError, to_open};
use crate::store::guests::{self as rows, Guest, NewGuest};
use crate::store::{Booking, StoreError};

/// A booking as access is asked to open it: its times, its guests, one code or many.
pub async fn opened(tx: &mut TenantTx, booking: &Booking) -> Result<BookingToOpen, StoreError> {
    let times: Vec<OccurrenceId> = booking.times.iter().map(|time| time.id).collect();
    let guests = rows::of_booking(tx, booking.id).await?.into_iter().filter(is_let_in);
    let guests = guests.map(|guest| GuestToOpen { guest: guest.id, occurrences: guest.times.among(&times) });
    Ok(BookingToOpen {
        code_each_time: rows::code_each_time(tx, booking.id).await?,
        guests: guests.filter(|guest| !guest.occurrences.is_empty()).collect(),
        ..to_open(booking.id, booking.number, &booking.times)
    })
}

/// Whether a guest's right was not taken back.
pub fn is_let_in(guest: &Guest) -> bool {
    guest.taken_back_at.is_none()
}

/// Somebody to be let in.
#[derive(Debug)]
pub struct Invitation {
    /// What the booker calls them.
    pub name: PersonName,
    /// Where they are written to.
    pub email: Option<Email>,
    /// In which language.
    pub language: &'static str,
    /// When they are let in.
    pub times: GuestTimes,
}

/// What became of an invitation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Invited {
    /// They have a code.
    Done(GuestId),
    /// There is no room for one more.
    Full(FullHouse),
    /// The booking opens nothing now, or not at any of these times.
    Nothing,
}

/// Lets somebody in, in one transaction. The booking is as the caller read it in `tx`, locked.
pub async fn let_in(
    mut tx: TenantTx,
    ports: &Ports,
    by: PersonId,
    booking: &Booking,
    invitation: &Invitation,
) -> Result<Invited, BookError> {
    let times: Vec<OccurrenceId> = booking.times.iter().map(|time| time.id).collect();
    let wanted = invitation.times.among(&times).len();
    if booking.status.state() != State::Confirmed || booking.ends_at() <= tx.now() || wanted == 0 {
        return Ok(Invited::Nothing);
    }
    // Where no door opens by a code there is none to give.
    if ports.access.of_booking(&mut tx, booking.id, false).await?.is_none() {
        return Ok(Invited::Nothing);
    }
    let ever = rows::of_booking(&mut tx, booking.id).await?;
    let others: Vec<usize> =
        ever.iter().filter(|guest| is_let_in(guest)).map(|guest| guest.times.among(&times).len()).collect();
    if let Err(full) = room_for_guest(&others, ever.len(), wanted) {
        return Ok(Invited::Full(full));
    }
    let guest: GuestId = tx.new_id();
    let new = NewGuest {
        id: guest,
        name: &invitation.name,
        email: invitation.email.as_ref(),
        language: invitation.language,
        times: &invitation.times,
    };
    rows::add(&mut tx, booking.id, by, &new).await?;
    let opened = opened(&mut tx, booking).await?;
    ports.access.change(&mut tx, &opened).await?;
    // The name stays where it is kept; the audit has ids.
    let detail = json!({ "number": booking.number, "guest": guest, "times": wanted });
    tx.audit(Actor::Person(by), "booking.guest_let_in", Some(booking.id.uuid()), &detail).await?;
    tx.emit(&GuestLetIn { booking: booking.id, guest }).await?;
    tx.commit().await?;
    Ok(Invited::Done(guest))
}

/// Takes a guest's right back, in one transaction; again it is nothing. The booking is as the caller read it in `tx`,
/// locked.
pub async fn take_back(
    mut tx: TenantTx,
    ports: &Ports,
    by: PersonId,
    booking: &Booking,
    guest: GuestId,
) -> Result<bool, BookError> {
    if !rows::take_back(&mut tx, booking.id, guest).await? {
        return Ok(false);
    }
    if booking.status.state() == State::Confirmed {
        let opened = opened(&mut tx, booking).await?;
        ports.access.change(&mut tx, &opened).await?;
    }
    let detail = json!({ "number": booking.number, "guest": guest });
    tx.audit(Actor::Person(by), "booking.guest_taken_back", Some(booking.id.uuid()), &detail).await?;
    tx.emit(&GuestTakenBack { booking: booking.id, guest }).await?;
    tx.commit().await?;
    Ok(true)
}

/// Gives each time of a booking a code of its own, or all times one again, in one transaction. The booking is as the
/// caller read it in `tx`, locked.
pub async fn code_each_time(
    mut tx: TenantTx,
    ports: &Ports,
    by: PersonId,
    booking: &Booking,
    each: bool,
) -> Result<(), BookError> {
    if rows::code_each_time(&mut tx, booking.id).await? == each
        || booking.status.state() != State::Confirmed
        || booking.ends_at() <= tx.now()
    {
        return Ok(());
    }
    rows::set_code_each_time(&mut tx, booking.id, each).await?;
    let opened = opened(&mut tx, booking).await?;
    ports.access.change(&mut tx, &opened).await?;
    let detail = json!({ "number": booking.number, "each_time": each });
    tx.audit(Actor::Person(by), "booking.codes_changed", Some(booking.id.uuid()), &detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Lets a booking's guests go with times that are moved: each new time, in order, stands for an old one.
pub async fn follow(
    tx: &mut TenantTx,
    booking: &Booking,
    given_up: &[OccurrenceId],
    taken: &[OccurrenceId],
) -> Result<(), StoreError> {
    if taken.is_empty() {
        return Ok(());
    }
    for guest in rows::of_booking(tx, booking.id).await?.iter().filter(|guest| is_let_in(guest)) {
        let new = guest.times.follow(given_up, taken);
        // At most GUESTS_MAX statements, and only for those who are let in at chosen times.
        if !new.is_empty() {
            rows::add_times(tx, guest.id, &new).await?;
        }
    }
    Ok(())
}

/// Lets a booking's guests go with times that become a booking of their own, with the codes that they have. Before the
/// times that are kept are told to access. The new booking is as it was just written.
pub async fn go_along(
    tx: &mut TenantTx,
    ports: &Ports,
    from: &Booking,
    to: &Booking,
    times: &[(OccurrenceId, OccurrenceId)],
) -> Result<(), BookError> {
    let kept: Vec<OccurrenceId> = from.times.iter().map(|time| time.id).collect();
    let (mut guests, mut leave) = (Vec::new(), Vec::new());
    for guest in rows::of_booking(tx, from.id).await?.into_iter().filter(is_let_in) {
        let Parted { stays, goes } = guest.times.part(&kept, times);
        if goes.is_some() {
            guests.push((guest.id, tx.new_id::<GuestId>()));
            if !stays {
                leave.push(guest.id);
            }
        }
    }
    if guests.is_empty() {
        return Ok(());
    }
    rows::copy(tx, to.id, &guests, times).await?;
    rows::leave(tx, &leave).await?;
    let handed = HandedOver {
        from: from.id,
        to: to.id,
        number: to.number,
        times: times.to_vec(),
        guests: guests.clone(),
    };
    ports.access.hand_over(tx, &handed).await?;
    // Each is told of the new booking's times, with the code.
    for (_, guest) in guests {
        tx.emit(&GuestLetIn { booking: to.id, guest }).await?;
    }
    Ok(())
}
