//! The checksum of a load covers its data. Line ends and a byte-order mark do not count, as in any text of a step; files are streamed.

use super::invalid;
use crate::bundle::{hex, sha256};
use crate::failure::Result;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The checksum of a step whose plan has this one, with its data files by their names.
pub fn with_data(plan: &str, files: &[(String, PathBuf)]) -> Result<String> {
    let mut text = plan.to_owned();
    for (name, path) in files {
        text += &format!("\n{name} {}", digest(path)?);
    }
    Ok(format!("sha256:{}", sha256(text.as_bytes())))
}

fn digest(path: &Path) -> Result<String> {
    let told = |e| invalid(path, e);
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(told)?);
    if file.fill_buf().map_err(told)?.starts_with(b"\xef\xbb\xbf") {
        file.consume(3);
    }
    let (mut hash, mut kept, mut held) = (Sha256::new(), Vec::new(), false);
    loop {
        let read = file.fill_buf().map_err(told)?;
        if read.is_empty() {
            break;
        }
        kept.clear();
        for byte in read {
            // A carriage return counts where no line feed follows.
            if held && *byte != b'\n' {
                kept.push(b'\r');
            }
            held = *byte == b'\r';
            if !held {
                kept.push(*byte);
            }
        }
        hash.update(&kept);
        let length = read.len();
        file.consume(length);
    }
    if held {
        hash.update(b"\r");
    }
    Ok(hex(&hash.finalize()))
}
