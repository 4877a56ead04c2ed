//! Keys as people copy them, and the block in a program.

use super::*;

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

#[test]
fn a_key_comes_back_from_its_text_and_no_other_does() {
    let (secret, public) = (key(1), key(1).public());
    assert_eq!(SecretKey::parse(&secret.text()).unwrap().public(), public);
    let text = public.text();
    for same in [text.clone(), text.replace('\n', "\r\n"), format!("\u{feff}\n  {text}\n")] {
        assert_eq!(PublicKey::parse(&same).unwrap(), public);
    }
    let (id, zeros) = (public.id(), "0".repeat(64));
    let weak = PublicKey::new([0; 32]);
    let wrong = [
        String::new(),
        secret.text(),
        format!("id {id}\n"),
        format!("id {id}\ned25519 {zeros}\n"),
        format!("id {}\ned25519 {zeros}\n", weak.id()),
        text.replace("ed25519  ", "ed25519  0"),
        text.replace("ed25519  ", "ed25519  é"),
        text.replace(&id, "0123456789abcdef"),
        format!("{text}more 1\n"),
        "ed25519".to_owned(),
    ];
    for text in wrong {
        let failure = PublicKey::parse(&text).unwrap_err();
        assert!(
            failure.message.starts_with("It") || failure.message.starts_with("Behind"),
            "{text}: {failure:?}"
        );
    }
    assert!(SecretKey::parse(&text).is_err());
}

#[test]
fn what_is_signed_is_this_hash_and_nothing_else() {
    let (one, other) = ("1".repeat(64), "2".repeat(64));
    assert_eq!(key(1).sign(&one), key(1).sign(&one), "there is no chance in it, and no date");
    assert_ne!(key(1).sign(&one), key(1).sign(&other));
    // RFC 8032's way to the public key, so that other programs can check what was signed here.
    assert_eq!(
        crate::bundle::hex(SecretKey::from_seed(&[0; 32]).public().bytes()),
        "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
    );
}

#[test]
fn every_changed_byte_of_the_pins_is_noticed() {
    assert_eq!(Pins::own().unwrap().keys(), []);
    let mut program = [b"MZ".to_vec(), b"other data".repeat(30)].concat();
    let at = program.len();
    program.extend(pins::block());
    program.extend(b"and more");
    let before = program.clone();
    let keys: Vec<PublicKey> = (1..=MAX_PINS as u8).map(|n| key(n).public()).collect();
    assert!(pin(&mut program, &[]).is_err() && pin(&mut program, &[&keys[..], &keys[..1]].concat()).is_err());
    assert_eq!(program, before);
    for count in [1, 2, MAX_PINS] {
        pin(&mut program, &keys[..count]).unwrap();
        assert_eq!(pinned(&program).unwrap().unwrap().keys(), &keys[..count]);
    }
    let length = size_of::<Block>();
    for n in at + 16..at + length {
        let mut changed = program.clone();
        changed[n] ^= 1;
        assert!(pinned(&changed).is_err(), "byte {n}");
    }
    for n in at + 16..at + length {
        let mut changed = before.clone();
        changed[n] ^= 0x80;
        assert!(pinned(&changed).is_err(), "byte {n}");
    }
    // Without its mark there is no block, and with two of them none that counts.
    for n in at..at + 16 {
        let mut changed = program.clone();
        changed[n] ^= 1;
        assert_eq!(pinned(&changed).unwrap(), None);
    }
    assert!(pinned(&[&program[..], &program[..]].concat()).is_err());
    assert_eq!(pinned(&program[..at + length - 1]).unwrap(), None);
}
