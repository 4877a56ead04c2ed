//! As much of a Windows executable's form as is needed to find what lies before its signature. A signature is a table at the very end
//! of the file, behind whatever was appended before: <https://learn.microsoft.com/windows/win32/debug/pe-format#the-attribute-certificate-table-image-only>.

use std::io::{self, Read, Seek, SeekFrom};

/// Where the signature of an executable begins; `None` if the file is none, or not signed. A table that does not end where the file ends is
/// no signature that anybody would accept, and is not believed.
pub fn signature_start(file: &mut (impl Read + Seek), length: u64) -> io::Result<Option<u64>> {
    let Some(header) = number(file, length, 0x3c, 4)? else {
        return Ok(None);
    };
    if bytes(file, length, 0, 2)?.as_deref() != Some(b"MZ") || bytes(file, length, header, 4)?.as_deref() != Some(b"PE\0\0") {
        return Ok(None);
    }
    let optional = header + 24;
    // The fifth entry of the data directories, which begin at different places in 32-bit and 64-bit programs.
    let directories = match number(file, length, optional, 2)? {
        Some(0x10b) => 96,
        Some(0x20b) => 112,
        _ => return Ok(None),
    };
    let entry = optional + directories + 4 * 8;
    let (start, size) = (number(file, length, entry, 4)?, number(file, length, entry + 4, 4)?);
    Ok(start
        .zip(size)
        .filter(|(start, size)| *start > 0 && start + size == length)
        .map(|(start, _)| start))
}

fn bytes(file: &mut (impl Read + Seek), length: u64, at: u64, count: usize) -> io::Result<Option<Vec<u8>>> {
    if at + count as u64 > length {
        return Ok(None);
    }
    let mut found = vec![0; count];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut found)?;
    Ok(Some(found))
}

/// A number of 2 or 4 bytes, the lowest first.
fn number(file: &mut (impl Read + Seek), length: u64, at: u64, count: usize) -> io::Result<Option<u64>> {
    let found = bytes(file, length, at, count)?;
    Ok(found.map(|bytes| bytes.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte))))
}
