//! What the window says, in every language it speaks. One table: a text that is missing in a language does not compile, nor does
//! a [`Reason`](crate::failure::Reason) without its two sentences. The texts are for people who work in a clinic, and never for scripts:
//! those read the result file and the exit code. Terminal, log and details stay English, for the support person.
//!
//! A new language is one file beside `en.rs` and one line in [`LANGUAGES`].

mod ar;
mod en;
mod es;
mod fr;
mod language;
mod reasons;
#[cfg(test)]
mod tests;

pub use language::{Language, choose, directed};
pub use reasons::{Reasons, Sorry};

use crate::report::Stage;

/// Every language, English first: it is taken where none fits.
pub const LANGUAGES: &[Language] = &[
    Language::new("en", false, &en::TEXTS),
    Language::new("fr", false, &fr::TEXTS),
    Language::new("es", false, &es::TEXTS),
    Language::new("ar", true, &ar::TEXTS),
];

/// A struct of texts that knows the names of its fields, so that a test can walk through the table.
macro_rules! table {
    ($(#[$doc:meta])* $name:ident: $type:ty { $($(#[$field_doc:meta])* $field:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[allow(missing_docs, reason = "the English text beside each name says what it is for")]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        #[cfg(test)]
        impl $name {
            /// Every field with its name.
            pub fn each(&self) -> Vec<(&'static str, &$type)> {
                vec![$((stringify!($field), &self.$field),)+]
            }
        }
    };
}
pub(crate) use table;

/// Everything that the window says.
#[derive(Debug)]
pub struct Texts {
    /// Single words and sentences.
    pub words: Words,
    /// What a run came to.
    pub ends: Ends,
    /// What happened and what to do, for each reason.
    pub reasons: Reasons,
}

/// How one outcome is told. The window's title and the button tell it, too: a screen reader may read nothing else.
#[derive(Debug)]
pub struct Said {
    /// The window's title.
    pub title: &'static str,
    /// The sentence in large letters.
    pub heading: &'static str,
    /// What follows from it.
    pub text: &'static str,
    /// The button that closes the window.
    pub close: &'static str,
}

table! {
    /// The outcomes. Values: `{product}`, and `{from}` and `{to}` where a version is known.
    Ends: Said {
        updated,
        held,
        tested,
        in_place,
        planned,
        finished,
        undone,
        rolled_back,
        confirmed,
        nothing_to_recover,
        nothing_to_confirm,
        /// An update that failed before it had touched anything.
        refused,
        /// Something else that failed before it had touched anything.
        not_done,
        /// An update that failed and was undone.
        restored,
        /// Something else that failed and was undone.
        not_done_restored,
        not_restored,
        busy,
        cancelled,
    }
}

table! {
    /// Single words and sentences.
    Words: &'static str {
        /// Stands for `{product}` where its name is not known.
        application,

        stage_bundle,
        stage_site,
        stage_preflight,
        stage_quiesce,
        stage_snapshot,
        stage_migrate,
        stage_verify,
        stage_stage,
        stage_swap,
        stage_confirm,
        stage_tidy,

        /// The title while something runs.
        title_working,
        checking,
        updating,
        going_back,
        keeping,
        recovering,
        putting_back,
        /// Beside the stage, until the swap begins.
        untouched,
        /// Beside the stage, from the swap on.
        keep_on,
        cancel,
        cancelling,
        /// A button that cannot be pressed while nothing can be cancelled.
        please_wait,
        /// What Windows shows when somebody shuts it down in the middle of the swap.
        shutdown,

        /// Less than a minute.
        left_moments,
        left_minute,
        left_two_minutes,
        /// 3 to 10 minutes.
        left_few_minutes,
        /// 15 to 45 minutes.
        left_many_minutes,
        left_hour,
        left_hours,

        title_ask,
        ask,
        ask_text,
        /// With the reason that whoever packed it gives, in whatever language.
        unrehearsed,
        update,
        update_note,
        trial,
        trial_note,
        leave,
        leave_note,

        title_busy,
        busy,
        retry,
        /// A button: cancels before anything was changed.
        cancel_unchanged,

        title_lose,
        lose,
        lose_text,
        /// How many entries would go.
        lose_rows,
        lose_yes,
        lose_no,

        close,
        go_back_to,
        go_back_to_note,
        go_back,
        keep_version,
        keep_version_note,
        keep,
        open_folder,
        as_administrator,
        put_back,

        /// A folder or file, on a line of its own.
        where_it_is,
        installed,
        fits,
        room_needed,
        room_free,
        open_in,
        kept_in,

        show_details,
        hide_details,
        open_log,
        open_notes,

        /// In message boxes: which of their buttons does what.
        means_ok,
        means_yes,
        means_no,
        means_cancel,
        /// In message boxes: the update goes on without a window.
        runs_unseen,
    }
}

impl Words {
    /// What a person reads while a stage lasts.
    pub fn stage(&self, stage: Stage) -> &'static str {
        match stage {
            Stage::Bundle => self.stage_bundle,
            Stage::Site => self.stage_site,
            Stage::Preflight => self.stage_preflight,
            Stage::Quiesce => self.stage_quiesce,
            Stage::Snapshot => self.stage_snapshot,
            Stage::Migrate => self.stage_migrate,
            Stage::Verify => self.stage_verify,
            Stage::Stage => self.stage_stage,
            Stage::Swap => self.stage_swap,
            Stage::Confirm => self.stage_confirm,
            Stage::Tidy => self.stage_tidy,
        }
    }
}
