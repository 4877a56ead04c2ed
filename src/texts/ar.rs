//! Arabic: modern standard, without vowel signs, with Western digits as in the program's versions. Editors may show the lines in an
//! unexpected order; what counts is the order of the characters in the file.

use super::{Ends, Reasons, Said, Sorry, Texts, Words};

const SEND: &str = "أرسل السجل إلى من سلّمك التحديث.";
const UNCHANGED: &str = "إغلاق – لم يتغيّر شيء";
const AS_BEFORE: &str = "إغلاق – كل شيء كما كان";

/// The texts.
pub static TEXTS: Texts = Texts {
    words: WORDS,
    ends: ENDS,
    reasons: REASONS,
};

const WORDS: Words = Words {
    application: "البرنامج",

    stage_bundle: "جارٍ فحص التحديث",
    stage_site: "جارٍ البحث عن البرنامج",
    stage_preflight: "جارٍ فحص البرنامج وبياناته",
    stage_quiesce: "جارٍ التأكد من أن أحدًا لا يستخدم البرنامج",
    stage_snapshot: "جارٍ نسخ البيانات",
    stage_migrate: "جارٍ نقل النسخة إلى الإصدار الجديد",
    stage_verify: "جارٍ التحقق من النتيجة",
    stage_stage: "جارٍ تجهيز البرنامج الجديد",
    stage_swap: "جارٍ وضع الإصدار الجديد في مكانه",
    stage_confirm: "جارٍ تجربة الإصدار الجديد",
    stage_tidy: "جارٍ الترتيب الأخير",

    title_working: "{percent}% – {product} – يرجى الانتظار",
    checking: "جارٍ التحقق من إمكان تحديث {product}",
    updating: "جارٍ تحديث {product}",
    going_back: "جارٍ الرجوع إلى الإصدار السابق",
    keeping: "جارٍ الاحتفاظ بالإصدار الجديد",
    recovering: "جارٍ إنهاء تحديث انقطع",
    putting_back: "جارٍ إعادة كل شيء كما كان",
    untouched: "لم يتغيّر برنامجك ولا بياناتك حتى الآن.",
    keep_on: "يرجى عدم إيقاف تشغيل الحاسوب.",
    cancel: "إلغاء",
    cancelling: "جارٍ الإلغاء…",
    please_wait: "يرجى الانتظار…",
    shutdown: "يجري الآن وضع التحديث في مكانه. لن يستغرق ذلك إلا لحظات.",

    left_moments: "بقي أقل من دقيقة",
    left_minute: "بقيت دقيقة تقريبًا",
    left_two_minutes: "بقيت دقيقتان تقريبًا",
    left_few_minutes: "بقيت {minutes} دقائق تقريبًا",
    left_many_minutes: "بقيت {minutes} دقيقة تقريبًا",
    left_hour: "بقيت ساعة تقريبًا",
    left_hours: "بقي أكثر من ساعة",

    title_ask: "{product} – هل تريد التحديث إلى {to}؟",
    ask: "هل تريد تحديث {product} من {from} إلى {to}؟",
    ask_text: "أغلق أولًا {product} على كل حاسوب يستخدمه. إذا حدث أي خطأ فسيبقى البرنامج والبيانات كما هما الآن.",
    unrehearsed: "لم يُجرَّب هذا التحديث على نسخ من بيانات حقيقية قبل تسليمه إليك. السبب المذكور: {value}",
    update: "التحديث الآن",
    update_note: "ينتقل البرنامج والبيانات معًا إلى الإصدار {to}.",
    trial: "التجربة على نسخة",
    trial_note: "لا يتغيّر شيء. يُجهَّز الإصدار {to} مع نسخة من بياناتك لكي تراه أولًا.",
    leave: "إلغاء",
    leave_note: "لا يتغيّر شيء.",

    title_busy: "{product} – ما زال قيد الاستخدام",
    busy: "{product} ما زال قيد الاستخدام",
    retry: "إعادة المحاولة",
    cancel_unchanged: "إلغاء – لم يتغيّر شيء",

    title_lose: "{product} – هل تريد الرجوع دون أحدث البيانات؟",
    lose: "هل تريد الرجوع دون أحدث البيانات؟",
    lose_text: "منذ التحديث أُدخلت بيانات جديدة أو تغيّرت ملفات. سيُحتفَظ بها في مجلد منفصل، لكنها لن تكون في الإصدار السابق.",
    lose_rows: "السجلات الجديدة أو المعدّلة: {rows} على الأقل",
    lose_yes: "الرجوع دون أحدث البيانات",
    lose_no: "إلغاء – يبقى الإصدار الجديد",

    close: "إغلاق",
    go_back_to: "الرجوع إلى الإصدار {from}",
    go_back_to_note: "يعود البرنامج والبيانات كما كانا قبل التحديث.",
    go_back: "الرجوع إلى الإصدار السابق",
    keep_version: "الاحتفاظ بالإصدار {to}",
    keep_version_note: "كل شيء على ما يرام.",
    keep: "الاحتفاظ بالإصدار الجديد",
    open_folder: "فتح المجلد",
    as_administrator: "المتابعة كمسؤول",
    put_back: "إعادة الأمور إلى نصابها الآن",

    where_it_is: "المكان: {value}",
    installed: "الإصدار المثبَّت: {value}",
    fits: "هذا التحديث مخصّص للإصدارات: {value}",
    room_needed: "المساحة اللازمة: {value}",
    room_free: "المساحة الفارغة: {value}",
    open_in: "مفتوح في: {value}",
    kept_in: "محفوظ في: {value}",

    show_details: "إظهار التفاصيل",
    hide_details: "إخفاء التفاصيل",
    open_log: "فتح السجل",
    open_notes: "ما الجديد",

    means_ok: "موافق: {label}",
    means_yes: "نعم: {label}",
    means_no: "لا: {label}",
    means_cancel: "إلغاء الأمر: {label}",
    runs_unseen: "لا تظهر أي نافذة أثناء التحديث. ستظهر رسالة عند انتهائه.",
};

const ENDS: Ends = Ends {
    updated: Said {
        title: "{product} {to} – تم التحديث",
        heading: "أصبح {product} في الإصدار {to}",
        text: "جميع بياناتك موجودة. يمكنك بدء العمل.",
        close: "إغلاق – تم التحديث إلى {to}",
    },
    held: Said {
        title: "{product} {to} – يرجى تجربته",
        heading: "{product} {to} في مكانه. يرجى تجربته الآن.",
        text: "إذا كان كل شيء على ما يرام فاحتفظ به. وإلا فارجع: سيعود البرنامج والبيانات كما كانا قبل التحديث.",
        close: "القرار لاحقًا – {to} في مكانه",
    },
    tested: Said {
        title: "{product} {to} – جاهز للتجربة، لم يتغيّر شيء",
        heading: "{product} {to} جاهز للتجربة",
        text: "لم يتغيّر شيء. النسخة في المجلد أدناه، وهي للتجربة فقط: ما تُدخله فيها لا يُحتفَظ به.",
        close: UNCHANGED,
    },
    in_place: Said {
        title: "{product} {to} – موجود بالفعل",
        heading: "{product} {to} موجود بالفعل",
        text: "لم يكن هناك ما يلزم عمله.",
        close: UNCHANGED,
    },
    planned: Said {
        title: "{product} – لم يتغيّر شيء",
        heading: "يمكن تحديث {product} من {from} إلى {to}",
        text: "كان هذا فحصًا فقط. لم يتغيّر شيء.",
        close: UNCHANGED,
    },
    finished: Said {
        title: "{product} {to} – تم التحديث",
        heading: "اكتمل التحديث الذي انقطع",
        text: "الإصدار {to} في مكانه مع جميع بياناتك. يمكنك بدء العمل.",
        close: "إغلاق – تم التحديث إلى {to}",
    },
    undone: Said {
        title: "{product} – كل شيء كما كان",
        heading: "أُلغي التحديث الذي انقطع",
        text: "البرنامج والبيانات كما كانا قبل التحديث. يمكنك متابعة العمل.",
        close: AS_BEFORE,
    },
    rolled_back: Said {
        title: "{product} {to} – عاد إلى مكانه",
        heading: "عاد {product} {to} مع بياناته",
        text: "يمكنك بدء العمل. البرنامج الأحدث وبياناته محفوظة.",
        close: "إغلاق – عاد الإصدار {to}",
    },
    confirmed: Said {
        title: "{product} {to} – تم الاحتفاظ به",
        heading: "سيبقى {product} {to}",
        text: "يمكنك متابعة العمل.",
        close: "إغلاق – سيبقى الإصدار {to}",
    },
    nothing_to_recover: Said {
        title: "{product} – لا شيء يلزم عمله",
        heading: "لا يوجد هنا تحديث انقطع",
        text: "لم يكن هناك ما يلزم عمله.",
        close: UNCHANGED,
    },
    nothing_to_confirm: Said {
        title: "{product} – لا شيء يلزم عمله",
        heading: "لا يوجد تحديث ينتظر قرارك",
        text: "لم يكن هناك ما يلزم عمله.",
        close: UNCHANGED,
    },
    refused: Said {
        title: "{product} – لم يتغيّر شيء",
        heading: "لم يُحدَّث {product}. لم يتغيّر شيء.",
        text: "يمكنك متابعة العمل كما كنت.",
        close: UNCHANGED,
    },
    not_done: Said {
        title: "{product} – لم يتغيّر شيء",
        heading: "لم يكن ذلك ممكنًا. لم يتغيّر شيء.",
        text: "يمكنك متابعة العمل كما كنت.",
        close: UNCHANGED,
    },
    restored: Said {
        title: "{product} – كل شيء كما كان",
        heading: "لم يُحدَّث {product}. كل شيء كما كان.",
        text: "يمكنك متابعة العمل ببرنامجك وبياناتك.",
        close: AS_BEFORE,
    },
    not_done_restored: Said {
        title: "{product} – كل شيء كما كان",
        heading: "لم ينجح ذلك. كل شيء كما كان.",
        text: "يمكنك متابعة العمل ببرنامجك وبياناتك.",
        close: AS_BEFORE,
    },
    not_restored: Said {
        title: "{product} – المساعدة مطلوبة",
        heading: "يرجى عدم تشغيل {product} الآن",
        text: "لم تتسنَّ بعدُ إعادة كل شيء كما كان، لكن لم يُحذف شيء. إذا لم تنجح إعادة الأمور إلى نصابها فاطلب المساعدة.",
        close: "إغلاق – المساعدة مطلوبة",
    },
    busy: Said {
        title: "{product} – قيد الاستخدام، لم يتغيّر شيء",
        heading: "{product} قيد الاستخدام. لم يتغيّر شيء.",
        text: "يمكنك متابعة العمل كما كنت.",
        close: UNCHANGED,
    },
    cancelled: Said {
        title: "{product} – أُلغي، لم يتغيّر شيء",
        heading: "أُلغي الأمر. لم يتغيّر شيء.",
        text: "يمكنك متابعة العمل كما كنت.",
        close: UNCHANGED,
    },
};

const REASONS: Reasons = Reasons {
    request_invalid: Sorry {
        what: "شُغِّل هذا البرنامج بخيارات لا يفهمها.",
        todo: "شغّله بنقرة مزدوجة، دون خيارات.",
    },
    request_no_terminal: Sorry {
        what: "كان هناك سؤال ولم يكن هناك من يُسأل.",
        todo: "شغّل هذا البرنامج بنقرة مزدوجة.",
    },
    payload_invalid: Sorry {
        what: "لم يُجهَّز هذا التحديث على نحو صحيح.",
        todo: SEND,
    },
    payload_unrehearsed: Sorry {
        what: "لم يُجرَّب هذا التحديث على نسخ من بيانات حقيقية.",
        todo: SEND,
    },
    bundle_missing: Sorry {
        what: "لا يحتوي هذا الملف على تحديث.",
        todo: "استخدم الملف الذي سُلِّم إليك، أو اطلب نسخه من جديد.",
    },
    bundle_damaged: Sorry {
        what: "ملف التحديث تالف أو ناقص.",
        todo: "انسخه من مصدره مرة أخرى ثم شغّله من جديد.",
    },
    bundle_name: Sorry {
        what: "يحتوي التحديث على اسم ملف غير آمن على كل الحواسيب.",
        todo: SEND,
    },
    bundle_format: Sorry {
        what: "أُعدّ ملف التحديث لبرنامج تحديث آخر.",
        todo: "اطلب ملفًا جديدًا ممن سلّمك التحديث.",
    },
    bundle_unsigned: Sorry {
        what: "لا يبيّن ملف التحديث من أعدّه، وهذا البرنامج لا يقبل إلا تحديثات من يعرفهم.",
        todo: "استخدم الملف الذي سُلّم إليك، أو اطلب ملفًا جديدًا ممن سلّمك التحديث.",
    },
    bundle_signature: Sorry {
        what: "لم يُعِدّ ملف التحديث من يعرفهم هذا البرنامج، أو تغيّر الملف في الطريق.",
        todo: "لا تستخدم هذا الملف. اطلب ملفًا جديدًا ممن سلّمك التحديث.",
    },
    bundle_unpinned: Sorry {
        what: "التحديث موجود في ملف مستقل، ولا يستطيع هذا البرنامج معرفة من أعدّه.",
        todo: "اطلب ممن سلّمك التحديث البرنامج الذي يخصّه.",
    },
    target_missing: Sorry {
        what: "لم يتضح مكان {product} على هذا الحاسوب.",
        todo: "انسخ هذا الملف إلى مجلد {product} وشغّله هناك. إذا لم يفد ذلك فاسأل الدعم الفني.",
    },
    target_invalid: Sorry {
        what: "المجلد الذي فُحص ليس مجلدًا يمكن فيه تحديث {product}.",
        todo: "اسأل الدعم الفني؛ تبيّن التفاصيل ما ينقص.",
    },
    target_link: Sorry {
        what: "جزء من المجلد موجود في الحقيقة في مكان آخر، فلا يمكن استبداله بأمان.",
        todo: "اطلب من الدعم الفني فحص المجلد.",
    },
    target_denied: Sorry {
        what: "ليست لديك صلاحية تغيير هذا المجلد.",
        todo: "يجب أن يُجري التحديثَ أحد المسؤولين عن الحاسوب.",
    },
    target_volume: Sorry {
        what: "يوجد {product} على قرص قد يؤدي انقطاع الكهرباء فيه في لحظة سيئة إلى تلف كل شيء.",
        todo: "اطلب من الدعم الفني نقل {product} إلى قرص بنظام NTFS.",
    },
    product_other: Sorry {
        what: "في هذا المجلد منتج آخر.",
        todo: "تأكد من أن هذا هو التحديث الصحيح لهذا الحاسوب.",
    },
    version_unknown: Sorry {
        what: "لا يناسب هذا التحديث الإصدار المثبَّت.",
        todo: "اطلب تحديثًا للإصدار الموجود لديك.",
    },
    version_older: Sorry {
        what: "الإصدار المثبَّت أقدم من أن يناسبه هذا التحديث.",
        todo: "يجب تثبيت تحديث آخر أولًا. اسأل من سلّمك هذا التحديث.",
    },
    version_newer: Sorry {
        what: "الإصدار المثبَّت أحدث من هذا التحديث.",
        todo: "لا يلزمك عمل شيء.",
    },
    code_changed: Sorry {
        what: "تغيّرت ملفات من البرنامج منذ تثبيت هذا الإصدار.",
        todo: "اطلب تثبيت الإصدار نفسه من جديد، أو أرسل السجل إلى من سلّمك التحديث.",
    },
    code_collision: Sorry {
        what: "في الإصدار الجديد ملف سيحل محل أحد ملفاتك.",
        todo: "أعطِ ملفك اسمًا آخر، ثم شغّل التحديث من جديد.",
    },
    schema_drift: Sorry {
        what: "بناء قاعدة البيانات ليس كما يتوقعه هذا التحديث.",
        todo: SEND,
    },
    database_missing: Sorry {
        what: "إحدى قواعد البيانات مفقودة.",
        todo: "اسأل الدعم الفني: يجب العثور عليها أو استعادتها من نسخة احتياطية.",
    },
    database_invalid: Sorry {
        what: "تتعذّر قراءة إحدى قواعد البيانات: إما أنها من نوع آخر أو أنها مشفّرة.",
        todo: "اسأل الدعم الفني.",
    },
    database_corrupt: Sorry {
        what: "كانت إحدى قواعد البيانات تالفة قبل التحديث.",
        todo: "اطلب إصلاحها أو استعادتها من نسخة احتياطية، ثم شغّل التحديث من جديد.",
    },
    database_readonly: Sorry {
        what: "إحدى قواعد البيانات محمية من الكتابة.",
        todo: "اطلب إزالة الحماية من الكتابة، ثم شغّل التحديث من جديد.",
    },
    database_unfinished: Sorry {
        what: "انقطع {product} أثناء الحفظ.",
        todo: "شغّل {product} مرة ثم أغلقه. بعد ذلك شغّل التحديث من جديد.",
    },
    database_unsupported: Sorry {
        what: "لا يستطيع قراءة إحدى قواعد البيانات سوى {product}.",
        todo: SEND,
    },
    database_busy: Sorry {
        what: "إحدى قواعد البيانات قيد الاستخدام.",
        todo: "أغلق {product} على كل حاسوب يستخدمه، ثم حاول مرة أخرى.",
    },
    database_written: Sorry {
        what: "غيّر أحدهم بيانات أثناء التحديث.",
        todo: "أغلق {product} على كل حاسوب يستخدمه، ثم حاول مرة أخرى.",
    },
    application_running: Sorry {
        what: "{product} ما زال مفتوحًا.",
        todo: "أغلق {product}، ثم حاول مرة أخرى.",
    },
    update_running: Sorry {
        what: "هناك تحديث آخر قيد التنفيذ هنا.",
        todo: "انتظر حتى ينتهي، ثم حاول مرة أخرى.",
    },
    hold_open: Sorry {
        what: "ما زال التحديث الأخير ينتظر قرارك.",
        todo: "احتفظ بالإصدار الجديد أو ارجع إلى السابق. بعد ذلك يمكنك التحديث مرة أخرى.",
    },
    update_unfinished: Sorry {
        what: "انقطع تحديث سابق هنا.",
        todo: "شغّل التحديث من جديد: سيُنهي التحديث السابق أولاً.",
    },
    pair_mixed: Sorry {
        what: "البرنامج والبيانات ليسا من إصدار واحد.",
        todo: "لا تشغّل {product}. اطلب المساعدة ممن أعدّوا التحديث.",
    },
    space_short: Sorry {
        what: "لا توجد مساحة فارغة كافية على القرص.",
        todo: "أفرغ مساحة هناك، ثم شغّل التحديث من جديد.",
    },
    step_failed: Sorry {
        what: "لم تنجح إحدى خطوات التحديث مع بياناتك.",
        todo: SEND,
    },
    step_refused: Sorry {
        what: "أراد التحديث فعل شيء لا يجوز لأي تحديث فعله.",
        todo: SEND,
    },
    row_rejected: Sorry {
        what: "أحد سجلات بياناتك لا يلائم الإصدار الجديد.",
        todo: SEND,
    },
    rows_lost: Sorry {
        what: "كان التحديث سيفقد بيانات، ولذلك أُوقف.",
        todo: SEND,
    },
    table_changed: Sorry {
        what: "تغيّرت بيانات كان يجب أن تبقى كما هي.",
        todo: "اطلب فحص القرص، ثم شغّل التحديث من جديد.",
    },
    check_failed: Sorry {
        what: "لم ينجح أحد فحوص الإصدار الجديد.",
        todo: SEND,
    },
    check_timeout: Sorry {
        what: "استغرق أحد فحوص الإصدار الجديد وقتًا أطول من اللازم.",
        todo: "أغلق البرامج الأخرى وشغّل التحديث من جديد. إذا لم يفد ذلك فأرسل السجل إلى من سلّمك التحديث.",
    },
    check_wrote: Sorry {
        what: "غيّر أحد الفحوص ما كان عليه أن يطّلع عليه فقط.",
        todo: SEND,
    },
    edit_failed: Sorry {
        what: "أحد ملفات إعداداتك ليس كما يتوقعه التحديث.",
        todo: SEND,
    },
    stage_damaged: Sorry {
        what: "ما كُتب على القرص قُرئ منه مختلفًا.",
        todo: "اطلب فحص القرص، ثم شغّل التحديث من جديد.",
    },
    disk_failed: Sorry {
        what: "تعذّرت قراءة ملف أو مجلد أو الكتابة فيه.",
        todo: "أغلق البرامج الأخرى وشغّل التحديث من جديد. إذا لم يفد ذلك فاطلب فحص القرص.",
    },
    journal_format: Sorry {
        what: "بدأ برنامج تحديث أحدث تحديثًا هنا.",
        todo: "شغّل ملف التحديث الأحدث، فهو ينهي ذلك التحديث.",
    },
    recovery_failed: Sorry {
        what: "تعذّر إكمال تحديث انقطع، وتعذّر إلغاؤه.",
        todo: SEND,
    },
    recovery_given_up: Sorry {
        what: "تعذّر إنهاء تحديث انقطع بعد عدة محاولات.",
        todo: "تأكد من وجود مساحة فارغة على القرص، ثم اطلب إعادة الأمور إلى نصابها.",
    },
    snapshot_missing: Sorry {
        what: "لم يعد الإصدار السابق محفوظًا.",
        todo: "إذا كنت تحتاج إليه فاطلب استعادته من نسخة احتياطية.",
    },
    rollback_would_lose: Sorry {
        what: "لن يحتوي الإصدار السابق على البيانات التي أُدخلت منذ التحديث.",
        todo: "ابدأ الرجوع في نافذة، فهناك يمكنك أن تقرر.",
    },
    cancelled: Sorry {
        what: "لقد ألغيت الأمر.",
        todo: "يمكنك البدء من جديد في أي وقت.",
    },
    internal_panic: Sorry {
        what: "وقع خطأ في برنامج التحديث نفسه.",
        todo: SEND,
    },
};
