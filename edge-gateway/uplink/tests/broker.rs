//! The uplink against a real Mosquitto with TLS 1.3, client certificates and an ACL.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use gateway_core::Input;
use gateway_uplink::{Enrolled, Enrolment, Uplink, enrol};
use protocols_wire::{Kind, MESSAGE_BYTES_MAX, Topic, UnixMs};
use support::broker::{Broker, CloudEnd, SOON};
use support::{City, Cloud, gateway};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Enrols as a gateway does, for a broker on that port.
async fn enrolled(city: &Arc<City>, port: u16) -> Enrolled {
    let leaf = city.leaf("osteraker.localhost");
    let chain = vec![leaf.certificate, city.authority.der().clone(), city.root.der().clone()];
    let answering = Arc::clone(city);
    let cloud = Cloud::serve(chain, &leaf.key, move |request| {
        (200, serde_json::to_vec(&answering.answer(&request, gateway(), port)).unwrap())
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let url = cloud.url("osteraker.localhost");
    let enrolment = Enrolment { cloud: &url, code: "0123456789", root_fingerprint: &city.fingerprint() };
    enrol(&enrolment, folder.path()).await.unwrap()
}

fn start(enrolled: &Enrolled) -> (Uplink, mpsc::Receiver<Input>) {
    Uplink::start(enrolled, b"last will".to_vec(), UnixMs(0)).unwrap()
}

async fn next(inputs: &mut mpsc::Receiver<Input>) -> Input {
    timeout(SOON, inputs.recv()).await.expect("something happens").expect("the uplink runs")
}

fn received(kind: Kind, payload: &[u8]) -> Input {
    Input::Received { topic: Topic::new(gateway(), kind).to_string(), payload: payload.to_vec() }
}

#[tokio::test]
async fn messages_go_both_ways_up_to_their_greatest_length() {
    let city = Arc::new(City::found());
    let broker = Broker::start(&city).await;
    let mut cloud = CloudEnd::connect(&city, &broker).await;
    let (uplink, mut inputs) = start(&enrolled(&city, broker.port).await);
    assert_eq!(next(&mut inputs).await, Input::BrokerConnected);

    let long = vec![7; MESSAGE_BYTES_MAX];
    for kind in Kind::DOWN {
        cloud.send(kind, &long).await;
        assert_eq!(next(&mut inputs).await, received(kind, &long));
    }
    for kind in Kind::UP {
        uplink.publish(kind, long.clone());
        assert_eq!(cloud.next(kind).await, long);
    }
    uplink.stop(b"farewell".to_vec()).await;
    assert_eq!(cloud.next(Kind::State).await, b"farewell");
    // The broker keeps the farewell, not the last will.
    let mut later = CloudEnd::connect(&city, &broker).await;
    assert_eq!(later.next(Kind::State).await, b"farewell");
}

#[tokio::test]
async fn everything_that_is_sent_after_a_new_connection_arrives_in_order() {
    const MESSAGES: u16 = 500;
    let city = Arc::new(City::found());
    let mut broker = Broker::start(&city).await;
    let (uplink, mut inputs) = start(&enrolled(&city, broker.port).await);
    assert_eq!(next(&mut inputs).await, Input::BrokerConnected);

    broker.mosquitto.stop().await;
    assert_eq!(next(&mut inputs).await, Input::BrokerLost);
    uplink.publish(Kind::Journal, b"into the void".to_vec());
    broker.mosquitto.begin_anew().await;
    let mut cloud = CloudEnd::connect(&city, &broker).await;
    assert_eq!(next(&mut inputs).await, Input::BrokerConnected);
    for number in 0..MESSAGES {
        uplink.publish(Kind::Journal, number.to_be_bytes().to_vec());
    }
    for number in 0..MESSAGES {
        assert_eq!(cloud.next(Kind::Journal).await, number.to_be_bytes());
    }
}

#[tokio::test]
async fn what_was_sent_down_while_the_gateway_was_away_waits_for_it() {
    let city = Arc::new(City::found());
    let broker = Broker::start(&city).await;
    let cloud = CloudEnd::connect(&city, &broker).await;
    let enrolled = enrolled(&city, broker.port).await;
    let (uplink, mut inputs) = start(&enrolled);
    assert_eq!(next(&mut inputs).await, Input::BrokerConnected);
    uplink.stop(b"farewell".to_vec()).await;

    cloud.send(Kind::Grants, b"a delta").await;
    let (_uplink, mut inputs) = start(&enrolled);
    let mut seen = [next(&mut inputs).await, next(&mut inputs).await];
    seen.sort_by_key(|input| *input == Input::BrokerConnected);
    assert_eq!(seen, [received(Kind::Grants, b"a delta"), Input::BrokerConnected]);
}

#[tokio::test]
async fn a_gateway_that_goes_silent_leaves_its_last_will() {
    let city = Arc::new(City::found());
    let broker = Broker::start(&city).await;
    let mut cloud = CloudEnd::connect(&city, &broker).await;
    let enrolled = enrolled(&city, broker.port).await;
    let (uplink, mut inputs) = start(&enrolled);
    assert_eq!(next(&mut inputs).await, Input::BrokerConnected);
    uplink.publish(Kind::State, b"here".to_vec());
    assert_eq!(cloud.next(Kind::State).await, b"here");
    drop((uplink, inputs));
    assert_eq!(cloud.next(Kind::State).await, b"last will");
}

#[tokio::test]
async fn a_broker_of_another_city_is_never_spoken_to() {
    let (city, other) = (Arc::new(City::found()), Arc::new(City::found()));
    let broker = Broker::start(&other).await;
    let (_uplink, mut inputs) = start(&enrolled(&city, broker.port).await);
    let connected = timeout(Duration::from_secs(2), inputs.recv()).await;
    assert!(connected.is_err(), "{connected:?}");
}
