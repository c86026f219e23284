# Les textes propres à la console : les techniciens et administrateurs les lisent ; on y dit ticket, appareil, constat.
# Une erreur dit ce qui s’est passé, ce qui est à l’abri, ce qu’il faut faire.

console-name = Console Deskside
console-menu = Pages
console-skip = Aller au titre de la page
console-tickets = Tickets
console-devices = Appareils
console-enrolment = Enrôlement
console-people = Personnes
console-account = Votre compte
console-help = Raccourcis
console-live = En direct
console-reconnecting = Reconnexion…
console-offline = Hors ligne
console-not-here = Il n’y a rien à cette adresse
console-not-here-help = Elle a peut-être été mal saisie, ou ce qui s’y trouvait n’y est plus.
console-not-allowed = Cette page est réservée à l’administration
console-not-allowed-help = Votre compte sert à traiter les tickets. L’administration peut changer cela.
console-to-tickets = Voir les tickets
console-copy = Copier : { $name }
console-copied = Copié : { $name }
console-copy-failed = Le navigateur n’autorise pas la copie ici. Sélectionnez le texte et copiez-le vous-même.

## Erreurs, là où les textes communs s’adressent aux employés

console-error-bad-request = Le serveur n’a pas compris. Rien n’a changé. Rechargez la page : le serveur a peut-être été mis à jour.
console-error-not-found = Cet élément n’existe pas, ou plus. Rien n’a changé.
console-error-text-too-long = Le texte est trop long. Il est toujours là : raccourcissez-le, puis renvoyez-le.
console-error-text-missing = Il n’y a pas encore de texte.
console-error-wrong-state = Le ticket a avancé entre-temps. Votre texte est toujours là : regardez l’état du ticket, puis réessayez.
console-error-unreachable = Le serveur est injoignable. Ce que vous avez saisi est toujours là. Vérifiez votre connexion, puis réessayez.
console-error-timed-out = Le serveur ne répond pas. Ce que vous avez saisi est toujours là. Réessayez dans un instant.
console-error-busy = Le serveur demande de patienter. Ce que vous avez saisi est toujours là. Réessayez dans un instant.
console-error-unauthorized = Votre session est terminée. Ce que vous avez saisi est toujours là.
console-error-forbidden = Votre compte ne le permet pas. Rien n’a changé. L’administration peut vous aider.
console-error-refused = Le serveur refuse. Rien n’a changé ; le détail dit pourquoi.
console-error-bad-answer = Quelque chose a répondu à la place du serveur. À notre connaissance, rien n’a changé. Réessayez, ou voyez avec l’équipe réseau.
console-error-internal = Un incident s’est produit sur le serveur. Ce que vous avez saisi est toujours là. Réessayez ; le détail aidera l’équipe qui l’exploite.

## Connexion

console-sign-in = Se connecter
console-signing-in = Connexion…
console-sign-out = Se déconnecter
console-login = Identifiant
console-login-missing = Saisissez votre identifiant.
console-login-taken = Cet identifiant existe déjà.
console-password = Mot de passe
console-password-missing = Saisissez le mot de passe.
console-show-password = Afficher le mot de passe
console-sign-in-wrong = L’identifiant ou le mot de passe est incorrect.
console-sign-in-wait = Trop de tentatives. Réessayez { $wait }.
console-wait-unknown = dans un instant
console-wait-seconds = { $count ->
    [one] dans une seconde
   *[other] dans { $count } secondes
}
console-wait-minutes = { $count ->
    [one] dans une minute
   *[other] dans { $count } minutes
}
console-session-over = Reconnectez-vous
console-session-over-help = Votre session est terminée. La page reste telle que vous l’avez laissée, et votre envoi reprendra ensuite.
console-leave = Quitter
console-first-password = Choisissez votre mot de passe
console-first-password-help = Celui que vous venez d’utiliser a été créé par le système ou par une autre personne. Choisissez-en un que vous serez seul·e à connaître.
console-password-current = Mot de passe actuel
console-password-new = Nouveau mot de passe
console-password-again = Nouveau mot de passe, une seconde fois
console-password-hint = Au moins { $count } caractères. Quelques mots à la suite se retiennent bien et se devinent mal.
console-password-short = Il faut au moins { $count } caractères.
console-password-same = Le nouveau mot de passe doit différer de l’actuel.
console-password-differs = Les deux nouveaux mots de passe diffèrent.
console-password-wrong = Le mot de passe actuel est incorrect. Rien n’a changé.
console-password-change = Changer le mot de passe
console-password-changed = Le mot de passe est changé. Vos autres sessions sont déconnectées.

## La liste

console-list = Liste des tickets
console-count = { $count ->
    [0] aucun
   *[other] { $said }
}
console-found = { $count ->
    [0] Aucun ticket trouvé.
    [one] Un ticket trouvé.
   *[other] { $count } tickets trouvés.
}
console-search = Rechercher
console-search-label = Rechercher par numéro, titre, texte, personne ou appareil
console-whose = Quels tickets
console-whose-anyone = Tous
console-whose-me = Les miens
console-whose-nobody = Libres
console-state = État
console-state-new = Nouveau
console-state-in-progress = En cours
console-state-waiting-for-requester = Réponse attendue
console-state-on-hold = En attente
console-state-solved = Résolu
console-state-closed = Clos
console-state-open = Tous sauf clos
console-state-all = Tous, même clos
console-nothing-found = Rien ne correspond à cette recherche.
console-clear-filters = Voir tous les tickets ouverts
console-no-tickets = Aucun ticket ouvert. Les nouveaux apparaîtront ici d’eux-mêmes.
console-unread = Modifié depuis votre passage
console-awaits-answer = Attend une réponse
console-findings = Constats
console-has-picture = Avec une image de l’écran
console-urgency = Urgence
console-urgency-high = Urgent
console-urgency-medium = Bientôt
console-urgency-low = Peut attendre
console-impact = Impact
console-impact-high = Plusieurs personnes
console-impact-medium = Une équipe
console-impact-low = Une personne
console-assignee = Attribué à
console-me = Moi

## Le ticket

console-ticket = Ticket
console-panes = Que montrer
console-choose-ticket = Choisissez un ticket dans la liste.
console-number = Numéro
console-arrived = Arrivé
console-me-name = { $name } (moi)
console-nobody = Personne
console-take = Prendre en charge
console-taken = Le ticket est à vous.
console-given-up = Le ticket n’est plus attribué.
console-given-to = Le ticket est attribué à { $name }.
console-state-changed = État : { $state }.
console-problem = Le problème
console-device = Appareil
console-writes-in = Langue : { $language }
console-can-work = Peut encore travailler
console-affected = Qui est touché
console-affected-only-me = Cette personne seulement
console-affected-others = D’autres aussi
console-affected-unknown = Ne sait pas
console-category = Sujet
console-not-said = Non précisé
console-thread = Échanges
console-thread-empty = Personne n’a encore écrit.
console-thread-grew = Il y a du nouveau dans les échanges.
console-helpdesk = Assistance
console-system = Deskside
console-internal-note = Note interne, jamais montrée à la personne
console-rating = Évaluation
console-stars = { $stars ->
    [one] { $stars } étoile sur 5
   *[other] { $stars } étoiles sur 5
}
console-files = Fichiers
console-file-coming = encore en route
console-screenshot = Image de l’écran
console-screenshot-of = Image de l’écran de { $name }
console-picture-of = Image « { $file } » de { $name }
console-download = Télécharger { $file }

## Écrire

console-reply = Répondre
console-note = Note interne
console-continue = Reprendre la rédaction
console-kind = Qui la lira
console-reply-to = Répondre à { $name }
console-reply-text = Votre réponse
console-note-text = Votre note interne
console-reply-hint = Ce que vous avez trouvé, ce qu’il faut faire, la suite…
console-note-hint = Pour les collègues seulement…
console-reply-about = { $name } lira ce texte et sera averti·e qu’une réponse est là.
console-note-about = Seuls les techniciens la voient.
console-reply-missing = Il n’y a pas encore de texte. Quelques mots suffisent.
console-reply-too-long = Le texte dépasse la limite de { $over } octets.
console-reply-left = Encore { $left } octets disponibles.
console-reply-sent = Votre réponse est envoyée.
console-note-kept = Votre note est enregistrée.
console-then = Ensuite
console-then-nothing = Ne rien changer ({ $state })
console-send = Envoyer la réponse
console-keep-note = Enregistrer la note
console-discard = Abandonner
console-file-add = Joindre des fichiers
console-file-limits = Jusqu’à { $count } fichiers, { $each } chacun, { $all } en tout. Le glisser-déposer et le coller marchent aussi.
console-file-sending = envoi en cours
console-file-remove = Retirer { $file }
console-file-refused = { $file } : { $why }
console-file-held = Un fichier n’est pas passé. Réessayez ou retirez-le, puis envoyez.

## L’ordinateur

console-computer = Ordinateur
console-unusual = Ce qui sort de l’ordinaire
console-nothing-unusual = Rien d’inhabituel n’a été trouvé.
console-changed = Changé depuis le ticket { $number }
console-became = devient
console-sections = Tout ce qui a été envoyé
console-no-facts = La personne n’a rien envoyé sur l’ordinateur.
console-not-sent = Absents de ce ticket : { $sections }.
console-see-document = Voir le document brut
console-document = Le document brut
console-to-ticket = Ticket { $number }
console-made-by = Créé par { $program }
console-collected = Relevé
console-failure-timed-out = trop long, laissé de côté.
console-failure-unavailable = le système n’offre pas cette interface.
console-failure-denied = l’agent n’a pas les droits pour regarder.
console-failure-broken = lecture impossible.
console-same-device = Autres tickets de cet appareil
console-no-other-tickets = C’est son premier.
console-in-use = { $share } occupés
console-free-of = { $free } libres sur { $total }
console-used-of = { $used } sur { $total }
console-answers = Répond
console-no-answer = Pas de réponse
console-link = Connectée
console-no-link = Sans lien
console-on-battery = Sur batterie
console-no-battery = Pas de batterie
console-no-printer = Aucune imprimante n’est installée.
console-times = { $count ->
    [one] une fois
   *[other] × { $count }
}
console-all-services-run = Aucun service n’a échoué.
console-log-empty = Aucune erreur ces 30 dernières minutes.
console-log-search = Chercher dans les messages
console-log-all = tous les messages
console-log-left-out = { $count } autres messages ont été laissés de côté.
console-log-emergency = Urgence
console-log-alert = Alerte
console-log-critical = Critique
console-log-error = Erreur
console-no-crash = Aucun programme n’a planté ces sept derniers jours.

## Regarder les images

console-of-ticket = Ticket { $number }
console-zoom-in = Agrandir
console-zoom-out = Réduire
console-fit = Ajuster à la page
console-actual = Taille réelle
console-zoomed = Zoom { $zoom }
console-fitted = L’image entière est affichée.
console-previous-picture = Image précédente
console-next-picture = Image suivante
console-picture-count = { NUMBER($at) } sur { NUMBER($of) }
console-picture-gone = Cette image n’existe pas, ou n’est pas encore arrivée.
console-picture-failed = L’image ne peut pas être affichée. Elle est peut-être abîmée ; téléchargez-la pour en savoir plus.
console-viewer-keys = Flèches pour se déplacer, + et − pour le zoom, 0 pour ajuster, 1 pour la taille réelle, Échap pour fermer.

## Raccourcis

console-key-move = Ticket suivant, ticket précédent
console-key-open = Ouvrir le ticket
console-key-reply = Répondre
console-key-note = Écrire une note interne
console-key-take = Prendre le ticket en charge
console-key-search = Rechercher
console-key-help = Afficher ces raccourcis
console-key-back = Revenir, fermer
console-key-send = Envoyer le texte
console-keys-on = Raccourcis à une lettre activés

## Appareils

console-devices-about = Les ordinateurs autorisés à envoyer des tickets.
console-no-devices = Aucun ordinateur n’est encore enrôlé. Créez un jeton à la page Enrôlement, puis utilisez-le sur les ordinateurs.
console-device-search = Chercher par nom
console-device-count = { $count ->
    [one] { $said } appareil
   *[other] { $said } appareils
}
console-platform = Système
console-platform-linux = Linux
console-platform-windows = Windows
console-platform-macos = macOS
console-seen = Dernier contact
console-enrolled = Enrôlé
console-never = Jamais
console-access = Accès
console-active = Actif
console-revoke = Retirer
console-revoked = Retiré
console-device-revoked = L’accès de { $name } est retiré.
console-revoke-device = Retirer l’accès de { $name } ?
console-revoke-device-text = L’ordinateur ne pourra plus envoyer de tickets ni lire de réponses. Ce qu’il a envoyé reste. Pour le réadmettre, il faudra l’enrôler à nouveau.

## Enrôlement

console-enrolment-about = Avec un jeton, les ordinateurs rejoignent cette assistance. Chacun reçoit ses propres droits d’accès.
console-new-token = Nouveau jeton
console-no-tokens = Il n’y a pas encore de jeton. Créez-en un pour que des ordinateurs puissent rejoindre l’assistance.
console-token = Jeton
console-token-label = À quoi il sert
console-token-label-hint = Par exemple : portables de l’équipe commerciale
console-token-label-missing = Dites à quoi il sert, pour le reconnaître plus tard.
console-token-devices = Pour combien d’appareils
console-token-uses-wrong = Un nombre entier de 1 à { $most }.
console-token-until = Valable jusqu’au
console-token-until-wrong = Un jour entre aujourd’hui et dans un an.
console-token-used = Utilisé
console-token-uses = { $used } sur { $uses }
console-token-by = Créé par
console-make-token = Créer le jeton
console-token-made = Le jeton « { $name } » est créé
console-token-once = Il n’est affiché que cette fois. Copiez-le maintenant : le serveur n’en garde qu’une empreinte.
console-token-command = Commande pour un ordinateur
console-token-kept = Je l’ai copié
console-token-revoked = Le jeton { $name } est retiré.
console-token-expired = Expiré
console-token-used-up = Épuisé
console-revoke-token = Retirer le jeton « { $name } » ?
console-revoke-token-text = Plus aucun ordinateur ne pourra s’en servir. Ceux qui l’ont utilisé restent.

## Personnes

console-people-about = Celles et ceux qui traitent les tickets ou gèrent cette console.
console-add-person = Ajouter une personne
console-name-of-person = Nom
console-person-name-hint = Les personnes qui font une demande le voient.
console-person-name-missing = Saisissez le nom d’usage.
console-role = Rôle
console-role-of = Rôle de { $name }
console-role-technician = Technique
console-role-administrator = Administration
console-role-technician-about = Traite les tickets.
console-role-administrator-about = Traite les tickets, enrôle les appareils, gère les personnes.
console-first-password-label = Premier mot de passe
console-first-password-hint = Au moins { $count } caractères. Il devra être changé à la première connexion.
console-person-added = { $name } peut maintenant se connecter.
console-person-changed = { $name } : modification faite.
console-you = C’est vous
console-inactive = Ne peut pas se connecter
console-activate = Réadmettre
console-deactivate = Bloquer
console-deactivate-person = Bloquer { $name } ?
console-deactivate-text = Cette personne est déconnectée aussitôt et ne peut plus se connecter. Ses tickets et ses réponses restent.
console-actions = Actions
console-reset-password = Nouveau mot de passe
console-reset-password-of = Donner un nouveau mot de passe à { $name } ?
console-reset-password-text = Cette personne est déconnectée aussitôt et son mot de passe actuel ne vaut plus rien. Vous recevez un mot de passe à usage unique, à lui transmettre ; à sa prochaine connexion, elle choisit le sien.
console-password-made = Un mot de passe à usage unique pour { $name }
console-password-once = Il n’est affiché que cette fois. Transmettez-le de vive voix ou par téléphone, pas par courriel. Il sert à une seule connexion, où la personne choisit le sien.
console-one-time-password = Mot de passe à usage unique
console-password-passed-on = Je l’ai transmis
console-remove = Supprimer
console-remove-person = Supprimer { $name } ?
console-remove-text = Le compte disparaît pour de bon et la personne est déconnectée aussitôt. Ce qu’elle a écrit reste sous son nom ; ses tickets ne sont plus à personne.
console-person-removed = Le compte de { $name } est supprimé.

## Le journal

console-journal = Journal
console-journal-about = Qui a changé quoi parmi les comptes, les appareils et les jetons. Rien ici ne peut être modifié ni effacé.
console-journal-what = Quoi
console-journal-who = Qui
console-journal-when = Quand
console-journal-earlier = Voir ce qui précède
console-actor-command-line = Ligne de commande du serveur
console-actor-first-start = Le serveur, à son premier démarrage
console-actor-retention = La durée de conservation
console-actor-token = Jeton « { $name } »
console-deed-person-added = Ajout du compte { $subject }
console-deed-person-renamed = Changement du nom de { $subject }
console-deed-role-changed = Changement du rôle de { $subject }
console-deed-person-locked = Blocage de { $subject }
console-deed-person-unlocked = Nouvel accès pour { $subject }
console-deed-password-reset = Mot de passe à usage unique pour { $subject }
console-deed-password-chosen = Nouveau mot de passe choisi par { $subject }
console-deed-person-removed = Suppression du compte { $subject }
console-deed-device-enrolled = Inscription de l’ordinateur { $subject }
console-deed-device-revoked = Retrait de l’accès de l’ordinateur { $subject }
console-deed-token-made = Création du jeton « { $subject } »
console-deed-token-revoked = Retrait du jeton « { $subject } »
console-deed-tickets-expired = Suppression de tickets arrivés à terme : { $subject }
console-deed-diagnostics-expired = Suppression de données d’ordinateur dans d’anciens tickets : { $subject }
console-deed-files-expired = Suppression de fichiers d’anciens tickets : { $subject }
console-deed-personal-data-exported = Remise des données d’une personne : { $subject }
console-deed-personal-data-erased = Effacement des données d’une personne : { $subject }

## Données personnelles

console-privacy = Données personnelles
console-privacy-about = Combien de temps le serveur garde ce qu’il a, et ce qu’il a d’une personne.
console-keep = Durées de conservation
console-keep-about = Comptées à partir du dernier changement d’un ticket résolu ou clos. Elles se règlent au lancement du serveur (--keep-tickets, --keep-diagnostics, --keep-files) ; chaque suppression est inscrite au journal.
console-keep-tickets = Tickets
console-keep-diagnostics = Ce que l’ordinateur a dit de lui-même
console-keep-files = Images et fichiers
console-keep-days =
    { $count ->
        [one] { $said } jour
       *[other] { $said } jours
    }
console-keep-always = Tant que le serveur existe
console-of-person = Ce qu’il y a d’une personne
console-of-person-about = Pour qui demande ce qui est gardé à son sujet, ou veut que ce soit effacé.
console-requester-login = Nom d’ouverture de session sur son ordinateur
console-find = Chercher
console-nothing-of = Il n’y a rien ici de « { $login } ».
console-tickets-open =
    { $count ->
        [one] { $said } ticket, dont ouverts : { $open }
       *[other] { $said } tickets, dont ouverts : { $open }
    }
console-first = Premier ticket
console-last = Dernier changement
console-export-about = Le fichier contient chaque ticket tel qu’il a été envoyé, tous ses échanges et ses fichiers. Les notes internes et des noms de collègues y sont : lisez-le avant de le remettre.
console-export = Enregistrer le tout dans un fichier
console-erase = Tout effacer
console-erase-person = Effacer tout ce qui concerne { $login } ?
console-erase-text =
    { $count ->
        [one] { $said } ticket disparaît pour de bon, avec ses échanges et ses fichiers. Encore ouverts : { $open }. C’est sans retour. Les sauvegardes faites avant le contiennent encore.
       *[other] { $said } tickets disparaissent pour de bon, avec leurs échanges et leurs fichiers. Encore ouverts : { $open }. C’est sans retour. Les sauvegardes faites avant les contiennent encore.
    }
console-erased =
    { $count ->
        [one] { $said } ticket est effacé.
       *[other] { $said } tickets sont effacés.
    }
console-diagnostics-removed = Ce que l’ordinateur avait dit a été supprimé, la durée de conservation étant passée :
console-files-removed = Ses images et ses fichiers ont été supprimés, la durée de conservation étant passée :

## Votre compte

console-preferences = Affichage
console-preferences-about = Conservé dans ce navigateur.
console-language = Langue
console-theme = Couleurs
console-theme-system = Comme le système
console-theme-light = Clair
console-theme-dark = Sombre
