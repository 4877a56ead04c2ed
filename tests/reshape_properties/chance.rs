//! Chance that a seed repeats, and the values that databases hold where nobody looks.

/// Marsaglia's xorshift64*.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Whether something happens that happens so many times in a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.below(from.len())]
    }

    pub fn shuffled(&mut self, length: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..length).collect();
        for n in (1..length).rev() {
            order.swap(n, self.below(n + 1));
        }
        order
    }
}

const TEXTS: [&str; 16] = [
    "''",
    "'a'",
    "'A'",
    "'a  '",
    "'007'",
    "'1e3'",
    "' 7'",
    "'12345678901234567890'",
    "'Straße'",
    "'İı'",
    "'e' || char(769)",
    "'🦀' || char(0) || 'x'",
    "char(0)",
    "char(65279) || 'BOM'",
    "'it''s \"so\"; -- no comment'",
    "char(10, 13, 8232)",
];
const INTEGERS: [&str; 8] = [
    "0",
    "-1",
    "7",
    "-9223372036854775808",
    "9223372036854775807",
    "9007199254740993",
    "4294967296",
    "255",
];
const REALS: [&str; 8] = ["0.1", "-0.0", "1.0", "9e999", "-9e999", "5e-324", "1e18", "0.30000000000000004"];
const BLOBS: [&str; 4] = ["x''", "x'00'", "x'ff00fe'", "zeroblob(300)"];

/// A literal that a column of this type takes even in a STRICT table; `wild` are texts in numbers, numbers in blobs and the like.
pub fn literal(chance: &mut Chance, declared: &str, wild: bool) -> String {
    let any = ["INTEGER", "REAL", "TEXT", "BLOB"];
    let kind = match declared {
        "" | "ANY" => chance.pick(&any),
        _ if wild && chance.percent(25) => chance.pick(&any),
        other => other,
    };
    match kind {
        _ if chance.percent(12) => "NULL".to_owned(),
        "INTEGER" | "INT" | "NUMERIC" if chance.percent(50) => chance.below(40).to_string(),
        "INTEGER" | "INT" | "NUMERIC" => chance.pick(&INTEGERS).to_owned(),
        "REAL" => chance.pick(&REALS).to_owned(),
        "BLOB" => chance.pick(&BLOBS).to_owned(),
        _ if chance.percent(30) => format!("'t{}'", chance.below(1000)),
        _ => chance.pick(&TEXTS).to_owned(),
    }
}
