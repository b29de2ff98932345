//! Tests of what operators see, over the whole service: figures, traces, health, log.

pub mod city;
mod figures;
mod gateway;
mod health;
mod statements;
mod story;
