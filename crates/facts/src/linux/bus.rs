//! D-Bus: the system's services, asked directly. A service that does not run is never started for a question of ours.

use std::{collections::HashMap, time::Duration};

use zbus::{
    connection,
    proxy::{CacheProperties, MethodFlags},
    zvariant::{DynamicDeserialize, DynamicType, OwnedValue},
};

use crate::{Context, Failure};

/// Longest wait for one answer.
const ANSWER: Duration = Duration::from_millis(1500);

/// A connection to a bus.
pub(crate) struct Bus(zbus::Connection);

/// Properties of an object, by name.
pub(crate) struct Properties(HashMap<String, OwnedValue>);

impl Bus {
    /// The bus of the system's services.
    pub(crate) async fn system(ctx: &Context) -> Result<Self, Failure> {
        let address = match ctx.variable("DBUS_SYSTEM_BUS_ADDRESS") {
            Some(address) => address.to_owned(),
            None => format!("unix:path={}", ctx.path("/run/dbus/system_bus_socket").display()),
        };
        Self::connect(&address).await
    }

    /// The bus of the user's session.
    pub(crate) async fn session(ctx: &Context) -> Result<Self, Failure> {
        let address = match (ctx.variable("DBUS_SESSION_BUS_ADDRESS"), ctx.variable("XDG_RUNTIME_DIR")) {
            (Some(address), _) => address.to_owned(),
            (None, Some(folder)) => format!("unix:path={folder}/bus"),
            (None, None) => return Err(Failure::unavailable("no session bus")),
        };
        Self::connect(&address).await
    }

    async fn connect(address: &str) -> Result<Self, Failure> {
        let building = connection::Builder::address(address).map_err(failure)?.method_timeout(ANSWER).build();
        match tokio::time::timeout(ANSWER, building).await {
            Ok(built) => Ok(Self(built.map_err(failure)?)),
            Err(_) => Err(Failure::timed_out("the bus does not answer")),
        }
    }

    /// Calls a method.
    pub(crate) async fn call<B, R>(
        &self,
        (service, path, interface): (&str, &str, &str),
        method: &str,
        body: &B,
    ) -> Result<R, Failure>
    where
        B: serde::Serialize + DynamicType,
        R: for<'d> DynamicDeserialize<'d>,
    {
        let proxy: zbus::Proxy<'_> = zbus::proxy::Builder::new(&self.0)
            .destination(service.to_owned())
            .and_then(|proxy| proxy.path(path.to_owned()))
            .and_then(|proxy| proxy.interface(interface.to_owned()))
            .map_err(failure)?
            .cache_properties(CacheProperties::No)
            .build()
            .await
            .map_err(failure)?;
        let answer = proxy.call_with_flags(method.to_owned(), MethodFlags::NoAutoStart.into(), body).await;
        answer.map_err(failure)?.ok_or_else(|| Failure::broken(format!("{service}: no answer to {method}")))
    }

    /// All properties of an interface of an object.
    pub(crate) async fn properties(
        &self,
        (service, path, interface): (&str, &str, &str),
    ) -> Result<Properties, Failure> {
        let at = (service, path, "org.freedesktop.DBus.Properties");
        Ok(Properties(self.call(at, "GetAll", &interface).await?))
    }
}

impl Properties {
    /// From the properties that a call returned.
    pub(crate) fn new(properties: HashMap<String, OwnedValue>) -> Self {
        Self(properties)
    }

    /// A property, if it is there and of this type.
    pub(crate) fn get<T: TryFrom<OwnedValue>>(&self, name: &str) -> Option<T> {
        let value = self.0.get(name)?.try_clone().ok()?;
        T::try_from(value).ok()
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get::<String>(name).filter(|text| !text.is_empty())
    }
}

fn failure(error: zbus::Error) -> Failure {
    let detail = format!("D-Bus: {error}");
    if let zbus::Error::InputOutput(io) | zbus::Error::Connection(io, _) = &error {
        return Failure::io("D-Bus", io);
    }
    let zbus::Error::MethodError(name, ..) = &error else { return Failure::broken(detail) };
    match name.as_str() {
        "org.freedesktop.DBus.Error.ServiceUnknown"
        | "org.freedesktop.DBus.Error.NameHasNoOwner"
        | "org.freedesktop.DBus.Error.UnknownMethod"
        | "org.freedesktop.DBus.Error.UnknownInterface"
        | "org.freedesktop.DBus.Error.UnknownObject" => Failure::unavailable(detail),
        "org.freedesktop.DBus.Error.AccessDenied" | "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" => {
            Failure::denied(detail)
        }
        "org.freedesktop.DBus.Error.NoReply" | "org.freedesktop.DBus.Error.Timeout" => Failure::timed_out(detail),
        _ => Failure::broken(detail),
    }
}
