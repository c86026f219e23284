//! The dynamic store of SystemConfiguration: the network as it is now, and who is at the screen.
#![expect(unsafe_code, reason = "the dynamic store is only there through SystemConfiguration's functions")]

use objc2_core_foundation::{CFRetained, CFString};
use objc2_system_configuration::SCDynamicStore;
use plist::Value;

use super::registry::value_of;
use crate::Failure;

/// A connection to the store.
pub(crate) struct Store(CFRetained<SCDynamicStore>);

impl Store {
    /// Connects.
    pub(crate) fn open() -> Result<Self, Failure> {
        let name = CFString::from_static_str("deskside");
        // SAFETY: without a function to call back no context is needed.
        unsafe { SCDynamicStore::new(None, &name, None, std::ptr::null_mut()) }
            .map(Self)
            .ok_or_else(|| Failure::broken("the dynamic store cannot be opened"))
    }

    /// What it holds at a key.
    pub(crate) fn value(&self, key: &str) -> Option<Value> {
        value_of(&*SCDynamicStore::value(Some(&self.0), &CFString::from_str(key))?)
    }
}
