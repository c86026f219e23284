//! Files on their way to GLPI, and what it makes of them.

use deskside_contract::glpi::{REQUESTER, SERVICE, TECHNICIAN, Ticket, Version};
use deskside_contract::{Fault, Pace, story};
use deskside_helpdesk::{Again, Attempt};
use deskside_protocol::desk::NewFollowUp;
use deskside_protocol::{ClientId, ErrorCode, FollowUpId};
use futures_util::TryStreamExt as _;

use super::{BOTH, MIB, Replayed, connect, looked, sent};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_with_its_files_costs_two_exchanges_with_the_sign_in_and_then_one() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        let files = [("screen.png", 300_000), ("log.txt", 9), ("system.log", 40)];
        let (_, _, refused) = sent(backend.desk.as_ref(), folder.path(), &files).await.unwrap();
        assert!(refused.is_empty(), "{refused:?}");
        let asked = [&["GET initSession 200", "POST Ticket 201"], looked(version)].concat();
        assert_eq!(backend.asked(), asked);
        sent(backend.desk.as_ref(), folder.path(), &files).await.unwrap();
        assert_eq!(backend.asked()[asked.len()..], ["POST Ticket 201"]);
        let names = |ticket: &Ticket| -> Vec<String> {
            let name = |id| backend.replay.with(|glpi| glpi.document(id).unwrap().name.clone());
            ticket.links.iter().map(|link| name(link.document)).collect()
        };
        // GLPI knows neither .log nor .json as it is set up first: both are texts.
        let all = ["screen.png", "log.txt", "system.log.txt", "deskside-facts.json.txt", "deskside-report.html"];
        assert_eq!(names(&backend.tickets()[0]), all);
        // A large one asks first how large files may be, once: three in all.
        let other = Replayed::start(version, Pace::AtOnce).await;
        sent(other.desk.as_ref(), folder.path(), &[("screen.png", MIB + 5)]).await.unwrap();
        let asked = ["GET initSession 200", "GET getGlpiConfig 200", "POST Ticket 201"];
        assert_eq!(other.asked(), [&asked, looked(version)].concat());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_glpi_that_keeps_the_first_file_alone_gets_the_others_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Replayed::start(Version::V10, Pace::AtOnce).await;
    backend.replay.with(deskside_contract::glpi::Glpi::keeps_only_the_first_file);
    let names = || {
        backend.replay.with(|glpi| {
            let name = |link: &deskside_contract::glpi::Link| glpi.document(link.document).unwrap().name.clone();
            let all: Vec<Vec<String>> = glpi
                .tickets()
                .iter()
                .map(|ticket| {
                    let mut names: Vec<String> = ticket.links.iter().map(name).collect();
                    names.sort();
                    names
                })
                .collect();
            all
        })
    };
    let files = [("screen.png", 300_000), ("log.txt", 9)];
    for tickets in 1..=2 {
        let (ticket, files, refused) = sent(backend.desk.as_ref(), folder.path(), &files).await.unwrap();
        assert!(refused.is_empty(), "{refused:?}");
        let all = ["deskside-facts.json.txt", "deskside-report.html", "log.txt", "screen.png"];
        assert_eq!(names(), vec![all; tickets]);
        let placed = backend.desk.find(ticket.client_id, &files).await.unwrap().unwrap();
        assert!(placed.missing.is_empty() && placed.refused.is_empty());
        // Equal contents are one document here, so these would have been there already.
        backend.replay.with(deskside_contract::glpi::Glpi::expire);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_in_a_text_opens_nobody_elses_document() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        let service = connect(&backend.replay, SERVICE, &[("requester", "3")]);
        let (theirs, _, _) = sent(service.as_ref(), folder.path(), &[("theirs.txt", 9)]).await.unwrap();
        let stranger = connect(&backend.replay, SERVICE, &[("requester", "2")]);
        let (other, _, _) = sent(stranger.as_ref(), folder.path(), &[("secret.txt", 99)]).await.unwrap();
        let secret = backend.tickets()[1].links[0].document;
        let number = theirs.number.unwrap();
        let pasted = backend.replay.with(|glpi| {
            glpi.write(number, 3, &format!("<p>docid={secret}</p>"), None);
            glpi.write(number, 3, "<p>look</p>", Some(b"a picture"))
        });
        let server = backend.replay.url();
        let file = |id| deskside_helpdesk::derived::file(server, id);
        let opened = service.download(theirs, file(secret)).await.map(|_| ());
        assert_eq!(opened.unwrap_err().code, ErrorCode::NotFound, "somebody else's");
        let bytes: Vec<bytes::Bytes> =
            service.download(theirs, file(pasted.unwrap())).await.unwrap().try_collect().await.unwrap();
        assert_eq!(bytes.concat(), b"a picture");
        assert!(stranger.download(other, file(secret)).await.is_ok(), "their own");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_file_costs_neither_the_ticket_nor_its_requester() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        let files = [("setup.exe", 9), ("screen.png", 9)];
        let (ticket, files, refused) = sent(backend.desk.as_ref(), folder.path(), &files).await.unwrap();
        assert_eq!(refused.iter().map(|error| error.code).collect::<Vec<_>>(), [ErrorCode::FileType]);
        let tickets = backend.tickets();
        assert_eq!((tickets.len(), tickets[0].requesters.as_slice()), (1, [3].as_slice()));
        // The technician reads why there is one less.
        let said = tickets[0].follow_ups.last().unwrap();
        assert!(said.content.contains("setup.exe") && !said.private, "{}", said.content);
        // Looked at again, it is sent no second time, and refused for the same reason.
        let placed = backend.desk.find(ticket.client_id, &files).await.unwrap().unwrap();
        assert_eq!((placed.missing, placed.refused.len()), (vec![files[0].meta.id], 0));
        let error = backend.desk.attach(ticket, None, &files[0]).await.unwrap_err();
        assert_eq!((error.code, error.again), (ErrorCode::FileType, Again::Permanent), "{error}");
        assert_eq!(backend.tickets()[0].follow_ups.len(), tickets[0].follow_ups.len());
        // In a reply.
        let file = [story::enclosure(folder.path(), "tool.exe", b"MZ").unwrap()];
        let reply = NewFollowUp { id: FollowUpId::new(), text: "this".into(), attachments: vec![file[0].meta.clone()] };
        let placed = backend.desk.follow_up(ticket, &reply, &file, Attempt::First).await.unwrap();
        assert_eq!((placed.missing.len(), placed.refused[0].1.code), (0, ErrorCode::FileType));
        let again = backend.desk.follow_up(ticket, &reply, &file, Attempt::Doubtful).await.unwrap();
        assert_eq!(again.missing, [file[0].meta.id]);
        let error = backend.desk.attach(ticket, Some(reply.id), &file[0]).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::FileType);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_on_which_glpi_broke_gets_its_requester_and_breaks_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Replayed::start(Version::V11, Pace::AtOnce).await;
    // IT takes no pages.
    backend.replay.with(|glpi| glpi.takes("html", false));
    let (ticket, files, refused) = sent(backend.desk.as_ref(), folder.path(), &[("a.txt", 9)]).await.unwrap();
    assert!(refused.is_empty());
    assert!(backend.asked().contains(&"POST Ticket 500".to_owned()), "created although 500");
    let tickets = backend.tickets();
    assert_eq!((tickets.len(), tickets[0].requesters.as_slice()), (1, [3].as_slice()));
    let placed = backend.desk.find(ticket.client_id, &files).await.unwrap().unwrap();
    assert!(placed.missing.is_empty() && placed.refused.is_empty());
    let before = backend.asked().len();
    sent(backend.desk.as_ref(), folder.path(), &[("a.txt", 10)]).await.unwrap();
    assert_eq!(backend.asked()[before..], ["POST Ticket 201"], "what was refused goes along no more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_limit_of_size_refuses_the_file_and_not_the_ticket() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        // document_max_size is known beforehand: nothing of the file is sent.
        let backend = Replayed::start(version, Pace::AtOnce).await;
        let (_, _, refused) = sent(backend.desk.as_ref(), folder.path(), &[("big.txt", 3 * MIB)]).await.unwrap();
        assert_eq!(refused[0].code, ErrorCode::FileTooLarge);
        assert!(backend.replay.seen().iter().all(|seen| seen.sent < MIB));
        assert!(backend.tickets()[0].content.contains("big.txt"), "the ticket does not say what is not there");
        // PHP's and nginx's are told by nobody.
        backend.replay.with(|glpi| glpi.document_max_size(25));
        let desk = connect(&backend.replay, REQUESTER, &[]);
        for (size, code) in [
            (5 * MIB, Some(ErrorCode::FileTooLarge)),
            (9 * MIB, Some(ErrorCode::FileTooLarge)),
            (17 * MIB, Some(ErrorCode::FileTooLarge)),
            (3 * MIB, None),
        ] {
            let before = backend.tickets().len();
            let (_, _, refused) = sent(desk.as_ref(), folder.path(), &[("big.txt", size)]).await.unwrap();
            assert_eq!(refused.first().map(|error| error.code), code, "{size}: {refused:?}");
            let tickets = backend.tickets();
            assert_eq!((tickets.len() - before, tickets[before].requesters.as_slice()), (1, [3].as_slice()));
        }
        // What was taken once goes along the next time.
        let before = backend.asked().len();
        sent(desk.as_ref(), folder.path(), &[("big.txt", 3 * MIB - 9)]).await.unwrap();
        assert_eq!(backend.asked()[before..], ["POST Ticket 201"]);
        // A web server that takes only small requests, whatever PHP takes.
        let before = backend.tickets().len();
        backend.replay.faults([Fault::PageInstead(413)]);
        let (_, _, refused) = sent(desk.as_ref(), folder.path(), &[("a.txt", 9)]).await.unwrap();
        assert!(refused.is_empty() && backend.tickets().len() == before + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_or_a_page_after_a_create_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        backend.desk.find(ClientId::new(), &[]).await.unwrap();
        for (at, fault) in
            [Fault::Redirect, Fault::Page(200), Fault::Page(201), Fault::Page(500)].into_iter().enumerate()
        {
            backend.replay.faults([fault]);
            let (ticket, ..) = sent(backend.desk.as_ref(), folder.path(), &[("a.txt", 9)]).await.unwrap();
            let tickets = backend.tickets();
            assert_eq!((tickets.len(), tickets[at].id), (at + 1, ticket.number.unwrap()), "{fault:?}");
        }
        let hosts: Vec<String> = backend.replay.seen().iter().map(|seen| seen.path.clone()).collect();
        assert!(!hosts.iter().any(|path| path.contains("login")), "it followed: {hosts:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_read_documents_gets_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for version in BOTH {
        let backend = Replayed::start(version, Pace::AtOnce).await;
        let desk = connect(&backend.replay, TECHNICIAN, &[]);
        let (ticket, ..) = sent(desk.as_ref(), folder.path(), &[("a.txt", 9)]).await.unwrap();
        let view = story::seen(desk.as_ref(), ticket.number.unwrap(), "its file", |_| true).await.unwrap();
        let [file] = view.attachments.as_slice() else { panic!("{:?}", view.attachments) };
        assert_eq!(file.name, "a.txt");
        let bytes: Vec<bytes::Bytes> = desk.download(ticket, file.id).await.unwrap().try_collect().await.unwrap();
        assert_eq!(bytes.concat(), b"xxxxxxxxx0");
        let unknown = desk.download(ticket, deskside_protocol::AttachmentId::new()).await.err().unwrap();
        assert_eq!(unknown.code, ErrorCode::NotFound);
    }
}
