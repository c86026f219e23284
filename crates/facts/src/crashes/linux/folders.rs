//! Folders of core dumps: names and times only, the dumps themselves are nobody's business.

use std::path::Path;

use deskside_protocol::{Timestamp, facts::Crash};

use crate::{Context, linux::files};

/// Core dumps in both folders; `None` if neither can be seen.
pub(super) fn crashes(ctx: &Context) -> Option<Vec<Crash>> {
    let (systemd, apport) = (ctx.path("/var/lib/systemd/coredump"), ctx.path("/var/crash"));
    if !systemd.is_dir() && !apport.is_dir() {
        return None;
    }
    let dumps = files::entries(&systemd).into_iter().filter_map(|file| of_systemd(&files::name(&file)));
    let reports =
        files::entries(&apport).into_iter().filter_map(|file| of_apport(&files::name(&file), changed(&file)?));
    Some(dumps.chain(reports).collect())
}

fn changed(file: &Path) -> Option<Timestamp> {
    let since = std::fs::metadata(file).ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::from_unix_ms(i64::try_from(since.as_millis()).ok()?))
}

/// "core.NAME.UID.BOOT.PID.MICROSECONDS.zst" (systemd-coredump(8)); dots and such in the name are written `\x2e`.
fn of_systemd(name: &str) -> Option<Crash> {
    let fields: Vec<&str> = name.strip_prefix("core.")?.split('.').collect();
    let [program, _uid, boot, _pid, microseconds, ..] = fields.as_slice() else { return None };
    let microseconds: i64 = microseconds.parse().ok().filter(|_| boot.len() == 32)?;
    Some(Crash { program: unescape(program), at: Timestamp::from_unix_ms(microseconds / 1000), reason: None })
}

/// "_usr_bin_gedit.1000.crash" of Ubuntu's apport: the path of the program, with underscores.
fn of_apport(name: &str, at: Timestamp) -> Option<Crash> {
    let (path, _uid) = name.strip_suffix(".crash")?.rsplit_once('.')?;
    let program = path.rsplit('_').next().filter(|program| !program.is_empty())?;
    Some(Crash { program: program.to_owned(), at, reason: None })
}

fn unescape(name: &str) -> String {
    let mut plain = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("\\x") {
        plain.push_str(before);
        let code = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        plain.push(code.map_or('?', char::from));
        rest = after.get(2..).unwrap_or_default();
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_dumps_tell_program_and_time() {
        let dump =
            of_systemd("core.gnome\\x2dshell.1000.0123456789abcdef0123456789abcdef.4711.1763884800123456.zst").unwrap();
        assert_eq!((dump.program.as_str(), dump.at.unix_ms()), ("gnome-shell", 1_763_884_800_123));
        assert_eq!(of_systemd("core.x.1.short.2.3"), None);
        let report = of_apport("_usr_bin_gedit.1000.crash", Timestamp::from_unix_ms(5)).unwrap();
        assert_eq!(report.program, "gedit");
        assert_eq!(of_apport("notes.txt", Timestamp::from_unix_ms(5)), None);
    }

    proptest! {
        #[test]
        fn any_name_is_read_without_panic(name in "(core\\.|\\\\x|[0-9a-f.]|\\PC){0,60}") {
            let _ = (of_systemd(&name), of_apport(&name, Timestamp::from_unix_ms(0)), unescape(&name));
        }
    }
}
