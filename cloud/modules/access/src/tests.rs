//! The module against a real Postgres, with a gateway's table and key as the peer.

mod bench;
mod end_to_end;
mod enrolment;
mod ingest;
mod offline;
mod pages;
mod port;
mod site;
