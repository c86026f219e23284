//! The Wi-Fi connections (Native Wifi API).

use ::windows::Win32::{
    Foundation::HANDLE,
    NetworkManagement::WiFi::{
        WLAN_CONNECTION_ATTRIBUTES, WLAN_INTERFACE_INFO_LIST, WlanCloseHandle, WlanEnumInterfaces, WlanFreeMemory,
        WlanOpenHandle, WlanQueryInterface, wlan_intf_opcode_current_connection,
    },
};
use deskside_protocol::{facts::Wifi, limits::FACTS_LIST};

/// The version of the API since Windows Vista.
const CLIENT_VERSION: u32 = 2;

struct Client(HANDLE);

impl Drop for Client {
    #[expect(unsafe_code, reason = "Wi-Fi is only there through the Windows API")]
    fn drop(&mut self) {
        // SAFETY: the handle is ours and is closed once.
        unsafe { WlanCloseHandle(self.0, None) };
    }
}

/// The networks that this machine is connected to; `None` where there is no Wi-Fi service.
#[expect(unsafe_code, reason = "Wi-Fi is only there through the Windows API")]
pub(super) fn networks() -> Option<Vec<Wifi>> {
    let mut negotiated = 0;
    let mut handle = HANDLE::default();
    // SAFETY: both out values live through the call.
    if unsafe { WlanOpenHandle(CLIENT_VERSION, None, &raw mut negotiated, &raw mut handle) } != 0 {
        return None;
    }
    let client = Client(handle);
    let mut list: *mut WLAN_INTERFACE_INFO_LIST = std::ptr::null_mut();
    // SAFETY: on success the call gives a list that says its own length and is given back below.
    unsafe {
        if WlanEnumInterfaces(client.0, None, &raw mut list) != 0 || list.is_null() {
            return None;
        }
        let count = ((*list).dwNumberOfItems as usize).min(FACTS_LIST);
        let first =
            (&raw const (*list).InterfaceInfo).cast::<::windows::Win32::NetworkManagement::WiFi::WLAN_INTERFACE_INFO>();
        let networks = (0..count).filter_map(|index| connected(&client, &(*first.add(index)).InterfaceGuid)).collect();
        WlanFreeMemory(list.cast());
        Some(networks)
    }
}

#[expect(unsafe_code, reason = "Wi-Fi is only there through the Windows API")]
fn connected(client: &Client, interface: &::windows::core::GUID) -> Option<Wifi> {
    let mut size = 0;
    let mut data = std::ptr::null_mut();
    // SAFETY: on success `data` points to the attributes of this question, `size` bytes long, and is given back below.
    unsafe {
        let status = WlanQueryInterface(
            client.0,
            interface,
            wlan_intf_opcode_current_connection,
            None,
            &raw mut size,
            &raw mut data,
            None,
        );
        if status != 0 || data.is_null() {
            return None;
        }
        let wifi = (size as usize >= size_of::<WLAN_CONNECTION_ATTRIBUTES>()).then(|| {
            let found = &(*data.cast::<WLAN_CONNECTION_ATTRIBUTES>()).wlanAssociationAttributes;
            let length = (found.dot11Ssid.uSSIDLength as usize).min(found.dot11Ssid.ucSSID.len());
            let quality = u8::try_from(found.wlanSignalQuality.min(100)).unwrap_or(100);
            Wifi {
                name: String::from_utf8_lossy(&found.dot11Ssid.ucSSID[..length]).into_owned(),
                signal_percent: Some(quality),
                // The documented scale: 0 is -100 dBm, 100 is -50 dBm.
                signal_dbm: Some(i32::from(quality) / 2 - 100),
                frequency_mhz: None,
            }
        });
        WlanFreeMemory(data);
        wifi
    }
}
