//! Printers and their queues: CUPS-Get-Printers and CUPS-Get-Default (CUPS, "CUPS Implementation of IPP"), attributes of
//! RFC 8011.

use std::io::Cursor;

use deskside_protocol::{
    facts::{Printer, PrinterState, Printers},
    limits,
};
use ipp::{
    parser::{IppParseError, IppParser},
    prelude::*,
};

use super::http;
use crate::{Context, Failure};

/// What is asked of each printer.
const ATTRIBUTES: &[&str] = &[
    "printer-name",
    "printer-location",
    "printer-make-and-model",
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
    "queued-job-count",
    "device-uri",
];
/// Reasons of one printer that are told.
const REASONS: usize = 16;
/// client-error-not-found: CUPS has no printer, or no default.
const NOT_FOUND: u16 = 0x0406;

pub(super) async fn ask(ctx: &Context) -> Result<Printers, Failure> {
    let all = request(Operation::CupsGetPrinters, ATTRIBUTES)?;
    let default = request(Operation::CupsGetDefault, &["printer-name"])?;
    let (all, default) = tokio::join!(http::post(ctx, "/", &all), http::post(ctx, "/", &default));
    let default = default.ok().and_then(|answer| printers(&answer).ok()).and_then(|list| list.into_iter().next());
    let mut printers = printers(&all?)?;
    for printer in &mut printers {
        printer.default = default.as_ref().is_some_and(|default| default.name == printer.name);
    }
    Ok(Printers { printers })
}

fn request(operation: Operation, attributes: &[&str]) -> Result<Vec<u8>, Failure> {
    let broken = |error: IppParseError| Failure::broken(format!("IPP: {error}"));
    let mut request = IppRequestResponse::new(IppVersion::v1_1(), operation, None).map_err(broken)?;
    let wanted =
        attributes.iter().map(|name| IppValue::new_keyword(*name)).collect::<Result<Vec<_>, _>>().map_err(broken)?;
    let wanted = IppAttribute::with_name("requested-attributes", IppValue::Array(wanted)).map_err(broken)?;
    request.attributes_mut().add(DelimiterTag::OperationAttributes, wanted);
    Ok(request.to_bytes().to_vec())
}

/// The printers of an answer.
fn printers(answer: &[u8]) -> Result<Vec<Printer>, Failure> {
    let answer = IppParser::new(Cursor::new(answer.to_vec()))
        .parse()
        .map_err(|error| Failure::broken(format!("IPP: {error}")))?;
    let status = answer.header().operation_or_status.cast_unsigned();
    // RFC 8011, appendix B.1: up to 0x00ff is success.
    if status == NOT_FOUND {
        return Ok(Vec::new());
    }
    if status > 0xff {
        return Err(Failure::broken(format!("IPP: status {status:#06x}")));
    }
    let groups = answer.attributes().groups_of(DelimiterTag::PrinterAttributes);
    Ok(groups.filter_map(printer).take(limits::FACTS_LIST).collect())
}

fn printer(group: &IppAttributeGroup) -> Option<Printer> {
    let value = |name: &str| group.get(name).map(IppAttribute::value);
    let said = |name: &str| value(name).and_then(text).filter(|text| !text.is_empty());
    Some(Printer {
        name: said("printer-name")?,
        location: said("printer-location"),
        model: said("printer-make-and-model"),
        default: false,
        state: match value("printer-state") {
            Some(IppValue::Enum(3)) => PrinterState::Idle,
            Some(IppValue::Enum(4)) => PrinterState::Processing,
            Some(IppValue::Enum(5)) => PrinterState::Stopped,
            Some(_) | None => PrinterState::Unknown,
        },
        reasons: reasons(value("printer-state-reasons")),
        accepting: match value("printer-is-accepting-jobs") {
            Some(IppValue::Boolean(accepting)) => Some(*accepting),
            Some(_) | None => None,
        },
        jobs: match value("queued-job-count") {
            Some(IppValue::Integer(jobs)) => u32::try_from(*jobs).ok(),
            Some(_) | None => None,
        },
        uri: said("device-uri").map(|uri| without_credentials(&uri)),
    })
}

/// One reason or several; "none" is none.
fn reasons(value: Option<&IppValue>) -> Vec<String> {
    let several = match value {
        Some(IppValue::Array(several)) => several.iter().filter_map(text).collect(),
        Some(one) => text(one).into_iter().collect(),
        None => Vec::new(),
    };
    several.into_iter().filter(|reason| reason != "none" && !reason.is_empty()).take(REASONS).collect()
}

fn text(value: &IppValue) -> Option<String> {
    if let IppValue::NameWithoutLanguage(name) | IppValue::NameWithLanguage { name, .. } = value {
        Some(name.to_string())
    } else if let IppValue::TextWithoutLanguage(text) | IppValue::TextWithLanguage { text, .. } = value {
        Some(text.to_string())
    } else if let IppValue::Uri(uri) = value {
        Some(uri.to_string())
    } else if let IppValue::Keyword(keyword) = value {
        Some(keyword.to_string())
    } else {
        None
    }
}

/// What stands between the scheme and an `@`, and behind a `?`, may be a password or a serial number.
fn without_credentials(uri: &str) -> String {
    let plain = uri.split(['?', '#']).next().unwrap_or_default();
    match plain.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, rest)) => format!("{scheme}://{rest}"),
        None => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipp::model::StatusCode;
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn answer(printers: Vec<Vec<(&str, IppValue)>>) -> Vec<u8> {
        let mut answer = IppRequestResponse::new_response(IppVersion::v1_1(), StatusCode::SuccessfulOk, 1).unwrap();
        for printer in printers {
            let mut group = IppAttributeGroup::new(DelimiterTag::PrinterAttributes);
            for (name, value) in printer {
                group.attributes_mut().push(IppAttribute::with_name(name, value).unwrap());
            }
            answer.attributes_mut().groups_mut().push(group);
        }
        answer.to_bytes().to_vec()
    }

    fn two() -> Vec<u8> {
        let name = |name: &str| ("printer-name", IppValue::new_name_without_language(name).unwrap());
        let keyword = |keyword: &str| IppValue::new_keyword(keyword).unwrap();
        answer(vec![
            vec![
                name("etage-3"),
                ("printer-location", IppValue::new_text_without_language("3e étage").unwrap()),
                ("printer-state", IppValue::Enum(5)),
                ("printer-state-reasons", IppValue::Array(vec![keyword("media-empty-error"), keyword("paused")])),
                ("printer-is-accepting-jobs", IppValue::Boolean(true)),
                ("queued-job-count", IppValue::Integer(7)),
                ("device-uri", IppValue::new_uri("ipps://claire:hunter2@printer.example:631/ipp?serial=1").unwrap()),
            ],
            vec![name("pdf"), ("printer-state", IppValue::Enum(3)), ("printer-state-reasons", keyword("none"))],
        ])
    }

    #[test]
    fn printers_say_their_state_and_why() {
        let printers = printers(&two()).unwrap();
        assert_eq!(
            printers[0],
            Printer {
                name: "etage-3".into(),
                location: Some("3e étage".into()),
                model: None,
                default: false,
                state: PrinterState::Stopped,
                reasons: vec!["media-empty-error".into(), "paused".into()],
                accepting: Some(true),
                jobs: Some(7),
                uri: Some("ipps://printer.example:631/ipp".into()),
            }
        );
        assert_eq!((printers[1].state, printers[1].reasons.len()), (PrinterState::Idle, 0));
    }

    #[tokio::test]
    async fn a_server_at_the_socket_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("run/cups")).unwrap();
        let listener = tokio::net::UnixListener::bind(folder.path().join("run/cups/cups.sock")).unwrap();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut request = vec![0; 4096];
                let read = client.read(&mut request).await.unwrap();
                let text = String::from_utf8_lossy(&request[..read]).into_owned();
                let body = if text.contains("printer-state") {
                    two()
                } else {
                    answer(vec![vec![("printer-name", IppValue::new_name_without_language("pdf").unwrap())]])
                };
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                client.write_all(&body).await.unwrap();
            }
        });
        let home = folder.path().join("home");
        let ctx = Context { servers: Vec::new(), home, root: folder.path().to_owned(), environment: [].into() };
        let printers = ask(&ctx).await.unwrap().printers;
        let said: Vec<_> = printers.iter().map(|printer| (printer.name.as_str(), printer.default)).collect();
        assert_eq!(said, [("etage-3", false), ("pdf", true)]);
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..400) {
            let _ = printers(&bytes);
            let whole = two();
            let _ = printers(&whole[..cut.min(whole.len())]);
        }
    }
}
