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
