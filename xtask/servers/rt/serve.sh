#!/bin/bash
# Request Tracker 5 of Debian's packages on this machine alone, with a SQLite database of its own, in the foreground.
# Usage: serve.sh FOLDER PORT PASSWORD [SEED]. The folder must be one that the user www-data may enter; root's password in RT
# is PASSWORD. SEED is a Perl program that is run once, on the new database (seed.pl: people with tokens). Needs root, for RT's files are www-data's, and request-tracker5, rt5-db-sqlite, rt5-standalone.
set -eu
folder=$1 port=$2 password=$3
mkdir -p "$folder/empty.d"
cd "$folder"
cat > RT_SiteConfig.pm <<CONFIG
Set(\$rtname, 'rt.test'); Set(\$Organization, 'rt.test');
Set(\$CorrespondAddress, 'rt\@localhost'); Set(\$CommentAddress, 'rt-comment\@localhost');
Set(\$WebDomain, '127.0.0.1'); Set(\$WebPort, $port); Set(\$WebPath, ''); Set(\$WebBaseURL, 'http://127.0.0.1:$port');
Set(\$DatabaseType, 'SQLite'); Set(\$DatabaseName, '$folder/rt.sqlite3'); Set(\$DatabaseUser, ''); Set(\$DatabasePassword, '');
# Mail is written to a file: none is to leave, and RT is not slowed down by a mail server.
Set(\$MailCommand, 'testfile');
Set(\$LogToSTDERR, 'warning'); Set(\$LogToSyslog, ''); Set(\$LogToFile, '');
Set(\$WebSecureCookies, 0); Set(\$RestrictReferrer, 0); Set(\$MaxAttachmentSize, 20_000_000);
1;
CONFIG
chmod 755 "$folder"
printf %s "$password" > password
chown -R www-data "$folder"
chmod 600 password
export RT_SITE_CONFIG=$folder/RT_SiteConfig.pm RT_SITE_CONFIG_DIR=$folder/empty.d HOME=$folder TMPDIR=$folder
as_rt=(setpriv --reuid=www-data --regid=www-data --clear-groups)
if [ ! -s rt.sqlite3 ]; then
  "${as_rt[@]}" /usr/sbin/rt-setup-database-5 --action init --skip-create --root-password-file "$folder/password" > setup.log 2>&1
  if [ -n "${4:-}" ]; then "${as_rt[@]}" perl - < "$4" >> setup.log 2>&1; fi
fi
# As many workers as processors: RT's own way to use a machine whole.
exec "${as_rt[@]}" --pdeathsig TERM /usr/share/request-tracker5/libexec/rt-server --server Starlet --host 127.0.0.1 \
  --port "$port" --max-workers "$(nproc)"
