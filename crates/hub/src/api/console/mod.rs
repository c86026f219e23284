//! What the technicians' console asks.

mod management;
mod privacy;
mod session;
mod tickets;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::limits;
use crate::state::AppState;

pub(crate) use management::usable_login;

/// All but files and event streams.
pub(super) fn quick() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(session::sign_in, session::session, session::sign_out))
        .routes(routes!(session::change_password))
        .routes(routes!(tickets::list))
        .routes(routes!(tickets::ticket, tickets::change))
        .routes(routes!(tickets::reply))
        .routes(routes!(management::people, management::add_person))
        .routes(routes!(management::change_person, management::remove_person))
        .routes(routes!(management::reset_password))
        .routes(routes!(management::journal))
        .routes(routes!(privacy::retention))
        .routes(routes!(privacy::requester))
        .routes(routes!(management::devices))
        .routes(routes!(management::revoke_device))
        .routes(routes!(management::tokens, management::make_token))
        .routes(routes!(management::revoke_token))
}

/// What may take its time: all that there is of a person.
pub(super) fn slow() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(privacy::export_requester))
        .routes(routes!(privacy::erase_requester))
        .layer(DefaultBodyLimit::max(limits::JSON_BYTES))
}
