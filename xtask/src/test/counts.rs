//! Reading what the test programs report.

use anyhow::Context as _;
use serde_json::Value;

/// What came of a part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(super) passed: usize,
    /// Name and first words of why.
    pub(super) failed: Vec<(String, String)>,
    /// Name and reason.
    pub(super) skipped: Vec<(String, String)>,
    /// Name and first words of what went wrong at the first try; counted as passed too.
    pub(super) unstable: Vec<(String, String)>,
}

impl Counts {
    pub(super) fn one_passed() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    pub(super) fn one_failed(name: &str, why: &str) -> Self {
        Self { failed: vec![(name.to_owned(), why.to_owned())], ..Self::default() }
    }

    pub(super) fn one_skipped(name: &str, reason: &str) -> Self {
        Self { skipped: vec![(name.to_owned(), reason.to_owned())], ..Self::default() }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed.extend(other.failed);
        self.skipped.extend(other.skipped);
        self.unstable.extend(other.unstable);
    }

    /// The same, each name preceded by where that was.
    #[cfg(target_os = "linux")]
    pub(super) fn named(mut self, place: &str) -> Self {
        for (name, _) in self.failed.iter_mut().chain(&mut self.skipped).chain(&mut self.unstable) {
            *name = format!("{place}: {name}");
        }
        self
    }

    fn count(&mut self, name: String, output: &str, failed: bool) {
        if failed {
            self.failed.push((name, first_words(output)));
        } else if let Some(reason) = skip_reason(output) {
            self.skipped.push((name, reason));
        } else {
            self.passed += 1;
        }
    }

    /// Reads nextest's report (JUnit XML).
    pub(super) fn from_junit(xml: &str) -> Self {
        let mut counts = Self::default();
        for case in xml.split("<testcase ").skip(1) {
            // A test case that has nothing to tell has no end tag.
            let (head, _) = case.split_once('>').unwrap_or((case, ""));
            let body = if head.ends_with('/') { "" } else { case.split("</testcase>").next().unwrap_or_default() };
            let name = format!("{} {}", attribute(head, "classname"), attribute(head, "name"));
            if body.contains("<flakyFailure") {
                counts.unstable.push((name, first_words(&plain(body))));
                counts.passed += 1;
                continue;
            }
            counts.count(name, &plain(body), body.contains("<failure") || body.contains("<error"));
        }
        counts
    }

    /// Reads what `cargo test -- --show-output` wrote.
    pub(super) fn from_cargo_test(output: &str) -> Self {
        let mut counts = Self::default();
        let shown = |name: &str| {
            let mark = format!("---- {name} stdout ----");
            let after = output.split_once(&mark).map_or("", |(_, after)| after);
            after.split("\n---- ").next().unwrap_or_default().to_owned()
        };
        for line in output.lines() {
            let Some((name, outcome)) = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... ")) else {
                continue;
            };
            match outcome.split_whitespace().next() {
                Some("ok") => counts.count(name.to_owned(), &shown(name), false),
                Some("FAILED") => counts.count(name.to_owned(), &shown(name), true),
                Some("ignored") => counts.skipped.push((name.to_owned(), "marked as ignored".to_owned())),
                _ => {}
            }
        }
        counts
    }

    /// Reads vitest's report (`--reporter=json`).
    ///
    /// # Errors
    /// It is another document.
    pub(super) fn from_vitest(report: &Value) -> anyhow::Result<Self> {
        let mut counts = Self::default();
        let files = report.get("testResults").and_then(Value::as_array).context("not a report of vitest")?;
        for file in files {
            let cases = file.get("assertionResults").and_then(Value::as_array).context("not a report of vitest")?;
            if cases.is_empty() && text(file, "status") == "failed" {
                counts.failed.push((text(file, "name").to_owned(), first_words(text(file, "message"))));
            }
            for case in cases {
                let name = text(case, "fullName").to_owned();
                match text(case, "status") {
                    "passed" => counts.passed += 1,
                    "failed" => {
                        let why = case.pointer("/failureMessages/0").and_then(Value::as_str).unwrap_or_default();
                        counts.failed.push((name, first_words(why)));
                    }
                    other => counts.skipped.push((name, other.to_owned())),
                }
            }
        }
        Ok(counts)
    }

    /// Reads Playwright's report (`--reporter=json`).
    ///
    /// # Errors
    /// It is another document.
    pub(super) fn from_playwright(report: &Value) -> anyhow::Result<Self> {
        let mut counts = Self::default();
        for error in report.get("errors").and_then(Value::as_array).into_iter().flatten() {
            counts.failed.push(("playwright".to_owned(), first_words(text(error, "message"))));
        }
        for suite in report.get("suites").and_then(Value::as_array).context("not a report of Playwright")? {
            counts.playwright_suite(suite, "");
        }
        Ok(counts)
    }

    fn playwright_suite(&mut self, suite: &Value, before: &str) {
        let title = format!("{before}{} › ", text(suite, "title"));
        for inner in suite.get("suites").and_then(Value::as_array).into_iter().flatten() {
            self.playwright_suite(inner, &title);
        }
        for spec in suite.get("specs").and_then(Value::as_array).into_iter().flatten() {
            for test in spec.get("tests").and_then(Value::as_array).into_iter().flatten() {
                let name = format!("{title}{} [{}]", text(spec, "title"), text(test, "projectName"));
                match text(test, "status") {
                    "expected" => self.passed += 1,
                    "skipped" => {
                        let reason = test.pointer("/annotations/0/description").and_then(Value::as_str);
                        self.skipped.push((name, reason.unwrap_or("no reason given").to_owned()));
                    }
                    other => {
                        let why = test.pointer("/results/0/error/message").and_then(Value::as_str).unwrap_or(other);
                        if other == "flaky" {
                            self.passed += 1;
                            self.unstable.push((name, first_words(why)));
                        } else {
                            self.failed.push((name, first_words(why)));
                        }
                    }
                }
            }
        }
    }
}

/// The reason in the line `SKIPPED: reason` of a test's output, if it has one.
fn skip_reason(output: &str) -> Option<String> {
    output.lines().find_map(|line| line.trim_start().strip_prefix("SKIPPED: ")).map(|reason| reason.trim().to_owned())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// One line that says most: what a panic says, or the first words.
fn first_words(output: &str) -> String {
    let clean: Vec<&str> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let after_panic = clean.iter().position(|line| line.contains("panicked at")).map(|at| at + 1);
    let line = after_panic.and_then(|at| clean.get(at)).or(clean.first()).copied().unwrap_or("no words");
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn attribute(head: &str, name: &str) -> String {
    let mark = format!("{name}=\"");
    // `name` is also the end of `classname`.
    let found = head
        .split(' ')
        .find_map(|part| part.strip_prefix(&mark))
        .or_else(|| head.strip_prefix(&mark).or_else(|| head.split_once(&format!(" {mark}")).map(|(_, after)| after)));
    plain(found.and_then(|rest| rest.split('"').next()).unwrap_or_default())
}

/// Text without XML's marks.
fn plain(xml: &str) -> String {
    let mut out = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        out.push('\n');
        rest = match after.strip_prefix("![CDATA[") {
            Some(data) => {
                let (data, after) = data.split_once("]]>").unwrap_or((data, ""));
                out.push_str(data);
                after
            }
            None => after.split_once('>').map_or("", |(_, after)| after),
        };
    }
    out.push_str(rest);
    for (escaped, plain) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
        out = out.replace(escaped, plain);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_reports_are_counted_with_reasons() {
        let xml = r#"<testsuites name="nextest-run" tests="4" failures="1">
            <testsuite name="a"><testcase name="works" classname="a" time="0.1"></testcase>
            <testcase name="quiet" classname="a" time="0.1"/>
            <testcase name="on_postgres" classname="hub::store" time="0.1"><system-err>SKIPPED: no &quot;postgres&quot; here
            </system-err></testcase>
            <testcase name="late" classname="a"><flakyFailure type="test failure">thread 'late' panicked at src/a.rs:1:1:
            too late</flakyFailure></testcase>
            <testcase name="breaks" classname="a"><failure type="test failure">thread 'breaks' panicked at src/a.rs:1:1:
            left &lt; right</failure></testcase></testsuite></testsuites>"#;
        let counts = Counts::from_junit(xml);
        assert_eq!(counts.passed, 3);
        assert_eq!(counts.unstable, [("a late".to_owned(), "too late".to_owned())]);
        assert_eq!(counts.skipped, [("hub::store on_postgres".to_owned(), "no \"postgres\" here".to_owned())]);
        assert_eq!(counts.failed, [("a breaks".to_owned(), "left < right".to_owned())]);
    }

    #[test]
    fn without_nextest_the_lines_are_counted() {
        let output = "running 3 tests\ntest a::b ... ok\ntest c ... FAILED\ntest d ... ok\n\nsuccesses:\n\n---- d stdout ----\n\
                      SKIPPED: no display\n\n---- c stdout ----\nthread 'c' panicked at x:1:1:\nno\n";
        let counts = Counts::from_cargo_test(output);
        assert_eq!((counts.passed, counts.failed.len()), (1, 1));
        assert_eq!(counts.skipped, [("d".to_owned(), "no display".to_owned())]);
    }

    #[test]
    fn reports_of_the_interface_are_counted() {
        let vitest = serde_json::json!({ "testResults": [
            { "name": "x.test.ts", "status": "passed", "assertionResults": [
                { "fullName": "adds", "status": "passed" }, { "fullName": "waits", "status": "pending" } ] },
            { "name": "broken.test.ts", "status": "failed", "message": "cannot import", "assertionResults": [] } ] });
        let counts = Counts::from_vitest(&vitest).unwrap();
        assert_eq!((counts.passed, counts.failed.len(), counts.skipped.len()), (1, 1, 1));

        let playwright = serde_json::json!({ "errors": [], "suites": [ { "title": "home.spec.ts", "suites": [ { "title": "Home",
            "specs": [ { "title": "is calm", "tests": [
                { "projectName": "light", "status": "expected", "annotations": [] },
                { "projectName": "dark", "status": "unexpected", "results": [ { "error": { "message": "too loud" } } ] },
                { "projectName": "fr", "status": "flaky", "results": [] },
                { "projectName": "x", "status": "skipped", "annotations": [ { "type": "skip", "description": "no x" } ] } ] } ] } ] } ] });
        let counts = Counts::from_playwright(&playwright).unwrap();
        assert_eq!((counts.passed, counts.failed.len(), counts.unstable.len()), (2, 1, 1));
        assert_eq!(counts.skipped[0].1, "no x");
        assert!(counts.failed[0].0.contains("is calm [dark]"));
        assert!(Counts::from_playwright(&serde_json::json!({})).is_err());
    }
}
