# Texts of connecting a helpdesk: the screen, and its card in Settings. What is looked at, what can be wrong and what IT
# does about it stands in shared.ftl, for the command line says the same.

## The address

connect-title = Connect your helpdesk
connect-intro = Your helpdesk is the site where you ask for help at work. Deskside finds out by itself what it is.
connect-address = Address of your helpdesk
connect-address-hint = As it stands at the top of your browser, for example helpdesk.example.com
connect-address-missing = Please type or paste the address of your helpdesk first.
connect-continue = Continue
connect-decided = Your IT department has chosen your helpdesk. All that is left is to sign in.

## Looking

connect-looking = Looking at { $host }…
connect-checked = What was checked
connect-found = Found: { $what }
connect-unknown = Something answers there
connect-kind-version = { $kind } { $version }
connect-other = Change the address
connect-other-short = Change
connect-health-good = Well:
connect-health-degraded = Works, with less:
connect-health-broken = Does not work:

## Signing in

connect-sign-in = Sign in
connect-way = How do you want to sign in?
connect-way-token = With a token that I paste
connect-way-browser = In my browser
connect-way-enrolment-token = With a code from my IT department
connect-token = Your token for { $helpdesk }
connect-code = Code from your IT department
connect-token-missing = Please paste the token first.
connect-code-missing = Please paste the code first.
connect-token-show = Show it
connect-token-hide = Hide it
connect-token-kept = It is kept in this computer’s keyring, and only your helpdesk gets it.
connect-code-help = Your IT department gives you this code. It works a limited number of times.
connect-browser-help = Your browser opens the sign-in page of your helpdesk. When you are done there, it goes on here by itself.
connect-browser-open = Your browser is open. Sign in there, and it goes on here by itself.
connect-browser-again = Open the browser again
connect-where = Where do I find my token?
connect-where-page = The page in your helpdesk:
connect-where-glpi-1 = Open GLPI in your browser, click your name at the top right and choose “My settings”.
connect-where-glpi-2 = Look for “API token” on that page and tick “Regenerate” beside it.
connect-where-glpi-3 = Choose “Save” at the bottom. The token now stands in the same place.
connect-where-glpi-4 = Copy it and paste it below.
connect-where-glpi-absent = There is no “API token” on your page? Then your IT department has to allow it first.
connect-where-mantis-1 = Open MantisBT in your browser, click your name at the top right and choose “My Account”.
connect-where-mantis-2 = Choose “API Tokens”, type a name such as “Deskside”, and choose “Create API Token”.
connect-where-mantis-3 = Copy the token at once, for it is shown only now, and paste it below.
connect-where-mantis-absent = There is no “API Tokens” on your page? Then your IT department has to allow it first.
connect-where-request-tracker-1 = Open Request Tracker in your browser. In the menu “Logged in as …”, choose “Settings” and then “Auth Tokens”.
connect-where-request-tracker-2 = Choose “Create”, type a description such as “Deskside”, and choose “Create” again.
connect-where-request-tracker-3 = Copy the token at once, for it is shown only now, and paste it below.
connect-where-request-tracker-absent = There is no “Auth Tokens” in that menu? Then your IT department has to allow it first.

## Fields that hardly anybody needs

connect-more = More settings
connect-more-help = Leave these as they are, unless your IT department told you something else.
connect-field-usual = As usual
connect-field-missing = This is needed. Your IT department knows what goes here.

## Connecting, and what can go wrong

connect-do = Connect
connect-doing = Connecting…
connect-safe = Nothing was changed. What you wrote is kept.
connect-tell = For your IT department
connect-tell-copy = Copy this for IT
connect-tell-copied = Copied. Paste it into a mail to your IT department.
connect-tell-failed = It could not be copied. Select the text and copy it.
connect-tell-address = Address: { $url }
connect-tell-kind = Helpdesk: { $what }
connect-tell-step = Step: { $step } ({ $code })
connect-tell-seen = Seen: { $detail }
connect-tell-version = Deskside { $version }

## Signing in again

connect-again-title = Sign in to your helpdesk again
connect-again-why = { $helpdesk } does not accept your sign-in any more: it has run out, or was withdrawn. Nothing is lost. What waits here is sent once you have signed in again.

## Connected

connect-done-title = You are connected
connect-done-next = Your requests go to { $helpdesk } from now on, and the answers come here.
connect-done-files = Pictures and files can have up to { $size } each.
connect-done-no-files = This helpdesk takes no files: what matters goes into your words.
connect-done-report = Report a problem

## In Settings

settings-desk-title = Your helpdesk
settings-desk-none = No helpdesk is connected yet. You can write requests all the same: they are kept here until one is.
settings-desk-online = Connected
settings-desk-offline = Cannot be reached just now
settings-desk-refused = Does not accept your sign-in any more
settings-desk-connect = Connect a helpdesk
settings-desk-again = Sign in again
settings-desk-other = Use another helpdesk
settings-desk-leave = Disconnect
settings-desk-way-token = You sign in with a token.
settings-desk-way-browser = You sign in with your browser.
settings-desk-way-enrolment-token = This computer is enrolled there.
settings-desk-field = { $name }: { $value }
settings-desk-leave-question = Disconnect from { $helpdesk }?
settings-desk-leave-explain = Deskside forgets the address and your sign-in. Your requests stay at the helpdesk and can still be read here, but no new answers arrive. What waits to be sent goes on waiting until a helpdesk is connected.
settings-desk-leave-confirm = Yes, disconnect
settings-desk-leave-keep = No, stay connected
settings-desk-left = Disconnected. What waits is kept.
