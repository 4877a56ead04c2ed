//! What a volume is called and what it promises; the same on every system.

/// A volume: what it is called, how much is free, what it promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Tells volumes apart.
    pub id: u64,
    /// Bytes that this user may still write.
    pub free_bytes: u64,
    /// The name of its file system, for people.
    pub system: String,
    /// What a power cut can do to it.
    pub guarantee: Guarantee,
}

/// What a power cut can do to a rename on a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarantee {
    /// Nothing: either name is there.
    Safe,
    /// FAT and exFAT remove the old entry before they write the new one, so neither name may be there.
    Fat,
    /// A network share keeps what its server keeps, and a flush may end at the server's memory.
    Network,
}

impl Volume {
    /// A volume by what its system says of it: the name of its file system, and whether another machine keeps it.
    pub fn new(id: u64, free_bytes: u64, system: String, is_remote: bool) -> Volume {
        #[cfg(feature = "faults")]
        let (system, is_remote) = injected().unwrap_or((system, is_remote));
        let guarantee = match system.to_ascii_uppercase().as_str() {
            _ if is_remote => Guarantee::Network,
            "FAT" | "FAT12" | "FAT16" | "FAT32" | "EXFAT" => Guarantee::Fat,
            _ => Guarantee::Safe,
        };
        Volume {
            id,
            free_bytes,
            system,
            guarantee,
        }
    }
}

/// What a test lets the system say of every volume, as `SYSTEM` or `SYSTEM:remote`: not every machine has a FAT volume or a share.
#[cfg(feature = "faults")]
fn injected() -> Option<(String, bool)> {
    let said = std::env::var("HOLDFAST_VOLUME").ok()?;
    Some(match said.split_once(':') {
        Some((system, _)) => (system.to_owned(), true),
        None => (said, false),
    })
}
