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
error-unauthorized = L’assistance n’accepte plus votre identification. Vos demandes sont conservées ici. Identifiez-vous de nouveau, et elles partiront.
error-sign-in-needed = L’assistance doit s’assurer que c’est bien vous. Connectez-vous, et ce que vous écrivez ici partira en votre nom.
error-forbidden = L’assistance ne le permet pas. Ce que vous avez écrit est conservé. Votre service informatique peut vous dire pourquoi.
error-refused = L’assistance refuse cette demande. Elle est conservée ici. Votre service informatique peut vous dire pourquoi.
error-helpdesk-changed = Votre service informatique a changé d’assistance. Ceci était en route vers la précédente, et y est peut-être arrivé. Renvoyez-le si personne n’a répondu, ou reprenez-le.
error-not-offered = L’assistance ne propose pas cela. Rien n’est parti, et ce que vous avez écrit est conservé.
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
notice-unauthorized = L’assistance n’accepte plus votre identification. Vos demandes sont conservées. Identifiez-vous de nouveau, et elles partiront.
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

## Ce qui est vérifié, ce qui ne va pas, ce que cela veut dire et ce que fait le service informatique

connect-step-address = Adresse
connect-step-name = Nom du serveur
connect-step-proxy = Passage par le mandataire de l’entreprise
connect-step-reach = Serveur joint
connect-step-secure = Connexion protégée
connect-step-answer = Serveur web
connect-step-kind = Sorte d’assistance
connect-step-interface = Interface pour programmes
connect-step-sign-in = Identification
connect-step-rights = Droits

connect-outcome-broken = La connexion n’est pas possible ainsi.
connect-outcome-credential-wanted = Tout va bien jusqu’ici. Il manque encore un jeton.
connect-outcome-ready = Tout va bien : la connexion est possible.
connect-outcome-in-browser = Continuez dans le navigateur qui s’est ouvert.
connect-outcome-connected = C’est connecté.

helpdesk-kind-hub = Serveur Deskside
helpdesk-kind-glpi = GLPI
helpdesk-kind-mantis = MantisBT
helpdesk-kind-request-tracker = Request Tracker

helpdesk-field-queue = File
helpdesk-field-project = Projet
helpdesk-field-category = Catégorie
helpdesk-field-entity = Entité (numéro)
helpdesk-field-app-token = Jeton d’application
helpdesk-field-client-id = Client OAuth : identifiant
helpdesk-field-client-secret = Client OAuth : secret
helpdesk-field-language = Langue de ce que lisent les techniciens

connect-problem-address-wrong = Ce n’est pas une adresse.
connect-help-address-wrong = Indiquez l’adresse avec laquelle l’assistance s’ouvre dans un navigateur : https://assistance.exemple.fr/. Ni nom ni mot de passe n’y ont leur place.
connect-problem-address-insecure = Cette assistance ne protège pas ce qui lui est envoyé. Deskside n’y envoie rien.
connect-help-address-insecure = Donnez un certificat au serveur web de l’assistance (https). Deskside n’envoie aucun identifiant en http, sauf à cet ordinateur même.
connect-problem-decided-by-policy = Votre service informatique a choisi l’assistance de cet ordinateur.
connect-help-decided-by-policy = La stratégie de cet ordinateur fixe l’assistance, la façon de s’identifier ou un champ (helpdesk_url, helpdesk_kind, helpdesk_sign_in, helpdesk_fields). Modifiez-la.
connect-problem-dns-unknown = Aucun serveur ne porte ce nom. Vérifiez qu’il n’y a pas de faute de frappe dans l’adresse.
connect-help-dns-unknown = Les serveurs de noms de cet ordinateur ne connaissent pas ce nom. S’il est interne, vérifiez si l’ordinateur doit être dans le réseau de l’entreprise ou le VPN ; sinon, ajoutez-le.
connect-problem-dns-failed = Les noms de serveurs ne peuvent pas être résolus pour le moment. Vérifiez le réseau de cet ordinateur.
connect-help-dns-failed = Aucun serveur de noms ne répond à cet ordinateur. Vérifiez son réseau, le VPN et les serveurs de noms que DHCP lui donne.
connect-problem-proxy-unreachable = Le passage de l’entreprise vers Internet ne répond pas.
connect-help-proxy-unreachable = Le serveur mandataire des réglages de cet ordinateur est injoignable. Corrigez-le, ou exemptez-en l’assistance (sous Linux : NO_PROXY).
connect-problem-proxy-refused = Le passage de l’entreprise vers Internet ne laisse pas Deskside atteindre cette adresse.
connect-help-proxy-refused = Le serveur mandataire refuse CONNECT vers ce serveur et ce port. Autorisez-les, ou exemptez l’assistance du mandataire.
connect-problem-proxy-needs-sign-in = Le passage de l’entreprise vers Internet demande une identification que Deskside n’a pas.
connect-help-proxy-needs-sign-in = Le serveur mandataire répond 407. Dispensez l’assistance de cette identification, ou donnez nom et mot de passe dans le réglage du système (sous Linux : HTTPS_PROXY=http://nom:motdepasse@mandataire:port).
connect-problem-refused = Le serveur est là, mais aucune assistance n’y fonctionne.
connect-help-refused = Rien n’écoute sur ce port. Vérifiez que le serveur web fonctionne, que le port de l’adresse est le bon et qu’aucun pare-feu ne le refuse.
connect-problem-timed-out = Rien ne répond à cette adresse.
connect-help-timed-out = Il n’y a pas eu de réponse à temps. Le plus souvent, un pare-feu écarte les paquets, le VPN manque ou le serveur est arrêté.
connect-problem-no-route = Cet ordinateur n’a aucun réseau qui y mène.
connect-help-no-route = Le système ne connaît pas de chemin vers le serveur. Vérifiez la connexion réseau, le VPN et les routes.
connect-problem-broken-off = La connexion a été coupée.
connect-help-broken-off = L’autre bout, ou un équipement intermédiaire (pare-feu d’inspection, répartiteur), a fermé la connexion. Consultez son journal.
connect-problem-tls-untrusted = Cet ordinateur ne fait pas confiance au certificat du serveur. Rien n’a été envoyé.
connect-help-tls-untrusted = Installez l’autorité de certification dans le magasin du système, ou indiquez son fichier dans la stratégie (ca_file). Vérifiez aussi que le serveur envoie toute sa chaîne.
connect-problem-tls-expired = Le certificat du serveur n’est pas valable aujourd’hui. Vérifiez la date et l’heure de cet ordinateur.
connect-help-tls-expired = Renouvelez le certificat du serveur, ou réglez l’horloge de cet ordinateur.
connect-problem-tls-wrong-name = Le certificat du serveur appartient à une autre adresse. Rien n’a été envoyé.
connect-help-tls-wrong-name = Utilisez le nom inscrit dans le certificat, ou faites établir un certificat qui porte ce nom (subjectAltName).
connect-problem-tls-revoked = Le certificat du serveur a été révoqué. Rien n’a été envoyé.
connect-help-tls-revoked = Installez un nouveau certificat sur le serveur.
connect-problem-tls-failed = Aucune connexion protégée n’a pu être établie.
connect-help-tls-failed = Ce qui répond ne parle ni TLS 1.2 ni TLS 1.3, ou pas sur ce port. Vérifiez le port et le serveur web.
connect-problem-client-certificate-needed = Le serveur veut la preuve que cet ordinateur appartient à l’entreprise, et il n’en a pas.
connect-help-client-certificate-needed = Le serveur demande un certificat client. Indiquez son fichier PEM (certificat et clé) dans la stratégie : client_certificate_file.
connect-problem-client-certificate-refused = Le serveur n’accepte pas le certificat de cet ordinateur.
connect-help-client-certificate-refused = Le fichier de client_certificate_file est illisible, périmé, ou signé par une autorité que le serveur n’accepte pas.
connect-problem-ca-file-unreadable = Un élément installé par le service informatique sur cet ordinateur est illisible.
connect-help-ca-file-unreadable = Le fichier de ca_file manque, n’est pas lisible par cet utilisateur, ou ne contient aucun certificat PEM.
connect-problem-redirected = Cette adresse mène ailleurs. Utilisez l’adresse à laquelle votre navigateur arrive.
connect-help-redirected = Le serveur web redirige vers un autre serveur. Utilisez cette adresse si c’est celle de l’assistance ; si c’est la page d’accueil du réseau, identifiez-vous-y d’abord.
connect-problem-sign-in-in-front = Un portail devant l’assistance demande sa propre identification, que Deskside ne peut pas donner.
connect-help-sign-in-in-front = Le serveur web ou un portail (SSO, authentification basique) se tient devant l’interface pour programmes. Exemptez son chemin : apirest.php et api.php (GLPI), api/rest (MantisBT), REST/2.0 (Request Tracker).
connect-problem-server-failing = Le serveur de l’assistance a lui-même une panne.
connect-help-server-failing = Le serveur web répond par une erreur (HTTP 5xx). Consultez son journal.
connect-problem-busy = L’assistance demande de patienter un peu. Réessayez plus tard.
connect-help-busy = Le serveur signale une limite de débit ou une maintenance.
connect-problem-wrong-path = Le serveur est là, mais l’assistance n’est pas à cette adresse.
connect-help-wrong-path = Rien de connu ne se trouve sous ce chemin, ni sous les chemins habituels de ce serveur. Utilisez l’adresse avec laquelle l’assistance s’ouvre dans un navigateur.
connect-problem-not-a-helpdesk = Il y a quelque chose à cette adresse, mais aucune assistance que Deskside connaisse.
connect-help-not-a-helpdesk = Deskside parle à un serveur Deskside, à GLPI 10 et 11, à MantisBT 2 et à Request Tracker 5. Vérifiez que l’adresse est la leur et qu’aucun portail ne répond à leur place.
connect-problem-other-kind = C’est une autre sorte d’assistance que celle qui a été choisie.
connect-help-other-kind = Laissez Deskside reconnaître l’assistance, ou corrigez helpdesk_kind dans la stratégie.
connect-problem-api-off = L’assistance est là, mais ne laisse pas entrer les programmes comme Deskside.
connect-help-api-off = Activez l’interface pour programmes. GLPI : Configuration, Générale, API (ancienne API REST et connexion par jeton externe). MantisBT : $g_webservice_rest_enabled. Request Tracker : REST 2 fait partie de RT 5 ; vérifiez que le serveur web transmet /REST/2.0, avec l’en-tête Authorization.
connect-problem-api-from-this-address-forbidden = L’assistance ne laisse pas entrer cet ordinateur depuis le réseau où il se trouve.
connect-help-api-from-this-address-forbidden = Dans GLPI, Configuration, Générale, API : aucun client d’API actif ne couvre l’adresse IP de cet ordinateur. Élargissez sa plage, ou laissez-la vide.
connect-problem-app-token-missing = L’assistance veut aussi reconnaître le programme. Votre service informatique a le jeton nécessaire.
connect-help-app-token-missing = Dans GLPI, le client d’API a un jeton d’application. Mettez-le dans le champ app_token, ou retirez-le du client d’API.
connect-problem-app-token-wrong = L’assistance ne connaît pas le jeton du programme.
connect-help-app-token-wrong = Comparez le champ app_token avec le jeton d’application du client d’API dans GLPI (Configuration, Générale, API).
connect-problem-oauth-client-wrong = L’assistance ne connaît pas Deskside comme programme avec lequel on s’identifie.
connect-help-oauth-client-wrong = Dans GLPI 11, Configuration, Clients OAuth : créez un client avec le mode « code d’autorisation », la portée « api » et la redirection http://127.0.0.1. Mettez son identifiant dans client_id (et son secret dans client_secret).
connect-problem-browser-sign-in-failed = L’identification dans le navigateur n’a pas abouti. Réessayez.
connect-help-browser-sign-in-failed = Le fournisseur a refusé, ou rien n’est revenu à temps. Le détail reprend ses mots.
connect-problem-token-wrong = L’assistance ne connaît pas ce jeton. Copiez-le à nouveau, en entier.
connect-help-token-wrong = Le jeton est faux, a été révoqué, ou son compte est désactivé. Dans GLPI, ce doit être le « jeton d’API » des préférences de l’utilisateur, et la connexion par jeton externe doit être permise.
connect-problem-token-expired = Ce jeton a expiré. Créez-en un nouveau dans l’assistance.
connect-help-token-expired = La durée du jeton est écoulée, ou un jeton d’inscription a été utilisé autant de fois que permis. Créez-en un nouveau.
connect-problem-right-missing = Vous y êtes connu, mais vous n’avez pas les droits dont Deskside a besoin. Votre service informatique peut les donner.
connect-help-right-missing = La personne identifiée n’a pas un droit ; le détail le nomme. Voir docs/helpdesks.md pour les droits de chaque assistance.
connect-problem-field-wrong = Une indication donnée ne convient pas : une file, un projet ou un numéro qui n’existe pas.
connect-help-field-wrong = Corrigez le champ que le détail nomme, ou laissez-le vide.
connect-problem-too-old = L’assistance est trop ancienne pour Deskside.
connect-help-too-old = Deskside parle à GLPI 10 et 11, à MantisBT 2 et à Request Tracker 5. Mettez l’assistance à jour.
connect-problem-bad-answer = L’assistance répond quelque chose que Deskside ne comprend pas.
connect-help-bad-answer = La réponse n’est pas celle de l’assistance ; le plus souvent, un intermédiaire l’a modifiée. Le détail montre ce qui a été vu.
connect-problem-not-kept = Tout va bien de l’autre côté, mais cet ordinateur n’a pas pu conserver la connexion.
connect-help-not-kept = Le trousseau ou le fichier de réglages de cet utilisateur ne peut pas être écrit.
connect-problem-in-doubt = Des demandes étaient en route vers l’assistance précédente, et y sont peut-être arrivées. Elles attendent votre décision dans Mes demandes.
connect-help-in-doubt = Pour qu’aucune n’arrive deux fois, Deskside n’envoie à une nouvelle assistance que ce qui ne peut pas être arrivé à la précédente. Les autres sont dans Mes demandes : renvoyez-les, ou reprenez-les.
