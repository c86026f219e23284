//! The values at which something is unusual, each with its reason. They are for people at work on one machine, not for
//! monitoring: what passes one is worth a technician's glance.

/// Free share of a volume, in percent, below which it is nearly full: file systems slow down and updates begin to fail.
pub const DISK_NEARLY_FULL_PERCENT: f64 = 10.0;
/// A volume with this much room is not nearly full, whatever its share: a tenth of a large drive is a lot.
pub const DISK_ROOMY_BYTES: u64 = 20 * 1024 * 1024 * 1024;
/// Free share of a volume, in percent, below which it is full to its user: programs fail to save.
pub const DISK_FULL_PERCENT: f64 = 2.0;
/// A volume with this much room is not full, whatever its share: documents can still be saved.
pub const DISK_SPARE_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// Volumes below this size are firmware and boot partitions, which are made nearly full.
pub const DISK_SMALL_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Share of the index nodes free, in percent, below which no more files can be made soon, whatever the room.
pub const INODES_FULL_PERCENT: f32 = 2.0;
/// Endurance used, in percent, from which a maker no longer stands for a flash drive (NVM Express Base 2.0, Percentage Used).
pub const DRIVE_WORN_PERCENT: f32 = 100.0;
/// Share of memory that programs can still get, in percent, below which the machine soon swaps.
pub const MEMORY_LOW_PERCENT: f64 = 10.0;
/// Below this the machine hardly moves.
pub const MEMORY_VERY_LOW_PERCENT: f64 = 4.0;
/// Busy share of all processors, in percent, from which everything waits. One moment is no proof, so that it counts only
/// together with [`LOAD_PER_THREAD`].
pub const PROCESSOR_BUSY_PERCENT: f32 = 90.0;
/// Average of waiting tasks over 5 minutes for each logical processor, from which the business lasts.
pub const LOAD_PER_THREAD: f64 = 1.0;
/// Temperature from which processors slow themselves down: makers set the limit at 95 to 105 degrees.
pub const PROCESSOR_HOT_CELSIUS: f32 = 90.0;
/// Wi-Fi signal, in percent, below which calls and video break up (about -80 dBm).
pub const WIFI_WEAK_PERCENT: u8 = 35;
/// Wi-Fi signal below which calls and video break up, where no percentage is told.
pub const WIFI_WEAK_DBM: i32 = -78;
/// Charge, in percent, at which systems begin to warn.
pub const BATTERY_LOW_PERCENT: f32 = 15.0;
/// Charge, in percent, at which systems switch off by themselves.
pub const BATTERY_VERY_LOW_PERCENT: f32 = 5.0;
/// Capacity, in percent of the new one, below which makers replace a battery under warranty (usually 80) and a day's work
/// no longer fits.
pub const BATTERY_WORN_PERCENT: f32 = 60.0;
/// Jobs that wait for one printer: a few are normal while it prints.
pub const PRINTER_QUEUE_JOBS: u32 = 5;
/// Age of a crash, in hours, up to which it may have to do with the problem.
pub const CRASH_HOURS: i64 = 24;
/// Days without a restart after which leaks and pending updates are the first suspects.
pub const UPTIME_DAYS: f64 = 30.0;
/// Findings of one kind, at most: the rest is in the section.
pub const OF_ONE_KIND: usize = 8;
