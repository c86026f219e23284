//! On Linux: `/proc/asound`, `/sys/class/video4linux`, and the sound server for what is muted.

mod pulse;

use std::collections::BTreeSet;

use deskside_protocol::{facts::Media, limits};

use crate::{
    Context, Failure, blocking,
    linux::files::{self, number, value},
};

pub(crate) async fn collect(ctx: &Context) -> Result<Media, Failure> {
    let for_read = ctx.clone();
    let (media, endpoints) = tokio::join!(blocking(move || Ok(read(&for_read))), pulse::endpoints(ctx));
    let mut media = media?;
    match endpoints {
        Ok(endpoints) => media.endpoints = endpoints,
        Err(failure) => tracing::debug!(%failure, "no state from the sound server"),
    }
    Ok(media)
}

fn read(ctx: &Context) -> Media {
    Media {
        sound: files::text(&ctx.path("/proc/asound/cards")).map(|text| cards(&text)).unwrap_or_default(),
        endpoints: Vec::new(),
        cameras: cameras(ctx),
    }
}

/// ` 0 [PCH            ]: HDA-Intel - HDA Intel PCH`, and a second line that tells where the card is.
fn cards(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.split_once("]:")?.1.split_once(" - "))
        .map(|(_driver, name)| name.trim().to_owned())
        .take(limits::FACTS_LIST)
        .collect()
}

/// A camera has several nodes: pictures come from the first of them.
fn cameras(ctx: &Context) -> Vec<String> {
    let names: BTreeSet<String> = files::entries(&ctx.path("/sys/class/video4linux"))
        .iter()
        .filter(|node| number::<u32>(&node.join("index")).unwrap_or(0) == 0)
        .filter_map(|node| value(&node.join("name")))
        .collect();
    names.into_iter().take(limits::FACTS_LIST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;

    #[tokio::test]
    async fn a_laptop_has_cards_and_a_camera() {
        let media = collect(&fixture::laptop()).await.unwrap();
        assert_eq!(media.sound, ["sof-hda-dsp", "Jabra Link 380"]);
        assert_eq!(media.cameras, ["Integrated Camera: Integrated C"]);
        assert!(media.endpoints.is_empty());
    }

    #[test]
    fn a_machine_without_cards_says_so() {
        assert!(cards("--- no soundcards ---\n").is_empty());
    }
}
