//! The sound servers: PulseAudio, and PipeWire in its place.

use std::path::Path;

use deskside_facts::Context;
use deskside_protocol::facts::{SectionId, SoundEndpoint};

use crate::{
    machine, needed,
    programs::{Bus, Service, find, run},
    settled,
};

/// Asks the server in `folder` for something, as the user's own mixer would.
fn mixer(folder: &Path, arguments: &[&str]) {
    let server = format!("--server=unix:{}", folder.join("pulse/native").display());
    run("pactl", &[&[server.as_str()], arguments].concat()).unwrap();
}

fn session(folder: &Path) -> Context {
    let mut ctx = machine(folder);
    ctx.environment.insert("XDG_RUNTIME_DIR".into(), folder.to_str().unwrap().into());
    ctx
}

/// One output that is muted and one microphone that is turned up, whoever serves them.
async fn says_what_is_muted(folder: &Path) {
    mixer(folder, &["set-sink-mute", "bureau", "1"]);
    mixer(folder, &["set-sink-volume", "bureau", "40%"]);
    mixer(folder, &["set-source-volume", "micro", "120%"]);
    let endpoint = |name: &str, input, muted, percent| SoundEndpoint {
        name: name.into(),
        input,
        default: true,
        muted: Some(muted),
        volume_percent: Some(percent),
    };
    let expected = [endpoint("Haut-parleurs", false, true, 40), endpoint("Micro", true, false, 120)];
    let ctx = session(folder);
    let media = settled(&ctx, SectionId::Media, |facts| facts.media, |media| media.endpoints.len() == 2).await;
    assert_eq!(media.endpoints, expected, "and the output's monitor is no microphone");
}

#[tokio::test]
async fn pulseaudio_says_what_is_muted() {
    let server = needed!(find("pulseaudio", "pulseaudio"));
    needed!(find("pactl", "pulseaudio-utils"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let arguments = [
        "-n",
        "--daemonize=no",
        "--exit-idle-time=-1",
        "--use-pid-file=no",
        "-L",
        "module-null-sink sink_name=bureau sink_properties=device.description=Haut-parleurs",
        "-L",
        "module-null-source source_name=micro description=Micro",
        "-L",
        "module-native-protocol-unix",
    ];
    let server = Service::start(&server, &arguments, folder.path(), &[("XDG_RUNTIME_DIR", path)]);
    let _server = server.waits_for(&folder.path().join("pulse/native"));
    says_what_is_muted(folder.path()).await;
}

#[tokio::test]
async fn pipewire_says_it_in_the_same_words() {
    let server = needed!(find("pipewire", "pipewire"));
    let manager = needed!(find("wireplumber", "wireplumber"));
    let pulse = needed!(find("pipewire-pulse", "pipewire-pulse"));
    needed!(find("pactl", "pulseaudio-utils"));
    let folder = tempfile::tempdir().unwrap();
    let bus = needed!(Bus::start(folder.path()));
    let environment = [
        ("XDG_RUNTIME_DIR", folder.path().to_str().unwrap()),
        ("DBUS_SESSION_BUS_ADDRESS", &bus.address),
        ("DBUS_SYSTEM_BUS_ADDRESS", &bus.address),
    ];
    let start = |program: &Path| Service::start(program, &[], folder.path(), &environment);
    let _server = start(&server).waits_for(&folder.path().join("pipewire-0"));
    let _manager = start(&manager);
    let _pulse = start(&pulse).waits_for(&folder.path().join("pulse/native"));
    let null = |class: &str, name: &str, description: &str| {
        let class = format!("media.class={class}");
        let (name, description) =
            (format!("sink_name={name}"), format!("sink_properties=device.description={description}"));
        mixer(folder.path(), &["load-module", "module-null-sink", &class, &name, &description]);
    };
    null("Audio/Sink", "bureau", "Haut-parleurs");
    null("Audio/Source/Virtual", "micro", "Micro");
    let both = |media: &deskside_protocol::facts::Media| {
        media.endpoints.len() == 2 && media.endpoints.iter().all(|one| one.default)
    };
    settled(&session(folder.path()), SectionId::Media, |facts| facts.media, both).await;
    says_what_is_muted(folder.path()).await;
}
