# Ce que l’agent dit sans la fenêtre : zone de notification, notifications, ligne de commande, menus du système.

## Zone de notification

tray-open = Ouvrir Deskside
tray-report = Signaler un problème
tray-report-with-picture = Signaler un problème avec une image de l’écran
tray-requests = Mes demandes
tray-requests-new =
    { $count ->
        [one] Mes demandes ({ $count } nouvelle réponse)
       *[other] Mes demandes ({ $count } nouvelles réponses)
    }
tray-quit = Quitter Deskside
# L’infobulle : ce que dit la forme de l’icône, en mots.
tray-tip-ready = Tout va bien. Quelque chose ne marche pas ? Cliquez ici.
tray-tip-unread =
    { $count ->
        [one] { $count } nouvelle réponse de l’assistance.
       *[other] { $count } nouvelles réponses de l’assistance.
    }
tray-tip-waiting =
    { $count ->
        [one] { $count } demande est conservée et partira.
       *[other] { $count } demandes sont conservées et partiront.
    }
tray-tip-parked =
    { $count ->
        [one] { $count } demande n’a pas pu partir. Jetez-y un œil.
       *[other] { $count } demandes n’ont pas pu partir. Jetez-y un œil.
    }
tray-tip-offline = L’assistance est injoignable. Vous pouvez quand même signaler un problème : il est conservé.
tray-tip-not-enrolled = Pas encore relié à une assistance. Vous pouvez quand même signaler un problème : il est conservé.
tray-tip-refused = L’assistance n’accepte pas votre identification. Vos demandes sont conservées. Ouvrez Deskside pour vous identifier de nouveau.

## Notifications

notify-answer = { $author } vous a répondu
notify-answer-nobody = L’assistance vous a répondu
notify-answer-body = « { $title } » – { $text }
notify-solved = Votre demande est annoncée comme résolue
notify-solved-body = « { $title } ». Est-ce que tout remarche ?
notify-waiting-for-you = L’assistance a besoin de vous
notify-state = Votre demande a avancé
notify-delivered = Votre demande est arrivée
notify-delivered-body = « { $title } ». Elle porte le numéro { $number }.
notify-parked = Une demande n’a pas pu partir
notify-parked-body = « { $title } ». Elle est conservée sur cet ordinateur. Jetez-y un œil.
notify-parked-reply = Votre réponse n’a pas pu partir
notify-parked-files = Un fichier a été refusé
notify-parked-files-body = « { $title } ». Tout le reste est arrivé. Jetez-y un œil.
notify-about = { $title }
notify-several =
    { $count ->
        [one] { $count } nouvelle de vos demandes
       *[other] { $count } nouvelles de vos demandes
    }
notify-several-line = { $what } : « { $title } »
notify-several-more =
    { $count ->
        [one] … et { $count } autre
       *[other] … et { $count } autres
    }
notify-read = Lire la réponse
notify-look = Regarder
notify-window-failed = La fenêtre ne s’est pas ouverte
notify-window-failed-body = Ce que vous avez écrit est conservé. Réessayez ; si cela se reproduit, lancez « deskside doctor ».
notify-screen-failed = Pas d’image de l’écran

## Ligne de commande : à quoi elle sert

cli-about = Signale un problème à l’assistance, avec ce qu’un technicien a besoin de savoir.
cli-about-run = Sans commande, Deskside démarre et reste dans la zone de notification. S’il tourne déjà, sa fenêtre s’ouvre.
cli-usage = Utilisation :
cli-command = commande
cli-commands = Commandes{" "}
cli-options = Options{" "}
cli-arguments = Arguments{" "}
cli-run = Reste dans la zone de notification, sans ouvrir de fenêtre
cli-help = Affiche cette aide
cli-version = Affiche la version
cli-json = Répond en JSON, pour les programmes
cli-report = Signale un problème d’ici
cli-report-text = Ce qui se passe, avec vos mots
cli-report-screenshot = Ajoute une image de tout l’écran
cli-report-yes = Envoie sans poser de question
cli-facts = Affiche ce que cet ordinateur dit de lui-même
cli-doctor = Vérifie chaque partie de Deskside et dit quoi faire
cli-requests = Affiche la liste de mes demandes
cli-show = Ouvre la fenêtre
cli-show-screen = Quelle partie
cli-open = Ouvre un lien deskside:// d’une page ou d’un message
cli-open-link = Le lien
cli-quit = Arrête Deskside
cli-enrol = Relie cet ordinateur à une assistance
cli-enrol-hub = Adresse de l’assistance
cli-enrol-token = Jeton de votre service informatique ; « - » le lit sur l’entrée standard
cli-doctor-helpdesk = Examine une assistance pas à pas et dit quoi faire
cli-connect = Relie cet ordinateur à une assistance de votre entreprise
cli-disconnect = Déconnecte l’assistance ; ce qui attend est conservé
cli-connect-url = Adresse de l’assistance, telle qu’un navigateur l’ouvre
cli-connect-kind = Ce que c’est ; reconnu si ce n’est pas dit
cli-connect-way = Façon de s’identifier
cli-connect-field = Ce qui est dit en plus à l’assistance, comme queue=General
cli-connect-credential = Fichier contenant le jeton ; sinon il vous est demandé
cli-connect-prompt = Jeton :
cli-for-it = Pour le service informatique : { $advice }
cli-disconnected = Cet ordinateur est déconnecté de son assistance.
cli-exit-codes =
    Codes de sortie : 0 fait, une demande est envoyée ou conservée ; 1 échec ; 2 arguments incorrects ; 3 Deskside est
    injoignable ou n’a pas pu démarrer ; 4 vous avez refusé ; 5 le diagnostic a trouvé une panne, ou une assistance n’a pas pu être connectée.

## Ligne de commande : ce qu’elle dit

cli-this-is-sent = Voici ce qui sera envoyé à { $destination } :
cli-the-helpdesk = l’assistance, dès que cet ordinateur y sera relié
cli-your-text = Ce que vous avez écrit
cli-picture = Une image de l’écran, { $width } × { $height }
cli-held-back = Pas envoyé : { $sections }
cli-nothing = rien
cli-collecting = Examen de cet ordinateur en cours…
cli-send-question = Envoyer ? [o/N]
# La lettre qui veut dire oui.
cli-yes-letter = o
cli-not-sent = Rien n’est parti. Le brouillon est conservé ; vous le retrouverez en ouvrant Deskside.
cli-sent = C’est envoyé, sous le numéro { $number }.
cli-kept = C’est conservé sur cet ordinateur, et cela partira dès que l’assistance sera joignable. Vous n’avez rien à faire.
cli-no-requests = Il n’y a pas encore de demande.
cli-more-requests = … et { $count } de plus ; les plus récentes sont listées.
cli-number = Nº { $number }
cli-not-yet-sent = pas encore envoyée
cli-needs-a-look = n’a pas pu partir
cli-unread = nouvelle réponse
cli-sign-in = Vous connecte, si votre assistance le demande
cli-sign-in-begun = Votre navigateur est ouvert. Connectez-vous sur la page affichée.
sign-in-done = Vous êtes connecté. Vous pouvez fermer cette page.
sign-in-failed = Cela n’a pas fonctionné, et rien n’est perdu. Fermez cette page et reconnectez-vous depuis Deskside.
cli-enrolled = Cet ordinateur est relié à { $helpdesk }.
cli-not-running = Deskside ne tourne pas.
cli-cannot-start = Deskside n’a pas pu démarrer : { $reason }
cli-shown = La fenêtre s’ouvre.
cli-ended = Deskside est arrêté.
cli-no-answer = Deskside ne répond pas : { $reason }
cli-findings = Ce qui sort de l’ordinaire
cli-all-well = Rien qui sorte de l’ordinaire.
cli-failed = n’a pas pu être lu
cli-what-to-do = Que faire : { $advice }
cli-doctor-good = Tout va bien.
cli-doctor-bad =
    { $count ->
        [one] { $count } point demande votre attention.
       *[other] { $count } points demandent votre attention.
    }

## Que faire de ce que le diagnostic a trouvé

advice-store = Libérez de la place sur le disque, et vérifiez que votre dossier personnel est accessible en écriture. Les demandes déjà envoyées sont en sécurité à l’assistance.
advice-keyring = Déverrouillez le trousseau de cet ordinateur (il s’ouvre avec votre mot de passe de session), ou demandez-en un à votre service informatique. D’ici là, Deskside devra être relié à nouveau après un redémarrage.
advice-tray = Activez la zone de notification dans les réglages de votre bureau (sous GNOME : l’extension « AppIndicator »). D’ici là, ouvrez Deskside depuis le menu des programmes.
advice-notifications = Activez les notifications dans les réglages de votre bureau. D’ici là, les réponses se voient dans la zone de notification et dans la fenêtre.
advice-screen = Aucune image ne peut être prise ici. Joignez-en une en fichier.
advice-shortcut = Choisissez d’autres touches dans les réglages de Deskside : un autre programme ou le bureau utilise celles-ci, ou ce clavier ne les a pas. L’icône et son menu font la même chose.
advice-helpdesk = Voyez si d’autres sites s’ouvrent. Si oui, l’assistance est en panne ou son adresse est fausse : prévenez votre service informatique. D’ici là, vos demandes sont conservées.
advice-enrolment = Demandez un jeton à votre service informatique, puis lancez : deskside enrol --hub ADRESSE --token JETON
advice-window = Réinstallez Deskside : le programme de sa fenêtre est absent ou abîmé. La ligne de commande marche sans lui.
advice-policy = Dites à votre service informatique que ses réglages sur cet ordinateur ne peuvent pas être lus en entier.
advice-settings = Ouvrez Réglages dans Deskside et choisissez à nouveau ; le fichier abîmé est mis de côté.
advice-disk = Libérez de la place : il reste moins de 100 Mo là où Deskside conserve vos demandes.
advice-logs = Vérifiez que le dossier du journal est accessible en écriture. Deskside fonctionne sans lui.
advice-socket = Arrêtez Deskside et démarrez-le à nouveau. Si rien ne change, lancez « deskside doctor » et envoyez le résultat à votre service informatique.
advice-autostart = Désactivez puis réactivez « Démarrer avec la session » dans les réglages.
advice-facts = Ce qui n’a pas pu être examiné manquera simplement à votre demande. Vous n’avez rien à faire.
advice-outbox = Ouvrez Mes demandes et regardez celles qui n’ont pas pu partir.

## Ce que lisent les techniciens dans le ticket (crates/helpdesk, layout)

desk-can-work = Peut encore travailler
desk-affected = Personnes touchées
desk-about = Sujet
desk-when = Moment du problème
desk-up-to = { $what } jusqu’à { $value }
desk-network-lost =
    { $count ->
        [one] réseau perdu dans { $count } relevé sur { $total }
       *[other] réseau perdu dans { $count } relevés sur { $total }
    }
desk-unusual = Ce qui est inhabituel sur ce poste
desk-more-findings =
    { $count ->
        [one] { $count } autre dans le rapport
       *[other] { $count } autres dans le rapport
    }
desk-nothing-unusual = Rien d’inhabituel n’a été constaté sur ce poste.
desk-computer = Poste
desk-serial = numéro de série { $serial }
desk-system = Système
desk-memory = Mémoire
desk-disk = Disque
desk-free = { $free } libres sur { $total }
desk-network = Réseau
desk-no-network = non connecté
desk-user = Utilisateur
desk-administrator = administre ce poste
desk-not-read = Lecture impossible
desk-attached = Fichiers joints
desk-screenshot = { $name }, image de l’écran ({ $size })
desk-file = { $name } ({ $size })
desk-all-facts = Tout ce que le poste a dit : { $page } (à lire), { $json } (pour les programmes)
desk-made-by = { $program }, { $date }
desk-files-not-taken = Ces fichiers n’ont pas pu être joints :
desk-files-only-there = Ces fichiers ne peuvent être ouverts que dans l’outil d’assistance lui-même :
desk-reply-not-taken = L’assistance n’a pas accepté votre message :
desk-confirm-not-taken = L’assistance n’a pas accepté que cette demande soit close.
desk-reopen-not-taken = L’assistance n’a pas rouvert cette demande :
desk-rating-not-taken = L’assistance n’a pas accepté votre évaluation.
desk-not-taken-why = Sa raison : { $why }
desk-takes-no-files = l’assistance n’accepte pas de fichiers par cette interface
desk-asks-to-close = Tout fonctionne de nouveau : merci de clore cette demande.
desk-asks-to-reopen = Le problème demeure : merci de rouvrir cette demande.
desk-report = Rapport
desk-requester-says = Dans les mots du demandeur
desk-all-sections = Ce que le poste a dit
desk-around-then = L’état du poste à ce moment-là
desk-not-said = Non communiqué par ce poste : { $fields }
