//! Devices prove themselves with the credential that they got at enrolment (`Authorization: Bearer`, RFC 6750).

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};
use deskside_protocol::{DeviceId, ErrorCode};

use super::secrets;
use crate::problem::ApiError;
use crate::state::AppState;

/// Prefix of device credentials.
pub(crate) const CREDENTIAL: &str = "dsk_";
/// Prefix of enrolment tokens.
pub(crate) const TOKEN: &str = "dst_";

/// A device that has proved itself and is within its rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Device(pub(crate) DeviceId);

impl FromRequestParts<Arc<AppState>> for Device {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let refused = || ApiError::new(ErrorCode::Unauthorized, "this device's credential is not accepted");
        let credential = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, credential)| credential.trim())
            .filter(|credential| credential.starts_with(CREDENTIAL) && credential.len() < 100)
            .ok_or_else(refused)?;
        // Found by its digest: what an attacker could learn from the index's timing is a digest, not the credential.
        let device = state.store.device_of(&secrets::digest(credential)).await?.ok_or_else(refused)?;
        state.rates.device(device.id)?;
        // A note for the console; for its sake nobody is turned away.
        if let Err(error) = state.store.device_seen(device).await {
            tracing::warn!(%error, "when a device was last seen could not be noted");
        }
        Ok(Self(device.id))
    }
}
