//! Everything at once: people write and send while the network lies and agent and hub are killed at random instants.
//! Then the faults stop, and what the helpdesk has is what was submitted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deskside_desktop::wait_until;
use deskside_e2e::{Hub, Technician};
use deskside_faults::{Dice, Gone, Upload, User, Way, digest};
use deskside_protocol::local::{Request, UploadOwner};
use deskside_protocol::ticket::{TicketState, Verdict};
use deskside_protocol::{AttachmentId, ClientId};
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tokio::sync::watch;

use crate::world::{LONG, World};

/// How many reports are submitted; `DESKSIDE_SUBMITS` says otherwise, as `cargo xtask test --long` does.
const SUBMITS: u64 = 100;
/// People who use one agent at a time: more windows than anybody has open.
const PEOPLE: u64 = 4;
/// Nobody writes while more than this many wait: the faults shall meet what is sent as much as what is written.
const BACKLOG: u32 = 40;
/// Of a hundred reports, so many get a reply, and so many a verdict.
const REPLIES_PERCENT: u32 = 30;
const VERDICTS_PERCENT: u32 = 12;

/// One report and all that follows from it.
#[derive(Debug, Clone)]
struct Plan {
    title: String,
    text: String,
    files: Vec<Upload>,
    reply: Option<(String, Option<Upload>)>,
    verdict: Option<Verdict>,
}

fn file(random: &mut StdRng, name: String) -> Upload {
    // Mostly small ones, some of a picture's size, and a few of several pieces.
    let most = [1, 200, 40_000, 40_000, 300_000, 300_000, 1_500_000][random.random_range(0..7_usize)];
    let mut bytes = vec![0; random.random_range(1..=most)];
    random.fill_bytes(&mut bytes);
    Upload { name, bytes }
}

impl Plan {
    fn draw(dice: Dice, number: u64) -> Self {
        let mut random = dice.of_player("report", number);
        let is_solved = random.random_range(0..100) < VERDICTS_PERCENT;
        let title = format!("Fault {number}{}", if is_solved { " (to be solved)" } else { "" });
        let filler = "Ça ne marche plus “du tout” – 再起動しても同じ 🖨 \\ \" <b>\u{a0}…\n";
        let text = format!("{title}\n{}", filler.repeat(random.random_range(0..40)).trim_end());
        let files = (0..[0, 1, 1, 1, 2, 3][random.random_range(0..6_usize)])
            .map(|at| file(&mut random, format!("file {number}-{at}.bin")))
            .collect();
        // A reply would open again what is solved.
        let reply = (!is_solved && random.random_range(0..100) < REPLIES_PERCENT).then(|| {
            let with = random.random_range(0..2) == 0;
            let file = with.then(|| file(&mut random, format!("reply {number}.bin")));
            (format!("Reply to {number}: still so"), file)
        });
        let verdict = is_solved.then(|| match random.random_range(0..3_u32) {
            0 => Verdict::Confirm,
            1 => Verdict::Reopen { text: format!("Reopened {number}: no, it does not work") },
            _ => Verdict::Rate { stars: random.random_range(1..=5), comment: Some(format!("Rated {number}")) },
        });
        Self { title, text: text.trim_end().to_owned(), files, reply, verdict }
    }

    async fn carry_out(&self, user: &mut User, random: &mut StdRng) -> anyhow::Result<ClientId> {
        let draft = user.new_draft().await?;
        let cut = self.text.char_indices().nth(self.title.chars().count() / 2).map_or(0, |(at, _)| at);
        user.type_over(draft, "", &self.text[..cut]).await?;
        user.type_over(draft, &self.text[..cut], &self.text).await?;
        for file in &self.files {
            user.attach(UploadOwner::Draft { draft }, file).await?;
        }
        let client_id = user.submit(draft, &self.title, Some(random)).await?;
        if let Some((text, file)) = &self.reply {
            user.reply(client_id, text, file.as_ref()).await?;
        }
        Ok(client_id)
    }
}

/// One person's share of the reports, beside a draft that is never sent and must be what was last typed, whatever dies.
async fn person(dice: Dice, number: u64, submits: u64, mut user: User, solved: SolvedLater) -> u32 {
    let diary = user.new_draft().await.unwrap();
    let mut kept = String::new();
    for report in (number..submits).step_by(PEOPLE as usize) {
        let entry = format!("Diary of {number}, before {report}");
        user.type_over(diary, &kept, &entry).await.unwrap();
        kept = entry;
        while user.home().await.unwrap().waiting > BACKLOG {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        let plan = Plan::draw(dice, report);
        let mut random = dice.of_player("impatience", report);
        let client_id = match plan.carry_out(&mut user, &mut random).await {
            Ok(client_id) => client_id,
            Err(error) => panic!("{}: {error:#}", plan.title),
        };
        if let Some(verdict) = plan.verdict {
            solved.send_modify(|waiting| waiting.push((client_id, verdict)));
        }
    }
    assert_eq!(user.draft(diary).await.unwrap().text, kept);
    user.interrupted
}

/// Requests that get a verdict once they are solved.
type SolvedLater = Arc<watch::Sender<Vec<(ClientId, Verdict)>>>;

/// Whether the agent has this verdict already.
async fn is_given(user: &mut User, client_id: ClientId, verdict: &Verdict) -> bool {
    let thread = user.thread(client_id).await.unwrap();
    match verdict {
        Verdict::Confirm => thread.entries.iter().any(|entry| entry.follow_up.new_state == Some(TicketState::Closed)),
        Verdict::Reopen { text } => thread.entries.iter().any(|entry| entry.follow_up.text == *text),
        Verdict::Rate { .. } => thread.rating.is_some(),
    }
}

/// Gives each verdict once its request is solved.
async fn give_verdicts(mut user: User, solved: SolvedLater) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let waiting = solved.borrow().clone();
        if waiting.is_empty() {
            continue;
        }
        let rows = user.requests().await.unwrap();
        for (client_id, verdict) in waiting {
            let state = rows.iter().find(|row| row.client_id == client_id).and_then(|row| row.state);
            if state != Some(TicketState::Solved) {
                continue;
            }
            match user.ask(Request::GiveVerdict { client_id, verdict: verdict.clone() }).await {
                Ok(_) => {}
                Err(Gone::Refused(report)) => panic!("a verdict is refused: {report}"),
                Err(Gone::Unknown) if is_given(&mut user, client_id, &verdict).await => {}
                Err(Gone::Unknown) => continue,
            }
            solved.send_modify(|waiting| waiting.retain(|(id, _)| *id != client_id));
        }
    }
}

/// Solves what is to be solved, once, as a technician does.
async fn solve(technician: Technician) {
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        // While the hub is down nobody can work.
        let Ok(rows) = technician.tickets().await else { continue };
        for row in rows {
            if row.title.ends_with("(to be solved)") && row.state == TicketState::New {
                let _ = technician.reply(row.number, "A new cable.", Some(TicketState::Solved)).await;
            }
        }
    }
}

/// Kills agent and hub at random instants until there is word to stop. What was killed how often.
async fn havoc(world: &mut World, dice: Dice, mut stop: watch::Receiver<bool>) -> (u32, u32) {
    let mut random = dice.of_player("havoc", 0);
    let (mut agents, mut hubs) = (0, 0);
    loop {
        let wait = Duration::from_millis(random.random_range(50..3500));
        if tokio::time::timeout(wait, stop.wait_for(|stop| *stop)).await.is_ok() {
            return (agents, hubs);
        }
        let what = random.random_range(0..7_u32);
        if what <= 3 {
            world.agent.kill();
            agents += 1;
        }
        if what >= 3 {
            world.hub.kill();
            hubs += 1;
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(0..200))).await;
        if what >= 3 {
            world.hub.resume().await.unwrap();
        }
        if what <= 3 {
            world.agent.resume(&world.desktop).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_what_was_submitted_arrives_once_and_whole() {
    let begun = Instant::now();
    let dice = Dice::of_run();
    let submits = std::env::var("DESKSIDE_SUBMITS").ok().and_then(|n| n.parse().ok()).unwrap_or(SUBMITS);
    println!("DESKSIDE_SEED={} DESKSIDE_SUBMITS={submits}", dice.seed());
    let mut world = World::start(dice).await;
    let (technician, clerk) = (world.hub.sign_in().await.unwrap(), world.hub.sign_in().await.unwrap());

    let solved = SolvedLater::default();
    let people: Vec<_> = (0..PEOPLE)
        .map(|number| tokio::spawn(person(dice, number, submits, world.agent.user(), Arc::clone(&solved))))
        .collect();
    let giving = tokio::spawn(give_verdicts(world.agent.user(), Arc::clone(&solved)));
    let solving = tokio::spawn(solve(clerk));
    world.proxy.set(Way::Faulty);
    let (stop, stopping) = watch::channel(false);
    let (killed, interrupted) = tokio::join!(havoc(&mut world, dice, stopping), async {
        let mut interrupted = 0;
        let mut lost = Vec::new();
        for person in people {
            match person.await {
                Ok(times) => interrupted += times,
                Err(error) => lost.push(error),
            }
        }
        stop.send_replace(true);
        assert!(lost.is_empty(), "{lost:?}");
        interrupted
    });
    let sent = begun.elapsed();

    world.proxy.set(Way::Clear);
    let mut user = world.agent.user();
    let settled = async {
        user.all_arrived(LONG).await?;
        wait_until("the last verdicts", LONG, async || {
            anyhow::ensure!(!giving.is_finished(), "nobody gives verdicts any more");
            Ok(solved.borrow().is_empty().then_some(()))
        })
        .await?;
        user.all_arrived(LONG).await
    };
    if let Err(error) = settled.await {
        panic!("{error:#}\n--- the agent said:\n{}\n--- the hub said:\n{}", world.agent.output(), world.hub.output());
    }
    world.proxy.settled().await;
    giving.abort();
    solving.abort();

    compare(&world.hub, &technician, dice, submits).await;
    let (agents, hubs) = killed;
    println!(
        "{submits} submits in {:.0} s, all there and compared after {:.0} s; agent killed {agents} times, hub {hubs} times; \
         {interrupted} requests of users cut off; {} faults: {:?}",
        sent.as_secs_f64(),
        begun.elapsed().as_secs_f64(),
        world.proxy.faults(),
        world.proxy.tally()
    );
    assert!(agents > 0 && hubs > 0 && world.proxy.faults() > submits / 2, "this was no test");
}

/// What a ticket, or what a person added to one, shall be, and is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    text: String,
    /// Name and digest.
    files: BTreeMap<String, String>,
    /// Stars and comment.
    rating: Option<(i64, String)>,
}

impl Item {
    fn of<'a>(text: &str, files: impl IntoIterator<Item = &'a Upload>) -> Self {
        let files = files.into_iter().map(|file| (file.name.clone(), digest(&file.bytes))).collect();
        Self { text: text.to_owned(), files, rating: None }
    }
}

/// Compares the hub's database and files with what was submitted.
async fn compare(hub: &Hub, technician: &Technician, dice: Dice, submits: u64) {
    let (mut tickets, mut words, mut verdicts) = (Vec::new(), Vec::new(), 0);
    for plan in (0..submits).map(|number| Plan::draw(dice, number)) {
        let mut ticket = Item::of(&plan.text, &plan.files);
        words.extend(plan.reply.as_ref().map(|(text, file)| Item::of(text, file)));
        verdicts += i64::from(plan.verdict.is_some());
        match plan.verdict {
            Some(Verdict::Rate { stars, comment }) => {
                ticket.rating = Some((i64::from(stars), comment.unwrap_or_default()));
            }
            Some(Verdict::Reopen { text }) => words.push(Item::of(&text, [])),
            Some(Verdict::Confirm) => words.push(Item::of("", [])),
            None => {}
        }
        tickets.push(ticket);
    }

    let options = SqliteConnectOptions::new().filename(hub.database()).read_only(true);
    let database = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let rows = |sql: &'static str| sqlx::query(sql).fetch_all(&database);
    let mut files: BTreeMap<(String, String), BTreeMap<String, String>> = BTreeMap::new();
    for row in rows("SELECT id, client_id, coalesce(follow_up_id, '') AS entry, name, arrived_at FROM attachments")
        .await
        .unwrap()
    {
        let name: String = row.get("name");
        assert!(row.get::<Option<i64>, _>("arrived_at").is_some(), "{name} never arrived");
        let id: AttachmentId = row.get::<String, _>("id").parse().unwrap();
        // Nobody reads a thousand files at once: the hub asks whoever does to be slower.
        let read = wait_until("a file of the hub", LONG, async || match technician.attachment(id).await {
            Err(error) if error.to_string().contains("429") => {
                tokio::time::sleep(Duration::from_millis(500)).await;
                Ok(None)
            }
            other => other.map(Some),
        });
        let bytes = read.await.unwrap();
        let of = files.entry((row.get("client_id"), row.get("entry"))).or_default();
        let before = of.insert(name, digest(&bytes));
        assert!(before.is_none(), "a file is there twice");
    }
    let mut files_of = |client_id: String, entry: String| files.remove(&(client_id, entry)).unwrap_or_default();
    let mut in_desk = Vec::new();
    for row in rows("SELECT * FROM tickets").await.unwrap() {
        let document: Vec<u8> = row.get("document");
        assert_eq!(row.get::<String, _>("document_digest"), digest(&document), "a document is another than was sent");
        let rating = row.get::<Option<i64>, _>("rating_stars");
        in_desk.push(Item {
            text: row.get("description"),
            files: files_of(row.get("client_id"), String::new()),
            rating: rating.map(|stars| (stars, row.get("rating_comment"))),
        });
    }
    let mut said = Vec::new();
    for row in rows("SELECT client_id, id, text FROM follow_ups WHERE author = 'requester'").await.unwrap() {
        let files = files_of(row.get("client_id"), row.get("id"));
        said.push(Item { text: row.get("text"), files, rating: None });
    }
    assert!(files.is_empty(), "files that belong to nothing: {files:?}");
    let given: i64 = rows("SELECT count(*) AS given FROM verdicts").await.unwrap()[0].get("given");

    for (name, mut wanted, mut found) in [("tickets", tickets, in_desk), ("replies", words, said)] {
        wanted.sort();
        found.sort();
        let lost: Vec<&Item> = wanted.iter().filter(|item| !found.contains(item)).collect();
        let strange: Vec<&Item> = found.iter().filter(|item| !wanted.contains(item)).collect();
        assert!(lost.is_empty() && strange.is_empty(), "{name}: lost {lost:#?}, there instead {strange:#?}");
        assert_eq!(found.len(), wanted.len(), "{name}: some are there twice");
    }
    assert_eq!(given, verdicts, "each verdict once");
}
