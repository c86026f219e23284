//! A helpdesk that is not ours, with the agent in front of it: people write and send to a real Request Tracker while the
//! network lies and the agent is killed. Then what it has is what was submitted.

use std::time::{Duration, Instant};

use deskside_desktop::Desktop;
use deskside_e2e::{Filed, Programs, RequestTracker};
use deskside_faults::{Agent, Dice, Kind, Proxy, Upload, User, Way};
use deskside_protocol::connect::{ConnectOutcome, HelpdeskChoice};
use deskside_protocol::local::{Request, Response};
use deskside_protocol::settings::HelpdeskKind;
use rand::RngExt as _;
use tokio::sync::watch;

use crate::world::bare;

/// How many reports are submitted. Request Tracker takes half a second for each request, and every doubt costs as long as it
/// may still be working on what was broken off.
const SUBMITS: u64 = 8;
/// People who write at the same time.
const PEOPLE: u64 = 2;
/// Longest wait until everything has arrived: some doubts, one after the other.
const LONG: Duration = Duration::from_secs(240);

/// One report and all that follows from it. The first line is its subject.
struct Plan {
    text: String,
    files: Vec<Upload>,
    reply: Option<(String, Upload)>,
}

fn plan(dice: Dice, number: u64) -> Plan {
    let mut random = dice.of_player("report", number);
    let mut file = |name: String| {
        let mut bytes = vec![0; random.random_range(1..60_000)];
        random.fill(&mut bytes[..]);
        Upload { name, bytes }
    };
    Plan {
        text: format!("Fault {number}\nÇa ne marche plus “du tout” – {number}"),
        files: (0..number % 3).map(|at| file(format!("file {number}-{at}.bin"))).collect(),
        reply: number
            .is_multiple_of(2)
            .then(|| (format!("Reply to {number}: still so"), file(format!("more {number}.bin")))),
    }
}

async fn person(dice: Dice, number: u64, mut user: User) {
    for report in (number..SUBMITS).step_by(PEOPLE as usize) {
        let plan = plan(dice, report);
        let client_id = user.report(&plan.text, &plan.files).await.unwrap();
        if let Some((text, file)) = &plan.reply {
            user.reply(client_id, text, Some(file)).await.unwrap();
        }
    }
}

/// Kills the agent now and then, until there is word to stop. How often.
async fn havoc(agent: &mut Agent, desktop: &Desktop, dice: Dice, mut stop: watch::Receiver<bool>) -> u32 {
    let mut random = dice.of_player("havoc", 0);
    let mut killed = 0;
    loop {
        let wait = Duration::from_millis(random.random_range(500..5000));
        if tokio::time::timeout(wait, stop.wait_for(|stop| *stop)).await.is_ok() {
            return killed;
        }
        agent.kill();
        killed += 1;
        agent.resume(desktop).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_submitted_is_once_and_whole_in_request_tracker() {
    /// How long the network lies and the agent is killed, at least.
    const FAULTY: Duration = Duration::from_secs(20);
    let rt = match RequestTracker::start().await.unwrap() {
        Ok(rt) => rt,
        Err(why) => return println!("SKIPPED: {why}"),
    };
    let dice = Dice::of_run();
    println!("DESKSIDE_SEED={}", dice.seed());
    let programs = Programs::find().unwrap();
    let desktop = Desktop::start(bare(true)).await.unwrap();
    let proxy = Proxy::start(rt.address(), Kind::Http, dice).await.unwrap();
    let mut agent = Agent::start(&programs, &desktop, &[]).await.unwrap();
    let choice = HelpdeskChoice {
        url: format!("http://{}/", proxy.address()),
        kind: Some(HelpdeskKind::RequestTracker),
        way: None,
        fields: [].into(),
        credential: Some(rt.token("alice").unwrap()),
    };
    let answer = agent.user().insist(Request::ConnectHelpdesk { choice }).await.unwrap();
    let Response::HelpdeskReport(report) = answer else { panic!("no report: {answer:?}") };
    assert_eq!(report.outcome, ConnectOutcome::Connected, "{report:?}");

    proxy.set(Way::FaultyOnce);
    let begun = Instant::now();
    let people: Vec<_> = (0..PEOPLE).map(|number| tokio::spawn(person(dice, number, agent.user()))).collect();
    let mut user = agent.user();
    let (stop, stopping) = watch::channel(false);
    let (killed, ()) = tokio::join!(havoc(&mut agent, &desktop, dice, stopping), async {
        for person in people {
            person.await.unwrap();
        }
        tokio::time::sleep(FAULTY.saturating_sub(begun.elapsed())).await;
        stop.send_replace(true);
    });
    proxy.set(Way::Clear);
    if let Err(error) = user.all_arrived(LONG).await {
        panic!("{error:#}\n--- the agent said:\n{}", agent.output());
    }

    let filed = rt.filed("id>0").await.unwrap();
    for number in 0..SUBMITS {
        compare(&plan(dice, number), number, &filed);
    }
    assert_eq!(filed.len() as u64, SUBMITS, "there are others: {filed:?}");
    println!(
        "{SUBMITS} submits all there after {:.0} s; agent killed {killed} times; {} faults: {:?}",
        begun.elapsed().as_secs_f64(),
        proxy.faults(),
        proxy.tally()
    );
    assert!(killed > 0 && proxy.faults() > 0, "this was no test");
}

/// The ticket of this number is there once, with its files and its reply, each once and whole.
fn compare(plan: &Plan, number: u64, filed: &[Filed]) {
    let subject = plan.text.lines().next().unwrap_or_default();
    let found: Vec<_> = filed.iter().filter(|ticket| ticket.subject == subject).collect();
    let [ticket] = found.as_slice() else { panic!("{subject:?} is there {} times", found.len()) };
    let mut files = Vec::new();
    let (mut bodies, mut replies) = (0, 0);
    for (name, bytes) in ticket.entries.iter().filter(|said| said.by == "alice").flat_map(|said| &said.parts) {
        let words = String::from_utf8_lossy(bytes);
        if !name.is_empty() {
            files.push((name.clone(), bytes.clone()));
        } else if words.contains(&format!("Reply to {number}:")) {
            replies += 1;
        } else {
            bodies += usize::from(words.contains(&format!("“du tout” – {number}")));
        }
    }
    // Our own two, for technicians.
    files.retain(|(name, _)| !name.starts_with("deskside-"));
    files.sort();
    let all = plan.files.iter().chain(plan.reply.iter().map(|(_, file)| file));
    let mut wanted: Vec<_> = all.map(|file| (file.name.clone(), file.bytes.clone())).collect();
    wanted.sort();
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&files), names(&wanted), "files of {subject:?}");
    assert!(files == wanted, "files of {subject:?} are others than were sent");
    assert_eq!((bodies, replies), (1, usize::from(plan.reply.is_some())), "{subject:?}");
}
