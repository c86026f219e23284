//! Who asks: devices by their credential, people by their session.

pub(crate) mod device;
pub(crate) mod passwords;
pub(crate) mod person;
pub(crate) mod secrets;
