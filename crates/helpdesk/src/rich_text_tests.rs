//! Tests of reading rich text.

use proptest::prelude::*;

use super::*;

#[test]
fn rich_text_of_both_glpi_reads_alike() {
    let raw = "<p>Bonjour,</p><p>l&rsquo;imprimante <strong>HP &amp; Co</strong> :</p><ul><li>vider</li><li>relancer</li></ul>";
    let escaped = raw.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;");
    let older = raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let text = "Bonjour,\n\nl’imprimante HP & Co :\n\n- vider\n- relancer";
    assert_eq!(plain(raw), text);
    assert_eq!(plain(&escaped), text);
    assert_eq!(plain(&older), text);
}

#[test]
fn text_stays_text() {
    for text in
        ["a < b and b > c", "Ann <ann@firm.example>", "5 <6", "see <https://firm.example/x>", "if (a<b) {}", "<"]
    {
        assert_eq!(plain(text), text);
    }
    assert_eq!(plain("<p>Ann &lt;ann@firm.example&gt; wrote &lt;b&gt;</p>"), "Ann <ann@firm.example> wrote <b>");
}

#[test]
fn nothing_that_is_no_text_comes_through() {
    for hostile in [
        "<p>ok</p><script>alert(1)</script>",
        "<p>ok<!-- <b>no</b> --></p>",
        "<style>p{}</style><p onclick='x>y'>ok</p>",
        "<SCRIPT src=x>alert(1)</SCRIPT ><p>ok</p>",
        "<svg onload=alert(1)><p>no</p></svg><p>ok</p>",
        "<p>ok</p><iframe srcdoc='<p>no</p>'></iframe><img src=x onerror=alert(1)>",
        "<head><title>no</title></head><body>ok</body>",
        "&lt;p&gt;ok&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;",
        "<p>o\u{202e}k\u{0}</p>",
    ] {
        assert_eq!(plain(hostile), "ok", "{hostile}");
    }
}

#[test]
fn links_tables_and_quotations_can_be_read() {
    let link = r#"<p>See <a class="x" href="https://kb.example/7?a=1&amp;b=2">the page</a>.</p>"#;
    assert_eq!(plain(link), "See the page (https://kb.example/7?a=1&b=2).");
    assert_eq!(plain("<a href='https://kb.example/'>https://kb.example</a>"), "https://kb.example");
    assert_eq!(plain("<p><a href=\"javascript:alert(1)\">here</a></p>"), "here");
    assert_eq!(plain("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"), "a b\nc");
    assert_eq!(
        plain("<p>Yes</p><blockquote>Does it?<br>Now?</blockquote><p>Bye</p>"),
        "Yes\n\n> Does it?\n> Now?\n\nBye"
    );
    assert_eq!(plain("<pre>a\n  b</pre>"), "a\n  b");
}

#[test]
fn a_hostile_text_costs_no_more_than_its_length() {
    for text in ["<".repeat(200_000), "<p ".repeat(60_000), "<blockquote>a".repeat(20_000), "&".repeat(200_000)] {
        let _ = plain(&text);
    }
}

fn shown(text: &str) -> String {
    tidy(&cleaned(text).replace('\t', "  ").replace('\u{a0}', " "))
}

proptest! {
    #[test]
    fn what_people_write_survives(text in "[ -~àéœ’…«»\n]{0,200}") {
        let html = format!("<p>{}</p>", escape(&text));
        let back = plain(&html).replace('\u{a0}', " ");
        prop_assert_eq!(shown(&back), shown(&text));
    }

    #[test]
    fn escaped_text_has_no_markup(text in any::<String>()) {
        let html = escape(&text).replace("<br>", "");
        prop_assert!(!html.contains(['<', '>', '"', '\'']));
    }

    #[test]
    fn anything_is_read(text in any::<String>(), tagged in "(<[a-z/!]{0,10}|[\"'=&;#x0-9]{0,4}|>|é){0,80}") {
        for text in [text, tagged] {
            let out = plain(&text);
            prop_assert!(!out.chars().any(is_noise));
            prop_assert!(!is_html(&text) || !out.contains("<script"));
        }
    }
}
