//! On Linux: `/proc/cpuinfo`, two looks at `/proc/stat`, pressure, and the processor's own sensor.

use std::{collections::BTreeSet, time::Duration};

use deskside_protocol::facts::Processor;

use crate::{Context, Failure, linux::files};

/// Time between the two looks at `/proc/stat`: six ticks of its clock of 100 Hz. Longer is truer, and all light sections
/// together have 100 ms.
const SAMPLE: Duration = Duration::from_millis(60);
/// A large server says more than 1 KiB for each of its processors.
const CPUINFO_BYTES: u64 = 2 * 1024 * 1024;
/// Drivers whose sensors are in the processor: Intel, AMD, ARM.
const SENSORS: &[&str] = &["coretemp", "k10temp", "zenpower", "cpu_thermal", "soc_thermal"];

pub(crate) async fn collect(ctx: &Context) -> Result<Processor, Failure> {
    let stat = ctx.path("/proc/stat");
    let before = files::text(&stat).map_err(|error| Failure::io("/proc/stat", &error))?;
    tokio::time::sleep(SAMPLE).await;
    let after = files::text(&stat).map_err(|error| Failure::io("/proc/stat", &error))?;
    let mut processor = read(ctx);
    processor.busy_percent = busy_percent(&before, &after);
    Ok(processor)
}

fn read(ctx: &Context) -> Processor {
    let said = files::text_up_to(&ctx.path("/proc/cpuinfo"), CPUINFO_BYTES).unwrap_or_default();
    let mut processor = described(&said);
    if processor.model.is_none() {
        processor.model = files::value(&ctx.path("/proc/device-tree/compatible"));
    }
    processor.frequency_mhz = fastest_mhz(ctx).or(processor.frequency_mhz);
    processor.load = files::value(&ctx.path("/proc/loadavg")).and_then(|text| load(&text));
    processor.pressure_percent =
        files::text(&ctx.path("/proc/pressure/cpu")).ok().and_then(|text| files::pressure(&text));
    processor.temperature_celsius = temperature_celsius(ctx);
    processor
}

/// `/proc/cpuinfo`: one block per logical processor, its lines `name : value`.
fn described(cpuinfo: &str) -> Processor {
    let mut processor = Processor::default();
    let mut cores = BTreeSet::new();
    let mut package = String::new();
    let mut fastest: Option<f64> = None;
    for line in cpuinfo.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match name.trim() {
            "processor" => processor.threads = processor.threads.saturating_add(1),
            "model name" | "Model" | "Hardware" if processor.model.is_none() && !value.is_empty() => {
                processor.model = Some(value.to_owned());
            }
            "physical id" => package = value.to_owned(),
            "core id" => {
                cores.insert((package.clone(), value.to_owned()));
            }
            "cpu MHz" => {
                let mhz = value.parse::<f64>().ok().filter(|mhz| mhz.is_finite());
                fastest = fastest.max_by_value(mhz);
            }
            _ => {}
        }
    }
    processor.cores = u32::try_from(cores.len()).ok().filter(|count| *count > 0);
    // In range: processors run at thousands of megahertz, and a cast of floats saturates.
    processor.frequency_mhz = fastest.map(|mhz| mhz.round() as u64);
    processor
}

trait MaxByValue {
    fn max_by_value(self, other: Self) -> Self;
}

impl MaxByValue for Option<f64> {
    fn max_by_value(self, other: Self) -> Self {
        match (self, other) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        }
    }
}

fn fastest_mhz(ctx: &Context) -> Option<u64> {
    let kilohertz = files::entries(&ctx.path("/sys/devices/system/cpu/cpufreq"))
        .iter()
        .filter_map(|policy| files::number::<u64>(&policy.join("scaling_cur_freq")))
        .max()?;
    Some(kilohertz / 1000)
}

/// Averages over 1, 5 and 15 minutes (proc_loadavg(5)).
fn load(text: &str) -> Option<[f64; 3]> {
    let mut averages = text.split_whitespace().map(|field| field.parse::<f64>().ok().filter(|n| n.is_finite()));
    Some([averages.next()??, averages.next()??, averages.next()??])
}

/// Busy share between two contents of `/proc/stat`, in percent.
fn busy_percent(before: &str, after: &str) -> Option<f32> {
    ticks(after)?.busy_percent_since(ticks(before)?)
}

/// The processors' clock ticks since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticks {
    all: u64,
    /// Those that were idle or waited for drives.
    idle: u64,
}

impl Ticks {
    /// Busy share since `before`, in percent: all time but idle and waiting for drives (proc_stat(5)). `None` if no tick
    /// passed.
    pub(crate) fn busy_percent_since(self, before: Self) -> Option<f32> {
        let all = self.all.checked_sub(before.all).filter(|ticks| *ticks > 0)?;
        let idle = self.idle.saturating_sub(before.idle).min(all);
        Some(((all - idle) as f64 / all as f64 * 100.0) as f32)
    }
}

/// The first line of `/proc/stat`.
pub(crate) fn ticks(stat: &str) -> Option<Ticks> {
    let all = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in user and nice already.
    let ticks: Vec<u64> = all.split_whitespace().take(8).filter_map(|field| field.parse().ok()).collect();
    let idle = ticks.get(3)?.saturating_add(ticks.get(4).copied().unwrap_or(0));
    Some(Ticks { all: ticks.iter().fold(0, |sum, tick| sum.saturating_add(*tick)), idle })
}

fn temperature_celsius(ctx: &Context) -> Option<f32> {
    let from_sensors = files::entries(&ctx.path("/sys/class/hwmon"))
        .iter()
        .filter(|sensor| files::value(&sensor.join("name")).is_some_and(|name| SENSORS.contains(&name.as_str())))
        .flat_map(|sensor| files::entries(sensor))
        .filter(|path| {
            let name = files::name(path);
            name.starts_with("temp") && name.ends_with("_input")
        })
        .filter_map(|path| files::number::<i32>(&path))
        .max();
    let from_zones = || {
        files::entries(&ctx.path("/sys/class/thermal"))
            .iter()
            .filter(|zone| {
                let kind = files::value(&zone.join("type")).unwrap_or_default().to_lowercase();
                kind.contains("x86_pkg_temp") || kind.contains("cpu")
            })
            .filter_map(|zone| files::number::<i32>(&zone.join("temp")))
            .max()
    };
    // Thousandths of a degree (Linux, Documentation/hwmon/sysfs-interface.rst). Outside this range the sensor is not one.
    let celsius = from_sensors.or_else(from_zones)? as f32 / 1000.0;
    (1.0..150.0).contains(&celsius).then_some(celsius)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;
    use proptest::prelude::*;

    #[test]
    fn a_laptop_processor_is_described() {
        let processor = read(&fixture::laptop());
        assert_eq!(processor.model.as_deref(), Some("11th Gen Intel(R) Core(TM) i7-1185G7 @ 3.00GHz"));
        assert_eq!((processor.cores, processor.threads), (Some(2), 4));
        assert_eq!(processor.frequency_mhz, Some(2801));
        assert_eq!(processor.load, Some([0.52, 0.58, 0.59]));
        assert_eq!(processor.pressure_percent, Some(1.25));
        assert_eq!(processor.temperature_celsius, Some(58.0));
    }

    #[test]
    fn busy_is_what_was_neither_idle_nor_waiting() {
        let before = "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3 4\n";
        let after = "cpu  125 0 125 740 110 0 0 0 0 0\n";
        assert_eq!(busy_percent(before, after), Some(50.0));
        assert_eq!(busy_percent(before, before), None, "no time has passed");
        assert_eq!(busy_percent(after, before), None, "the clock ran backwards");
        assert_eq!(busy_percent("", after), None);
    }

    #[tokio::test]
    async fn this_machine_has_the_processors_that_the_kernel_lists() {
        let processor = collect(&fixture::here()).await.unwrap();
        let listed = std::fs::read_to_string("/proc/cpuinfo").unwrap();
        let count = listed.lines().filter(|line| line.starts_with("processor")).count();
        assert_eq!(usize::try_from(processor.threads).unwrap(), count);
        assert!((0.0..=100.0).contains(&processor.busy_percent.unwrap()));
    }

    proptest! {
        #[test]
        fn anything_is_read_without_panic(one in "(cpu |model name|:|[0-9 .\n]|\\PC){0,200}", other in "(cpu |[0-9 \n]){0,80}") {
            let _ = (described(&one), load(&one), ticks(&one));
            if let Some(busy) = busy_percent(&one, &other) {
                prop_assert!((0.0..=100.0).contains(&busy));
            }
        }
    }
}
