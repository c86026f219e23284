//! Asks the sound server what is muted, in PulseAudio's native protocol, which PipeWire speaks too. There is no specification
//! but PulseAudio's source (`src/pulsecore/native-common.h`, `tagstruct.c`, `protocol-native.c`); version 12 is spoken, the
//! last without property lists, which every server since 2008 still answers.

use std::{path::PathBuf, time::Duration};

use deskside_protocol::{facts::SoundEndpoint, limits};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::timeout,
};

use crate::{Context, Failure, linux::files};

/// Longest wait for the server altogether.
const ANSWER: Duration = Duration::from_millis(700);
const VERSION: u32 = 12;
/// Channel of everything that is not sound.
const CONTROL: u32 = u32::MAX;
/// Index that stands for "none".
const NONE: u32 = u32::MAX;
/// Length of the cookie with which a client shows that it is the user's.
const COOKIE_BYTES: usize = 256;
/// Largest answer that is taken.
const ANSWER_BYTES: u32 = 256 * 1024;
/// Volume of 100 percent (`PA_VOLUME_NORM`).
const FULL_VOLUME: u64 = 0x10000;

const COMMAND_ERROR: u32 = 0;
const COMMAND_REPLY: u32 = 2;
const COMMAND_AUTH: u32 = 8;
const COMMAND_SET_CLIENT_NAME: u32 = 9;
const COMMAND_GET_SERVER_INFO: u32 = 20;
const COMMAND_GET_SINK_INFO_LIST: u32 = 22;
const COMMAND_GET_SOURCE_INFO_LIST: u32 = 24;

pub(super) async fn endpoints(ctx: &Context) -> Result<Vec<SoundEndpoint>, Failure> {
    let folder = ctx.variable("XDG_RUNTIME_DIR").ok_or_else(|| Failure::unavailable("no session"))?;
    let socket = PathBuf::from(folder).join("pulse/native");
    let cookie =
        [".config/pulse/cookie", ".pulse-cookie"].iter().find_map(|file| files::bytes(&ctx.home.join(file), 256).ok());
    match timeout(ANSWER, ask(socket, cookie.unwrap_or_default())).await {
        Ok(endpoints) => endpoints,
        Err(_) => Err(Failure::timed_out("the sound server does not answer")),
    }
}

async fn ask(socket: PathBuf, mut cookie: Vec<u8>) -> Result<Vec<SoundEndpoint>, Failure> {
    let stream = UnixStream::connect(&socket).await.map_err(|error| Failure::io("sound server", &error))?;
    let mut server = Server { stream, tag: 0 };
    cookie.resize(COOKIE_BYTES, 0);
    let mut hello = number(VERSION);
    hello.push(b'x');
    hello.extend(u32::try_from(COOKIE_BYTES).unwrap_or_default().to_be_bytes());
    hello.extend(cookie);
    server.call(COMMAND_AUTH, &hello).await?;
    server.call(COMMAND_SET_CLIENT_NAME, b"tDeskside\0").await?;
    let info = server.call(COMMAND_GET_SERVER_INFO, &[]).await?;
    let defaults = defaults(&info).ok_or_else(|| Failure::broken("sound server: not its description"))?;
    let sinks = server.call(COMMAND_GET_SINK_INFO_LIST, &[]).await?;
    let sources = server.call(COMMAND_GET_SOURCE_INFO_LIST, &[]).await?;
    let mut endpoints = devices(&sinks, false, &defaults.0);
    endpoints.extend(devices(&sources, true, &defaults.1));
    endpoints.truncate(limits::FACTS_LIST);
    Ok(endpoints)
}

fn number(value: u32) -> Vec<u8> {
    [&b"L"[..], &value.to_be_bytes()].concat()
}

struct Server {
    stream: UnixStream,
    tag: u32,
}

impl Server {
    /// Sends a command, and gives what its reply holds.
    async fn call(&mut self, command: u32, arguments: &[u8]) -> Result<Vec<u8>, Failure> {
        self.tag += 1;
        let payload = [&number(command), &number(self.tag), arguments].concat();
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let header: Vec<u8> = [length, CONTROL, 0, 0, 0].iter().flat_map(|word| word.to_be_bytes()).collect();
        let io = |error: std::io::Error| Failure::io("sound server", &error);
        self.stream.write_all(&[header, payload].concat()).await.map_err(io)?;
        loop {
            let length = self.stream.read_u32().await.map_err(io)?;
            let channel = self.stream.read_u32().await.map_err(io)?;
            let mut rest = [0; 12];
            self.stream.read_exact(&mut rest).await.map_err(io)?;
            if length > ANSWER_BYTES {
                return Err(Failure::broken("sound server: an answer beyond all measure"));
            }
            let mut packet = vec![0; usize::try_from(length).unwrap_or_default()];
            self.stream.read_exact(&mut packet).await.map_err(io)?;
            let mut fields = Fields(&packet);
            match (channel, fields.number(), fields.number()) {
                (CONTROL, Some(COMMAND_REPLY), Some(tag)) if tag == self.tag => return Ok(fields.0.to_vec()),
                (CONTROL, Some(COMMAND_ERROR), Some(tag)) if tag == self.tag => {
                    let code = fields.number().unwrap_or_default();
                    return Err(Failure::denied(format!("sound server: error {code}")));
                }
                // Sound, or news that nobody asked for.
                _ => {}
            }
        }
    }
}

/// Fields of a packet, each behind a letter that says what it is.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn is(&mut self, letter: u8) -> Option<()> {
        (self.take(1)? == [letter]).then_some(())
    }

    fn number(&mut self) -> Option<u32> {
        self.is(b'L')?;
        self.take(4)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// A text ended by a zero byte, or none.
    fn text(&mut self) -> Option<String> {
        match self.take(1)? {
            b"N" => Some(String::new()),
            b"t" => {
                let length = self.0.iter().position(|byte| *byte == 0)?;
                let text = self.take(length)?;
                self.take(1)?;
                Some(String::from_utf8_lossy(text).into_owned())
            }
            _ => None,
        }
    }

    fn truth(&mut self) -> Option<bool> {
        match self.take(1)? {
            b"1" => Some(true),
            b"0" => Some(false),
            _ => None,
        }
    }

    fn sample_format(&mut self) -> Option<()> {
        self.is(b'a')?;
        self.take(6).map(|_| ())
    }

    fn channel_map(&mut self) -> Option<()> {
        self.is(b'm')?;
        let channels = *self.take(1)?.first()?;
        self.take(usize::from(channels)).map(|_| ())
    }

    /// The loudest channel, in percent.
    fn volume_percent(&mut self) -> Option<u16> {
        self.is(b'v')?;
        let channels = *self.take(1)?.first()?;
        let volumes = self.take(usize::from(channels) * 4)?.chunks_exact(4);
        let loudest =
            volumes.filter_map(|v| v.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))).max().unwrap_or(0);
        u16::try_from((u64::from(loudest) * 100 + FULL_VOLUME / 2) / FULL_VOLUME).ok()
    }
}

/// Names of the default output and the default input.
fn defaults(info: &[u8]) -> Option<(String, String)> {
    let mut fields = Fields(info);
    for _ in ["package", "version", "user", "host"] {
        fields.text()?;
    }
    fields.sample_format()?;
    Some((fields.text()?, fields.text()?))
}

/// Outputs or inputs, up to the first that cannot be read.
fn devices(list: &[u8], input: bool, default: &str) -> Vec<SoundEndpoint> {
    let mut fields = Fields(list);
    let mut endpoints = Vec::new();
    while let Some((endpoint, hidden)) = device(&mut fields, input, default) {
        if !hidden {
            endpoints.push(endpoint);
        }
    }
    endpoints
}

/// One device, and whether it is none: the monitor of an output counts as an input to the server.
fn device(fields: &mut Fields<'_>, input: bool, default: &str) -> Option<(SoundEndpoint, bool)> {
    fields.number()?;
    let name = fields.text()?;
    let description = fields.text()?;
    fields.sample_format()?;
    fields.channel_map()?;
    fields.number()?;
    let volume_percent = fields.volume_percent()?;
    let muted = fields.truth()?;
    let monitor = fields.number()?;
    fields.text()?;
    fields.is(b'U')?;
    fields.take(8)?;
    fields.text()?;
    fields.number()?;
    let endpoint = SoundEndpoint {
        default: name == default,
        name: if description.is_empty() { name } else { description },
        input,
        muted: Some(muted),
        volume_percent: Some(volume_percent),
    };
    Some((endpoint, input && monitor != NONE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::net::UnixListener;

    fn text(text: &str) -> Vec<u8> {
        [b"t", text.as_bytes(), b"\0"].concat()
    }

    fn described(name: &str, description: &str, volume: u32, muted: bool, monitor: u32) -> Vec<u8> {
        [
            number(1),
            text(name),
            text(description),
            vec![b'a', 3, 2, 0, 0, 0xac, 0x44],
            vec![b'm', 2, 1, 2],
            number(4),
            [&[b'v', 2][..], &volume.to_be_bytes(), &0_u32.to_be_bytes()].concat(),
            vec![if muted { b'1' } else { b'0' }],
            number(monitor),
            vec![b'N'],
            vec![b'U', 0, 0, 0, 0, 0, 0, 0, 9],
            text("driver"),
            number(0),
        ]
        .concat()
    }

    fn info() -> Vec<u8> {
        let texts = ["pulseaudio", "16.1", "claire", "poste"].map(text).concat();
        [texts, vec![b'a', 3, 2, 0, 0, 0xac, 0x44], text("out"), text("in"), number(7)].concat()
    }

    #[tokio::test]
    async fn a_server_says_what_is_muted() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("pulse")).unwrap();
        let listener = UnixListener::bind(folder.path().join("pulse/native")).unwrap();
        let served = tokio::spawn(async move {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut commands = Vec::new();
            while let Ok(length) = client.read_u32().await {
                let mut rest = vec![0; 16 + usize::try_from(length).unwrap()];
                client.read_exact(&mut rest).await.unwrap();
                let mut fields = Fields(&rest[16..]);
                let (command, tag) = (fields.number().unwrap(), fields.number().unwrap());
                commands.push(command);
                let answer = match command {
                    COMMAND_AUTH => number(VERSION),
                    COMMAND_GET_SERVER_INFO => info(),
                    COMMAND_GET_SINK_INFO_LIST => described("out", "Speakers", 0x8000, true, 3),
                    COMMAND_GET_SOURCE_INFO_LIST => {
                        [described("out.monitor", "Monitor", 0, false, 1), described("in", "Mic", 0x18000, false, NONE)]
                            .concat()
                    }
                    _ => Vec::new(),
                };
                let payload = [number(COMMAND_REPLY), number(tag), answer].concat();
                let length = u32::try_from(payload.len()).unwrap();
                let header: Vec<u8> =
                    [length, CONTROL, 0, 0, 0].iter().flat_map(|word: &u32| word.to_be_bytes()).collect();
                client.write_all(&[header, payload].concat()).await.unwrap();
            }
            commands
        });
        let mut ctx = crate::linux::fixture::laptop();
        ctx.environment.insert("XDG_RUNTIME_DIR".into(), folder.path().to_str().unwrap().into());
        let endpoints = endpoints(&ctx).await.unwrap();
        assert_eq!(served.await.unwrap(), [8, 9, 20, 22, 24]);
        let expected = |name: &str, input, muted, percent| SoundEndpoint {
            name: name.into(),
            input,
            default: true,
            muted: Some(muted),
            volume_percent: Some(percent),
        };
        assert_eq!(endpoints, [expected("Speakers", false, true, 50), expected("Mic", true, false, 150)]);
    }

    #[tokio::test]
    async fn without_a_session_there_is_no_sound_server() {
        let why = endpoints(&crate::linux::fixture::laptop()).await.unwrap_err().why;
        assert_eq!(why, deskside_protocol::facts::SectionFailure::Unavailable);
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..100) {
            let _ = (devices(&bytes, true, "x"), defaults(&bytes));
            let whole = described("a", "b", 1, true, 2);
            let _ = devices(&whole[..cut.min(whole.len())], false, "a");
        }
    }
}
