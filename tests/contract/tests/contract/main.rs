//! The same story for every helpdesk. Each holds its column of the table in `docs/helpdesks.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod exactly_once;
mod gateway;
mod glpi;
mod glpi_high_level;
mod glpi_signed_in;
mod hub;
mod mantis;
mod outbox;
mod probe;
mod rt;
