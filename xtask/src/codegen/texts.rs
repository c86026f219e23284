//! `locales/{en,fr}/*.ftl` as typed ids for the interface and typed functions for Rust.
//!
//! A variable is a number where it decides a plural or stands in `NUMBER(…)`, a moment where it stands in
//! `DATETIME(…)`, a text elsewhere. A comment on the message says otherwise, as Fluent's style guide has it:
//! `# $size (Number) - megabytes`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, bail};
use fluent_syntax::ast;

/// The files, and whether Rust speaks their texts.
const FILES: &[(&str, bool)] =
    &[("agent", true), ("app", false), ("connect", false), ("console", false), ("shared", true)];
const LANGUAGES: &[&str] = &["en", "fr"];
/// Names of plural categories (CLDR, "Language Plural Rules"); a selection among them is by number.
const PLURALS: &[&str] = &["zero", "one", "two", "few", "many"];

/// What a variable holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Text,
    Number,
    Moment,
}

/// One text, in all languages.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// The file's name without folder and ending.
    pub(super) file: &'static str,
    arguments: BTreeMap<String, Kind>,
    /// The English pattern as it is written, for the reader of the generated file.
    english: String,
}

/// All texts by id.
pub(super) type Catalog = BTreeMap<String, Text>;

/// Reads all languages and holds them against each other.
///
/// # Errors
/// A file does not parse, an id is there twice, a message has no value or has attributes, or a language lacks an id,
/// a variable, or has one too many. All complaints at once.
pub(super) fn read(root: &Path) -> anyhow::Result<Catalog> {
    let mut complaints = Vec::new();
    let mut languages = Vec::new();
    for language in LANGUAGES {
        let mut catalog = Catalog::new();
        for (file, _) in FILES {
            let path = format!("locales/{language}/{file}.ftl");
            let source = std::fs::read_to_string(root.join(&path)).with_context(|| format!("could not read {path}"))?;
            read_file(&path, file, &source, &mut catalog, &mut complaints);
        }
        languages.push(catalog);
    }
    let mut languages = languages.into_iter();
    let mut first = languages.next().context("no language")?;
    for (catalog, language) in languages.zip(LANGUAGES.iter().skip(1)) {
        compare(&mut first, &catalog, language, &mut complaints);
    }
    if !complaints.is_empty() {
        bail!("the texts do not fit together:\n  {}", complaints.join("\n  "));
    }
    Ok(first)
}

/// Holds one more language against the English catalog, and takes over what it knows better of a variable's kind.
fn compare(english: &mut Catalog, other: &Catalog, language: &str, complaints: &mut Vec<String>) {
    for (id, text) in &mut *english {
        let Some(translated) = other.get(id) else {
            complaints.push(format!("{id} ({}.ftl) is in en but not in {language}", text.file));
            continue;
        };
        if text.file != translated.file {
            complaints.push(format!("{id} is in en/{}.ftl and in {language}/{}.ftl", text.file, translated.file));
        }
        for (name, kind) in &mut text.arguments {
            match translated.arguments.get(name) {
                Some(there) => *kind = (*kind).max(*there),
                None => complaints.push(format!("{id}: {language} does not use ${name}, en does")),
            }
        }
        for name in translated.arguments.keys().filter(|name| !text.arguments.contains_key(*name)) {
            complaints.push(format!("{id}: {language} uses ${name}, en does not"));
        }
    }
    for (id, text) in other.iter().filter(|(id, _)| !english.contains_key(*id)) {
        complaints.push(format!("{id} ({}.ftl) is in {language} but not in en", text.file));
    }
}

/// Reads one file into the catalog of its language.
fn read_file(path: &str, file: &'static str, source: &str, catalog: &mut Catalog, complaints: &mut Vec<String>) {
    let resource = fluent_syntax::parser::parse(source).unwrap_or_else(|(resource, errors)| {
        for error in errors {
            let line = source.get(..error.pos.start).map_or(0, |before| before.matches('\n').count() + 1);
            complaints.push(format!("{path}:{line}: {error}"));
        }
        resource
    });
    // Terms (`-helpdesk = …`) may be used before they stand, and may hold variables of their own.
    let terms: BTreeSet<_> = resource
        .body
        .iter()
        .filter_map(|entry| match entry {
            ast::Entry::Term(term) => Some(term.id.name),
            ast::Entry::Message(_)
            | ast::Entry::Comment(_)
            | ast::Entry::GroupComment(_)
            | ast::Entry::ResourceComment(_)
            | ast::Entry::Junk { .. } => None,
        })
        .collect();
    for entry in &resource.body {
        let ast::Entry::Message(message) = entry else { continue };
        let id = message.id.name;
        let well_formed = !id.is_empty() && id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if !well_formed {
            complaints.push(format!("{path}: {id} is not in kebab-case"));
        }
        let Some(value) = &message.value else {
            complaints.push(format!("{path}: {id} has no text"));
            continue;
        };
        if !message.attributes.is_empty() {
            complaints.push(format!("{path}: {id} has attributes; give each text an id of its own"));
        }
        let mut reader = PatternReader { arguments: BTreeMap::new(), terms: &terms, complaints: Vec::new() };
        reader.pattern(value);
        complaints.extend(reader.complaints.into_iter().map(|complaint| format!("{path}: {id}: {complaint}")));
        let mut arguments = reader.arguments;
        for (name, kind) in
            message.comment.iter().flat_map(|comment| comment.content.iter().copied()).filter_map(declared)
        {
            match arguments.get_mut(name) {
                Some(known) => *known = kind,
                None => complaints.push(format!("{path}: {id}: the comment names ${name}, the text does not")),
            }
        }
        let english = fluent_syntax::serializer::serialize(&ast::Resource {
            body: vec![ast::Entry::Message(ast::Message { comment: None, ..message.clone() })],
        });
        let english = english.split_once('=').map_or("", |(_, text)| text.trim()).to_owned();
        if let Some(before) = catalog.insert(id.to_owned(), Text { file, arguments, english }) {
            complaints.push(format!("{path}: {id} is there twice (also in {}.ftl)", before.file));
        }
    }
}

/// A line of a comment that says what a variable is: `$count (Number) - how many`.
fn declared(line: &str) -> Option<(&str, Kind)> {
    let (name, rest) = line.trim().strip_prefix('$')?.split_once(' ')?;
    let kind = match rest.trim_start().strip_prefix('(')?.split_once(')')?.0 {
        "Number" => Kind::Number,
        "Date" => Kind::Moment,
        "String" => Kind::Text,
        _ => return None,
    };
    Some((name, kind))
}

/// Gathers the variables of a pattern.
struct PatternReader<'a> {
    arguments: BTreeMap<String, Kind>,
    terms: &'a BTreeSet<&'a str>,
    complaints: Vec<String>,
}

impl PatternReader<'_> {
    fn pattern(&mut self, pattern: &ast::Pattern<&str>) {
        for element in &pattern.elements {
            match element {
                ast::PatternElement::TextElement { .. } => {}
                ast::PatternElement::Placeable { expression } => self.expression(expression),
            }
        }
    }

    fn expression(&mut self, expression: &ast::Expression<&str>) {
        match expression {
            ast::Expression::Inline(inline) => self.inline(inline, Kind::Text),
            ast::Expression::Select { selector, variants } => {
                let by_number = variants.iter().any(|variant| match &variant.key {
                    ast::VariantKey::Identifier { name } => PLURALS.contains(name),
                    ast::VariantKey::NumberLiteral { .. } => true,
                });
                self.inline(selector, if by_number { Kind::Number } else { Kind::Text });
                for variant in variants {
                    self.pattern(&variant.value);
                }
            }
        }
    }

    fn inline(&mut self, inline: &ast::InlineExpression<&str>, kind: Kind) {
        match inline {
            ast::InlineExpression::VariableReference { id } => {
                let known = self.arguments.entry(id.name.to_owned()).or_insert(kind);
                *known = (*known).max(kind);
            }
            ast::InlineExpression::FunctionReference { id, arguments } => {
                let kind = match id.name {
                    "NUMBER" => Kind::Number,
                    "DATETIME" => Kind::Moment,
                    other => {
                        self.complaints.push(format!("there is no function {other}"));
                        Kind::Text
                    }
                };
                for argument in &arguments.positional {
                    self.inline(argument, kind);
                }
            }
            ast::InlineExpression::Placeable { expression } => self.expression(expression),
            ast::InlineExpression::TermReference { id, .. } => {
                if !self.terms.contains(id.name) {
                    self.complaints.push(format!("there is no term -{} in this file", id.name));
                }
            }
            ast::InlineExpression::MessageReference { id, .. } => {
                self.complaints.push(format!("refers to the message {}; use a term", id.name));
            }
            ast::InlineExpression::StringLiteral { .. } | ast::InlineExpression::NumberLiteral { .. } => {}
        }
    }
}

/// `ui/src/shared/texts/messages.ts`, not yet formatted.
pub(super) fn typescript(catalog: &Catalog) -> String {
    let mut out = String::from(
        "// Generated by `cargo xtask codegen` from locales/. Do not edit.\n\n\
         /** Every text by its id, with the variables it takes. */\nexport interface Messages {\n",
    );
    for (id, text) in catalog {
        let arguments: Vec<_> = text
            .arguments
            .iter()
            .map(|(name, kind)| {
                let kind = match kind {
                    Kind::Text => "string | number",
                    Kind::Number => "number",
                    Kind::Moment => "Date | number",
                };
                format!("{name}: {kind}")
            })
            .collect();
        let arguments =
            if arguments.is_empty() { "null".to_owned() } else { format!("{{ {} }}", arguments.join("; ")) };
        out.push_str(&format!("  '{id}': {arguments};\n"));
    }
    out.push_str(
        "}\n\n/** The id of a text. */\nexport type MessageId = keyof Messages;\n\n\
         /** The id of a text that takes no variables. */\n\
         export type PlainMessageId = { [id in MessageId]: Messages[id] extends null ? id : never }[MessageId];\n\n\
         /** What follows the id: nothing, or the variables. */\n\
         export type MessageArguments<Id extends MessageId> = Messages[Id] extends null ? [] : [args: Messages[Id]];\n",
    );
    out
}

/// `crates/texts/src/generated.rs`, not yet formatted.
pub(super) fn rust(catalog: &Catalog) -> String {
    let mut out = String::from(
        "//! Generated by `cargo xtask codegen` from locales/. Do not edit.\n\nuse crate::{Argument, Language, Number, Texts};\n\n\
         /// The files of each language, embedded.\n\
         pub(crate) fn sources(language: Language) -> &'static [&'static str] {\n    match language {\n",
    );
    for (variant, language) in [("English", "en"), ("French", "fr")] {
        let files: Vec<_> = FILES
            .iter()
            .filter(|(_, spoken)| *spoken)
            .map(|(file, _)| format!("include_str!(\"../../../locales/{language}/{file}.ftl\")"))
            .collect();
        out.push_str(&format!("Language::{variant} => &[{}],\n", files.join(", ")));
    }
    out.push_str("}\n}\n\n");
    let spoken: Vec<_> =
        catalog.iter().filter(|(_, text)| FILES.iter().any(|(file, spoken)| *spoken && *file == text.file)).collect();
    let ids: Vec<_> = spoken.iter().map(|(id, _)| id.as_str()).collect();
    out.push_str(&format!(
        "/// Every id that [`Texts::by_id`] knows.\n#[cfg(test)]\npub(crate) const IDS: &[&str] = &{ids:?};\n\nimpl Texts {{\n"
    ));
    // A family (`error-…`, `finding-…`) is asked for by code, through `by_id`; a function for each would mislead.
    for (id, text) in spoken.iter().filter(|(_, text)| text.file == "agent") {
        for line in text.english.lines().map(str::trim).filter(|line| !line.is_empty()) {
            out.push_str(&format!("    /// `{}`\n", line.replace('`', "'")));
        }
        let mut parameters = String::from("&self");
        let mut values = Vec::new();
        for (name, kind) in &text.arguments {
            let parameter = name.replace('-', "_");
            let rust_type = match kind {
                Kind::Text => "&str",
                Kind::Number | Kind::Moment => "impl Into<Number>",
            };
            parameters.push_str(&format!(", {parameter}: {rust_type}"));
            values.push(match kind {
                Kind::Text => format!("({name:?}, Argument::Text({parameter}))"),
                Kind::Number | Kind::Moment => format!("({name:?}, Argument::Number({parameter}.into()))"),
            });
        }
        out.push_str(&format!(
            "    #[must_use]\n    pub fn {}({parameters}) -> String {{ self.format({id:?}, &[{}]) }}\n\n",
            id.replace('-', "_"),
            values.join(", ")
        ));
    }
    out.push_str("}\n");
    out
}

/// Texts that the protocol's codes call for and that are not there.
pub(super) fn missing_families(catalog: &Catalog, words: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let families: &[(&str, &str, &str)] = &[
        ("ErrorCode", "error-", ""),
        ("SectionId", "section-", ""),
        ("SectionId", "section-", "-purpose"),
        ("Sensitivity", "sensitivity-", ""),
        ("FindingCode", "finding-", ""),
        ("TicketState", "state-", ""),
        ("StepName", "connect-step-", ""),
        ("ConnectOutcome", "connect-outcome-", ""),
        ("ConnectProblem", "connect-problem-", ""),
        ("ConnectProblem", "connect-help-", ""),
        ("HelpdeskKind", "helpdesk-kind-", ""),
    ];
    let mut missing = Vec::new();
    for (enumeration, before, after) in families {
        match words.get(*enumeration) {
            None => missing.push(format!("the protocol has no enumeration {enumeration}")),
            Some(words) => missing.extend(
                words
                    .iter()
                    .map(|word| format!("{before}{}{after}", word.replace('_', "-")))
                    .filter(|id| !catalog.contains_key(id))
                    .map(|id| format!("the text {id} is missing (shared.ftl; one for every {enumeration})")),
            ),
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(source: &str) -> (Catalog, Vec<String>) {
        let (mut catalog, mut complaints) = (Catalog::new(), Vec::new());
        read_file("en/app.ftl", "app", source, &mut catalog, &mut complaints);
        (catalog, complaints)
    }

    #[test]
    fn a_plural_makes_a_number_and_a_plain_variable_a_text() {
        let (texts, complaints) = catalog(
            "waiting = { $count ->\n    [one] One request of { $name }\n   *[other] { $count } requests of { $name }\n }\n\
             # $size (Number) - megabytes\nlimit = At most { $size }\nat = On { DATETIME($when) }\n",
        );
        assert_eq!(complaints, Vec::<String>::new());
        assert_eq!(texts["waiting"].arguments["count"], Kind::Number);
        assert_eq!(texts["waiting"].arguments["name"], Kind::Text);
        assert_eq!(texts["limit"].arguments["size"], Kind::Number);
        assert_eq!(texts["at"].arguments["when"], Kind::Moment);
    }

    #[test]
    fn a_broken_file_is_told_by_file_and_line() {
        let (_, complaints) = catalog("good = Good\nbad = { $x\nnext = Next\n");
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].starts_with("en/app.ftl:"), "{complaints:?}");
    }

    #[test]
    fn what_is_out_of_the_house_style_is_told() {
        let (_, complaints) =
            catalog("Bad_Id = x\na = { b }\nb = y\n    .title = z\nc = { -term }\nd = { LOUD($x) }\nb = twice\n");
        for expected in
            ["kebab-case", "refers to the message b", "attributes", "no term -term", "no function LOUD", "twice"]
        {
            assert!(complaints.iter().any(|told| told.contains(expected)), "nothing about {expected}: {complaints:?}");
        }
    }

    #[test]
    fn a_language_must_have_the_same_ids_and_variables() {
        let (mut english, _) = catalog("both = { $a }\nonly-en = x\n");
        let (french, _) = catalog("both = { $b }\nonly-fr = x\n");
        let mut complaints = Vec::new();
        compare(&mut english, &french, "fr", &mut complaints);
        assert_eq!(complaints.len(), 4, "{complaints:?}");
    }
}
