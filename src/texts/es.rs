//! Spanish, in words that are used in Spain and in Latin America alike.

use super::{Ends, Reasons, Said, Sorry, Texts, Words};

const SEND: &str = "Envíe el registro a quienes le entregaron la actualización.";
const UNCHANGED: &str = "Cerrar – no se cambió nada";
const AS_BEFORE: &str = "Cerrar – todo está como antes";

/// The texts.
pub static TEXTS: Texts = Texts {
    words: WORDS,
    ends: ENDS,
    reasons: REASONS,
};

const WORDS: Words = Words {
    application: "la aplicación",

    stage_bundle: "Comprobando la actualización",
    stage_site: "Buscando la aplicación",
    stage_preflight: "Comprobando la aplicación y sus datos",
    stage_quiesce: "Comprobando que nadie use la aplicación",
    stage_snapshot: "Copiando los datos",
    stage_migrate: "Pasando la copia a la nueva versión",
    stage_verify: "Comprobando el resultado",
    stage_stage: "Preparando el nuevo programa",
    stage_swap: "Poniendo la nueva versión en su lugar",
    stage_confirm: "Probando la nueva versión",
    stage_tidy: "Ordenando",

    title_working: "{percent}\u{a0}% – {product} – espere, por favor",
    checking: "Comprobando si se puede actualizar {product}",
    updating: "Actualizando {product}",
    going_back: "Volviendo a la versión anterior",
    keeping: "Conservando la nueva versión",
    recovering: "Llevando a su fin una actualización interrumpida",
    putting_back: "Dejando todo como estaba",
    untouched: "Por ahora, su programa y sus datos no se han cambiado.",
    keep_on: "No apague el equipo, por favor.",
    cancel: "Cancelar",
    cancelling: "Cancelando…",
    please_wait: "Espere, por favor…",
    shutdown: "Se está poniendo en su lugar una actualización. Solo tarda un momento.",

    left_moments: "Falta menos de un minuto",
    left_minute: "Falta un minuto aproximadamente",
    left_two_minutes: "Faltan unos 2 minutos",
    left_few_minutes: "Faltan unos {minutes} minutos",
    left_many_minutes: "Faltan unos {minutes} minutos",
    left_hour: "Falta una hora aproximadamente",
    left_hours: "Falta más de una hora",

    title_ask: "{product} – ¿actualizar a {to}?",
    ask: "¿Actualizar {product} de {from} a {to}?",
    ask_text: "Cierre primero {product} en todos los equipos donde se usa. Si algo sale mal, el programa y los datos se quedan como están ahora.",
    unrehearsed: "Esta actualización no se probó con copias de datos reales antes de entregársela. Motivo indicado: {value}",
    update: "Actualizar ahora",
    update_note: "El programa y los datos pasan juntos a la versión {to}.",
    trial: "Probar con una copia",
    trial_note: "No cambia nada. Prepara la versión {to} con una copia de sus datos para que pueda verla primero.",
    leave: "Cancelar",
    leave_note: "No cambia nada.",

    title_busy: "{product} – todavía en uso",
    busy: "{product} todavía está en uso",
    retry: "Reintentar",
    cancel_unchanged: "Cancelar – no se cambió nada",

    title_lose: "{product} – ¿volver sin los datos más recientes?",
    lose: "¿Volver sin los datos más recientes?",
    lose_text: "Desde la actualización se han introducido datos o se han modificado archivos. Se guardarían en una carpeta aparte, pero no estarían en la versión anterior.",
    lose_rows: "Entradas nuevas o modificadas: al menos {rows}",
    lose_yes: "Volver sin los datos más recientes",
    lose_no: "Cancelar – se queda la nueva versión",

    close: "Cerrar",
    go_back_to: "Volver a la versión {from}",
    go_back_to_note: "El programa y los datos quedarán como antes de la actualización.",
    go_back: "Volver a la versión anterior",
    keep_version: "Conservar la versión {to}",
    keep_version_note: "Todo está bien.",
    keep: "Conservar la nueva versión",
    open_folder: "Abrir la carpeta",
    as_administrator: "Continuar como administrador",
    put_back: "Poner todo en orden ahora",

    where_it_is: "Ubicación: {value}",
    installed: "Versión instalada: {value}",
    fits: "Esta actualización es para: {value}",
    room_needed: "Espacio necesario: {value}",
    room_free: "Espacio libre: {value}",
    open_in: "Abierto en: {value}",
    kept_in: "Guardado en: {value}",

    show_details: "Mostrar detalles",
    hide_details: "Ocultar detalles",
    open_log: "Abrir el registro",
    open_notes: "Novedades",

    means_ok: "Aceptar: {label}",
    means_yes: "Sí: {label}",
    means_no: "No: {label}",
    means_cancel: "Cancelar: {label}",
    runs_unseen: "Durante la actualización no se muestra ninguna ventana. Un mensaje le avisará cuando haya terminado.",
};

const ENDS: Ends = Ends {
    updated: Said {
        title: "{product} {to} – actualizado",
        heading: "{product} ya está en la versión {to}",
        text: "Todos sus datos están ahí. Puede empezar a trabajar.",
        close: "Cerrar – actualizado a {to}",
    },
    held: Said {
        title: "{product} {to} – pruébelo, por favor",
        heading: "{product} {to} está instalado. Pruébelo ahora, por favor.",
        text: "Si todo está bien, consérvelo. Si no, vuelva atrás: el programa y los datos quedarán como antes de la actualización.",
        close: "Decidir más tarde – {to} está instalado",
    },
    tested: Said {
        title: "{product} {to} – listo para probar, no se cambió nada",
        heading: "{product} {to} está listo para probar",
        text: "No se cambió nada. La copia está en la carpeta indicada abajo. Es solo para probar: lo que introduzca allí no se conserva.",
        close: UNCHANGED,
    },
    in_place: Said {
        title: "{product} {to} – ya está instalado",
        heading: "{product} {to} ya está instalado",
        text: "No había nada que hacer.",
        close: UNCHANGED,
    },
    planned: Said {
        title: "{product} – no se cambió nada",
        heading: "{product} se puede actualizar de {from} a {to}",
        text: "Esto era solo una comprobación. No se cambió nada.",
        close: UNCHANGED,
    },
    finished: Said {
        title: "{product} {to} – actualizado",
        heading: "La actualización interrumpida se ha completado",
        text: "La versión {to} está instalada, con todos sus datos. Puede empezar a trabajar.",
        close: "Cerrar – actualizado a {to}",
    },
    undone: Said {
        title: "{product} – todo está como antes",
        heading: "La actualización interrumpida se ha deshecho",
        text: "El programa y los datos están como antes de la actualización. Puede seguir trabajando.",
        close: AS_BEFORE,
    },
    rolled_back: Said {
        title: "{product} {to} – instalado de nuevo",
        heading: "{product} {to} está instalado de nuevo, con sus datos",
        text: "Puede empezar a trabajar. El programa más nuevo y sus datos se conservan.",
        close: "Cerrar – {to} está instalado de nuevo",
    },
    confirmed: Said {
        title: "{product} {to} – se conserva",
        heading: "{product} {to} se queda instalado",
        text: "Puede seguir trabajando.",
        close: "Cerrar – {to} se queda",
    },
    nothing_to_recover: Said {
        title: "{product} – nada que hacer",
        heading: "Aquí no hay ninguna actualización interrumpida",
        text: "No había nada que hacer.",
        close: UNCHANGED,
    },
    nothing_to_confirm: Said {
        title: "{product} – nada que hacer",
        heading: "Ninguna actualización espera su decisión",
        text: "No había nada que hacer.",
        close: UNCHANGED,
    },
    refused: Said {
        title: "{product} – no se cambió nada",
        heading: "{product} no se actualizó. No se cambió nada.",
        text: "Puede seguir trabajando como antes.",
        close: UNCHANGED,
    },
    not_done: Said {
        title: "{product} – no se cambió nada",
        heading: "No fue posible. No se cambió nada.",
        text: "Puede seguir trabajando como antes.",
        close: UNCHANGED,
    },
    restored: Said {
        title: "{product} – todo está como antes",
        heading: "{product} no se actualizó. Todo está como antes.",
        text: "Puede seguir trabajando con su programa y sus datos.",
        close: AS_BEFORE,
    },
    not_done_restored: Said {
        title: "{product} – todo está como antes",
        heading: "No funcionó. Todo está como antes.",
        text: "Puede seguir trabajando con su programa y sus datos.",
        close: AS_BEFORE,
    },
    not_restored: Said {
        title: "{product} – se necesita ayuda",
        heading: "Por ahora, no inicie {product}",
        text: "Todavía no se ha podido dejar todo como estaba. No se ha borrado nada. Si poner todo en orden no funciona, pida ayuda.",
        close: "Cerrar – se necesita ayuda",
    },
    busy: Said {
        title: "{product} – en uso, no se cambió nada",
        heading: "{product} está en uso. No se cambió nada.",
        text: "Puede seguir trabajando como antes.",
        close: UNCHANGED,
    },
    cancelled: Said {
        title: "{product} – cancelado, no se cambió nada",
        heading: "Cancelado. No se cambió nada.",
        text: "Puede seguir trabajando como antes.",
        close: UNCHANGED,
    },
};

const REASONS: Reasons = Reasons {
    request_invalid: Sorry {
        what: "Este programa se inició con opciones que no entiende.",
        todo: "Inícielo con un doble clic, sin opciones.",
    },
    request_no_terminal: Sorry {
        what: "Había una pregunta y no había a quién hacérsela.",
        todo: "Inicie este programa con un doble clic.",
    },
    payload_invalid: Sorry {
        what: "Esta actualización no se preparó correctamente.",
        todo: SEND,
    },
    payload_unrehearsed: Sorry {
        what: "Esta actualización no se probó con copias de datos reales.",
        todo: SEND,
    },
    bundle_missing: Sorry {
        what: "Este archivo no contiene ninguna actualización.",
        todo: "Use el archivo que le entregaron, o pida que se lo copien de nuevo.",
    },
    bundle_damaged: Sorry {
        what: "El archivo de actualización está dañado o incompleto.",
        todo: "Cópielo de nuevo desde su origen y vuelva a iniciarlo.",
    },
    bundle_name: Sorry {
        what: "La actualización contiene un nombre de archivo que no es seguro en todos los equipos.",
        todo: SEND,
    },
    bundle_format: Sorry {
        what: "El archivo de actualización se hizo para otro actualizador.",
        todo: "Pida un archivo nuevo a quienes le entregaron la actualización.",
    },
    bundle_unsigned: Sorry {
        what: "El archivo de actualización no dice quién lo hizo, y este programa solo acepta actualizaciones de quienes conoce.",
        todo: "Use el archivo que le entregaron o pida uno nuevo a quienes le entregaron la actualización.",
    },
    bundle_signature: Sorry {
        what: "El archivo de actualización no lo hicieron quienes este programa conoce, o se cambió en el camino.",
        todo: "No use este archivo. Pida uno nuevo a quienes le entregaron la actualización.",
    },
    bundle_unpinned: Sorry {
        what: "La actualización está en un archivo aparte y este programa no puede saber quién lo hizo.",
        todo: "Pida a quienes le entregaron la actualización el programa que le corresponde.",
    },
    target_missing: Sorry {
        what: "No está claro dónde se encuentra {product} en este equipo.",
        todo: "Copie este archivo en la carpeta de {product} e inícielo allí. Si eso no ayuda, consulte a su soporte técnico.",
    },
    target_invalid: Sorry {
        what: "La carpeta examinada no es una en la que se pueda actualizar {product}.",
        todo: "Consulte a su soporte técnico; los detalles dicen qué falta.",
    },
    target_link: Sorry {
        what: "Una parte de la carpeta está en realidad en otro lugar, así que no se puede reemplazar con seguridad.",
        todo: "Pida a su soporte técnico que revise la carpeta.",
    },
    target_denied: Sorry {
        what: "Usted no tiene permiso para cambiar esta carpeta.",
        todo: "Un administrador tiene que hacer la actualización.",
    },
    target_volume: Sorry {
        what: "{product} está en una unidad donde un corte de luz en mal momento podría destruirlo todo.",
        todo: "Pida a su soporte técnico que pase {product} a una unidad NTFS.",
    },
    product_other: Sorry {
        what: "En esta carpeta está instalado otro producto.",
        todo: "Compruebe que esta es la actualización correcta para este equipo.",
    },
    version_unknown: Sorry {
        what: "Esta actualización no corresponde a la versión instalada.",
        todo: "Pida una actualización para la versión que tiene.",
    },
    version_older: Sorry {
        what: "La versión instalada es demasiado antigua para esta actualización.",
        todo: "Primero hay que instalar otra actualización. Consulte a quienes le entregaron esta.",
    },
    version_newer: Sorry {
        what: "La versión instalada es más nueva que esta actualización.",
        todo: "No tiene que hacer nada.",
    },
    code_changed: Sorry {
        what: "Se han modificado archivos del programa desde que se instaló esta versión.",
        todo: "Pida que se instale de nuevo la misma versión, o envíe el registro a quienes le entregaron la actualización.",
    },
    code_collision: Sorry {
        what: "La nueva versión trae un archivo que ocuparía el lugar de uno de los suyos.",
        todo: "Dé otro nombre a su archivo y vuelva a iniciar la actualización.",
    },
    schema_drift: Sorry {
        what: "La base de datos no está construida como esta actualización espera.",
        todo: SEND,
    },
    database_missing: Sorry {
        what: "Falta una base de datos.",
        todo: "Consulte a su soporte técnico: hay que encontrarla o restaurarla desde una copia de seguridad.",
    },
    database_invalid: Sorry {
        what: "No se puede leer una base de datos: es de otro tipo o está cifrada.",
        todo: "Consulte a su soporte técnico.",
    },
    database_corrupt: Sorry {
        what: "Una base de datos ya estaba dañada antes de la actualización.",
        todo: "Pida que la reparen o la restauren desde una copia de seguridad y vuelva a iniciar la actualización.",
    },
    database_readonly: Sorry {
        what: "Una base de datos está protegida contra escritura.",
        todo: "Pida que quiten la protección contra escritura y vuelva a iniciar la actualización.",
    },
    database_unfinished: Sorry {
        what: "{product} se interrumpió mientras guardaba.",
        todo: "Inicie y cierre {product} una vez. Después, inicie de nuevo la actualización.",
    },
    database_unsupported: Sorry {
        what: "Una base de datos solo puede leerse con {product}.",
        todo: SEND,
    },
    database_busy: Sorry {
        what: "Una base de datos está en uso.",
        todo: "Cierre {product} en todos los equipos donde se usa e inténtelo de nuevo.",
    },
    database_written: Sorry {
        what: "Alguien cambió datos durante la actualización.",
        todo: "Cierre {product} en todos los equipos donde se usa e inténtelo de nuevo.",
    },
    application_running: Sorry {
        what: "{product} sigue en marcha.",
        todo: "Cierre {product} e inténtelo de nuevo.",
    },
    update_running: Sorry {
        what: "Aquí ya hay otra actualización en marcha.",
        todo: "Espere a que termine e inténtelo de nuevo.",
    },
    hold_open: Sorry {
        what: "La última actualización todavía espera su decisión.",
        todo: "Conserve la nueva versión o vuelva a la anterior. Después podrá actualizar de nuevo.",
    },
    update_unfinished: Sorry {
        what: "Una actualización anterior se interrumpió aquí.",
        todo: "Vuelva a iniciar la actualización: primero terminará la anterior.",
    },
    pair_mixed: Sorry {
        what: "El programa y los datos no son de la misma versión.",
        todo: "No inicie {product}. Pida ayuda a quienes hicieron la actualización.",
    },
    space_short: Sorry {
        what: "No hay suficiente espacio libre en el disco.",
        todo: "Libere espacio y vuelva a iniciar la actualización.",
    },
    step_failed: Sorry {
        what: "Un paso de la actualización no funcionó con sus datos.",
        todo: SEND,
    },
    step_refused: Sorry {
        what: "La actualización quiso hacer algo que ninguna actualización debe hacer.",
        todo: SEND,
    },
    row_rejected: Sorry {
        what: "Un registro de sus datos no encaja en la nueva versión.",
        todo: SEND,
    },
    rows_lost: Sorry {
        what: "La actualización habría perdido datos. Por eso se detuvo.",
        todo: SEND,
    },
    table_changed: Sorry {
        what: "Cambiaron datos que debían quedarse igual.",
        todo: "Pida que revisen el disco y vuelva a iniciar la actualización.",
    },
    check_failed: Sorry {
        what: "Falló una comprobación de la nueva versión.",
        todo: SEND,
    },
    check_timeout: Sorry {
        what: "Una comprobación de la nueva versión tardó demasiado.",
        todo: "Cierre otros programas y vuelva a iniciar la actualización. Si eso no ayuda, envíe el registro a quienes se la entregaron.",
    },
    check_wrote: Sorry {
        what: "Una comprobación cambió lo que solo debía mirar.",
        todo: SEND,
    },
    edit_failed: Sorry {
        what: "Uno de sus archivos de configuración no es como la actualización espera.",
        todo: SEND,
    },
    stage_damaged: Sorry {
        what: "Lo que se escribió en el disco se leyó después de forma distinta.",
        todo: "Pida que revisen el disco y vuelva a iniciar la actualización.",
    },
    disk_failed: Sorry {
        what: "No se pudo leer o escribir un archivo o una carpeta.",
        todo: "Cierre otros programas y vuelva a iniciar la actualización. Si eso no ayuda, pida que revisen el disco.",
    },
    journal_format: Sorry {
        what: "Un actualizador más nuevo empezó aquí una actualización.",
        todo: "Inicie el archivo de actualización más nuevo: él la llevará a su fin.",
    },
    recovery_failed: Sorry {
        what: "Una actualización interrumpida no se pudo completar ni deshacer.",
        todo: SEND,
    },
    recovery_given_up: Sorry {
        what: "Una actualización interrumpida no se pudo llevar a su fin tras varios intentos.",
        todo: "Asegúrese de que haya espacio libre en el disco y haga que se ponga todo en orden.",
    },
    snapshot_missing: Sorry {
        what: "La versión anterior ya no se conserva.",
        todo: "Si la necesita, pida que la restauren desde una copia de seguridad.",
    },
    rollback_would_lose: Sorry {
        what: "La versión anterior no tendría los datos introducidos desde la actualización.",
        todo: "Inicie la vuelta atrás en una ventana: allí podrá decidir.",
    },
    cancelled: Sorry {
        what: "Usted canceló.",
        todo: "Puede empezar de nuevo cuando quiera.",
    },
    internal_panic: Sorry {
        what: "El propio actualizador cometió un error.",
        todo: SEND,
    },
};
