# Textes de la fenêtre, telle que la voient les employés.

## Le cadre

agent-lost = La partie de Deskside qui travaille en arrière-plan ne répond pas. Rien n’est perdu : ce que vous écrivez reste ici et sera conservé dès son retour.
agent-lost-trying = Nouvel essai…
agent-back = Deskside est de retour. Tout est conservé.
screen-broken = Cet écran n’a pas pu s’afficher. Rien n’est perdu.

## Accueil

greeting-morning = Bonjour
greeting-afternoon = Bonjour
greeting-evening = Bonsoir
greeting-morning-name = Bonjour { $name }
greeting-afternoon-name = Bonjour { $name }
greeting-evening-name = Bonsoir { $name }
home-welcome = Que pouvons-nous faire pour vous ?
home-entries = Que voulez-vous faire ?
home-report = Signaler un problème
home-report-help = Quelque chose ne fonctionne pas
home-report-draft = Reprendre l’écriture
home-report-draft-help = « { $text } »
home-requests = Mes demandes
home-requests-none = Ce que vous avez demandé, et les réponses
home-requests-open = { $count ->
    [one] { $count } demande en cours
   *[other] { $count } demandes en cours
}
home-requests-unread = { $count ->
    [one] { $count } nouvelle réponse
   *[other] { $count } nouvelles réponses
}
home-requests-waiting = { $count ->
    [one] { $count } demande attend d’être envoyée
   *[other] { $count } demandes attendent d’être envoyées
}
home-requests-parked = { $count ->
    [one] { $count } demande mérite un coup d’œil
   *[other] { $count } demandes méritent un coup d’œil
}
home-privacy = Vie privée
home-privacy-help = Ce qui est conservé, ce qui est parti
home-settings = Réglages
home-settings-help = Langue, couleurs, notifications
home-computer = Cet ordinateur
home-computer-well = Tout va bien
home-computer-look = { $count ->
    [one] { $count } chose bonne à savoir
   *[other] { $count } choses bonnes à savoir
}
home-computer-details = Détails de cet ordinateur
home-sign-in = Se connecter
home-connect = Relier à l’assistance
home-again = S’identifier de nouveau

## Signaler un problème

report-title = Signaler un problème
report-question = Que se passe-t-il ?
report-placeholder = Par exemple : l’imprimante du 3e étage sort des pages blanches
report-too-long = Le texte est trop long de { $count } caractères. Vous pouvez joindre la suite dans un fichier.
report-missing = Dites en quelques mots ce qui se passe.
report-can-work = Pouvez-vous encore travailler ?
report-affected = Vous seulement, ou d’autres aussi ?
report-category = De quoi s’agit-il ?
report-category-optional = De quoi s’agit-il ? (facultatif)
report-category-none = Je préfère ne pas choisir
report-moment = Dire quand c’est arrivé
report-moment-help = Cet ordinateur se souvient de son activité pendant une demi-heure. Seules les minutes autour du moment choisi sont envoyées.
report-moment-at = C’est arrivé à { $time }
report-next = Voir ce qui sera envoyé
report-saved = Votre texte est conservé au fil de la frappe.
report-unsaved = Votre texte n’est pas encore conservé. Nouvel essai…
report-discard = Abandonner
report-discard-question = Abandonner cette demande ?
report-discard-explain = Votre texte et ses fichiers seront effacés de cet ordinateur. Rien n’a été envoyé.
report-discard-confirm = Oui, l’abandonner
report-discard-keep = Non, la garder
report-discarded = Votre texte est effacé. Rien n’a été envoyé.
report-nothing-leaves = Rien ne part avant que vous ne l’ayez vu.
report-words-looked-up = Votre demande ne part pas avant que vous ne l’ayez vue. Pour trouver de l’aide, certains de ses mots sont cherchés parmi les articles de votre assistance.

## Ce que disent les articles de l’assistance

articles-title = Est-ce que cela peut aider ?
articles-found = { $count ->
    [one] { $count } article de votre assistance peut aider.
   *[other] { $count } articles de votre assistance peuvent aider.
}
article-from = Parmi les articles de votre assistance
article-solved = C’est résolu
article-back = Revenir à ma demande
article-solved-title = Tant mieux, cela fonctionne de nouveau
article-solved-explain = Rien n’a été envoyé. Faut-il effacer ce que vous avez écrit ?

## Fichiers

files-title = Images et fichiers
files-add = Ajouter un fichier
files-screenshot = Ajouter une capture d’écran
files-limits = Jusqu’à { $count } fichiers, { $size } chacun, { $total } en tout : images, PDF, textes, documents bureautiques, courriels, ZIP. Vous pouvez aussi les coller ou les déposer ici.
files-list = Fichiers ajoutés
files-remove = Retirer { $name }
files-removed = { $name } est retiré.
files-added = { $name } est ajouté.
files-adding = Ajout de { $name } : { $percent }
files-drop = Déposez les fichiers ici
files-refused = { $name } n’a pas été ajouté.
files-larger = Il dépasse ce que votre assistance accepte : { $size } chacun au plus.
files-none = Votre assistance n’accepte ni images ni fichiers. Dites l’essentiel avec vos mots ; ce que cet ordinateur sait de lui-même est joint malgré tout.
files-picture-of = Image : { $name }
files-screen-picture = Image de l’écran
files-open = Ouvrir { $name }
files-open-failed = { $name } ne peut pas être ouvert pour le moment.
files-save = Enregistrer { $name }
saved = { $name } est enregistré là où votre navigateur range les téléchargements.
saved-as = Enregistré : { $path }
save-failed = { $name } n’a pas pu être enregistré : votre dossier de téléchargements est plein, verrouillé ou absent. Rien d’autre n’a changé.

## A picture of the screen: which part, what to point at, what to hide

screenshot-choose-title = Que doit montrer l’image ?
screenshot-area-screen = Tout l’écran
screenshot-area-screen-help = Tout ce qui était visible
screenshot-area-region = Une partie de l’écran
screenshot-area-region-help = Vous la délimitez vous-même
screenshot-area-window-help = Cette fenêtre seulement
screenshot-window-unnamed = Une fenêtre sans nom
screenshot-continue = Continuer
screenshot-cancel = Pas d’image
screenshot-edit-title = Montrez l’essentiel, masquez le reste
screenshot-edit-help = Dessinez sur l’image. Ce que vous masquez est effacé pour de bon avant d’être conservé.
screenshot-promise = Seule cette image, telle que vous la voyez, est conservée. Vous la reverrez avant tout envoi.
screenshot-keep = Utiliser cette image
screenshot-keeping = Enregistrement…
screenshot-choose-again = Choisir une autre partie
screenshot-added = L’image de l’écran est ajoutée.
screenshot-tools = Outils
screenshot-tool-select = Choisir
screenshot-tool-crop = Recadrer
screenshot-tool-arrow = Flèche
screenshot-tool-box = Cadre
screenshot-tool-text = Texte
screenshot-tool-redaction = Masquer
screenshot-undo = Annuler
screenshot-redo = Rétablir
screenshot-zoom = Afficher en taille réelle
screenshot-picture = Image de l’écran, sur laquelle dessiner
screenshot-keys-title = Au clavier
screenshot-keys = Choisissez un outil par sa lettre : V choisir, C recadrer, A flèche, B cadre, T texte, H masquer. Entrée le pose. Les flèches le déplacent, avec Maj elles changent sa taille, avec Alt d’un pixel. Page suivante passe au dessin suivant, Suppr l’efface, Ctrl+Z annule.
screenshot-text-label = Texte sur l’image
screenshot-marks = Ce que vous avez dessiné
screenshot-mark = { $kind } { NUMBER($number) }
screenshot-mark-text = Texte « { $text } »
screenshot-remove = Supprimer : { $mark }
screenshot-said-place = { $mark } : à { NUMBER($left) } de la gauche, { NUMBER($top) } du haut, largeur { NUMBER($width) }, hauteur { NUMBER($height) }
screenshot-said-crop = Partie gardée : à partir de { NUMBER($left) } et { NUMBER($top) }, largeur { NUMBER($width) }, hauteur { NUMBER($height) }
screenshot-said-removed = Supprimé
screenshot-said-undone = Annulé
screenshot-said-redone = Rétabli

## Ce qui sera envoyé

preview-title = Ce qui sera envoyé
preview-understood = Ce que nous avons compris
preview-correct = Corriger
preview-destination = Destinataire : { $destination }.
preview-can-work-yes = Vous pouvez encore travailler.
preview-can-work-with-difficulty = Vous pouvez travailler, mais difficilement.
preview-can-work-no = Vous ne pouvez plus travailler pour le moment.
preview-can-work-unsaid = Vous n’avez pas dit si vous pouvez encore travailler.
preview-affected-only-me = Le problème ne touche que vous.
preview-affected-others = D’autres personnes sont touchées aussi.
preview-affected-unknown = Vous ne savez pas si d’autres personnes sont touchées.
preview-category = Sujet : { $category }.
preview-findings = Ce que montre cet ordinateur
preview-findings-none = Dans ce qui sera envoyé, cet ordinateur ne montre rien d’inhabituel.
preview-sections = Ce que cet ordinateur ajoute
preview-sections-help = Désactivez ce que vous préférez garder. Chaque ligne s’ouvre sur toutes ses valeurs.
preview-section-on = { $section } : sera envoyé.
preview-section-off = { $section } : ne sera pas envoyé.
preview-section-values = Toutes les valeurs de la rubrique { $section }
preview-values = Toutes les valeurs
preview-held-back = Ceci n’est pas envoyé. C’est ce que l’interrupteur ajouterait :
preview-health-purpose = L’activité de l’ordinateur et les réponses de son réseau. On y voit ce qui n’allait pas à ce moment-là.
preview-health-left-out = L’état de l’ordinateur à ce moment-là ne sera pas envoyé.
preview-you = Vous
preview-you-name = Nom
preview-you-login = Identifiant
preview-you-language = Langue
preview-also = Également dans la demande : titre « { $title } », urgence { $urgency }, portée { $impact }, préparée le { $at } par { $program }, numéro interne { $id }.
preview-raw = Le document, exactement tel qu’il part
preview-raw-help = { $size } de texte. Empreinte (SHA-256) : { $digest }
preview-raw-files = Les fichiers suivent le document, chacun avec sa propre empreinte.
preview-send = Envoyer
preview-sending = Envoi…
preview-collecting = L’examen de cet ordinateur continue. Vous pouvez envoyer tout de suite, ou attendre un instant la suite.
preview-changed = Quelque chose a changé depuis votre relecture. Regardez à nouveau.
preview-updated = Ce qui sera envoyé a été mis à jour.
preview-screenshot = Capture d’écran
preview-files-none = Votre assistance n’accepte pas de fichiers : ceux-ci restent sur cet ordinateur, et votre demande dit ce qu’ils sont.
preview-file-larger = Dépasse ce que votre assistance accepte ({ $size }) : il reste sur cet ordinateur, et votre demande dit ce que c’est.
preview-facts-failed = Certaines choses n’ont pas pu être lues. Le reste est là.

## Envoyée

sent-title = C’est envoyé
sent-number = Demande { $number }
sent-next = Une personne de l’assistance va la lire. La réponse arrivera ici, et une notification vous préviendra.
sent-kept-title = Elle est conservée sur cet ordinateur
sent-kept-next = Elle partira dès que l’assistance sera joignable. Vous n’avez rien à faire, et vous pouvez fermer cette fenêtre.
sent-sending-title = Elle est en route
sent-sending-next = Elle reste à l’abri sur cet ordinateur jusqu’à ce que l’assistance l’ait confirmée.
sent-parked-title = Elle n’a pas pu être remise
sent-follow = Suivre cette demande
sent-done = Terminé
sent-now-delivered = Votre demande est arrivée. Elle porte le numéro { $number }.
sent-not-enrolled-next = Cet ordinateur n’est pas encore relié à une assistance. Votre demande est conservée et partira d’elle-même le moment venu. Rien n’est perdu.

## Mes demandes

requests-title = Mes demandes
requests-empty = Vos demandes et les réponses de l’assistance apparaîtront ici.
requests-open = En cours
requests-over = Terminées
requests-unread = Nouvelle réponse
requests-number = Numéro { $number }
requests-waiting = Conservée ici, pas encore envoyée
requests-sending = En route
requests-parked = N’a pas pu être remise
requests-answered = L’assistance a répondu.
requests-answered-short = Répondue
requests-files-parked = Des fichiers ont été refusés
requests-not-listed = { $count ->
    [one] { $count } demande plus ancienne n’apparaît pas ici.
   *[other] { $count } demandes plus anciennes n’apparaissent pas ici.
}
requests-assignee = { $name } s’en occupe
requests-updated = Modifiée { $when }
requests-more = { $count ->
    [one] Afficher { $count } demande de plus
   *[other] Afficher { $count } demandes de plus
}
requests-search = Chercher une demande
requests-found = { $count ->
    [0] Aucune demande trouvée
    [one] { $count } demande trouvée
   *[other] { $count } demandes trouvées
}
requests-choose = Choisissez une demande pour la lire ici.

## Une demande

request-title = Demande { $number }
request-title-unsent = Demande pas encore envoyée
request-you-wrote = Vous avez écrit
request-thread = Messages
request-you = Vous
request-helpdesk = Assistance
request-system = Message automatique
request-new-state = Désormais : { $state }
request-no-answer = Pas encore de réponse. Une notification vous préviendra.
request-reply = Votre réponse
request-reply-placeholder = Écrire à l’assistance
request-reply-send = Envoyer la réponse
request-reply-kept = Votre réponse est conservée et va partir.
request-reply-missing = Écrivez d’abord quelques mots.
request-entry-waiting = Conservé ici, pas encore envoyé
request-entry-sending = En route
request-entry-delivered = Remis
request-entry-parked = N’a pas pu être remis
request-waiting = Cette demande est conservée sur cet ordinateur, pas encore envoyée.
request-waiting-next = Prochain essai { $when }.
request-waiting-network = Elle partira dès que l’assistance sera joignable.
request-send-now = Essayer de l’envoyer maintenant
request-sending-now = Essai en cours. Le résultat s’affichera ici.
request-parked = L’assistance n’a pas accepté cette demande. Elle reste ici jusqu’à ce que vous décidiez de la suite.
request-retry = Réessayer
request-retried = Elle est de nouveau dans la file.
request-change = La modifier
request-leave-files = Retirer ces fichiers
request-taken-back = Elle est de nouveau entre vos mains. Rien n’est perdu.
request-discarded = La demande est abandonnée. L’assistance ne l’a jamais reçue.
request-take-reply-back = Reprendre et modifier
request-reply-taken-back = Votre réponse est de nouveau là où vous l’écrivez.
request-files-refused = { $count ->
    [one] Votre demande est arrivée, mais l’assistance n’accepte pas ce fichier :
   *[other] Votre demande est arrivée, mais l’assistance n’accepte pas ces fichiers :
}
request-earlier = { $count ->
    [one] { $count } message plus ancien n’apparaît pas ici.
   *[other] { $count } messages plus anciens n’apparaissent pas ici.
}
request-solved-question = L’assistance annonce que c’est résolu. Est-ce que ça fonctionne de nouveau ?
request-confirm = Oui, ça fonctionne
request-reopen = Non, toujours pas
request-reopen-question = Qu’est-ce qui ne fonctionne toujours pas ?
request-reopen-send = Rouvrir la demande
request-confirmed = Merci. L’assistance sera prévenue.
request-reopened = L’assistance sera prévenue que le problème est toujours là.
request-confirm-by-reply = Votre assistance l’apprend par un message de votre part, et clôt elle-même la demande.
request-solved-told = L’assistance annonce que c’est résolu. Si cela fonctionne de nouveau, vous n’avez rien à faire.
request-reopen-by-reply = Votre message demande à l’assistance de rouvrir la demande ; c’est elle qui décide.
request-reopen-ask = Demander la réouverture
request-reopen-asked = Votre message est conservé et va partir. Il demande de rouvrir la demande.
request-stays-closed = Votre assistance ne rouvre pas les demandes terminées. Si le problème est toujours là, signalez-le de nouveau en indiquant le numéro { $number }.
request-anew = Le signaler de nouveau
request-former = Cette demande se trouve à l’assistance qui était reliée auparavant. Vous lisez ici ce qui s’est dit jusque-là ; pour la suite, ouvrez le site de cette assistance ou signalez le problème de nouveau.
request-no-reply = Votre assistance n’accepte pas de réponses d’ici. Son propre site les accepte.
request-rate-question = Comment cela s’est-il passé ?
request-rate-comment = Voulez-vous ajouter quelque chose ? (facultatif)
request-rate-send = Envoyer mon avis
request-rated = Merci pour votre avis.
request-rating-given = { $stars ->
    [one] Vous avez donné { $stars } étoile sur 5.
   *[other] Vous avez donné { $stars } étoiles sur 5.
}
request-stars = { $stars ->
    [1] 1 étoile : mauvais
    [2] 2 étoiles : plutôt mauvais
    [3] 3 étoiles : correct
    [4] 4 étoiles : bien
   *[5] 5 étoiles : très bien
}
request-document = Ce qui a été envoyé
request-new-answer = Une nouvelle réponse est arrivée.

## Réglages

settings-as-system = Comme cet ordinateur
settings-language = Langue
settings-language-en = English
settings-language-fr = Français
settings-theme = Couleurs
settings-theme-light = Claires
settings-theme-dark = Sombres
settings-notifications = Notifications
settings-notifications-help = Vous préviennent quand l’assistance a répondu. Elles attendent pendant le plein écran et le partage d’écran. Sans elles, seule l’icône l’indique.
settings-autostart = Démarrer avec cet ordinateur
settings-autostart-help = Vos demandes partent et les réponses arrivent sans que vous ayez à ouvrir Deskside.
settings-shortcut = Raccourci pour signaler un problème
settings-shortcut-help = Dans n’importe quel programme, ces touches prennent une image de l’écran et ouvrent une demande avec elle. Rien ne part avant que vous l’ayez vu.
settings-shortcut-keys = Touches
settings-shortcut-given = Touches, telles que les nomme votre bureau
settings-shortcut-change = Choisir d’autres touches
settings-shortcut-press = Appuyez en même temps sur les nouvelles touches
settings-shortcut-press-help = Par exemple { $keys }. Échap garde les touches actuelles. Si rien ne se passe, un autre programme utilise les touches que vous essayez.
settings-shortcut-too-common = Ces touches servent à écrire et dans d’autres programmes. Tenez deux des touches Ctrl, Alt, Maj et Windows avec une lettre ou un chiffre ; avec une touche comme F9, tenez au moins Ctrl, Alt ou Windows.
settings-shortcut-reserved = Le système se réserve ces touches. Essayez-en d’autres.
settings-shortcut-unknown = Cette touche ne peut pas servir. Appuyez sur une lettre, un chiffre ou une touche comme F9 en même temps que Ctrl, Alt ou Windows.
settings-shortcut-taken = Un autre programme utilise ces touches : elles ne font rien ici. Choisissez d’autres touches.
settings-shortcut-no-such-key = Ce clavier n’a pas cette touche. Choisissez d’autres touches.
settings-shortcut-needs-consent = Votre bureau vous demande votre accord avant de donner des touches à un programme.
settings-shortcut-set-up = Activer le raccourci
settings-shortcut-unavailable = Il n’y a pas de raccourci dans cette session. Le menu de l’icône fait la même chose.
key-ctrl = Ctrl
key-alt = Alt
key-option = Option
key-shift = Maj
key-super = Windows
key-command = Commande
key-insert = Inser
key-home = Début
key-end = Fin
key-page-up = Page précédente
key-page-down = Page suivante
key-pause = Pause
settings-kept = Votre choix est enregistré.
settings-version = Deskside { $version }

## Cet ordinateur

computer-stays = Rien d’ici n’est envoyé. Une demande vous montre d’abord ce qu’elle emporte.
computer-look-again = Regarder à nouveau
computer-looked = Cet ordinateur a été examiné à nouveau.

## Confidentialité

privacy-promise = Rien ne quitte cet ordinateur avant que vous l’ayez vu. Ce qui a été fait et envoyé est noté ici.
privacy-here = Gardé sur cet ordinateur
privacy-kept = Deskside garde { $size } ici : vos brouillons, vos demandes et leurs réponses.
privacy-folder = Dans le dossier { $folder }
privacy-export = Enregistrer une copie
privacy-left-out = { $count ->
    [one] Cette copie n’est pas complète : { $count } élément n’y tenait pas. Il reste ici, dans l’application.
   *[other] Cette copie n’est pas complète : { $count } éléments n’y tenaient pas. Ils restent ici, dans l’application.
}
privacy-retention = { $days ->
    [one] Les demandes terminées quittent cet ordinateur après { $days } jour.
   *[other] Les demandes terminées quittent cet ordinateur après { $days } jours.
}
privacy-not-listed = { $count ->
    [one] { $count } ligne plus ancienne n’apparaît pas ici. Une copie la contient.
   *[other] { $count } lignes plus anciennes n’apparaissent pas ici. Une copie les contient.
}
privacy-erase = Effacer
privacy-erase-question = Effacer ce qui est gardé sur cet ordinateur ?
privacy-erase-explain = Les brouillons, les demandes envoyées et leurs réponses disparaissent de cet ordinateur. Ce qui attend d’être envoyé reste jusqu’à son envoi. Les demandes arrivées à l’assistance y restent.
privacy-erase-confirm = Oui, effacer
privacy-erase-keep = Non, garder
privacy-erased = Ce qui était gardé sur cet ordinateur est effacé.
privacy-done = Ce qui a été fait et envoyé
privacy-intact = La liste est complète : aucune ligne n’a été changée ni retirée.
privacy-broken = La liste a été modifiée de l’extérieur, ou elle est abîmée. Signalez-le à votre service informatique.
privacy-empty = Rien pour le moment.
ledger-submitted = Vous avez déposé une demande
ledger-delivered = Une demande est arrivée à l’assistance
ledger-replied = Une réponse de votre part a été envoyée
ledger-screen-captured = Une image de l’écran a été prise
ledger-enrolled = Cet ordinateur a été relié à l’assistance
ledger-disconnected = Cet ordinateur a été déconnecté de l’assistance
ledger-settings-changed = Un réglage a été changé
ledger-exported = Une copie de ce qui est gardé a été faite
ledger-erased = Ce qui était gardé a été effacé
ledger-store-set-aside = Ce qui était gardé était abîmé et a été mis de côté
ledger-taken-back = Vous avez repris ce que l’assistance avait refusé
ledger-expired = Ce qui était terminé depuis longtemps a été supprimé, comme l’a décidé votre service informatique

# Un lien qui propose une demande
suggested-title = Un lien propose une demande
suggested-explain = Vous avez ouvert un lien avec ce texte. Rien n’est envoyé : vous pouvez le modifier, et vous verrez tout avant.
suggested-text = Texte proposé
suggested-use = Utiliser ce texte
suggested-refuse = Non, merci

# Un téléphone transmet la demande quand l’ordinateur n’a pas de réseau
phone-show = L’envoyer avec votre téléphone
phone-title = L’envoyer avec votre téléphone
phone-how = Pointez l’appareil photo de votre téléphone vers ce code. Il ouvre un courriel avec votre demande ; il ne reste qu’à l’envoyer.
phone-code = Code contenant votre demande, pour l’appareil photo d’un téléphone
phone-later = Ici, votre demande partira quand même dès le retour du réseau. Les deux portent la référence { $reference }, pour que l’assistance n’en compte qu’une.
phone-reference = Référence Deskside : { $reference }
phone-from = De { $name }, ordinateur { $device }
phone-close = Fermer
