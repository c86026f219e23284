//! On macOS: sound by the hardware layer of Core Audio, cameras by AVFoundation (listing them needs no permission).
#![expect(unsafe_code, reason = "devices are only there through the system's functions")]

use std::{
    ffi::c_void,
    ptr::{NonNull, null},
};

use deskside_protocol::{
    facts::{Media, SoundEndpoint},
    limits::FACTS_LIST,
};
use objc2_av_foundation::{AVCaptureDevice, AVMediaTypeVideo};
use objc2_core_audio::{
    AudioObjectGetPropertyData, AudioObjectGetPropertyDataSize, AudioObjectID, AudioObjectPropertyAddress,
    AudioObjectPropertyScope, AudioObjectPropertySelector, kAudioDevicePropertyMute, kAudioDevicePropertyStreams,
    kAudioDevicePropertyVolumeScalar, kAudioHardwarePropertyDefaultInputDevice,
    kAudioHardwarePropertyDefaultOutputDevice, kAudioHardwarePropertyDevices, kAudioObjectPropertyElementMain,
    kAudioObjectPropertyName, kAudioObjectPropertyScopeGlobal, kAudioObjectPropertyScopeInput,
    kAudioObjectPropertyScopeOutput, kAudioObjectSystemObject,
};
use objc2_core_foundation::{CFRetained, CFString};

use crate::{Context, Failure, blocking};

const SYSTEM: AudioObjectID = kAudioObjectSystemObject as AudioObjectID;

pub(crate) async fn collect(_ctx: &Context) -> Result<Media, Failure> {
    blocking(|| {
        let devices = devices()?;
        let default_input = number(SYSTEM, kAudioHardwarePropertyDefaultInputDevice, kAudioObjectPropertyScopeGlobal);
        let default_output = number(SYSTEM, kAudioHardwarePropertyDefaultOutputDevice, kAudioObjectPropertyScopeGlobal);
        let mut media = Media { cameras: cameras(), ..Media::default() };
        for device in devices {
            let Some(name) = name(device) else { continue };
            for (input, scope, default) in [
                (true, kAudioObjectPropertyScopeInput, default_input),
                (false, kAudioObjectPropertyScopeOutput, default_output),
            ] {
                if size(device, kAudioDevicePropertyStreams, scope).is_some_and(|bytes| bytes > 0) {
                    media.endpoints.push(SoundEndpoint {
                        name: name.clone(),
                        input,
                        default: default == Some(device),
                        muted: number(device, kAudioDevicePropertyMute, scope).map(|muted| muted != 0),
                        volume_percent: volume(device, scope),
                    });
                }
            }
            media.sound.push(name);
        }
        media.endpoints.truncate(FACTS_LIST);
        Ok(media)
    })
    .await
}

fn address(selector: AudioObjectPropertySelector, scope: AudioObjectPropertyScope) -> AudioObjectPropertyAddress {
    AudioObjectPropertyAddress { mSelector: selector, mScope: scope, mElement: kAudioObjectPropertyElementMain }
}

/// How many bytes a property takes; `None` if the object does not have it.
fn size(object: AudioObjectID, selector: AudioObjectPropertySelector, scope: AudioObjectPropertyScope) -> Option<u32> {
    let (mut address, mut size) = (address(selector, scope), 0_u32);
    // SAFETY: address and size live through the call; no qualifier is given.
    let status = unsafe {
        AudioObjectGetPropertyDataSize(object, NonNull::from(&mut address), 0, null(), NonNull::from(&mut size))
    };
    (status == 0).then_some(size)
}

/// Reads a property into `into`, and gives how many bytes it took.
///
/// # Safety
/// `T` must be what the property is documented to hold, plain numbers or pointers.
unsafe fn read<T>(
    object: AudioObjectID,
    selector: AudioObjectPropertySelector,
    scope: AudioObjectPropertyScope,
    into: &mut [T],
) -> Option<usize> {
    let mut address = address(selector, scope);
    let mut size = u32::try_from(size_of_val(into)).ok()?;
    let data = NonNull::new(into.as_mut_ptr())?.cast::<c_void>();
    // SAFETY: the call writes no more than `size` bytes, which `into` has.
    let status = unsafe {
        AudioObjectGetPropertyData(object, NonNull::from(&mut address), 0, null(), NonNull::from(&mut size), data)
    };
    (status == 0).then_some(size as usize)
}

fn devices() -> Result<Vec<AudioObjectID>, Failure> {
    let mut ids: [AudioObjectID; FACTS_LIST] = [0; FACTS_LIST];
    // SAFETY: the property holds the numbers of objects.
    let bytes = unsafe { read(SYSTEM, kAudioHardwarePropertyDevices, kAudioObjectPropertyScopeGlobal, &mut ids) }
        .ok_or_else(|| Failure::broken("Core Audio does not list its devices"))?;
    Ok(ids.into_iter().take(bytes / size_of::<AudioObjectID>()).collect())
}

fn number(
    object: AudioObjectID,
    selector: AudioObjectPropertySelector,
    scope: AudioObjectPropertyScope,
) -> Option<u32> {
    let mut number = [0_u32];
    // SAFETY: only properties that hold a number of 32 bits are asked for here: objects and switches.
    let bytes = unsafe { read(object, selector, scope, &mut number) }?;
    (bytes == size_of::<u32>()).then_some(number[0])
}

fn volume(device: AudioObjectID, scope: AudioObjectPropertyScope) -> Option<u16> {
    let mut share = [0_f32];
    // SAFETY: the property holds a number of 32 bits with a point, 0 to 1.
    let bytes = unsafe { read(device, kAudioDevicePropertyVolumeScalar, scope, &mut share) }?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 and 100")]
    (bytes == size_of::<f32>()).then(|| (share[0].clamp(0.0, 1.0) * 100.0).round() as u16)
}

fn name(device: AudioObjectID) -> Option<String> {
    let mut name: [Option<NonNull<CFString>>; 1] = [None];
    // SAFETY: the property holds a string, which is the caller's to release, or nothing.
    unsafe {
        read(device, kAudioObjectPropertyName, kAudioObjectPropertyScopeGlobal, &mut name)?;
        let name = CFRetained::from_raw(name[0]?).to_string();
        Some(name).filter(|name| !name.is_empty())
    }
}

#[expect(deprecated, reason = "its successor takes a list of kinds, whose names differ from one macOS to the next")]
fn cameras() -> Vec<String> {
    // SAFETY: the kind of media is a constant of the library; the names are asked of devices that the list holds.
    unsafe {
        let Some(video) = AVMediaTypeVideo else { return Vec::new() };
        let devices = AVCaptureDevice::devicesWithMediaType(video);
        devices.iter().take(FACTS_LIST).map(|device| device.localizedName().to_string()).collect()
    }
}
