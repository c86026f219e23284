//! Whether the root file system lies on LUKS, directly or below LVM or RAID.

use std::path::{Path, PathBuf};

use crate::{
    Context,
    linux::files::{self, value},
};

/// Layers of block devices that are followed down; real ones have four.
const LAYERS: usize = 8;

/// `None` where the root's device is not known, as in a container, or on file systems that encrypt themselves.
pub(super) fn root_is_encrypted(ctx: &Context) -> Option<bool> {
    let table = files::text(&ctx.path("/proc/self/mountinfo")).ok()?;
    let (number, source) = root(&table)?;
    let block = block(ctx, &number, &source)?;
    Some(encrypted(ctx, &block, LAYERS))
}

/// Number and source of what is mounted at `/` (proc_pid_mountinfo(5)).
fn root(table: &str) -> Option<(String, String)> {
    table.lines().rev().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let fields: Vec<&str> = before.split(' ').collect();
        let source = after.split(' ').nth(1)?;
        (fields.get(4) == Some(&"/"))
            .then(|| (fields.get(2).copied().unwrap_or_default().to_owned(), source.to_owned()))
    })
}

/// The block device of this number; of btrfs, whose numbers are its own, the one that the source names.
fn block(ctx: &Context, number: &str, source: &str) -> Option<PathBuf> {
    let class = ctx.path("/sys/class/block");
    let by_number =
        || files::entries(&class).into_iter().find(|block| value(&block.join("dev")).as_deref() == Some(number));
    by_number().or_else(|| {
        let name = source.strip_prefix("/dev/")?;
        let of_mapper = name.strip_prefix("mapper/");
        files::entries(&class).into_iter().find(|block| {
            of_mapper.map_or_else(
                || files::name(block) == name,
                |name| value(&block.join("dm/name")).as_deref() == Some(name),
            )
        })
    })
}

/// Whether every way down from a device meets a layer of dm-crypt, whose identity begins so (cryptsetup, `CRYPT-`).
fn encrypted(ctx: &Context, block: &Path, layers: usize) -> bool {
    if value(&block.join("dm/uuid")).is_some_and(|identity| identity.starts_with("CRYPT-")) {
        return true;
    }
    let below = files::entries(&block.join("slaves"));
    layers > 0
        && !below.is_empty()
        && below.iter().all(|slave| encrypted(ctx, &ctx.path("/sys/class/block").join(files::name(slave)), layers - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;

    #[test]
    fn lvm_on_luks_is_encrypted() {
        assert_eq!(root_is_encrypted(&fixture::laptop()), Some(true));
    }

    #[test]
    fn a_plain_partition_is_not_and_an_unknown_root_is_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let mut ctx = fixture::silent();
        ctx.root = folder.path().to_owned();
        std::fs::create_dir_all(folder.path().join("proc/self")).unwrap();
        let table = folder.path().join("proc/self/mountinfo");
        std::fs::write(&table, "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n").unwrap();
        assert_eq!(root_is_encrypted(&ctx), None);
        let partition = folder.path().join("sys/class/block/sda1");
        std::fs::create_dir_all(&partition).unwrap();
        std::fs::write(partition.join("dev"), "8:1\n").unwrap();
        assert_eq!(root_is_encrypted(&ctx), Some(false));
        std::fs::write(&table, "27 1 0:30 /@ / rw - btrfs /dev/sda1 rw\n").unwrap();
        assert_eq!(root_is_encrypted(&ctx), Some(false), "btrfs is found by its source");
    }

    #[test]
    fn devices_that_lie_on_each_other_end_somewhere() {
        let folder = tempfile::tempdir().unwrap();
        let mut ctx = fixture::silent();
        ctx.root = folder.path().to_owned();
        let turning = folder.path().join("sys/class/block/dm-0");
        std::fs::create_dir_all(turning.join("slaves/dm-0")).unwrap();
        assert!(!encrypted(&ctx, &turning, LAYERS));
    }
}
