//! The module against a real Postgres, with a gateway's table and key as the peer.

mod amnesia;
mod bench;
mod bulk;
mod end_to_end;
mod enrolment;
mod faults;
mod guests;
mod ingest;
mod journal;
mod keys;
mod keys_page;
mod offline;
mod orders;
mod pages;
mod port;
mod replicas;
mod restore;
mod rotation;
mod site;
mod table_hash;
