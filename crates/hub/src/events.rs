//! What those who are connected are told: "look again", never the news itself. A nudge that is lost or doubled does no
//! harm, because the fetch that follows starts at the other end's own cursor.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use deskside_protocol::DeviceId;
use deskside_protocol::desk::ConsoleChange;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};

use crate::limits;
use crate::store::Change;

/// Who is connected.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    devices: Arc<Mutex<HashMap<DeviceId, Channel>>>,
    console: broadcast::Sender<ConsoleChange>,
    consoles: Arc<Semaphore>,
}

#[derive(Debug)]
struct Channel {
    /// The newest place in the device's feed. A `watch` keeps only the newest: a slow listener costs nothing.
    newest: watch::Sender<i64>,
    streams: usize,
}

/// One open stream of a device; makes room when dropped.
#[derive(Debug)]
pub(crate) struct DeviceStream {
    pub(crate) newest: watch::Receiver<i64>,
    device: DeviceId,
    devices: Arc<Mutex<HashMap<DeviceId, Channel>>>,
}

/// One open stream of a console; makes room when dropped.
#[derive(Debug)]
pub(crate) struct ConsoleStream {
    pub(crate) changes: broadcast::Receiver<ConsoleChange>,
    _room: OwnedSemaphorePermit,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self {
            devices: Arc::default(),
            console: broadcast::Sender::new(256),
            consoles: Arc::new(Semaphore::new(limits::CONSOLE_STREAMS)),
        }
    }

    /// Opens a stream for a device; `None` if it has too many.
    pub(crate) fn listen(&self, device: DeviceId) -> Option<DeviceStream> {
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        let channel = devices.entry(device).or_insert_with(|| Channel { newest: watch::Sender::new(0), streams: 0 });
        if channel.streams >= limits::STREAMS_PER_DEVICE {
            return None;
        }
        channel.streams += 1;
        Some(DeviceStream { newest: channel.newest.subscribe(), device, devices: Arc::clone(&self.devices) })
    }

    /// Opens a stream for a console; `None` if there are too many.
    pub(crate) fn listen_as_console(&self) -> Option<ConsoleStream> {
        let room = Arc::clone(&self.consoles).try_acquire_owned().ok()?;
        Some(ConsoleStream { changes: self.console.subscribe(), _room: room })
    }

    /// How many streams are open: of devices, of consoles.
    pub(crate) fn open(&self) -> (usize, usize) {
        let devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        let consoles = limits::CONSOLE_STREAMS.saturating_sub(self.consoles.available_permits());
        (devices.values().map(|channel| channel.streams).sum(), consoles)
    }

    /// Tells whom it concerns.
    pub(crate) fn tell(&self, change: Change) {
        let devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = devices.get(&change.device) {
            // Only forward: a change that the requester cannot see repeats an old place.
            channel.newest.send_if_modified(|newest| {
                let is_news = change.visible_sequence > *newest;
                *newest = change.visible_sequence.max(*newest);
                is_news
            });
        }
        drop(devices);
        let _nobody_listens = self.console.send(ConsoleChange { number: change.number, created: change.created });
    }

    /// Closes the streams of a device whose credential was withdrawn.
    pub(crate) fn dismiss(&self, device: DeviceId) {
        // Without its sender a receiver ends.
        self.devices.lock().unwrap_or_else(PoisonError::into_inner).remove(&device);
    }
}

impl Drop for DeviceStream {
    fn drop(&mut self) {
        let mut devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = devices.get_mut(&self.device) {
            channel.streams = channel.streams.saturating_sub(1);
            if channel.streams == 0 {
                devices.remove(&self.device);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(device: DeviceId, visible_sequence: i64) -> Change {
        Change { number: 1, device, created: false, visible_sequence }
    }

    #[test]
    fn a_device_hears_of_its_own_news_only_and_only_once() {
        let events = Events::new();
        let (mine, theirs) = (DeviceId::new(), DeviceId::new());
        let mut stream = events.listen(mine).unwrap();
        stream.newest.borrow_and_update();
        events.tell(change(theirs, 5));
        assert!(!stream.newest.has_changed().unwrap());
        events.tell(change(mine, 6));
        assert_eq!(*stream.newest.borrow_and_update(), 6);
        events.tell(change(mine, 6));
        assert!(!stream.newest.has_changed().unwrap(), "an internal note is no news to the device");
    }

    #[test]
    fn streams_are_counted_and_room_comes_back() {
        let events = Events::new();
        let device = DeviceId::new();
        let streams: Vec<_> = (0..limits::STREAMS_PER_DEVICE).map(|_| events.listen(device).unwrap()).collect();
        assert!(events.listen(device).is_none());
        drop(streams);
        assert!(events.listen(device).is_some());
    }

    #[test]
    fn a_dismissed_device_hears_the_end() {
        let events = Events::new();
        let device = DeviceId::new();
        let stream = events.listen(device).unwrap();
        events.dismiss(device);
        assert!(stream.newest.has_changed().is_err());
    }
}
