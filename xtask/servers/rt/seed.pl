# Rights, people and their authentication tokens for tests, through RT's own Perl interface: REST 2.0 grants no rights and
# makes no tokens. Requesters may do what RT's documentation advises for self-service; one technician may do the rest, and so may a service account.
# Tokens are written to token.NAME in $HOME.
use strict; use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT; RT::LoadConfig(); RT::Init();

my $system = RT->SystemUser;
sub must { my ($ok, $said) = @_; die "$said\n" unless $ok; return $ok; }
my $everyone = RT::Group->new($system); must($everyone->LoadSystemInternalGroup('Everyone'));
my $queue = RT::Queue->new($system); must($queue->Load('General'));
must($everyone->PrincipalObj->GrantRight(Right => $_, Object => $queue)) for qw(CreateTicket ReplyToTicket SeeQueue);
must($everyone->PrincipalObj->GrantRight(Right => 'ManageAuthTokens', Object => RT->System));
must($queue->RoleGroup('Requestor')->PrincipalObj->GrantRight(Right => 'ShowTicket', Object => $queue));
for my $person (['alice', 0], ['bob', 0], ['technician', 1], ['deskside', 1]) {
  my ($name, $privileged) = @$person;
  my $user = RT::User->new($system);
  must($user->Create(Name => $name, EmailAddress => "$name\@example.test", Privileged => $privileged));
  my ($ok, $said, $secret) = RT::AuthToken->new($system)->Create(Owner => $user->Id, Description => 'test');
  must($ok, $said);
  open my $file, '>', "$ENV{HOME}/token.$name" or die $!;
  print $file $secret; close $file;
  next unless $privileged;
  must($user->PrincipalObj->GrantRight(Right => $_, Object => $queue))
    for qw(ShowTicket ModifyTicket CommentOnTicket ShowTicketComments ReplyToTicket OwnTicket);
}
