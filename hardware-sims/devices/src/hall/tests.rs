//! The hall as a master on the network meets it.

use std::net::SocketAddr;

use protocols_fieldbus::nodes::{
    EVENTS_AT, Key, MAGIC, NodeEvent, NodeKind, RELEASE_COIL, RUN_REGISTERS, WAITING_AT,
};
use tokio_modbus::ExceptionCode;
use tokio_modbus::client::{Context, Reader as _, Writer as _, tcp};
use tokio_modbus::slave::{Slave, SlaveContext as _};

use super::*;
use crate::scene::{Leaf, Lock};
use crate::site::CLOSER_MS;

async fn hall() -> (Hall, SocketAddr) {
    let hall = Hall::new(&Layout { doors: vec![1, 2], lighting: 3, zones: 2, scanner: None }).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(hall.serve_modbus(listener));
    let running = hall.clone();
    tokio::spawn(async move { running.run().await });
    (hall, address)
}

async fn master(address: SocketAddr, unit: u8) -> Context {
    tcp::connect_slave(address, Slave(unit)).await.unwrap()
}

#[tokio::test]
async fn each_unit_id_is_a_node_of_its_kind_and_others_are_no_target() {
    let (_hall, address) = hall().await;
    let mut master = master(address, 1).await;
    for (unit, kind) in [(1, NodeKind::Door), (2, NodeKind::Door), (3, NodeKind::Lighting)] {
        master.set_slave(Slave(unit));
        let head = master.read_input_registers(0, 2).await.unwrap().unwrap();
        assert_eq!(head, [MAGIC, kind.register()]);
    }
    master.set_slave(Slave(9));
    assert_eq!(master.read_input_registers(0, 2).await.unwrap(), Err(ExceptionCode::GatewayTargetDevice));
}

#[tokio::test]
async fn a_typed_code_reaches_the_master_and_its_release_lets_the_door_open() {
    let (hall, address) = hall().await;
    let mut master = master(address, 1).await;
    for key in [Key::Digit(7), Key::Hash] {
        hall.act(1, Action::Key(key)).unwrap();
    }
    let run = master.read_input_registers(0, RUN_REGISTERS).await.unwrap().unwrap();
    assert_eq!(run[usize::from(WAITING_AT)], 2);
    assert_eq!(run[usize::from(EVENTS_AT) + 1], NodeEvent::Key(Key::Digit(7)).code());
    assert_eq!(run[usize::from(EVENTS_AT) + 5], NodeEvent::Key(Key::Hash).code());

    let mut scenes = hall.watch();
    master.write_single_coil(RELEASE_COIL, true).await.unwrap().unwrap();
    scenes.wait_for(|scene| scene.doors[0].lock == Lock::Released).await.unwrap();
    hall.act(1, Action::Push).unwrap();
    assert_eq!(hall.scene().doors[0].leaf, Leaf::Open);
    assert_eq!(hall.scene().doors[1].lock, Lock::Locked);
}

#[tokio::test]
async fn a_coil_of_the_lighting_node_is_a_lamp_in_the_hall() {
    let (hall, address) = hall().await;
    let mut master = master(address, 3).await;
    master.write_multiple_coils(0, &[true, true]).await.unwrap().unwrap();
    master.write_single_coil(0, false).await.unwrap().unwrap();
    assert_eq!(hall.scene().zones, [false, true]);
    assert_eq!(master.read_coils(0, 8).await.unwrap().unwrap()[..2], [false, true]);
}

#[tokio::test]
async fn a_read_longer_than_modbus_allows_is_refused_in_words() {
    let (_hall, address) = hall().await;
    let mut master = master(address, 1).await;
    assert_eq!(master.read_input_registers(0, 126).await.unwrap(), Err(ExceptionCode::IllegalDataValue));
    assert_eq!(master.read_coils(0, 0).await.unwrap(), Err(ExceptionCode::IllegalDataValue));
}

#[tokio::test]
async fn a_slow_node_answers_late_and_a_silent_one_not_at_all() {
    let (hall, address) = hall().await;
    let mut master = master(address, 1).await;
    master.read_input_registers(0, 1).await.unwrap().unwrap();

    hall.act(1, Action::ReplyDelay(150)).unwrap();
    let asked = Instant::now();
    master.read_input_registers(0, 1).await.unwrap().unwrap();
    assert!(asked.elapsed() >= Duration::from_millis(150));

    hall.act(1, Action::ReplyDelay(0)).unwrap();
    hall.act(1, Action::Silent(true)).unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(300), master.read_input_registers(0, 1)).await;
    assert!(waited.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_open_door_closes_by_the_drivers_clock() {
    let hall = Hall::new(&Layout { doors: vec![1], lighting: 3, zones: 0, scanner: None }).unwrap();
    let running = hall.clone();
    tokio::spawn(async move { running.run().await });
    let mut scenes = hall.watch();
    hall.act(1, Action::Exit).unwrap();
    hall.act(1, Action::Push).unwrap();
    let opened = Instant::now();
    scenes.wait_for(|scene| scene.doors[0].leaf == Leaf::Closed).await.unwrap();
    assert_eq!(opened.elapsed().as_secs(), CLOSER_MS / 1_000);
}
