//! `cargo xtask bench`: the figures that Deskside is held to, as lines `name value unit`. Optimised programs, the headless
//! desktop; each figure beside its peer or its floor, taken in the same run. A busy machine makes figures worse, never
//! better, so its load is told. What each figure means is in docs/performance.md.

mod agent;
mod bundle;
mod helpdesks;
mod hub;
mod machine;
mod tickets;
mod window;

use std::path::PathBuf;

use anyhow::bail;
use deskside_desktop::{Desktop, Options, Shows};
use deskside_e2e::Programs;

use crate::build::{self, Profile};
use crate::package;
use crate::programs::{cargo, output, program, run};
use crate::setup::{self, Purpose};

/// With more than this many programs wanting a processor, figures are not to be trusted (load average of a minute).
const QUIET: f64 = 1.0;

/// A figure, and the most it may be.
struct Goal {
    name: &'static str,
    at_most: f64,
}

/// What belongs together because it is measured on one desktop, in one go.
struct Group {
    figures: &'static [&'static str],
    measured: Measured,
}

/// How a group is measured.
#[derive(Clone, Copy)]
enum Measured {
    Bundle,
    Package,
    Tray,
    Facts,
    Idle,
    Window,
    Keep,
    Delivery,
    Intake,
    Helpdesks,
    Growth,
}

const GOALS: &[Goal] = &[
    Goal { name: "ui_bundle_kb_gzip", at_most: 80.0 },
    Goal { name: "agent_tray_ready_ms", at_most: 30.0 },
    Goal { name: "facts_light_ms", at_most: 100.0 },
    Goal { name: "facts_full_ms", at_most: 300.0 },
    Goal { name: "facts_full_cpu_ms", at_most: 50.0 },
    Goal { name: "agent_idle_pss_mb", at_most: 10.0 },
    Goal { name: "agent_idle_cpu_percent", at_most: 0.05 },
    Goal { name: "agent_wakeups_per_s", at_most: 1.0 },
    Goal { name: "window_first_paint_vs_bare", at_most: 1.25 },
    Goal { name: "window_memory_vs_bare", at_most: 1.25 },
    Goal { name: "window_reopen_ms", at_most: 60.0 },
    Goal { name: "outbox_keep_p99_ms", at_most: 20.0 },
    Goal { name: "ticket_delivery_p50_ms", at_most: 300.0 },
    Goal { name: "glpi_10_first_ticket_requests", at_most: 3.0 },
    Goal { name: "glpi_11_first_ticket_requests", at_most: 3.0 },
    Goal { name: "rt_first_ticket_requests", at_most: 2.0 },
    Goal { name: "rt_delivery_vs_curl", at_most: 1.5 },
    Goal { name: "glpi_10_delivery_vs_curl", at_most: 1.5 },
    Goal { name: "glpi_11_delivery_vs_curl", at_most: 1.5 },
    Goal { name: "mantis_delivery_vs_curl", at_most: 1.5 },
    Goal { name: "agent_growth_kb", at_most: 512.0 },
    Goal { name: "package_mb", at_most: 12.0 },
    Goal { name: "installed_mb", at_most: 40.0 },
];

const GROUPS: &[Group] = &[
    Group { figures: &["ui_bundle_kb_gzip"], measured: Measured::Bundle },
    Group { figures: &["package_mb", "installed_mb"], measured: Measured::Package },
    Group { figures: &["agent_tray_ready_ms"], measured: Measured::Tray },
    Group { figures: &["facts_light_ms", "facts_full_ms", "facts_full_cpu_ms"], measured: Measured::Facts },
    Group {
        figures: &["window_first_paint_ms", "window_first_paint_vs_bare", "window_memory_vs_bare", "window_reopen_ms"],
        measured: Measured::Window,
    },
    Group { figures: &["outbox_keep_p99_ms"], measured: Measured::Keep },
    Group { figures: &["ticket_delivery_p50_ms"], measured: Measured::Delivery },
    Group {
        figures: &["agent_idle_pss_mb", "agent_idle_cpu_percent", "agent_wakeups_per_s"],
        measured: Measured::Idle,
    },
    Group {
        figures: &["hub_tickets_per_s_sqlite", "hub_tickets_per_s_postgresql", "hub_rss_mb", "rt_tickets_per_s"],
        measured: Measured::Intake,
    },
    Group {
        figures: &[
            "hub_first_ticket_requests",
            "glpi_10_first_ticket_requests",
            "glpi_11_first_ticket_requests",
            "mantis_first_ticket_requests",
            "rt_first_ticket_requests",
            "rt_delivery_vs_curl",
            "glpi_10_delivery_vs_curl",
            "glpi_11_delivery_vs_curl",
            "mantis_delivery_vs_curl",
        ],
        measured: Measured::Helpdesks,
    },
    Group { figures: &["agent_growth_kb"], measured: Measured::Growth },
];

/// What every group has at hand.
struct Bench {
    root: PathBuf,
    folder: PathBuf,
    programs: Programs,
    over: Vec<String>,
    met: usize,
    /// What is measured was made before.
    built: bool,
}

/// Measures the figures of these names and what comes with them; everything, if there are none. `built` says that the
/// programs are built already.
///
/// # Errors
/// There is no such figure, or something could not be built or started.
pub(crate) fn run_all(names: &[String], built: bool) -> anyhow::Result<()> {
    if let Some(unknown) = names.iter().find(|name| !GROUPS.iter().any(|group| group.has(name))) {
        let all: Vec<_> = GROUPS.iter().flat_map(|group| group.figures).copied().collect();
        bail!("there is no figure {unknown}; there are: {}", all.join(", "));
    }
    let root = crate::root()?;
    let folder = build::program_folder(&root, Profile::Release)?;
    if !built {
        setup::packages(Purpose::ShowHeadless)?;
        setup::packages(Purpose::Package)?;
        setup::node_modules(&root)?;
        build::interface(&root)?;
        build::programs(&root, Profile::Release)?;
        let mut others = cargo();
        others.args(["build", "--release", "--package", "deskside-bare-window", "--package", "deskside-measure"]);
        run(others, &root)?;
    }
    let mut bench = Bench { root, programs: Programs::of(&folder), folder, over: Vec::new(), met: 0, built };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for group in GROUPS.iter().filter(|group| names.is_empty() || names.iter().any(|name| group.has(name))) {
        if let Some(load) = machine::load().filter(|load| *load > QUIET) {
            println!("warning: the load average is {load:.1}, so the next figures are worse than they should be");
        }
        runtime.block_on(bench.measure(group.measured))?;
    }
    eprintln!("{} of {} goals are met", bench.met, bench.met + bench.over.len());
    for line in &bench.over {
        eprintln!("over its goal: {line}");
    }
    Ok(())
}

impl Group {
    fn has(&self, name: &str) -> bool {
        self.figures.contains(&name)
    }
}

impl Bench {
    async fn measure(&mut self, what: Measured) -> anyhow::Result<()> {
        match what {
            Measured::Bundle => bundle::measure(self),
            Measured::Package => {
                if !self.built {
                    package::run(&package::Wish { built: true, windows: false, as_version: None })?;
                }
                let (packed, installed) = package::size_of_the_app(&self.root)?;
                self.say("package_mb", packed, "MB");
                self.say("installed_mb", installed, "MB");
                Ok(())
            }
            Measured::Tray => agent::tray_ready(self).await,
            Measured::Facts => agent::facts(self).await,
            Measured::Idle => agent::idle(self).await,
            Measured::Window => window::windows(self).await,
            Measured::Keep => tickets::keep(self).await,
            Measured::Delivery => tickets::delivery(self).await,
            Measured::Intake => hub::intake(self).await,
            Measured::Helpdesks => {
                helpdesks::costs(self).await?;
                helpdesks::delivery(self).await
            }
            Measured::Growth => agent::growth(self).await,
        }
    }

    /// Prints a figure, and remembers how it did.
    fn say(&mut self, name: &str, value: f64, unit: &str) {
        let digits = if value < 1.0 { 3 } else { usize::from(value < 1000.0) };
        println!("{name} {value:.digits$} {unit}");
        if let Some(goal) = GOALS.iter().find(|goal| goal.name == name) {
            if value <= goal.at_most {
                self.met += 1;
            } else {
                self.over.push(format!("{name} {value:.digits$} {unit}, at most {}", goal.at_most));
            }
        }
    }

    /// The same, for a figure that must be no less than this.
    fn say_at_least(&mut self, name: &str, value: f64, unit: &str, at_least: f64) {
        self.say(name, value, unit);
        if value >= at_least {
            self.met += 1;
        } else {
            self.over.push(format!("{name} {value:.1} {unit}, at least {at_least}"));
        }
    }

    /// A desktop on which nobody shows notifications.
    async fn desktop(&self) -> anyhow::Result<Desktop> {
        Desktop::start(Options { notifications: Shows::Nothing, ..Options::default() }).await
    }

    /// Where the measuring program is: what must be timed by optimised code, as this one is not.
    fn measuring(&self) -> PathBuf {
        self.folder.join("deskside-measure")
    }

    /// Runs the measuring program on a desktop, and returns the numbers that it prints.
    fn measured(&self, desktop: &Desktop, what: &[&str]) -> anyhow::Result<Vec<f64>> {
        let mut command = program(self.measuring());
        command.args(what).env_clear().envs(desktop.environment());
        let printed = output(command, &self.folder)?;
        Ok(printed.split_whitespace().map(str::parse).collect::<Result<_, _>>()?)
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn worst(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::max)
}
