//! On Windows: sound cards and cameras as plug-and-play knows them, the default endpoints by the Core Audio APIs.

use ::windows::Win32::{
    Devices::FunctionDiscovery::PKEY_Device_FriendlyName,
    Media::Audio::{
        EDataFlow, Endpoints::IAudioEndpointVolume, IMMDeviceEnumerator, MMDeviceEnumerator, eCapture, eConsole,
        eRender,
    },
    System::Com::{CLSCTX_ALL, COINIT_MULTITHREADED, CoCreateInstance, CoInitializeEx, STGM_READ},
};
use deskside_protocol::facts::{Media, SoundEndpoint};
use serde::Deserialize;

use crate::{Context, Failure, blocking, windows::wmi};

const CIM: &str = r"root\cimv2";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: Option<String>,
}

pub(crate) async fn collect(_ctx: &Context) -> Result<Media, Failure> {
    blocking(|| {
        let names = |query| -> Result<Vec<String>, Failure> {
            Ok(wmi::<Named>(CIM, query)?.into_iter().filter_map(|row| row.name).collect())
        };
        Ok(Media {
            sound: names("SELECT Name FROM Win32_SoundDevice")?,
            cameras: names("SELECT Name FROM Win32_PnPEntity WHERE PNPClass = 'Camera' OR PNPClass = 'Image'")?,
            endpoints: [(eRender, false), (eCapture, true)]
                .into_iter()
                .filter_map(|(flow, input)| endpoint(flow, input).ok())
                .collect(),
        })
    })
    .await
}

#[expect(unsafe_code, reason = "Core Audio is only there through COM")]
fn endpoint(flow: EDataFlow, input: bool) -> ::windows::core::Result<SoundEndpoint> {
    // SAFETY: COM calls on interfaces that this function holds; entering COM twice on a thread is allowed and counted.
    unsafe {
        let _ = CoInitializeEx(None, COINIT_MULTITHREADED);
        let devices: IMMDeviceEnumerator = CoCreateInstance(&MMDeviceEnumerator, None, CLSCTX_ALL)?;
        let device = devices.GetDefaultAudioEndpoint(flow, eConsole)?;
        let name = device.OpenPropertyStore(STGM_READ)?.GetValue(&PKEY_Device_FriendlyName)?.to_string();
        let volume: IAudioEndpointVolume = device.Activate(CLSCTX_ALL, None)?;
        let level = volume.GetMasterVolumeLevelScalar()?.clamp(0.0, 1.0);
        Ok(SoundEndpoint {
            name,
            input,
            default: true,
            muted: Some(volume.GetMute()?.as_bool()),
            volume_percent: Some((level * 100.0).round() as u16),
        })
    }
}
