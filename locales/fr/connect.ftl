# Textes de la connexion à une assistance : l’écran, et sa carte dans les réglages. Ce qui est examiné, ce qui peut manquer et
# ce que le service informatique y fait se trouve dans shared.ftl, car la ligne de commande dit la même chose.

## L’adresse

connect-title = Relier votre assistance
connect-intro = Votre assistance, c’est le site où vous demandez de l’aide au travail. Deskside reconnaît de lui-même de quoi il s’agit.
connect-address = Adresse de votre assistance
connect-address-hint = Telle qu’elle figure en haut de votre navigateur, par exemple assistance.example.com
connect-address-missing = Saisissez ou collez d’abord l’adresse de votre assistance.
connect-continue = Continuer
connect-decided = Votre service informatique a choisi votre assistance. Il ne reste qu’à vous identifier.

## La recherche

connect-looking = Examen de { $host }…
connect-checked = Ce qui a été vérifié
connect-found = Trouvé : { $what }
connect-unknown = Quelque chose répond à cette adresse
connect-kind-version = { $kind } { $version }
connect-other = Modifier l’adresse
connect-other-short = Modifier
connect-health-good = En ordre :
connect-health-degraded = Fonctionne en partie :
connect-health-broken = Ne fonctionne pas :

## S’identifier

connect-sign-in = S’identifier
connect-way = Comment voulez-vous vous identifier ?
connect-way-token = Avec un jeton que je colle
connect-way-browser = Dans mon navigateur
connect-way-enrolment-token = Avec un code de mon service informatique
connect-token = Votre jeton pour { $helpdesk }
connect-code = Code donné par votre service informatique
connect-token-missing = Collez d’abord le jeton.
connect-code-missing = Collez d’abord le code.
connect-token-show = L’afficher
connect-token-hide = Le masquer
connect-token-kept = Il est conservé dans le trousseau de cet ordinateur, et seule votre assistance le reçoit.
connect-code-help = Votre service informatique vous donne ce code. Il sert un nombre de fois limité.
connect-browser-help = Votre navigateur ouvre la page d’identification de votre assistance. Une fois que c’est fait, tout continue ici de soi-même.
connect-browser-open = Votre navigateur est ouvert. Identifiez-vous là-bas : tout continue ici de soi-même.
connect-browser-again = Rouvrir le navigateur
connect-where = Où trouver mon jeton ?
connect-where-page = La page dans votre assistance :
connect-where-glpi-1 = Ouvrez GLPI dans votre navigateur, cliquez sur votre nom en haut à droite, puis sur « Mes préférences ».
connect-where-glpi-2 = Cherchez « Jeton d’API » sur cette page et cochez « Régénérer » à côté.
connect-where-glpi-3 = Choisissez « Sauvegarder » en bas. Le jeton apparaît au même endroit.
connect-where-glpi-4 = Copiez-le et collez-le ci-dessous.
connect-where-glpi-absent = Pas de « Jeton d’API » sur votre page ? Votre service informatique doit d’abord l’autoriser.
connect-where-mantis-1 = Ouvrez MantisBT dans votre navigateur, cliquez sur votre nom en haut à droite, puis sur « Mon compte ».
connect-where-mantis-2 = Choisissez « Jetons d’API », saisissez un nom tel que « Deskside », puis créez le jeton.
connect-where-mantis-3 = Copiez le jeton aussitôt, car il n’est affiché qu’à ce moment-là, et collez-le ci-dessous.
connect-where-mantis-absent = Pas de « Jetons d’API » sur votre page ? Votre service informatique doit d’abord l’autoriser.
connect-where-request-tracker-1 = Ouvrez Request Tracker dans votre navigateur. Dans le menu « Connecté en tant que… », choisissez « Réglages », puis « Jetons d’authentification ».
connect-where-request-tracker-2 = Choisissez « Ajouter », saisissez une description telle que « Deskside », puis validez.
connect-where-request-tracker-3 = Copiez le jeton aussitôt, car il n’est affiché qu’à ce moment-là, et collez-le ci-dessous.
connect-where-request-tracker-absent = Pas de « Jetons d’authentification » dans ce menu ? Votre service informatique doit d’abord l’autoriser.

## Des champs dont presque personne n’a besoin

connect-more = Autres réglages
connect-more-help = Laissez-les tels quels, sauf si votre service informatique vous a dit autre chose.
connect-field-usual = Comme d’habitude
connect-field-missing = Ce champ est nécessaire. Votre service informatique sait ce qu’il faut y mettre.

## La connexion, et ce qui peut mal tourner

connect-do = Relier
connect-doing = Connexion…
connect-safe = Rien n’a été modifié. Ce que vous avez écrit est conservé.
connect-tell = Pour votre service informatique
connect-tell-copy = Copier ceci pour le service informatique
connect-tell-copied = C’est copié. Collez-le dans un courriel à votre service informatique.
connect-tell-failed = La copie n’a pas fonctionné. Sélectionnez le texte et copiez-le.
connect-tell-address = Adresse : { $url }
connect-tell-kind = Assistance : { $what }
connect-tell-step = Étape : { $step } ({ $code })
connect-tell-seen = Constaté : { $detail }
connect-tell-version = Deskside { $version }

## S’identifier de nouveau

connect-again-title = S’identifier de nouveau
connect-again-why = { $helpdesk } n’accepte plus votre identification : elle a expiré ou a été retirée. Rien n’est perdu. Ce qui attend ici partira après une nouvelle identification.

## C’est relié

connect-done-title = C’est relié
connect-done-next = Vos demandes vont désormais à { $helpdesk }, et les réponses arrivent ici.
connect-done-files = Images et fichiers peuvent peser jusqu’à { $size } chacun.
connect-done-no-files = Cette assistance n’accepte pas de fichiers : dites l’essentiel avec vos mots.
connect-done-report = Signaler un problème

## Dans les réglages

settings-desk-title = Votre assistance
settings-desk-none = Aucune assistance n’est encore reliée. Vous pouvez tout de même écrire vos demandes : elles sont conservées ici d’ici là.
settings-desk-online = Reliée
settings-desk-offline = Injoignable pour le moment
settings-desk-refused = N’accepte plus votre identification
settings-desk-connect = Relier une assistance
settings-desk-again = S’identifier de nouveau
settings-desk-other = Utiliser une autre assistance
settings-desk-leave = Déconnecter
settings-desk-way-token = Vous vous identifiez avec un jeton.
settings-desk-way-browser = Vous vous identifiez avec votre navigateur.
settings-desk-way-enrolment-token = Cet ordinateur y est inscrit.
settings-desk-field = { $name } : { $value }
settings-desk-leave-question = Déconnecter { $helpdesk } ?
settings-desk-leave-explain = Deskside oublie l’adresse et votre identification. Vos demandes restent à l’assistance et se lisent encore ici, mais aucune nouvelle réponse n’arrive. Ce qui attend d’être envoyé continue d’attendre jusqu’à ce qu’une assistance soit reliée.
settings-desk-leave-confirm = Oui, déconnecter
settings-desk-leave-keep = Non, la garder
settings-desk-left = C’est déconnecté. Ce qui attend est conservé.
