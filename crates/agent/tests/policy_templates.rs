//! What `installer/` offers IT to decide is what the agent reads: the commented file for Linux, the templates for Group
//! Policy in both languages, the profile for macOS. A name in one of them that the agent does not know would be a decision
//! that is silently not in force; one that is missing, a decision that IT cannot make.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and look for one case"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use deskside_agent::policy::{KEYS, Policy};
use deskside_protocol::facts::SectionId;
use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};
use toml::{Table, Value};

const ADMX: &str = "policy/deskside.admx";
const LANGUAGES: [&str; 2] = ["policy/en-US/deskside.adml", "policy/fr-FR/deskside.adml"];
/// Where the agent looks in the registry, below the machine's root (`policy.rs`).
const REGISTRY: &str = r"SOFTWARE\Policies\Deskside";

fn installer(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../installer").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn all_keys() -> BTreeSet<&'static str> {
    KEYS.into()
}

/// A whole path as the system says it that runs this. The templates for others are read here too, where theirs is none.
fn file_of_this_system(unix: &str) -> String {
    if cfg!(windows) { format!("C:{}", unix.replace('/', r"\")) } else { unix.to_owned() }
}

/// Every name decides something, and every value is one that can stand there.
fn assert_it_decides_everything(table: Table) {
    assert_eq!(table.keys().map(String::as_str).collect::<BTreeSet<_>>(), all_keys());
    for (name, value) in table {
        let value = match value {
            Value::String(file) if file.starts_with('/') => Value::String(file_of_this_system(&file)),
            other => other,
        };
        let alone = Table::from_iter([(name.clone(), value)]);
        let (policy, problems) = Policy::from_table(alone);
        assert_eq!(problems, Vec::<String>::new(), "{name}");
        assert_ne!(policy, Policy::default(), "{name} decides nothing");
    }
}

/// The file as it is once somebody has taken every `# ` away before a name or a table.
fn uncommented(text: &str) -> String {
    let is_rule = |rest: &str| {
        let name = rest.split(' ').next().unwrap_or_default();
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        rest.starts_with('[') || (is_name && rest[name.len()..].starts_with(" = "))
    };
    let lines = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if is_rule(rest) => rest,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_file_for_linux_decides_nothing_as_it_comes() {
    let (policy, problems) = Policy::from_table(installer("linux/policy.toml").parse().unwrap());
    assert_eq!((policy, problems), (Policy::default(), vec![]));
}

#[test]
fn the_file_for_linux_offers_every_decision() {
    let mut table: Table = uncommented(&installer("linux/policy.toml")).parse().unwrap();
    let Some(Value::Table(sections)) = table.remove("sections") else { panic!("no table of sections") };
    table.extend(sections.into_iter().map(|(name, value)| (format!("sections_{name}"), value)));
    assert_it_decides_everything(table);
}

#[test]
fn the_profile_for_macos_offers_every_decision() {
    let profile = plist::Value::from_reader_xml(installer("policy/deskside.mobileconfig").as_bytes()).unwrap();
    let profile = profile.as_dictionary().unwrap();
    assert_eq!(profile.get("PayloadType").and_then(plist::Value::as_string), Some("Configuration"));
    let [payload] = profile.get("PayloadContent").and_then(plist::Value::as_array).unwrap().as_slice() else {
        panic!("one payload is needed")
    };
    let payload = payload.as_dictionary().unwrap();
    // Managed preferences are laid down by this name: `/Library/Managed Preferences/org.deskside.agent.plist`.
    assert_eq!(payload.get("PayloadType").and_then(plist::Value::as_string), Some("org.deskside.agent"));
    let ids: BTreeSet<_> = [profile, payload].iter().map(|one| one.get("PayloadUUID").unwrap().as_string()).collect();
    assert_eq!(ids.len(), 2, "two payloads never share an identity");
    let decisions = payload.iter().filter(|(name, _)| !name.starts_with("Payload"));
    assert_it_decides_everything(decisions.map(|(name, value)| (name.clone(), toml_of(value))).collect());
}

fn toml_of(value: &plist::Value) -> Value {
    match value {
        plist::Value::String(text) => Value::String(text.clone()),
        plist::Value::Integer(number) => Value::Integer(number.as_signed().unwrap()),
        plist::Value::Array(values) => Value::Array(values.iter().map(toml_of).collect()),
        other => panic!("the agent reads no {other:?} from managed preferences"),
    }
}

/// An element of an XML document: its name, attributes and text, and how many elements it is within.
#[derive(Debug)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
}

impl Element {
    fn get(&self, attribute: &str) -> &str {
        let value = self.attributes.get(attribute);
        value.unwrap_or_else(|| panic!("{} has no {attribute}: {self:?}", self.name))
    }
}

/// All elements, in the order in which they begin. Checks that what begins also ends.
fn elements(text: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(text);
    let mut all: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                let attributes = tag.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    (
                        attribute.key.as_ref().to_owned(),
                        attribute.normalized_value(XmlVersion::Implicit1_0).unwrap().into_owned(),
                    )
                });
                all.push(Element {
                    name: tag.name().as_ref().to_owned(),
                    attributes: attributes.collect(),
                    text: String::new(),
                });
                if matches!(event, Event::Start(_)) {
                    open.push(all.len() - 1);
                }
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(words) => {
                if let Some(at) = open.last() {
                    all[*at].text.push_str(&words.xml10_content());
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open, Vec::<usize>::new(), "an element does not end");
    all
}

fn named<'a>(elements: &'a [Element], name: &str) -> Vec<&'a Element> {
    elements.iter().filter(|element| element.name == name).collect()
}

#[test]
fn group_policy_offers_every_decision() {
    let all = elements(&installer(ADMX));
    for policy in named(&all, "policy") {
        assert_eq!((policy.get("class"), policy.get("key")), ("Machine", REGISTRY));
    }
    // What the editor would write for each of these kinds (ADMX syntax, "elements"), as the agent gets it.
    let mut offered = Vec::new();
    for (at, element) in all.iter().enumerate() {
        let values: Vec<Value> = match element.name.as_str() {
            "text" => vec![Value::String(match element.get("valueName") {
                "hub_url" | "helpdesk_url" => "https://desk.example.org".to_owned(),
                "ca_file" | "client_certificate_file" => file_of_this_system("/etc/deskside/ca.pem"),
                "helpdesk_email" => "helpdesk@example.org".to_owned(),
                "shortcut" => "Ctrl+Alt+Shift+H".to_owned(),
                _ => "x".repeat(element.get("maxLength").parse().unwrap()),
            })],
            "decimal" => {
                ["minValue", "maxValue"].map(|bound| Value::Integer(element.get(bound).parse().unwrap())).into()
            }
            "multiText" => {
                let one = if element.get("valueName") == "helpdesk_fields" { "queue=General" } else { "device" };
                vec![Value::Array(vec![Value::String(one.to_owned())])]
            }
            "enum" => {
                let items =
                    all[at + 1..].iter().take_while(|one| matches!(one.name.as_str(), "item" | "value" | "string"));
                items.filter(|one| one.name == "string").map(|one| Value::String(one.text.clone())).collect()
            }
            _ => continue,
        };
        let name = element.get("valueName");
        assert!(!values.is_empty(), "{name} offers nothing");
        for value in values {
            let (policy, problems) = Policy::from_table(Table::from_iter([(name.to_owned(), value.clone())]));
            assert_eq!(problems, Vec::<String>::new(), "{name} = {value}");
            assert_ne!(policy, Policy::default(), "{name} = {value} decides nothing");
        }
        offered.push(name);
    }
    assert_eq!(offered.len(), KEYS.len());
    assert_eq!(offered.into_iter().collect::<BTreeSet<_>>(), all_keys());
}

#[test]
fn every_choice_of_group_policy_is_named_in_both_languages() {
    let all = elements(&installer(ADMX));
    let wanted = |table: &str| -> BTreeSet<String> {
        let mark = format!("$({table}.");
        let values = all.iter().flat_map(|element| element.attributes.values());
        values.filter_map(|value| Some(value.strip_prefix(&mark)?.strip_suffix(')')?.to_owned())).collect()
    };
    let fields: BTreeSet<String> = ["text", "decimal", "multiText", "enum"]
        .iter()
        .flat_map(|kind| named(&all, kind))
        .map(|element| element.get("id").to_owned())
        .collect();
    for language in LANGUAGES {
        let words = elements(&installer(language));
        let ids = |name: &str| -> BTreeSet<String> {
            let all = named(&words, name);
            let ids: BTreeSet<String> = all.iter().map(|one| one.get("id").to_owned()).collect();
            assert_eq!(ids.len(), all.len(), "{language}: a {name} is there twice");
            ids
        };
        assert_eq!(ids("string"), wanted("string"), "{language}");
        assert_eq!(ids("presentation"), wanted("presentation"), "{language}");
        let shown: BTreeSet<String> = words.iter().filter_map(|one| one.attributes.get("refId")).cloned().collect();
        assert_eq!(shown, fields, "{language}");
        for one in named(&words, "string") {
            assert!(!one.text.trim().is_empty(), "{language}: {} says nothing", one.get("id"));
        }
    }
}

#[test]
fn who_chooses_sections_reads_all_their_names() {
    let names: Vec<String> =
        SectionId::ALL.iter().map(|id| serde_json::to_value(id).unwrap().as_str().unwrap().to_owned()).collect();
    for language in LANGUAGES {
        let words = elements(&installer(language));
        for id in ["SectionsAllowedExplain", "SectionsAlwaysExplain"] {
            let text = &named(&words, "string").iter().find(|one| one.get("id") == id).unwrap().text;
            let line = text.lines().find(|line| line.contains("device, ")).unwrap();
            let (_, list) = line.split_once(':').unwrap();
            let told: Vec<&str> = list.trim().trim_end_matches('.').split(", ").collect();
            assert_eq!(told, names, "{language}, {id}");
        }
    }
}
