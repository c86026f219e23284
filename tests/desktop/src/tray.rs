//! A tray host: the StatusNotifierWatcher that items register with, and the clicks of somebody who sees them.
//!
//! Freedesktop "Status Notifier Item" and Canonical's `com.canonical.dbusmenu`, as KDE, XFCE and GNOME's extension speak them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use zbus::fdo::DBusProxy;
use zbus::names::BusName;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Structure, Value};
use zbus::{Connection, Proxy, connection, interface};

use crate::programs::wait_until;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// Registered items.
type Items = Arc<Mutex<Registry>>;

#[derive(Default)]
struct Registry {
    /// As "bus name/object path".
    items: Vec<String>,
    /// When the newest came.
    last: Option<Instant>,
}

struct Watcher {
    items: Items,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    async fn register_status_notifier_item(
        &self,
        service: &str,
        #[zbus(header)] header: zbus::message::Header<'_>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> zbus::fdo::Result<()> {
        // Some give a bus name, some the path of their item.
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let path = if service.starts_with('/') { service } else { "/StatusNotifierItem" };
        let item = format!("{sender}{path}");
        {
            let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
            if items.items.contains(&item) {
                return Ok(());
            }
            items.items.push(item.clone());
            items.last = Some(Instant::now());
        }
        Self::status_notifier_item_registered(&emitter, &item).await?;
        Ok(())
    }

    async fn register_status_notifier_host(&self, _service: &str, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) {
        let _ = Self::status_notifier_host_registered(&emitter).await;
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).items.clone()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_item_registered(emitter: &SignalEmitter<'_>, service: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn status_notifier_item_unregistered(emitter: &SignalEmitter<'_>, service: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn status_notifier_host_registered(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

/// The tray host. Ends with its handle, as when a panel is closed.
pub struct TrayHost {
    connection: Connection,
    items: Items,
}

impl TrayHost {
    /// Starts one on a session bus.
    ///
    /// # Errors
    /// The bus cannot be reached or has a tray host already.
    pub async fn start(address: &str) -> anyhow::Result<Self> {
        let items = Items::default();
        let connection = connection::Builder::address(address)?
            .serve_at("/StatusNotifierWatcher", Watcher { items: Arc::clone(&items) })?
            .name(WATCHER)?
            .build()
            .await
            .context("could not become the tray host")?;
        tokio::spawn(forget_the_gone(connection.clone(), Arc::clone(&items)));
        Ok(Self { connection, items })
    }

    /// Items there are now.
    #[must_use]
    pub fn items(&self) -> Vec<TrayItem> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner).items.clone();
        items.iter().filter_map(|item| TrayItem::parse(&self.connection, item)).collect()
    }

    /// When the newest item came.
    #[must_use]
    pub fn last_registration(&self) -> Option<Instant> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).last
    }

    /// Waits for an item, and returns the first.
    ///
    /// # Errors
    /// None came within `limit`.
    pub async fn item(&self, limit: Duration) -> anyhow::Result<TrayItem> {
        wait_until("an item in the tray", limit, async || Ok(self.items().into_iter().next())).await
    }

    /// Closes the tray host; items should come back to the next one.
    ///
    /// # Errors
    /// The bus is gone.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.connection.close().await.context("could not leave the bus")
    }
}

/// Takes items away whose program has left the bus.
async fn forget_the_gone(connection: Connection, items: Items) -> anyhow::Result<()> {
    use futures_util::StreamExt as _;
    let mut changes = DBusProxy::new(&connection).await?.receive_name_owner_changed().await?;
    let watcher = connection.object_server().interface::<_, Watcher>("/StatusNotifierWatcher").await?;
    while let Some(change) = changes.next().await {
        let change = change.args()?;
        if change.new_owner().is_some() {
            continue;
        }
        let BusName::Unique(name) = change.name() else { continue };
        let prefix = format!("{name}/");
        let gone: Vec<_> = {
            let mut items = items.lock().unwrap_or_else(PoisonError::into_inner);
            items.items.extract_if(.., |item| item.starts_with(&prefix)).collect()
        };
        for item in gone {
            Watcher::status_notifier_item_unregistered(watcher.signal_emitter(), &item).await?;
        }
    }
    Ok(())
}

/// An icon in the tray.
#[derive(Debug, Clone)]
pub struct TrayItem {
    connection: Connection,
    service: String,
    path: OwnedObjectPath,
}

/// An entry of its menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuEntry {
    id: i32,
    /// What it says, without the mark of its access key.
    pub label: String,
    /// Whether it can be chosen.
    pub enabled: bool,
    /// Whether it is shown.
    pub visible: bool,
    /// Whether it is a line between groups.
    pub separator: bool,
}

impl TrayItem {
    fn parse(connection: &Connection, item: &str) -> Option<Self> {
        let (service, path) = item.split_once('/')?;
        let path = OwnedObjectPath::try_from(format!("/{path}")).ok()?;
        Some(Self { connection: connection.clone(), service: service.to_owned(), path })
    }

    async fn proxy(&self, interface: &'static str, path: OwnedObjectPath) -> anyhow::Result<Proxy<'static>> {
        let builder = zbus::proxy::Builder::<Proxy<'static>>::new(&self.connection)
            .destination(self.service.clone())?
            .path(path)?
            .interface(interface)?
            // What the item says now, not what it said when it was first asked.
            .cache_properties(zbus::proxy::CacheProperties::No);
        Ok(builder.build().await?)
    }

    async fn property<T>(&self, name: &str) -> anyhow::Result<T>
    where
        T: TryFrom<OwnedValue>,
        T::Error: Into<zbus::Error>,
    {
        let proxy = self.proxy(ITEM, self.path.clone()).await?;
        proxy.get_property(name).await.with_context(|| format!("the tray item has no {name}"))
    }

    /// Its title, which screen readers say.
    ///
    /// # Errors
    /// The item is gone.
    pub async fn title(&self) -> anyhow::Result<String> {
        self.property("Title").await
    }

    /// "Active", "Passive" or "NeedsAttention".
    ///
    /// # Errors
    /// The item is gone.
    pub async fn status(&self) -> anyhow::Result<String> {
        self.property("Status").await
    }

    /// The name of its icon in the theme; empty if it gives pixels.
    ///
    /// # Errors
    /// The item is gone.
    pub async fn icon_name(&self) -> anyhow::Result<String> {
        self.property("IconName").await
    }

    /// Its icon's pixels in every size there is: width, height, ARGB in network byte order.
    ///
    /// # Errors
    /// The item is gone.
    pub async fn icon_pixels(&self) -> anyhow::Result<Vec<(i32, i32, Vec<u8>)>> {
        let value: OwnedValue = self.property("IconPixmap").await?;
        Ok(Vec::<(i32, i32, Vec<u8>)>::try_from(Value::from(value))?)
    }

    /// What hovering shows: title and text.
    ///
    /// # Errors
    /// The item is gone.
    pub async fn tooltip(&self) -> anyhow::Result<(String, String)> {
        let value: OwnedValue = self.property("ToolTip").await?;
        let tip = Structure::try_from(value)?;
        match tip.fields() {
            [_icon, _pixels, Value::Str(title), Value::Str(text)] => Ok((title.to_string(), text.to_string())),
            other => bail!("not a tooltip: {other:?}"),
        }
    }

    /// A click on the icon itself.
    ///
    /// # Errors
    /// The item is gone or does not take clicks.
    pub async fn activate(&self) -> anyhow::Result<()> {
        let proxy = self.proxy(ITEM, self.path.clone()).await?;
        proxy.call::<_, _, ()>("Activate", &(0, 0)).await.context("the tray item does not take clicks")
    }

    async fn menu_proxy(&self) -> anyhow::Result<Proxy<'static>> {
        let path: OwnedObjectPath = self.property("Menu").await?;
        self.proxy(MENU, path).await
    }

    /// Its menu, submenus flattened, as it would show now.
    ///
    /// # Errors
    /// The item is gone or has no menu.
    pub async fn menu(&self) -> anyhow::Result<Vec<MenuEntry>> {
        let proxy = self.menu_proxy().await?;
        // The item may fill its menu only now; not all know this call.
        let _ = proxy.call::<_, _, bool>("AboutToShow", &(0,)).await;
        let (_revision, root): (u32, Node) =
            proxy.call("GetLayout", &(0, -1, Vec::<String>::new())).await.context("the tray item has no menu")?;
        let mut entries = Vec::new();
        flatten(&root, &mut entries)?;
        Ok(entries)
    }

    /// Chooses the entry of the menu with this label.
    ///
    /// # Errors
    /// There is none, or it cannot be chosen.
    pub async fn choose(&self, label: &str) -> anyhow::Result<()> {
        let menu = self.menu().await?;
        let entry = menu
            .iter()
            .find(|entry| entry.label == label)
            .with_context(|| format!("no {label:?} in the menu {:?}", labels(&menu)))?;
        if !(entry.enabled && entry.visible) {
            bail!("{label:?} is in the menu but cannot be chosen");
        }
        let proxy = self.menu_proxy().await?;
        proxy
            .call::<_, _, ()>("Event", &(entry.id, "clicked", Value::from(""), 0_u32))
            .await
            .context("the click failed")
    }
}

fn labels(menu: &[MenuEntry]) -> Vec<&str> {
    menu.iter().map(|entry| entry.label.as_str()).collect()
}

/// `(ia{sv}av)`: id, properties, children.
type Node = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

fn flatten(node: &Node, entries: &mut Vec<MenuEntry>) -> anyhow::Result<()> {
    let (id, properties, children) = node;
    // The root is the menu itself.
    if *id != 0 {
        let text = |name: &str| properties.get(name).and_then(|value| <&str>::try_from(value).ok()).unwrap_or_default();
        let yes = |name: &str| properties.get(name).and_then(|value| bool::try_from(value).ok()).unwrap_or(true);
        entries.push(MenuEntry {
            id: *id,
            label: without_access_key(text("label")),
            enabled: yes("enabled"),
            visible: yes("visible"),
            separator: text("type") == "separator",
        });
    }
    for child in children {
        let child: Node = Value::from(child.try_clone()?).try_into().context("a menu entry of another shape")?;
        flatten(&child, entries)?;
    }
    Ok(())
}

/// In labels a single underscore marks the access key; two are an underscore.
fn without_access_key(label: &str) -> String {
    label.replace("__", "\u{0}").replace('_', "").replace('\u{0}', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_key_is_not_part_of_the_label() {
        assert_eq!(without_access_key("_Open my__file"), "Open my_file");
    }
}
