//! Mounted file systems that a user can fill.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Mutex, mpsc},
    time::Duration,
};

use deskside_protocol::{facts::Volume, limits};
use rustix::fs::StatVfs;

use crate::{Context, Failure, linux::files};

/// Longest wait for one file system; a server that is gone makes its mount hang for ever.
const ANSWER: Duration = Duration::from_millis(700);
/// File systems of drives.
const LOCAL: &[&str] = &[
    "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk", "hfsplus", "jfs", "msdos", "ntfs",
    "ntfs3", "reiserfs", "vfat", "xfs", "zfs",
];
/// File systems of other machines.
const REMOTE: &[&str] = &[
    "9p",
    "afs",
    "ceph",
    "cifs",
    "davfs",
    "fuse.davfs",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.sshfs",
    "glusterfs",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
    "virtiofs",
];

/// A line of the mount table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    device: String,
    point: PathBuf,
    file_system: String,
    read_only: bool,
    remote: bool,
}

pub(super) fn volumes(ctx: &Context) -> Result<Vec<Volume>, Failure> {
    let table = files::text(&ctx.path("/proc/self/mountinfo")).map_err(|error| Failure::io("mountinfo", &error))?;
    Ok(chosen(&table).into_iter().take(limits::FACTS_LIST).filter_map(|mount| volume(ctx, &mount)).collect())
}

/// The mounts of a mount table (proc_pid_mountinfo(5)) that a user can fill: each device once, where it is mounted
/// first or at `/`.
fn chosen(table: &str) -> Vec<Mount> {
    let mut seen = BTreeSet::new();
    let mut mounts: Vec<Mount> = table.lines().filter_map(parse).collect();
    mounts.sort_by_key(|mount| mount.point != Path::new("/"));
    mounts.retain(|mount| seen.insert(mount.device.clone()));
    mounts
}

/// One line: `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`.
fn parse(line: &str) -> Option<Mount> {
    let (before, after) = line.split_once(" - ")?;
    let mut before = before.split(' ').skip(2);
    let (device, _root, point, options) = (before.next()?, before.next()?, before.next()?, before.next()?);
    let mut after = after.split(' ');
    let (file_system, source, super_options) = (after.next()?, after.next()?, after.next().unwrap_or_default());
    let remote = REMOTE.contains(&file_system);
    // The root of a container is an overlay, and what its user can fill.
    let counts = remote || LOCAL.contains(&file_system) || (file_system == "overlay" && point == "/");
    if !counts {
        return None;
    }
    let read_only = |options: &str| options.split(',').any(|option| option == "ro");
    Some(Mount {
        device: if remote { source.to_owned() } else { device.to_owned() },
        point: PathBuf::from(unescape(point)),
        file_system: file_system.to_owned(),
        read_only: read_only(options) || read_only(super_options),
        remote,
    })
}

/// The kernel writes blanks and backslashes as three octal digits.
fn unescape(field: &str) -> String {
    let mut plain = Vec::with_capacity(field.len());
    let mut bytes = field.as_bytes();
    while let [first, rest @ ..] = bytes {
        match rest {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] if *first == b'\\' => {
                plain.push(((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0'));
                bytes = after;
            }
            _ => {
                plain.push(*first);
                bytes = rest;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn volume(ctx: &Context, mount: &Mount) -> Option<Volume> {
    let said = ask(&ctx.path(&mount.point))?;
    let block = if said.f_frsize > 0 { said.f_frsize } else { said.f_bsize };
    let total_bytes = said.f_blocks.saturating_mul(block);
    (total_bytes > 0).then(|| Volume {
        mount: mount.point.to_string_lossy().into_owned(),
        file_system: mount.file_system.clone(),
        total_bytes,
        free_bytes: said.f_bavail.saturating_mul(block).min(total_bytes),
        free_inodes_percent: (said.f_files > 0)
            .then(|| (said.f_favail.min(said.f_files) as f64 / said.f_files as f64 * 100.0) as f32),
        read_only: mount.read_only,
        remote: mount.remote,
    })
}

/// Mounts that were asked and have not answered yet. Each holds a thread, which must not become one more at every look.
static STUCK: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// `statvfs`, given up after [`ANSWER`].
fn ask(point: &Path) -> Option<StatVfs> {
    let stuck = || STUCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !stuck().insert(point.to_owned()) {
        return None;
    }
    let (answer, answered) = mpsc::channel();
    let asked = point.to_owned();
    // A thread of its own: one of the runtime's would hold up the end of the agent.
    let started = std::thread::Builder::new().name("statvfs".into()).spawn(move || {
        let said = rustix::fs::statvfs(&asked).ok();
        stuck().remove(&asked);
        let _ = answer.send(said);
    });
    if started.is_err() {
        stuck().remove(point);
        return None;
    }
    let said = answered.recv_timeout(ANSWER);
    if said.is_err() {
        tracing::warn!(mount = %point.display(), "a file system does not answer");
    }
    said.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;
    use proptest::prelude::*;

    const TABLE: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw,errors=remount-ro
28 27 259:1 / /boot/efi rw - vfat /dev/nvme0n1p1 rw,fmask=0077
29 27 254:0 /home /home rw - ext4 /dev/mapper/root rw
30 27 0:50 / /media/claire/My\\040Stick ro - exfat /dev/sda1 ro
31 27 0:51 / /srv/share rw - nfs4 files:/share rw,vers=4.2
32 27 0:52 / /run/user/1000 rw - tmpfs tmpfs rw
33 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro
broken line";

    #[test]
    fn only_what_a_user_can_fill_and_each_device_once() {
        let mounts = chosen(TABLE);
        let points: Vec<_> = mounts.iter().map(|mount| mount.point.to_str().unwrap()).collect();
        assert_eq!(points, ["/", "/boot/efi", "/media/claire/My Stick", "/srv/share"]);
        assert_eq!(mounts.iter().map(|mount| mount.read_only).collect::<Vec<_>>(), [false, false, true, false]);
        assert_eq!(mounts.iter().map(|mount| mount.remote).collect::<Vec<_>>(), [false, false, false, true]);
    }

    #[test]
    fn this_machine_has_the_free_space_that_its_root_says() {
        let volumes = volumes(&fixture::here()).unwrap();
        let root = volumes.iter().find(|volume| volume.mount == "/").unwrap();
        let said = rustix::fs::statvfs("/").unwrap();
        assert_eq!(root.total_bytes, said.f_blocks * said.f_frsize);
        assert!(root.free_bytes <= root.total_bytes);
    }

    #[test]
    fn a_mount_that_hangs_is_asked_once_and_holds_up_nothing() {
        let point = PathBuf::from("/a/mount/that/hangs");
        STUCK.lock().unwrap().insert(point.clone());
        assert_eq!(ask(&point).map(|said| said.f_blocks), None);
        STUCK.lock().unwrap().remove(&point);
    }

    proptest! {
        #[test]
        fn any_table_is_read_without_panic(table in "([0-9a-z:/\\\\ ,\n-]|\\PC){0,300}") {
            let _ = chosen(&table);
        }

        #[test]
        fn any_name_survives_the_escape_of_the_kernel(name in "[a-z \\\\\t]{0,20}") {
            let escaped: String = name.chars().map(|c| match c {
                ' ' => "\\040".to_owned(), '\t' => "\\011".to_owned(), '\\' => "\\134".to_owned(), c => c.to_string(),
            }).collect();
            prop_assert_eq!(unescape(&escaped), name);
        }
    }
}
