//! What is fetched, and how often it is asked for.

use protocols_wire::UnixMs;

use super::rig::*;
use crate::*;

const DAY_MS: i64 = 24 * HOUR_MS;

/// How many fetches were asked for since the last look, each with whether it asks for a certificate.
fn asked(rig: &mut Rig) -> Vec<bool> {
    let asked = rig.outputs.iter().filter_map(|output| match output {
        Output::Fetch { certificate } => Some(*certificate),
        _ => None,
    });
    let asked = asked.collect();
    rig.outputs.clear();
    asked
}

fn fetched(certificate: Option<CertificateTimes>) -> Input {
    Input::Fetched { fetched: Box::new(Fetched { certificate, ..Fetched::default() }) }
}

#[test]
fn a_certificate_that_ages_is_asked_for_with_growing_pauses_until_it_comes() {
    let mut rig = Rig::hall();
    rig.pass(280 * DAY_MS);
    assert_eq!(asked(&mut rig), [], "nobody can be asked without a connection");
    rig.input(Input::BrokerConnected);
    assert_eq!(asked(&mut rig), [true]);
    // All the rest came, and a certificate that was not accepted.
    rig.input(fetched(None));
    assert_eq!(asked(&mut rig), []);
    let retry_ms = i64::try_from(FETCH_RETRY_MS).unwrap();
    rig.pass(retry_ms);
    assert_eq!(asked(&mut rig), [true]);
    rig.input(Input::FetchFailed);
    rig.pass(retry_ms);
    assert_eq!(asked(&mut rig), []);
    rig.pass(retry_ms);
    assert_eq!(asked(&mut rig), [true]);
    let now = rig.now.wall;
    rig.input(fetched(Some(CertificateTimes { not_before: now, not_after: now.plus_ms(400 * DAY_MS) })));
    rig.pass(HOUR_MS);
    assert_eq!(asked(&mut rig), []);
    assert!(rig.core.state(rig.now).certificate_expires_at > Some(UnixMs(now.0)));
}
