//! French. Non-breaking spaces stand before the high punctuation and the per cent sign, written as `\u{a0}` where they matter.

use super::{Ends, Reasons, Said, Sorry, Texts, Words};

const SEND: &str = "Envoyez le journal aux personnes qui vous ont fourni la mise à jour.";
const UNCHANGED: &str = "Fermer – rien n’a été modifié";
const AS_BEFORE: &str = "Fermer – tout est comme avant";

/// The texts.
pub static TEXTS: Texts = Texts {
    words: WORDS,
    ends: ENDS,
    reasons: REASONS,
};

const WORDS: Words = Words {
    application: "l’application",

    stage_bundle: "Vérification de la mise à jour",
    stage_site: "Recherche de l’application",
    stage_preflight: "Vérification de l’application et de ses données",
    stage_quiesce: "Vérification que personne n’utilise l’application",
    stage_snapshot: "Copie des données",
    stage_migrate: "Passage de la copie à la nouvelle version",
    stage_verify: "Vérification du résultat",
    stage_stage: "Préparation du nouveau programme",
    stage_swap: "Mise en place de la nouvelle version",
    stage_confirm: "Essai de la nouvelle version",
    stage_tidy: "Nettoyage",

    title_working: "{percent}\u{a0}% – {product} – veuillez patienter",
    checking: "Vérification avant la mise à jour de {product}",
    updating: "Mise à jour de {product}",
    going_back: "Retour à l’ancienne version",
    keeping: "Conservation de la nouvelle version",
    recovering: "Fin d’une mise à jour interrompue",
    putting_back: "Remise en l’état précédent",
    untouched: "Pour l’instant, votre programme et vos données n’ont pas été modifiés.",
    keep_on: "Veuillez ne pas éteindre l’ordinateur.",
    cancel: "Annuler",
    cancelling: "Annulation…",
    please_wait: "Veuillez patienter…",
    shutdown: "Une mise à jour est en train de se mettre en place. Cela ne dure qu’un instant.",

    left_moments: "Encore moins d’une minute",
    left_minute: "Encore une minute environ",
    left_two_minutes: "Encore 2 minutes environ",
    left_few_minutes: "Encore {minutes} minutes environ",
    left_many_minutes: "Encore {minutes} minutes environ",
    left_hour: "Encore une heure environ",
    left_hours: "Encore plus d’une heure",

    title_ask: "{product} – passer à la version {to}\u{a0}?",
    ask: "Mettre à jour {product} de la version {from} à la version {to}\u{a0}?",
    ask_text: "Fermez d’abord {product} sur tous les ordinateurs qui l’utilisent. En cas de problème, le programme et les données restent tels qu’ils sont.",
    unrehearsed: "Cette mise à jour n’a pas été essayée sur des copies de données réelles avant de vous être remise. Raison donnée\u{a0}: {value}",
    update: "Mettre à jour maintenant",
    update_note: "Le programme et les données passent ensemble à la version {to}.",
    trial: "Essayer sur une copie",
    trial_note: "Ne modifie rien. Installe la version {to} à part avec une copie de vos données, pour que vous puissiez d’abord la voir.",
    leave: "Annuler",
    leave_note: "Ne modifie rien.",

    title_busy: "{product} – encore en cours d’utilisation",
    busy: "{product} est encore en cours d’utilisation",
    retry: "Réessayer",
    cancel_unchanged: "Annuler – rien n’a été modifié",

    title_lose: "{product} – revenir en arrière sans les dernières données\u{a0}?",
    lose: "Revenir en arrière sans les dernières données\u{a0}?",
    lose_text: "Depuis la mise à jour, des données ont été saisies ou des fichiers modifiés. Ils seraient conservés dans un dossier à part, mais ne figureraient pas dans l’ancienne version.",
    lose_rows: "Saisies nouvelles ou modifiées\u{a0}: au moins {rows}",
    lose_yes: "Revenir sans les dernières données",
    lose_no: "Annuler – la nouvelle version reste",

    close: "Fermer",
    go_back_to: "Revenir à la version {from}",
    go_back_to_note: "Le programme et les données seront comme avant la mise à jour.",
    go_back: "Revenir à l’ancienne version",
    keep_version: "Garder la version {to}",
    keep_version_note: "Tout est en ordre.",
    keep: "Garder la nouvelle version",
    open_folder: "Ouvrir le dossier",
    as_administrator: "Continuer en tant qu’administrateur",
    put_back: "Tout remettre en ordre maintenant",

    where_it_is: "Emplacement\u{a0}: {value}",
    installed: "Version installée\u{a0}: {value}",
    fits: "Cette mise à jour est prévue pour\u{a0}: {value}",
    room_needed: "Espace nécessaire\u{a0}: {value}",
    room_free: "Espace libre\u{a0}: {value}",
    open_in: "Ouvert dans\u{a0}: {value}",
    kept_in: "Conservé dans\u{a0}: {value}",

    show_details: "Afficher les détails",
    hide_details: "Masquer les détails",
    open_log: "Ouvrir le journal",
    open_notes: "Nouveautés",

    means_ok: "OK\u{a0}: {label}",
    means_yes: "Oui\u{a0}: {label}",
    means_no: "Non\u{a0}: {label}",
    means_cancel: "Annuler\u{a0}: {label}",
    runs_unseen: "Pendant la mise à jour, aucune fenêtre n’est affichée. Un message vous indique quand elle est terminée.",
};

const ENDS: Ends = Ends {
    updated: Said {
        title: "{product} {to} – mise à jour terminée",
        heading: "{product} est maintenant à la version {to}",
        text: "Toutes vos données sont là. Vous pouvez travailler.",
        close: "Fermer – version {to} en place",
    },
    held: Said {
        title: "{product} {to} – à essayer",
        heading: "{product} {to} est en place. Veuillez l’essayer maintenant.",
        text: "Si tout est en ordre, gardez cette version. Sinon, revenez en arrière\u{a0}: le programme et les données seront comme avant la mise à jour.",
        close: "Décider plus tard – {to} est en place",
    },
    tested: Said {
        title: "{product} {to} – prêt à l’essai, rien n’a été modifié",
        heading: "{product} {to} est prêt à l’essai",
        text: "Rien n’a été modifié. La copie se trouve dans le dossier ci-dessous. Elle sert uniquement à essayer\u{a0}: ce que vous y saisissez n’est pas conservé.",
        close: UNCHANGED,
    },
    in_place: Said {
        title: "{product} {to} – déjà en place",
        heading: "{product} {to} est déjà en place",
        text: "Il n’y avait rien à faire.",
        close: UNCHANGED,
    },
    planned: Said {
        title: "{product} – rien n’a été modifié",
        heading: "{product} peut passer de la version {from} à la version {to}",
        text: "Ce n’était qu’une vérification. Rien n’a été modifié.",
        close: UNCHANGED,
    },
    finished: Said {
        title: "{product} {to} – mise à jour terminée",
        heading: "La mise à jour interrompue a été menée à son terme",
        text: "La version {to} est en place, avec toutes vos données. Vous pouvez travailler.",
        close: "Fermer – version {to} en place",
    },
    undone: Said {
        title: "{product} – tout est comme avant",
        heading: "La mise à jour interrompue a été annulée",
        text: "Le programme et les données sont comme avant la mise à jour. Vous pouvez continuer à travailler.",
        close: AS_BEFORE,
    },
    rolled_back: Said {
        title: "{product} {to} – de nouveau en place",
        heading: "{product} {to} est de nouveau en place, avec ses données",
        text: "Vous pouvez travailler. Le programme plus récent et ses données sont conservés.",
        close: "Fermer – {to} est de nouveau en place",
    },
    confirmed: Said {
        title: "{product} {to} – version gardée",
        heading: "{product} {to} reste en place",
        text: "Vous pouvez continuer à travailler.",
        close: "Fermer – {to} reste en place",
    },
    nothing_to_recover: Said {
        title: "{product} – rien à faire",
        heading: "Il n’y a pas de mise à jour interrompue ici",
        text: "Il n’y avait rien à faire.",
        close: UNCHANGED,
    },
    nothing_to_confirm: Said {
        title: "{product} – rien à faire",
        heading: "Aucune mise à jour n’attend votre décision",
        text: "Il n’y avait rien à faire.",
        close: UNCHANGED,
    },
    refused: Said {
        title: "{product} – rien n’a été modifié",
        heading: "La mise à jour de {product} n’a pas eu lieu. Rien n’a été modifié.",
        text: "Vous pouvez continuer à travailler comme avant.",
        close: UNCHANGED,
    },
    not_done: Said {
        title: "{product} – rien n’a été modifié",
        heading: "Ce n’était pas possible. Rien n’a été modifié.",
        text: "Vous pouvez continuer à travailler comme avant.",
        close: UNCHANGED,
    },
    restored: Said {
        title: "{product} – tout est comme avant",
        heading: "La mise à jour de {product} n’a pas abouti. Tout est comme avant.",
        text: "Vous pouvez continuer à travailler avec votre programme et vos données.",
        close: AS_BEFORE,
    },
    not_done_restored: Said {
        title: "{product} – tout est comme avant",
        heading: "Cela n’a pas fonctionné. Tout est comme avant.",
        text: "Vous pouvez continuer à travailler avec votre programme et vos données.",
        close: AS_BEFORE,
    },
    not_restored: Said {
        title: "{product} – une aide est nécessaire",
        heading: "Pour l’instant, ne démarrez pas {product}",
        text: "Tout n’a pas encore pu être remis en place. Rien n’a été supprimé. Si la remise en ordre ne fonctionne pas, demandez de l’aide.",
        close: "Fermer – une aide est nécessaire",
    },
    busy: Said {
        title: "{product} – en cours d’utilisation, rien n’a été modifié",
        heading: "{product} est en cours d’utilisation. Rien n’a été modifié.",
        text: "Vous pouvez continuer à travailler comme avant.",
        close: UNCHANGED,
    },
    cancelled: Said {
        title: "{product} – annulé, rien n’a été modifié",
        heading: "Annulé. Rien n’a été modifié.",
        text: "Vous pouvez continuer à travailler comme avant.",
        close: UNCHANGED,
    },
};

const REASONS: Reasons = Reasons {
    request_invalid: Sorry {
        what: "Ce programme a été démarré avec des options qu’il ne comprend pas.",
        todo: "Démarrez-le par un double-clic, sans options.",
    },
    request_no_terminal: Sorry {
        what: "Il y avait une question, et personne à qui la poser.",
        todo: "Démarrez ce programme par un double-clic.",
    },
    payload_invalid: Sorry {
        what: "Cette mise à jour n’a pas été préparée correctement.",
        todo: SEND,
    },
    payload_unrehearsed: Sorry {
        what: "Cette mise à jour n’a pas été essayée sur des copies de données réelles.",
        todo: SEND,
    },
    bundle_missing: Sorry {
        what: "Ce fichier ne contient pas de mise à jour.",
        todo: "Utilisez le fichier qui vous a été remis, ou faites-le copier de nouveau.",
    },
    bundle_damaged: Sorry {
        what: "Le fichier de mise à jour est endommagé ou incomplet.",
        todo: "Copiez-le de nouveau depuis son emplacement d’origine, puis relancez-le.",
    },
    bundle_name: Sorry {
        what: "La mise à jour contient un nom de fichier qui n’est pas sûr sur tous les ordinateurs.",
        todo: SEND,
    },
    bundle_format: Sorry {
        what: "Le fichier de mise à jour a été fait pour un autre programme de mise à jour.",
        todo: "Demandez un nouveau fichier aux personnes qui vous l’ont fourni.",
    },
    bundle_unsigned: Sorry {
        what: "Le fichier de mise à jour n’indique pas qui l’a fait, et ce programme n’accepte que les mises à jour des personnes qu’il connaît.",
        todo: "Utilisez le fichier qui vous a été fourni, ou demandez-en un nouveau aux personnes qui vous l’ont fourni.",
    },
    bundle_signature: Sorry {
        what: "Le fichier de mise à jour n’a pas été fait par les personnes que ce programme connaît, ou il a été modifié en chemin.",
        todo: "N’utilisez pas ce fichier. Demandez-en un nouveau aux personnes qui vous l’ont fourni.",
    },
    bundle_unpinned: Sorry {
        what: "La mise à jour se trouve dans un fichier à part, et ce programme ne peut pas savoir qui l’a fait.",
        todo: "Demandez aux personnes qui vous ont fourni la mise à jour le programme qui va avec.",
    },
    target_missing: Sorry {
        what: "L’emplacement de {product} sur cet ordinateur n’est pas clair.",
        todo: "Copiez ce fichier dans le dossier de {product} et démarrez-le à cet endroit. Si cela ne suffit pas, adressez-vous à votre assistance.",
    },
    target_invalid: Sorry {
        what: "Le dossier examiné n’est pas un dossier où {product} peut être mis à jour.",
        todo: "Adressez-vous à votre assistance\u{a0}; les détails indiquent ce qui manque.",
    },
    target_link: Sorry {
        what: "Une partie du dossier se trouve en réalité ailleurs et ne peut donc pas être remplacée sans risque.",
        todo: "Demandez à votre assistance d’examiner le dossier.",
    },
    target_denied: Sorry {
        what: "Vous n’avez pas le droit de modifier ce dossier.",
        todo: "La mise à jour doit être faite par un administrateur.",
    },
    target_volume: Sorry {
        what: "{product} se trouve sur un disque où une coupure de courant au mauvais moment pourrait tout détruire.",
        todo: "Demandez à votre assistance de déplacer {product} sur un disque NTFS.",
    },
    product_other: Sorry {
        what: "Un autre produit est installé dans ce dossier.",
        todo: "Vérifiez que c’est la bonne mise à jour pour cet ordinateur.",
    },
    version_unknown: Sorry {
        what: "Cette mise à jour ne convient pas à la version installée.",
        todo: "Demandez une mise à jour pour la version que vous avez.",
    },
    version_older: Sorry {
        what: "La version installée est trop ancienne pour cette mise à jour.",
        todo: "Il faut d’abord installer une autre mise à jour. Adressez-vous aux personnes qui vous ont fourni celle-ci.",
    },
    version_newer: Sorry {
        what: "La version installée est plus récente que cette mise à jour.",
        todo: "Vous n’avez rien à faire.",
    },
    code_changed: Sorry {
        what: "Des fichiers du programme ont été modifiés depuis l’installation de cette version.",
        todo: "Faites réinstaller la même version, ou envoyez le journal aux personnes qui vous ont fourni la mise à jour.",
    },
    code_collision: Sorry {
        what: "La nouvelle version apporte un fichier qui prendrait la place de l’un des vôtres.",
        todo: "Donnez un autre nom à votre fichier, puis relancez la mise à jour.",
    },
    schema_drift: Sorry {
        what: "La base de données n’est pas construite comme cette mise à jour l’attend.",
        todo: SEND,
    },
    database_missing: Sorry {
        what: "Une base de données est introuvable.",
        todo: "Adressez-vous à votre assistance\u{a0}: il faut la retrouver ou la restaurer à partir d’une sauvegarde.",
    },
    database_invalid: Sorry {
        what: "Une base de données est illisible\u{a0}: elle est d’un autre type, ou chiffrée.",
        todo: "Adressez-vous à votre assistance.",
    },
    database_corrupt: Sorry {
        what: "Une base de données était déjà endommagée avant la mise à jour.",
        todo: "Faites-la réparer ou restaurer à partir d’une sauvegarde, puis relancez la mise à jour.",
    },
    database_readonly: Sorry {
        what: "Une base de données est protégée en écriture.",
        todo: "Faites retirer la protection en écriture, puis relancez la mise à jour.",
    },
    database_unfinished: Sorry {
        what: "Un enregistrement de {product} a été interrompu.",
        todo: "Démarrez et fermez {product} une fois. Relancez ensuite la mise à jour.",
    },
    database_unsupported: Sorry {
        what: "Une base de données ne peut être lue que par {product}.",
        todo: SEND,
    },
    database_busy: Sorry {
        what: "Une base de données est en cours d’utilisation.",
        todo: "Fermez {product} sur tous les ordinateurs qui l’utilisent, puis réessayez.",
    },
    database_written: Sorry {
        what: "Quelqu’un a modifié des données pendant la mise à jour.",
        todo: "Fermez {product} sur tous les ordinateurs qui l’utilisent, puis réessayez.",
    },
    application_running: Sorry {
        what: "{product} fonctionne encore.",
        todo: "Fermez {product}, puis réessayez.",
    },
    update_running: Sorry {
        what: "Une autre mise à jour est en cours ici.",
        todo: "Attendez qu’elle soit terminée, puis réessayez.",
    },
    hold_open: Sorry {
        what: "La dernière mise à jour attend encore votre décision.",
        todo: "Gardez la nouvelle version ou revenez à l’ancienne. Vous pourrez ensuite faire une autre mise à jour.",
    },
    update_unfinished: Sorry {
        what: "Une mise à jour précédente a été interrompue ici.",
        todo: "Relancez la mise à jour : elle termine d’abord la précédente.",
    },
    pair_mixed: Sorry {
        what: "Le programme et les données ne sont pas de la même version.",
        todo: "Ne démarrez pas {product}. Demandez de l’aide à ceux qui ont préparé la mise à jour.",
    },
    space_short: Sorry {
        what: "Il n’y a pas assez d’espace libre sur le disque.",
        todo: "Libérez de l’espace, puis relancez la mise à jour.",
    },
    step_failed: Sorry {
        what: "Une étape de la mise à jour n’a pas fonctionné avec vos données.",
        todo: SEND,
    },
    step_refused: Sorry {
        what: "La mise à jour voulait faire quelque chose qu’aucune mise à jour ne doit faire.",
        todo: SEND,
    },
    row_rejected: Sorry {
        what: "Un enregistrement de vos données ne convient pas à la nouvelle version.",
        todo: SEND,
    },
    rows_lost: Sorry {
        what: "La mise à jour aurait perdu des données. C’est pourquoi elle a été arrêtée.",
        todo: SEND,
    },
    table_changed: Sorry {
        what: "Des données qui ne devaient pas changer ont changé.",
        todo: "Faites vérifier le disque, puis relancez la mise à jour.",
    },
    check_failed: Sorry {
        what: "Une vérification de la nouvelle version a échoué.",
        todo: SEND,
    },
    check_timeout: Sorry {
        what: "Une vérification de la nouvelle version a duré trop longtemps.",
        todo: "Fermez les autres programmes et relancez la mise à jour. Si cela ne suffit pas, envoyez le journal aux personnes qui vous l’ont fournie.",
    },
    check_wrote: Sorry {
        what: "Une vérification a modifié ce qu’elle devait seulement examiner.",
        todo: SEND,
    },
    edit_failed: Sorry {
        what: "L’un de vos fichiers de réglages n’est pas tel que la mise à jour l’attend.",
        todo: SEND,
    },
    stage_damaged: Sorry {
        what: "Ce qui a été écrit sur le disque a été relu différemment.",
        todo: "Faites vérifier le disque, puis relancez la mise à jour.",
    },
    disk_failed: Sorry {
        what: "Un fichier ou un dossier n’a pas pu être lu ou écrit.",
        todo: "Fermez les autres programmes et relancez la mise à jour. Si cela ne suffit pas, faites vérifier le disque.",
    },
    journal_format: Sorry {
        what: "Un programme de mise à jour plus récent a commencé une mise à jour ici.",
        todo: "Démarrez le fichier de mise à jour plus récent\u{a0}: il la mènera à son terme.",
    },
    recovery_failed: Sorry {
        what: "Une mise à jour interrompue n’a pu être ni terminée ni annulée.",
        todo: SEND,
    },
    recovery_given_up: Sorry {
        what: "Une mise à jour interrompue n’a pas pu être menée à son terme après plusieurs essais.",
        todo: "Vérifiez qu’il reste de l’espace libre sur le disque, puis faites tout remettre en ordre.",
    },
    snapshot_missing: Sorry {
        what: "L’ancienne version n’est plus conservée.",
        todo: "Si vous en avez besoin, faites-la restaurer à partir d’une sauvegarde.",
    },
    rollback_would_lose: Sorry {
        what: "L’ancienne version ne contiendrait pas les données saisies depuis la mise à jour.",
        todo: "Lancez le retour en arrière dans une fenêtre\u{a0}: vous pourrez y décider.",
    },
    cancelled: Sorry {
        what: "Vous avez annulé.",
        todo: "Vous pouvez recommencer à tout moment.",
    },
    internal_panic: Sorry {
        what: "Le programme de mise à jour lui-même a commis une erreur.",
        todo: SEND,
    },
};
