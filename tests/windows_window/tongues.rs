//! The window in its other languages, and on a screen with smaller pixels. Right-to-left pages are pressed through like the others.

use crate::room::{Person, Room};
use crate::support::wine::updater;

/// What a person reads, in one language.
struct Tongue {
    tag: &'static str,
    /// In the title of the first page.
    ask: &'static str,
    update: &'static str,
    /// In the title while it works.
    wait: &'static str,
    cancel: &'static str,
    /// In the title of the last page, and on its button.
    updated: &'static str,
    close: &'static str,
}

const ENGLISH: Tongue = Tongue {
    tag: "en",
    ask: "Relief Register – update to 2.0?",
    update: "Update now",
    wait: "please wait",
    cancel: "Cancel",
    updated: "Relief Register 2.0 – updated",
    close: "Close – updated to 2.0",
};
const FRENCH: Tongue = Tongue {
    tag: "fr",
    ask: "Relief Register – passer à la version 2.0\u{a0}?",
    update: "Mettre à jour maintenant",
    wait: "veuillez patienter",
    cancel: "Annuler",
    updated: "Relief Register 2.0 – mise à jour terminée",
    close: "Fermer – version 2.0 en place",
};
const SPANISH: Tongue = Tongue {
    tag: "es",
    ask: "Relief Register – ¿actualizar a 2.0?",
    update: "Actualizar ahora",
    wait: "espere, por favor",
    cancel: "Cancelar",
    updated: "Relief Register 2.0 – actualizado",
    close: "Cerrar – actualizado a 2.0",
};
const ARABIC: Tongue = Tongue {
    tag: "ar",
    ask: "هل تريد التحديث إلى 2.0؟",
    update: "التحديث الآن",
    wait: "يرجى الانتظار",
    cancel: "إلغاء",
    updated: "تم التحديث",
    close: "إغلاق – تم التحديث إلى 2.0",
};

/// An update from its first page to its last, in a language. It is looked at while it tries the new program.
fn update(person: &mut Person, tongue: &Tongue) {
    let payload = person.desk.bench.relief_payload();
    let gate = person.desk.gate(&payload, "stage");
    let (update, site) = (
        person.desk.packed(&payload, &updater(), "update.exe"),
        person.relief("Relief Register"),
    );
    person.start(&update, &site.path, &["--language", tongue.tag]);
    let ask = person.sees(tongue.ask, "ask");
    assert_eq!(ask.focus, tongue.update);
    person.presses(&["Return"]);
    gate.wait();
    let working = person.sees(tongue.wait, "working");
    assert!(
        working.title.contains("80") && working.title.contains("Relief Register"),
        "{working:#?}"
    );
    assert_eq!(working.buttons, [tongue.cancel]);
    gate.open();
    let updated = person.sees(tongue.updated, "updated");
    assert_eq!(updated.focus, tongue.close);
    site.expect_new();
    site.expect_result("done", 0);
    person.presses(&["Return"]);
    assert_eq!(person.ended(), Some(0));
}

#[test]
fn in_french() {
    update(&mut Room::usual().enter("fr"), &FRENCH);
}

#[test]
fn in_spanish() {
    update(&mut Room::usual().enter("es"), &SPANISH);
}

#[test]
fn in_arabic() {
    update(&mut Room::usual().enter("ar"), &ARABIC);
}

#[test]
fn in_english_with_smaller_pixels() {
    update(&mut Room::fine().enter("fine-en"), &ENGLISH);
}

#[test]
fn in_arabic_with_smaller_pixels() {
    update(&mut Room::fine().enter("fine-ar"), &ARABIC);
}
