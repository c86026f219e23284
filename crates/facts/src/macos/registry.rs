//! The I/O Registry: drivers and what they say of their hardware (IOKit).
#![expect(unsafe_code, reason = "the I/O Registry is only there through IOKit's functions")]

use std::ffi::{CStr, c_char};

use deskside_protocol::limits::FACTS_LIST;
use objc2_core_foundation::{CFData, CFPropertyListCreateData, CFPropertyListFormat, CFRetained, CFString, CFType};
use objc2_io_kit::{
    IOIteratorNext, IOObjectRelease, IORegistryEntryCreateCFProperty, IORegistryEntrySearchCFProperty,
    IOServiceGetMatchingServices, IOServiceMatching, io_object_t, kIOMainPortDefault, kIORegistryIterateParents,
    kIORegistryIterateRecursively, kIOServicePlane,
};
use plist::{Dictionary, Value};

use super::plists;

/// A reference to an object of the kernel, given back when it goes.
struct Object(io_object_t);

impl Object {
    fn new(object: io_object_t) -> Option<Self> {
        (object != 0).then_some(Self(object))
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        IOObjectRelease(self.0);
    }
}

/// A driver.
pub(crate) struct Entry(Object);

/// The drivers of a class, [`FACTS_LIST`] at most; none if there is no such class.
pub(crate) fn of_class(class: &CStr) -> Vec<Entry> {
    let mut found = 0;
    // SAFETY: the name ends with a zero; the call takes over the dictionary and fills in an iterator, which is released when
    // `Object` goes.
    let status = unsafe {
        let Some(matching) = IOServiceMatching(class.as_ptr()) else { return Vec::new() };
        IOServiceGetMatchingServices(kIOMainPortDefault, Some(CFRetained::cast_unchecked(matching)), &raw mut found)
    };
    let Some(iterator) = Object::new(found).filter(|_| status == 0) else { return Vec::new() };
    std::iter::from_fn(|| Object::new(IOIteratorNext(iterator.0)).map(Entry)).take(FACTS_LIST).collect()
}

impl Entry {
    /// A property of the driver itself.
    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        let key = CFString::from_str(name);
        // SAFETY: the entry is held by `self`, the key lives through the call, the default allocator is asked for.
        let value = unsafe { IORegistryEntryCreateCFProperty(self.0.0, Some(&key), None, 0) }?;
        value_of(&value)
    }

    /// A property of the driver or of what it hangs on, the nearest first.
    pub(crate) fn value_of_parents(&self, name: &str) -> Option<Value> {
        let key = CFString::from_str(name);
        // io_name_t is an array of 128 letters.
        let mut plane: [c_char; 128] = [0; 128];
        for (letter, byte) in plane.iter_mut().zip(kIOServicePlane.to_bytes()) {
            *letter = c_char::from_ne_bytes([*byte]);
        }
        let how = kIORegistryIterateRecursively | kIORegistryIterateParents;
        // SAFETY: as above; the plane's name ends with a zero within its array, which the call only reads.
        let value = unsafe { IORegistryEntrySearchCFProperty(self.0.0, &raw mut plane, Some(&key), None, how) }?;
        value_of(&value)
    }

    /// Those of these properties that the driver has, as one dictionary.
    pub(crate) fn values(&self, names: &[&str]) -> Value {
        let found = names.iter().filter_map(|name| Some(((*name).to_owned(), self.value(name)?)));
        Value::Dictionary(found.collect::<Dictionary>())
    }
}

/// A value of Core Foundation; `None` if it holds what a property list cannot.
pub(crate) fn value_of(value: &CFType) -> Option<Value> {
    // SAFETY: the value lives through the call, which refuses what is no property list; no error is asked for.
    let data: CFRetained<CFData> = unsafe {
        CFPropertyListCreateData(None, Some(value), CFPropertyListFormat::BinaryFormat_v1_0, 0, std::ptr::null_mut())
    }?;
    plists::parse(&data.to_vec()).ok()
}
