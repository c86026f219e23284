//! Everything that goes wrong around the agent, and what must come of it: nothing is lost, nothing is doubled, and the
//! user can always write. Each test starts the real programs.
#![cfg(target_os = "linux")]

#[cfg(test)]
mod bus;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod keyring;
#[cfg(test)]
mod network;
#[cfg(test)]
mod random;
#[cfg(test)]
mod read_only;
#[cfg(test)]
mod request_tracker;
#[cfg(test)]
mod suspend;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod world;
