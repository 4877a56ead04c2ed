//! English: the texts from which the other languages are made. Short sentences, for people who know their clinic and not their computer.

use super::{Ends, Reasons, Said, Sorry, Texts, Words};

const SEND: &str = "Send the log to those who gave you the update.";
const UNCHANGED: &str = "Close – nothing was changed";
const AS_BEFORE: &str = "Close – everything is as before";

/// The texts.
pub static TEXTS: Texts = Texts {
    words: WORDS,
    ends: ENDS,
    reasons: REASONS,
};

const WORDS: Words = Words {
    application: "the application",

    stage_bundle: "Checking the update",
    stage_site: "Looking for the application",
    stage_preflight: "Checking the application and its data",
    stage_quiesce: "Making sure that nobody is using the application",
    stage_snapshot: "Copying the data",
    stage_migrate: "Bringing the copy to the new version",
    stage_verify: "Checking the result",
    stage_stage: "Preparing the new program",
    stage_swap: "Putting the new version in place",
    stage_confirm: "Trying the new version",
    stage_tidy: "Tidying up",

    title_working: "{percent}% – {product} – please wait",
    checking: "Checking whether {product} can be updated",
    updating: "Updating {product}",
    going_back: "Going back to the earlier version",
    keeping: "Keeping the new version",
    recovering: "Bringing an interrupted update to its end",
    putting_back: "Putting everything back as it was",
    untouched: "Your program and data have not been changed so far.",
    keep_on: "Please do not switch off the computer.",
    cancel: "Cancel",
    cancelling: "Cancelling…",
    please_wait: "Please wait…",
    shutdown: "An update is just being put in place. It takes only a moment.",

    left_moments: "Less than a minute left",
    left_minute: "About a minute left",
    left_two_minutes: "About 2 minutes left",
    left_few_minutes: "About {minutes} minutes left",
    left_many_minutes: "About {minutes} minutes left",
    left_hour: "About an hour left",
    left_hours: "More than an hour left",

    title_ask: "{product} – update to {to}?",
    ask: "Update {product} from {from} to {to}?",
    ask_text: "First close {product} on every computer that uses it. If anything goes wrong, program and data stay as they are now.",
    unrehearsed: "This update was not tried on copies of real data before it was given to you. Reason given: {value}",
    update: "Update now",
    update_note: "Brings program and data to {to} together.",
    trial: "Try it on a copy",
    trial_note: "Changes nothing. Sets up {to} with a copy of your data, so that you can look at it first.",
    leave: "Cancel",
    leave_note: "Changes nothing.",

    title_busy: "{product} – still in use",
    busy: "{product} is still in use",
    retry: "Try again",
    cancel_unchanged: "Cancel – nothing was changed",

    title_lose: "{product} – go back without the newest data?",
    lose: "Go back without the newest data?",
    lose_text: "Since the update, new data have been entered or files changed. They would be kept in a separate folder, but they would not be in the earlier version.",
    lose_rows: "New or changed entries: at least {rows}",
    lose_yes: "Go back without the newest data",
    lose_no: "Cancel – the new version stays",

    close: "Close",
    go_back_to: "Go back to {from}",
    go_back_to_note: "Program and data will be as they were before the update.",
    go_back: "Go back to the earlier version",
    keep_version: "Keep {to}",
    keep_version_note: "Everything is all right.",
    keep: "Keep the new version",
    open_folder: "Open the folder",
    as_administrator: "Continue as administrator",
    put_back: "Put things in order now",

    where_it_is: "Where: {value}",
    installed: "Installed version: {value}",
    fits: "This update is for: {value}",
    room_needed: "Needed: {value}",
    room_free: "Free: {value}",
    open_in: "Open in: {value}",
    kept_in: "Kept in: {value}",

    show_details: "Show details",
    hide_details: "Hide details",
    open_log: "Open the log",
    open_notes: "What is new",

    means_ok: "OK: {label}",
    means_yes: "Yes: {label}",
    means_no: "No: {label}",
    means_cancel: "Cancel: {label}",
    runs_unseen: "While the update is running, no window is shown. A message tells you when it has ended.",
};

const ENDS: Ends = Ends {
    updated: Said {
        title: "{product} {to} – updated",
        heading: "{product} is now at version {to}",
        text: "All your data are there. You can start working.",
        close: "Close – updated to {to}",
    },
    held: Said {
        title: "{product} {to} – please try it",
        heading: "{product} {to} is in place. Please try it now.",
        text: "If everything is all right, keep it. If not, go back: program and data will then be as they were before the update.",
        close: "Decide later – {to} is in place",
    },
    tested: Said {
        title: "{product} {to} – ready to be tried, nothing was changed",
        heading: "{product} {to} is ready to be tried",
        text: "Nothing was changed. The copy is in the folder below. It is for trying only: what you enter there is not kept.",
        close: UNCHANGED,
    },
    in_place: Said {
        title: "{product} {to} – already in place",
        heading: "{product} {to} is already in place",
        text: "There was nothing to do.",
        close: UNCHANGED,
    },
    planned: Said {
        title: "{product} – nothing was changed",
        heading: "{product} can be updated from {from} to {to}",
        text: "This was only a look. Nothing was changed.",
        close: UNCHANGED,
    },
    finished: Said {
        title: "{product} {to} – updated",
        heading: "The interrupted update has been completed",
        text: "Version {to} is in place, with all your data. You can start working.",
        close: "Close – updated to {to}",
    },
    undone: Said {
        title: "{product} – everything is as before",
        heading: "The interrupted update has been undone",
        text: "Program and data are as they were before the update. You can go on working.",
        close: AS_BEFORE,
    },
    rolled_back: Said {
        title: "{product} {to} – back again",
        heading: "{product} {to} is back, with its data",
        text: "You can start working. The newer program and its data are kept.",
        close: "Close – {to} is back",
    },
    confirmed: Said {
        title: "{product} {to} – kept",
        heading: "{product} {to} stays",
        text: "You can go on working.",
        close: "Close – {to} stays",
    },
    nothing_to_recover: Said {
        title: "{product} – nothing to do",
        heading: "There is no interrupted update here",
        text: "There was nothing to do.",
        close: UNCHANGED,
    },
    nothing_to_confirm: Said {
        title: "{product} – nothing to do",
        heading: "No update is waiting for your decision",
        text: "There was nothing to do.",
        close: UNCHANGED,
    },
    refused: Said {
        title: "{product} – nothing was changed",
        heading: "{product} was not updated. Nothing was changed.",
        text: "You can go on working as before.",
        close: UNCHANGED,
    },
    not_done: Said {
        title: "{product} – nothing was changed",
        heading: "That was not possible. Nothing was changed.",
        text: "You can go on working as before.",
        close: UNCHANGED,
    },
    restored: Said {
        title: "{product} – everything is as before",
        heading: "{product} was not updated. Everything is as before.",
        text: "You can go on working with your program and your data.",
        close: AS_BEFORE,
    },
    not_done_restored: Said {
        title: "{product} – everything is as before",
        heading: "That did not work. Everything is as before.",
        text: "You can go on working with your program and your data.",
        close: AS_BEFORE,
    },
    not_restored: Said {
        title: "{product} – help is needed",
        heading: "Please do not start {product} now",
        text: "Not everything could be put back yet. Nothing has been thrown away. If putting things in order does not work, call for help.",
        close: "Close – help is needed",
    },
    busy: Said {
        title: "{product} – in use, nothing was changed",
        heading: "{product} is in use. Nothing was changed.",
        text: "You can go on working as before.",
        close: UNCHANGED,
    },
    cancelled: Said {
        title: "{product} – cancelled, nothing was changed",
        heading: "Cancelled. Nothing was changed.",
        text: "You can go on working as before.",
        close: UNCHANGED,
    },
};

const REASONS: Reasons = Reasons {
    request_invalid: Sorry {
        what: "This program was started with options that it does not understand.",
        todo: "Start it with a double-click, without options.",
    },
    request_no_terminal: Sorry {
        what: "There was a question, and nobody could be asked.",
        todo: "Start this program with a double-click.",
    },
    payload_invalid: Sorry {
        what: "This update was not put together correctly.",
        todo: SEND,
    },
    payload_unrehearsed: Sorry {
        what: "This update was not tried on copies of real data.",
        todo: SEND,
    },
    bundle_missing: Sorry {
        what: "This file does not contain an update.",
        todo: "Use the file that you were given, or have it copied again.",
    },
    bundle_damaged: Sorry {
        what: "The update file is damaged or incomplete.",
        todo: "Copy it again from where you got it, then start it again.",
    },
    bundle_name: Sorry {
        what: "The update contains a file name that is not safe on every computer.",
        todo: SEND,
    },
    bundle_format: Sorry {
        what: "The update file was made for a different updater.",
        todo: "Ask those who gave you the update for a new file.",
    },
    bundle_unsigned: Sorry {
        what: "The update file does not say who made it, and this program takes only updates from those whom it knows.",
        todo: "Use the file that you were given, or ask those who gave you the update for a new one.",
    },
    bundle_signature: Sorry {
        what: "The update file was not made by those whom this program knows, or it was changed on the way.",
        todo: "Do not use this file. Ask those who gave you the update for a new one.",
    },
    bundle_unpinned: Sorry {
        what: "The update lies in a file of its own, and this program cannot tell who made it.",
        todo: "Ask those who gave you the update for the program that belongs to it.",
    },
    target_missing: Sorry {
        what: "It is not clear where {product} is on this computer.",
        todo: "Copy this file into the folder of {product} and start it there. If that does not help, ask your support.",
    },
    target_invalid: Sorry {
        what: "The folder that was looked at is not one in which {product} can be updated.",
        todo: "Ask your support; the details say what is missing.",
    },
    target_link: Sorry {
        what: "Part of the folder really lies somewhere else, so it cannot be replaced safely.",
        todo: "Ask your support to look at the folder.",
    },
    target_denied: Sorry {
        what: "You may not change this folder.",
        todo: "An administrator has to run the update.",
    },
    target_volume: Sorry {
        what: "{product} is on a drive on which a power cut at the wrong moment could destroy it.",
        todo: "Ask your support to move {product} to an NTFS drive.",
    },
    product_other: Sorry {
        what: "A different product is installed in this folder.",
        todo: "Check that this is the right update for this computer.",
    },
    version_unknown: Sorry {
        what: "This update does not fit the installed version.",
        todo: "Ask for an update for the version that you have.",
    },
    version_older: Sorry {
        what: "The installed version is too old for this update.",
        todo: "Another update has to be installed first. Ask those who gave you this one.",
    },
    version_newer: Sorry {
        what: "The installed version is newer than this update.",
        todo: "You need not do anything.",
    },
    code_changed: Sorry {
        what: "Program files have been changed since this version was installed.",
        todo: "Have the same version installed again, or send the log to those who gave you the update.",
    },
    code_collision: Sorry {
        what: "The new version brings a file that would take the place of one of your own.",
        todo: "Give your file another name, then start the update again.",
    },
    schema_drift: Sorry {
        what: "The database is not built the way this update expects.",
        todo: SEND,
    },
    database_missing: Sorry {
        what: "A database is missing.",
        todo: "Ask your support: it has to be found, or restored from a backup.",
    },
    database_invalid: Sorry {
        what: "A database cannot be read: it is of another kind, or encrypted.",
        todo: "Ask your support.",
    },
    database_corrupt: Sorry {
        what: "A database was already damaged before the update.",
        todo: "Have it repaired or restored from a backup, then start the update again.",
    },
    database_readonly: Sorry {
        what: "A database is write-protected.",
        todo: "Have the write protection removed, then start the update again.",
    },
    database_unfinished: Sorry {
        what: "{product} was interrupted while it was saving.",
        todo: "Start {product} once and close it again. Then start the update again.",
    },
    database_unsupported: Sorry {
        what: "A database can only be read by {product} itself.",
        todo: SEND,
    },
    database_busy: Sorry {
        what: "A database is in use.",
        todo: "Close {product} on every computer that uses it, then try again.",
    },
    database_written: Sorry {
        what: "Somebody changed data while the update was running.",
        todo: "Close {product} on every computer that uses it, then try again.",
    },
    application_running: Sorry {
        what: "{product} is still open.",
        todo: "Close {product}, then try again.",
    },
    update_running: Sorry {
        what: "Another update is running here.",
        todo: "Wait until it has ended, then try again.",
    },
    hold_open: Sorry {
        what: "The last update is still waiting for your decision.",
        todo: "Keep the new version or go back to the earlier one. After that, you can update again.",
    },
    update_unfinished: Sorry {
        what: "An earlier update was cut off here.",
        todo: "Start the update again: it brings the earlier one to its end first.",
    },
    pair_mixed: Sorry {
        what: "Program and data are not of one version.",
        todo: "Do not start {product}. Get help from those who made the update.",
    },
    space_short: Sorry {
        what: "There is not enough free space on the disk.",
        todo: "Make room there, then start the update again.",
    },
    step_failed: Sorry {
        what: "A step of the update did not work with your data.",
        todo: SEND,
    },
    step_refused: Sorry {
        what: "The update wanted to do something that no update may do.",
        todo: SEND,
    },
    row_rejected: Sorry {
        what: "A record of your data does not fit the new version.",
        todo: SEND,
    },
    rows_lost: Sorry {
        what: "The update would have lost data. That is why it was stopped.",
        todo: SEND,
    },
    table_changed: Sorry {
        what: "Data that had to stay the same came out different.",
        todo: "Have the disk checked, then start the update again.",
    },
    check_failed: Sorry {
        what: "A check of the new version failed.",
        todo: SEND,
    },
    check_timeout: Sorry {
        what: "A check of the new version took too long.",
        todo: "Close other programs and start the update again. If that does not help, send the log to those who gave you the update.",
    },
    check_wrote: Sorry {
        what: "A check changed what it was only to look at.",
        todo: SEND,
    },
    edit_failed: Sorry {
        what: "One of your settings files is not as the update expects it.",
        todo: SEND,
    },
    stage_damaged: Sorry {
        what: "What was written to the disk came back different.",
        todo: "Have the disk checked, then start the update again.",
    },
    disk_failed: Sorry {
        what: "A file or folder could not be read or written.",
        todo: "Close other programs and start the update again. If that does not help, have the disk checked.",
    },
    journal_format: Sorry {
        what: "A newer updater has begun an update here.",
        todo: "Start the newer update file; it brings that update to its end.",
    },
    recovery_failed: Sorry {
        what: "An interrupted update could be neither completed nor undone.",
        todo: SEND,
    },
    recovery_given_up: Sorry {
        what: "An interrupted update could not be brought to its end after several attempts.",
        todo: "Make sure that there is free space on the disk, then have things put in order.",
    },
    snapshot_missing: Sorry {
        what: "The earlier version is no longer kept.",
        todo: "If you need it, have it restored from a backup.",
    },
    rollback_would_lose: Sorry {
        what: "Going back would leave out data entered since the update.",
        todo: "Start going back in a window: there you can decide.",
    },
    cancelled: Sorry {
        what: "You cancelled.",
        todo: "You can start again at any time.",
    },
    internal_panic: Sorry {
        what: "The updater itself made a mistake.",
        todo: SEND,
    },
};
