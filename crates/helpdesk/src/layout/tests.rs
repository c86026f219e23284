//! What a technician reads, and what can never stand in it.

use deskside_protocol::facts::{
    Device, Disks, Facts, FailedService, Interface, InterfaceKind, LogLine, Memory, Network, Section, SectionFailure,
    Services, System, SystemLog, User, Volume, Wifi,
};
use deskside_protocol::health::{Echo, HealthSample, HealthSlice};
use deskside_protocol::ticket::{Affected, CanWork, Category, Finding, FindingCode, Level, Requester, Severity};
use deskside_protocol::{AttachmentId, ClientId, Sha256, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::{marker, rich_text};

const GB: u64 = 1 << 30;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(1_795_000_000_000 + ms)
}

fn collected<T>(data: T) -> Option<Section<T>> {
    Some(Section::Collected { at: at(0), took_ms: 3, data })
}

/// A ticket in which every text that a person or a machine can choose is `word`, or ours if it is `None`.
fn document(word: Option<&str>) -> TicketDocument {
    let text = |ours: &str| word.unwrap_or(ours).to_owned();
    let facts = Facts {
        device: collected(Device {
            host_name: Some(text("pc-0042")),
            maker: Some(text("LENOVO")),
            model: Some(text("ThinkPad T14")),
            serial: Some(text("PF3X1234")),
            firmware: Some(text("N34ET52W (1.52)")),
            ..Device::default()
        }),
        system: collected(System {
            name: text("Debian GNU/Linux 12 (bookworm)"),
            build: Some(text("12.11")),
            architecture: text("x86_64"),
            booted_at: Some(at(-86_400_000)),
            restart_reasons: vec![text("linux-image-6.1")],
            utc_offset_minutes: 60,
            ..System::default()
        }),
        memory: collected(Memory { total_bytes: 16 * GB, available_bytes: GB * 3 / 2, ..Memory::default() }),
        disks: collected(Disks {
            volumes: vec![Volume {
                mount: text("/"),
                file_system: text("ext4"),
                total_bytes: 200 * GB,
                free_bytes: 3 * GB,
                free_inodes_percent: Some(40.0),
                read_only: false,
                remote: false,
            }],
            drives: Vec::new(),
        }),
        network: collected(Network {
            interfaces: vec![Interface {
                name: text("wlp0s20f3"),
                kind: InterfaceKind::Wireless,
                up: true,
                mac: Some(text("02:00:00:00:00:01")),
                addresses: vec![text("192.0.2.17/24"), text("2001:db8::17/64")],
                speed_mbit: Some(433),
                mtu: Some(1500),
                wifi: Some(Wifi {
                    name: text("Bureau"),
                    signal_percent: Some(38),
                    signal_dbm: Some(-72),
                    frequency_mhz: Some(5180),
                }),
                errors: Some(3),
            }],
            ..Network::default()
        }),
        services: collected(Services {
            failed: vec![FailedService {
                name: text("cups.service"),
                description: Some(text("CUPS Scheduler")),
                result: Some(text("exit-code")),
                since: Some(at(-600_000)),
                of_user: false,
            }],
        }),
        log: collected(SystemLog {
            lines: vec![LogLine {
                at: at(-60_000),
                source: text("cupsd"),
                severity: 3,
                message: text(
                    "Unable to open listen socket for address [v1.::1]:631 - Cannot assign requested address.",
                ),
                times: 12,
            }],
            left_out: 0,
        }),
        printers: Some(Section::Failed { at: at(0), why: SectionFailure::TimedOut, detail: text("no answer in 3 s") }),
        user: collected(User {
            login: text("mdupont"),
            domain: Some(text("FIRM")),
            administrator: Some(false),
            ..User::default()
        }),
        ..Facts::default()
    };
    let file = |name: &str, screenshot| AttachmentMeta {
        id: AttachmentId::new(),
        name: text(name),
        media_type: "image/png".to_owned(),
        size_bytes: 345_678,
        sha256: Sha256::from([1; 32]),
        screenshot,
    };
    let sample = |step: i64| HealthSample {
        at: at(step * 10_000),
        processor_percent: u8::try_from(20 + step).ok(),
        memory_percent: Some(91),
        disk_percent: Some(100),
        link: Some(true),
        gateway: Some(if step == 3 { Echo::Silent } else { Echo::Answered { ms: 4 } }),
        helpdesk: Some(true),
    };
    let finding = |code, severity, section, subject: Option<&str>, value| Finding {
        code,
        section,
        severity,
        subject: subject.map(text),
        value,
    };
    use deskside_protocol::facts::SectionId;
    TicketDocument {
        version: 1,
        client_id: ClientId::new(),
        created_at: at(0),
        title: text("The printer on the third floor prints nothing any more"),
        description: text(
            "The printer on the third floor prints nothing any more.\nI tried twice, & the queue says “held”.",
        ),
        requester: Requester { login: text("mdupont"), display_name: Some(text("Marie Dupont")), language: text("fr") },
        can_work: Some(CanWork::WithDifficulty),
        affected: Some(Affected::Others),
        urgency: Level::Medium,
        impact: Level::High,
        category: Some(Category::Printing),
        helpdesk_category: None,
        findings: vec![
            finding(FindingCode::DiskNearlyFull, Severity::Critical, SectionId::Disks, Some("/"), Some(1.5)),
            finding(FindingCode::ServiceFailed, Severity::Warning, SectionId::Services, Some("cups.service"), None),
            finding(FindingCode::WifiWeak, Severity::Notice, SectionId::Network, None, Some(38.0)),
        ],
        facts,
        health: Some(HealthSlice { moment: at(30_000), samples: (0..6).map(sample).collect() }),
        attachments: vec![file("screen.png", true), file("note.txt", false)],
        made_by: text("Deskside 0.1.0"),
    }
}

fn laid(document: &TicketDocument, language: Language) -> Laid {
    lay_out(document, Bytes::from(serde_json::to_vec(document).unwrap()), language)
}

const LANGUAGES: [Language; 2] = [Language::English, Language::French];

#[test]
fn what_matters_comes_first_and_the_reference_last() {
    let document = document(None);
    for (language, order) in [
        (
            Language::English,
            [
                "third floor",
                "Can still work: With difficulty",
                "unusual",
                "The disk / is nearly full",
                "cups.service",
                "PF3X1234",
                "screen.png",
                "Deskside-Ref",
            ],
        ),
        (
            Language::French,
            [
                "third floor",
                "Peut encore travailler\u{a0}: Difficilement",
                "inhabituel",
                "Le disque /",
                "cups.service",
                "PF3X1234",
                "screen.png",
                "Deskside-Ref",
            ],
        ),
    ] {
        let laid = laid(&document, language);
        for body in [laid.text.clone(), rich_text::plain(&laid.html)] {
            let mut from = 0;
            for word in order {
                let at = body[from..].find(word).unwrap_or_else(|| panic!("{word} is not after {from} in:\n{body}"));
                from += at;
            }
            assert_eq!(marker::ticket_in(&body), Some(document.client_id));
        }
        assert_eq!(marker::ticket_in(&laid.html), Some(document.client_id));
        assert!(
            laid.text.len() < 1800 && laid.html.len() < 2600,
            "it is to be read at a glance: {} {}",
            laid.text.len(),
            laid.html.len()
        );
        assert_eq!(laid.json, serde_json::to_vec(&document).unwrap());
        let page = String::from_utf8(laid.page.to_vec()).unwrap();
        let all = format!("{PAGE_NAME} (");
        assert!(laid.text.contains(&all) && laid.text.find(&all) < laid.text.find(JSON_NAME));
        // Values that only the page has, with their units and in words.
        for shown in ["433\u{a0}Mbit/s", "Cannot assign requested address", "5180\u{a0}MHz", "N34ET52W (1.52)"] {
            assert!(page.contains(shown), "{shown}");
        }
        if let Ok(folder) = std::env::var("DESKSIDE_LAYOUT_OUT") {
            let tag = language.tag();
            std::fs::write(format!("{folder}/page-{tag}.html"), &laid.page).unwrap();
            std::fs::write(format!("{folder}/body-{tag}.html"), format!("<meta charset=utf-8>{}", laid.html)).unwrap();
            std::fs::write(format!("{folder}/body-{tag}.txt"), &laid.text).unwrap();
        }
    }
}

#[test]
fn files_that_did_not_come_along_are_named_with_the_reason() {
    let document = document(None);
    let files: Vec<(&AttachmentMeta, &str)> =
        document.attachments.iter().map(|file| (file, "The server refuses this kind.")).collect();
    for language in LANGUAGES {
        let (html, text) = files_not_taken(language, &files);
        for said in [&html, &text] {
            assert!(
                said.contains("screen.png") && said.contains("note.txt") && said.contains("refuses this kind"),
                "{said}"
            );
        }
        assert_eq!(files_not_taken(language, &[]), (String::new(), String::new()));
    }
}

#[test]
fn where_no_file_is_taken_the_body_holds_what_the_attachments_would_have_told() {
    let document = document(None);
    let bytes = serde_json::to_vec(&document).unwrap();
    let files: Vec<(&AttachmentMeta, &str)> = document.attachments.iter().map(|file| (file, "no files here")).collect();
    for language in LANGUAGES {
        let (_, html) = lay_out_alone(&document, &bytes, language, &files);
        assert!(!html.contains(JSON_NAME) && !html.contains(PAGE_NAME), "nothing is attached");
        let body = rich_text::plain(&html);
        for shown in
            ["screen.png", "no files here", "433\u{a0}Mbit/s", "Cannot assign requested address", "Deskside-Ref"]
        {
            assert!(body.contains(shown), "{shown}");
        }
        let read = before_facts(&body);
        assert!(read.contains("third floor") && read.contains("note.txt") && !read.contains("Mbit/s"), "{read}");
        assert_eq!(before_facts("no facts"), "no facts");
        // Tables are whole, however little of them fits.
        for most in [0, 900, 3000] {
            let some = page::facts(&bytes, &Words::new(Some(&document), language), most);
            assert!(some.len() < most + 200 && some.ends_with("<p>…</p>"), "{most}: {some}");
            assert_eq!(some.matches("<table>").count(), some.matches("</table>").count());
            assert_eq!(some.matches("<tbody>").count(), some.matches("</tbody>").count());
        }
    }
}

#[test]
fn a_ticket_of_almost_nothing_can_be_laid_out() {
    let mut document = document(None);
    document.facts = Facts::default();
    document.findings.clear();
    document.attachments.clear();
    document.health = None;
    (document.can_work, document.affected, document.category) = (None, None, None);
    for language in LANGUAGES {
        let laid = laid(&document, language);
        assert!(!laid.html.contains("<table><tbody></tbody>") && !laid.html.contains("<ul></ul>"), "{}", laid.html);
        assert!(laid.text.contains(JSON_NAME) && laid.text.contains("mdupont"));
    }
}

/// Every tag of `html`, as it stands.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.match_indices('<').map(|(at, _)| html[at..].split_inclusive('>').next().unwrap_or_default())
}

fn assert_only_our_markup(document: &TicketDocument, language: Language) {
    const BODY: &[&str] = &[
        "<p>", "</p>", "<b>", "</b>", "<br>", "<ul>", "</ul>", "<li>", "</li>", "<table>", "</table>", "<tbody>",
        "</tbody>", "<tr>", "</tr>", "<td>", "</td>",
    ];
    let hostile = laid(document, language);
    let (title, alone) = lay_out_alone(document, &hostile.json, language, &[]);
    for tag in tags(&hostile.html).chain(tags(&alone)) {
        assert!(BODY.contains(&tag), "{tag}");
    }
    assert_eq!((marker::ticket_in(&alone), title), (Some(document.client_id), hostile.title.clone()));
    // The page has the very tags that a page of harmless words has: a hostile text adds none and takes none away.
    let page = String::from_utf8(hostile.page.to_vec()).unwrap();
    if document.title.contains(char::is_alphanumeric) {
        let harmless = laid(&super::tests::document(Some("x")), language);
        let harmless = String::from_utf8(harmless.page.to_vec()).unwrap();
        let all = |page: &str| tags(page).filter(|tag| *tag != "<br>").map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(all(&page), all(&harmless));
    }
    assert_eq!(marker::ticket_in(&hostile.html), Some(document.client_id));
    assert_eq!(marker::ticket_in(&hostile.text), Some(document.client_id));
    assert!(!hostile.title.contains('\n'));
}

#[test]
fn hostile_words_stay_words() {
    for word in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</td></tr></table><h1>Pay here</h1>",
        "' onmouseover='alert(1)",
        "&lt;b&gt;&#60;i&#62;",
        "]]><!--",
        "</style><style>*{display:none}",
        "a\nDeskside-Ref: 00000000-0000-7000-8000-000000000000",
        "{ $value } { -brand }",
        "\u{202e}gpj.exe\u{0}",
        "",
    ] {
        for language in LANGUAGES {
            assert_only_our_markup(&document(Some(word)), language);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_text_of_a_machine_or_a_person_becomes_markup(
        word in prop_oneof![any::<String>(), "[<>&\"'/ a-z=:;\n]{0,60}", "(<[a-z]{1,8}( [a-z]+=['\"]?x['\"]?)?>|&#?[a-z0-9]{1,4};){0,6}"],
        french: bool,
    ) {
        let language = if french { Language::French } else { Language::English };
        let document = document(Some(&word));
        assert_only_our_markup(&document, language);
    }
}
