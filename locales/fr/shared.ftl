# Textes communs à plusieurs programmes : la fenêtre, la console et l’agent.
# On lit ici demande, réparation, cet ordinateur, assistance. Une erreur dit ce qui s’est passé, ce qui est à l’abri, ce qu’il faut faire.

## Mots qui reviennent

app-name = Deskside
yes = Oui
no = Non
back = Retour
cancel = Annuler
close = Fermer
save = Enregistrer
done = Terminé
retry = Réessayer
remove = Retirer
copy = Copier
copied = Copié
loading = Un instant…
loading-slow = Toujours en cours. C’est plus long que d’habitude.
unknown = Inconnu
more = Afficher la suite
technical-detail = Pour les techniciens
decided-by-it = Choisi par votre service informatique
just-now = à l’instant

## Erreurs : ce qui s’est passé, ce qui est à l’abri, ce qu’il faut faire

error-bad-request = Deskside ne s’est pas compris lui-même. Rien n’est perdu. Fermez la fenêtre et rouvrez-la.
error-not-found = Cet élément n’est plus là. Rien d’autre n’a changé.
error-text-too-long = Le texte est trop long. Il est toujours là : raccourcissez-le, ou joignez-le dans un fichier.
error-text-missing = Il n’y a pas encore de texte. Quelques mots suffisent.
error-file-too-large = Ce fichier est trop lourd. Chaque fichier peut faire 25 Mo, et l’ensemble 60 Mo. Les autres sont conservés.
error-too-many-files = Il y a déjà 10 fichiers. Retirez-en un pour en ajouter un autre.
error-file-type = Ce type de fichier ne peut pas être envoyé. Une image, un PDF, un texte ou une archive ZIP conviennent.
error-file-unreadable = Le fichier n’a pas pu être lu. Votre texte et les autres fichiers sont conservés. Essayez de l’ajouter à nouveau.
error-preview-changed = Quelque chose a changé depuis votre relecture. Rien n’est parti. Regardez à nouveau, puis envoyez.
error-wrong-state = Cette demande a avancé entre-temps. Rouvrez-la pour voir où elle en est.
error-screen-unavailable = Aucune image de l’écran ne peut être prise sur cet ordinateur. Vous pouvez joindre une image en fichier.
error-screen-refused = Vous avez refusé l’image de l’écran. Ce n’est pas grave : la demande peut s’en passer.
error-store-unwritable = Cet ordinateur ne peut plus rien conserver : son disque est plein ou verrouillé. Votre texte est toujours dans cette fenêtre. Libérez un peu de place, puis réessayez.
error-store-damaged = Ce que Deskside avait conservé sur cet ordinateur était abîmé. Tout a été mis de côté et Deskside est reparti de zéro. Les demandes déjà envoyées sont en sécurité à l’assistance.
error-store-version = Ce qui est conservé sur cet ordinateur a été écrit par une autre version de Deskside. Rien n’y est touché, et rien de nouveau ne peut être conservé. Rien n’est perdu. Demandez à votre service informatique de réinstaller la version la plus récente.
error-keyring-unavailable = Le trousseau de cet ordinateur est verrouillé ou absent. Deskside fonctionne, mais devra peut-être être reconnecté après un redémarrage.
error-settings-unreadable = Une partie de vos réglages n’a pas pu être lue. Les valeurs habituelles la remplacent. Ouvrez Réglages pour choisir à nouveau.
error-policy-unreadable = Une partie des choix de votre service informatique n’a pas pu être lue. Le reste est appliqué. Prévenez-le.
error-not-enrolled = Cet ordinateur n’est pas encore relié à une assistance. Vos demandes sont conservées ici. Demandez à votre service informatique de le relier.
error-unreachable = L’assistance est injoignable. Votre demande est conservée et partira plus tard. Vous pouvez continuer à travailler.
error-timed-out = L’assistance ne répond pas. Votre demande est conservée et partira plus tard. Vous pouvez continuer à travailler.
error-busy = L’assistance est très sollicitée. Votre demande est conservée et partira dans un instant. Vous n’avez rien à faire.
error-unauthorized = L’assistance ne reconnaît plus cet ordinateur. Vos demandes sont conservées ici. Prévenez votre service informatique.
error-sign-in-needed = L’assistance doit s’assurer que c’est bien vous. Connectez-vous, et ce qui attend ici partira.
error-forbidden = L’assistance ne le permet pas. Ce que vous avez écrit est conservé. Votre service informatique peut vous dire pourquoi.
error-refused = L’assistance refuse cette demande. Elle est conservée ici. Votre service informatique peut vous dire pourquoi.
error-start-over = L’assistance demande à tout reprendre depuis le début. Rien n’est perdu : Deskside s’en charge.
error-bad-answer = L’assistance a donné une réponse que Deskside ne comprend pas. Votre demande est conservée et partira plus tard.
error-version-mismatch = Deskside a été mis à jour pendant qu’il était ouvert. Rien n’est perdu. Fermez-le et rouvrez-le. Si ce message revient, redémarrez cet ordinateur.
error-decided-by-policy = C’est un choix de votre service informatique. Il ne peut pas être modifié ici.
error-agent-lost = La partie de Deskside qui travaille en arrière-plan ne répond pas. Rien n’est perdu : ce que vous écrivez reste dans cette fenêtre jusqu’à son retour.
error-internal = Un incident s’est produit dans Deskside. Ce qui était conservé est toujours là. Réessayez.

## Avis : valables sur tous les écrans

notice-not-enrolled = Cet ordinateur n’est pas encore relié à une assistance. Vous pouvez écrire vos demandes : elles sont conservées d’ici là.
notice-unreachable = L’assistance est injoignable pour le moment. Vous pouvez continuer : tout est conservé et partira plus tard.
notice-timed-out = L’assistance ne répond pas pour le moment. Vous pouvez continuer : tout est conservé et partira plus tard.
notice-busy = L’assistance est très sollicitée pour le moment. Vous pouvez continuer : tout est conservé et partira dans un instant.
notice-unauthorized = L’assistance ne reconnaît plus cet ordinateur. Vos demandes sont conservées. Prévenez votre service informatique.
notice-keyring-unavailable = Le trousseau de cet ordinateur est verrouillé ou absent. Deskside fonctionne, mais devra peut-être être reconnecté après un redémarrage.
notice-settings-unreadable = Une partie de vos réglages n’a pas pu être lue. Les valeurs habituelles la remplacent. Ouvrez Réglages pour choisir à nouveau.
notice-policy-unreadable = Une partie des choix de votre service informatique n’a pas pu être lue. Prévenez-le quand vous le pourrez.
notice-store-damaged = Ce que Deskside avait conservé sur cet ordinateur était abîmé et a été mis de côté. Les demandes déjà envoyées sont en sécurité à l’assistance.
notice-store-version = Ce qui est conservé sur cet ordinateur a été écrit par une autre version de Deskside. Rien n’est perdu, mais rien de nouveau ne peut être conservé tant que votre service informatique n’a pas réinstallé la version la plus récente.
notice-store-unwritable = Le disque de cet ordinateur est plein ou verrouillé : rien de nouveau ne peut être conservé. Libérez un peu de place avant d’écrire.
notice-version-mismatch = Deskside a été mis à jour pendant qu’il était ouvert. Fermez-le et rouvrez-le. Si ce message revient, redémarrez cet ordinateur.

## Rubriques, et à quoi elles servent

section-device = Cet ordinateur
section-device-purpose = Pour que l’assistance sache de quel ordinateur il s’agit.
section-system = Système
section-system-purpose = Beaucoup de problèmes sont propres à une version.
section-processor = Processeur
section-processor-purpose = Montre si l’ordinateur est surchargé.
section-memory = Mémoire
section-memory-purpose = Montre si les programmes ont assez de place pour travailler.
section-disks = Disques
section-disks-purpose = Un disque plein ou défaillant cause bien d’autres problèmes.
section-network = Réseau
section-network-purpose = Montre où la connexion s’arrête.
section-power = Alimentation et batterie
section-power-purpose = Montre si la batterie est vide ou usée.
section-displays = Écrans
section-displays-purpose = Pour les problèmes d’affichage.
section-printers = Imprimantes
section-printers-purpose = Montre quelle imprimante s’est arrêtée, et pourquoi.
section-media = Son et caméra
section-media-purpose = Pour les problèmes d’appels et de réunions.
section-programs = Programmes ouverts
section-programs-purpose = Montre ce qui occupe l’ordinateur. Des noms seulement, jamais leur contenu.
section-services = Services du système
section-services-purpose = Montre quelle partie du système est en panne.
section-log = Messages d’erreur
section-log-purpose = Ce que le système a noté ces 30 dernières minutes. Les noms et mots de passe en sont retirés.
section-crashes = Programmes plantés
section-crashes-purpose = Montre quels programmes se sont arrêtés tout seuls.
section-security = Protection
section-security-purpose = Chiffrement, pare-feu et mises à jour en attente.
section-locale = Langue et clavier
section-locale-purpose = Pour les problèmes de lettres, de dates et de touches.
section-user = Votre compte
section-user-purpose = Pour que l’assistance sache à qui répondre et quels sont vos droits.

sensitivity-machine = Ne concerne que la machine
sensitivity-surroundings = Dit à quoi elle est reliée
sensitivity-person = Dit quelque chose de vous

failure-timed-out = C’était trop long : cette rubrique a été laissée de côté. Le reste continue.
failure-unavailable = Cet ordinateur n’a rien à en dire.
failure-denied = Deskside n’a pas le droit de regarder ici.
failure-broken = La lecture a échoué. Le reste continue.

## Constats : $subject est l’élément concerné, $value le nombre qui le montre

finding-disk-nearly-full = Le disque { $subject } est presque plein : il reste { $value } %.
finding-disk-full = Le disque { $subject } est plein : il reste { $value } %.
finding-disk-read-only = Le disque { $subject } peut être lu, mais plus écrit.
finding-drive-failing = Le disque { $subject } signale une panne.
finding-memory-low = La mémoire est presque épuisée : il reste { $value } %.
finding-memory-killed = { $value ->
    [one] Un programme a été arrêté par manque de mémoire.
   *[other] { $value } programmes ont été arrêtés par manque de mémoire.
}
finding-processor-busy = Le processeur est très occupé : { $value } %.
finding-processor-hot = Le processeur est chaud : { $value } °C.
finding-network-down = Il n’y a pas de connexion au réseau.
finding-gateway-unreachable = Cet ordinateur est sur un réseau qui ne répond pas (routeur { $subject }).
finding-name-server-unreachable = Les sites ne peuvent pas être trouvés par leur nom : le serveur de noms { $subject } ne répond pas.
finding-captive-portal = Ce réseau demande d’abord de s’identifier sur une page.
finding-wifi-weak = Le signal Wi-Fi est faible : { $value } %.
finding-server-unreachable = Le serveur { $subject } est injoignable.
finding-battery-low = La batterie est presque vide : { $value } %.
finding-battery-worn = La batterie a vieilli : elle tient { $value } % de ce qu’elle tenait neuve.
finding-printer-stopped = L’imprimante { $subject } s’est arrêtée.
finding-printer-queue = { $value ->
    [one] Un document attend l’imprimante { $subject }.
   *[other] { $value } documents attendent l’imprimante { $subject }.
}
finding-service-failed = Le service { $subject } est en panne.
finding-program-crashed = Le programme { $subject } a planté.
finding-restart-pending = Une mise à jour attend un redémarrage.
finding-long-uptime = { $value ->
    [one] Cet ordinateur est allumé depuis { $value } jour.
   *[other] Cet ordinateur est allumé depuis { $value } jours.
}
finding-security-updates = { $value ->
    [one] { $value } mise à jour de sécurité attend.
   *[other] { $value } mises à jour de sécurité attendent.
}
finding-disk-not-encrypted = Le disque du système n’est pas chiffré.
finding-firewall-off = Le pare-feu est désactivé.
finding-sound-muted = Le son est coupé.

severity-notice = Bon à savoir
severity-warning = À surveiller
severity-critical = Sérieux

## Demandes

state-new = Bien arrivée. Personne ne l’a encore prise en charge.
state-in-progress = Un technicien ou une technicienne s’en occupe.
state-waiting-for-requester = L’assistance attend votre réponse.
state-on-hold = En attente : transmise, ou suspendue à une pièce ou à une date.
state-solved = Annoncée comme résolue. Merci de confirmer.
state-closed = Terminée.

state-new-short = Arrivée
state-in-progress-short = En cours
state-waiting-for-requester-short = À vous de répondre
state-on-hold-short = En attente
state-solved-short = Résolue ?
state-closed-short = Terminée

can-work-yes = Oui
can-work-with-difficulty = Difficilement
can-work-no = Non
affected-only-me = Moi seulement
affected-others = D’autres aussi
affected-unknown = Je ne sais pas
category-computer = L’ordinateur lui-même
category-network = Réseau et Wi-Fi
category-printing = Impression et numérisation
category-mail = Messagerie et agenda
category-program = Un programme ou un site
category-access = Connexion et droits d’accès
category-meetings = Son, caméra, réunions
category-other = Autre chose
level-low = Basse
level-medium = Moyenne
level-high = Haute

## Vérifications

doctor-store = Ce qui est conservé sur cet ordinateur
doctor-keyring = Trousseau
doctor-tray = Icône de la barre des tâches
doctor-notifications = Notifications
doctor-helpdesk = Liaison avec l’assistance
doctor-enrolment = Accès de cet ordinateur à l’assistance
doctor-window = La fenêtre
doctor-socket = Liaison entre la fenêtre et Deskside
doctor-screen = Images de l’écran
doctor-shortcut = Raccourci pour signaler un problème
doctor-facts = Examen de cet ordinateur
doctor-policy = Réglages de votre service informatique
doctor-autostart = Démarrage avec la session
doctor-disk = Place libre pour vos demandes
doctor-settings = Vos réglages
doctor-logs = Journaux
doctor-outbox = Ce qui attend d’être envoyé

health-good = Fonctionne
health-degraded = Fonctionne en partie
health-broken = Ne fonctionne pas

## Faits : un libellé par champ, et des mots pour les valeurs codées

fact-at = Moment
fact-host-name = Nom sur le réseau
fact-maker = Fabricant
fact-model = Modèle
fact-serial = Numéro de série
fact-chassis = Type d’ordinateur
fact-chassis-desktop = Ordinateur fixe
fact-chassis-laptop = Ordinateur portable
fact-chassis-tablet = Tablette
fact-chassis-server = Serveur
fact-chassis-virtual = Machine virtuelle
fact-chassis-other = Autre
fact-virtualisation = Fonctionne dans
fact-firmware = Micrologiciel
fact-name = Nom
fact-version = Version
fact-build = Révision
fact-kernel = Noyau
fact-architecture = Architecture
fact-booted-at = Démarré
fact-restart-pending = Redémarrage attendu
fact-restart-reasons = Ce qui demande le redémarrage
fact-time-zone = Fuseau horaire
fact-utc-offset-minutes = Minutes d’écart avec UTC
fact-desktop = Environnement de bureau
fact-session-type = Type de session
fact-cores = Cœurs
fact-threads = Processeurs logiques
fact-frequency-mhz = Fréquence
fact-busy-percent = Occupation
fact-load = Charge sur 1, 5 et 15 minutes
fact-pressure-percent = Temps passé à attendre
fact-temperature-celsius = Température
fact-total-bytes = Taille
fact-available-bytes = Encore disponible
fact-swap-total-bytes = Espace d’échange
fact-swap-used-bytes = Espace d’échange utilisé
fact-killed-for-memory = Programmes arrêtés par manque de mémoire
fact-volumes = Volumes
fact-drives = Disques physiques
fact-mount = Emplacement
fact-file-system = Système de fichiers
fact-free-bytes = Libre
fact-free-inodes-percent = Place pour d’autres fichiers
fact-read-only = Lecture seule
fact-remote = Sur une autre machine
fact-kind = Type
fact-kind-solid = Mémoire flash
fact-kind-rotating = Disque à plateaux
fact-kind-removable = Amovible
fact-kind-wired = Câble
fact-kind-wireless = Wi-Fi
fact-kind-mobile = Réseau mobile
fact-kind-vpn = VPN
fact-kind-virtual = Virtuel
fact-kind-other = Autre
fact-health = État de santé
fact-health-good = Bon
fact-health-failing = Signale une panne
fact-health-unknown = Ne peut pas être interrogé
fact-wear-percent = Usure
fact-interfaces = Connexions
fact-gateways = Passerelles
fact-name-servers = Serveurs de noms
fact-domains = Domaines
fact-proxy = Serveur mandataire
fact-vpn-up = VPN connecté
fact-connectivity = Connexion
fact-connectivity-none = Aucune
fact-connectivity-limited = Connecté, mais l’extérieur est injoignable
fact-connectivity-portal = Une page d’identification vient d’abord
fact-connectivity-full = Fonctionne
fact-connectivity-unknown = Inconnue
fact-servers = Serveurs de l’assistance
fact-up = Connecté
fact-mac = Adresse matérielle
fact-addresses = Adresses
fact-speed-mbit = Débit
fact-mtu = Plus grand paquet
fact-wifi = Wi-Fi
fact-errors = Paquets perdus
fact-signal-percent = Signal
fact-signal-dbm = Signal à l’antenne
fact-target = Adresse
fact-reachable = Répond
fact-answer-ms = Temps de réponse
fact-detail = Précision
fact-on-mains = Sur secteur
fact-batteries = Batteries
fact-charge-percent = Charge
fact-state = État
fact-state-idle = Prête
fact-state-processing = Imprime
fact-state-stopped = Arrêtée
fact-state-unknown = Inconnu
fact-state-charging = En charge
fact-state-discharging = Se décharge
fact-state-full = Pleine
fact-state-not-charging = Ne charge pas
fact-capacity-percent = Capacité par rapport au neuf
fact-cycles = Cycles de charge
fact-minutes-left = Minutes restantes
fact-displays = Écrans
fact-adapters = Cartes graphiques
fact-width-px = Largeur
fact-height-px = Hauteur
fact-refresh-hz = Images par seconde
fact-primary = Écran principal
fact-printers = Imprimantes
fact-location = Lieu
fact-default = Par défaut
fact-reasons = Raisons
fact-accepting = Accepte des documents
fact-jobs = Documents en attente
fact-uri = Adresse
fact-sound = Cartes son
fact-endpoints = Entrées et sorties
fact-cameras = Caméras
fact-input = Micro
fact-muted = Coupé
fact-volume-percent = Volume
fact-running = Processus en cours
fact-by-processor = Programmes les plus actifs
fact-by-memory = Programmes les plus gros
fact-processes = Processus
fact-processor-percent = Processeur
fact-memory-bytes = Mémoire
fact-failed = Services en panne
fact-description = Description
fact-result = Résultat
fact-since = Depuis
fact-of-user = Appartient à l’utilisateur
fact-lines = Messages
fact-left-out = Messages laissés de côté
fact-source = Origine
fact-severity = Gravité
fact-message = Message
fact-times = Nombre de fois
fact-crashes = Plantages
fact-program = Programme
fact-reason = Raison
fact-disk-encrypted = Disque chiffré
fact-firewall-on = Pare-feu actif
fact-firewall = Pare-feu
fact-updates-pending = Mises à jour en attente
fact-security-updates-pending = Mises à jour de sécurité en attente
fact-updates-checked-at = Dernière recherche de mises à jour
fact-secure-boot = Démarrage sécurisé
fact-antivirus = Antivirus
fact-language = Langue
fact-formats = Formats
fact-keyboards = Claviers
fact-encoding = Encodage
fact-login = Identifiant
fact-display-name = Nom
fact-domain = Domaine
fact-groups = Groupes
fact-administrator = Administre cet ordinateur
fact-other-sessions = Autres sessions ouvertes
fact-none = Aucun
fact-not-said = Cet ordinateur ne le dit pas : { $fields }

## Une ligne par rubrique, avant de l’ouvrir

summary-device = { $what }
summary-system = { $what }
summary-processor = { $threads ->
    [one] { $threads } processeur, occupé à { $busy }
   *[other] { $threads } processeurs, occupés à { $busy }
}
summary-processor-idle = { $threads ->
    [one] { $threads } processeur
   *[other] { $threads } processeurs
}
summary-memory = { $free } libres sur { $total }
summary-disks = { $free } libres sur { $mount }
summary-network-ok = Connecté
summary-network-limited = Connecté, l’extérieur est injoignable
summary-network-portal = Une page d’identification vient d’abord
summary-network-none = Pas de connexion
summary-power-mains = Sur secteur
summary-power-battery = Sur batterie, { $charge }
summary-power-charging = Sur secteur, batterie à { $charge }
summary-screens = { $count ->
    [0] Aucun
    [one] { $count } écran
   *[other] { $count } écrans
}
summary-printers = { $stopped ->
    [0] { $count }
    [one] { $count }, dont { $stopped } arrêtée
   *[other] { $count }, dont { $stopped } arrêtées
}
summary-media = { $sound ->
    [one] { $sound } carte son
   *[other] { $sound } cartes son
}, { $cameras ->
    [0] pas de caméra
    [one] { $cameras } caméra
   *[other] { $cameras } caméras
}
summary-programs = { $count ->
    [one] { $count } en cours, noms seulement
   *[other] { $count } en cours, noms seulement
}
summary-services = { $count ->
    [0] Tous fonctionnent
    [one] { $count } en panne
   *[other] { $count } en panne
}
summary-log = { $count ->
    [0] Aucune erreur
    [one] { $count } message
   *[other] { $count } messages
}
summary-crashes = { $count ->
    [0] Aucun
    [one] { $count } plantage
   *[other] { $count } plantages
}
summary-security-ok = Rien d’inhabituel
summary-security-updates = { $count ->
    [one] { $count } mise à jour de sécurité attend
   *[other] { $count } mises à jour de sécurité attendent
}
summary-locale = { $what }
summary-user = { $what }
summary-failed = Lecture impossible
summary-collecting = En cours…
summary-missing = Rien à montrer

# L’état de l’ordinateur au moment du problème
health-around = Vers { $time }
health-processor = Processeur
health-memory = Mémoire
health-disk = Disque
health-network = Réseau
health-unknown = non mesuré
health-between = { $low } à { $high }
health-network-ms = { $ms } ms
health-network-down = non connecté
health-network-silent = pas de réponse
health-network-lost = { $count ->
    [one] perdu une fois
   *[other] perdu { $count } fois
}
health-no-helpdesk = assistance non jointe
