//! How alike two names are: by their words, without regard to case, separators, plurals and the name of the table around them.

/// The result of a comparison.
#[derive(Debug, Clone)]
pub struct Likeness {
    /// From 0 to 1.
    pub share: f64,
    /// What it adds to the odds.
    pub weight: f64,
    /// Why.
    pub sentence: String,
}

/// Compares two names. Words of `around`, the tables in which they stand, count little.
pub fn likeness(old: &str, new: &str, around: &[&str]) -> Likeness {
    let said = |share: f64, weight: f64, what: &str| Likeness {
        share,
        weight,
        sentence: format!("“{old}” and “{new}” {what}."),
    };
    if squashed(old) == squashed(new) {
        return said(1.0, 4.5, "are one word written in two ways");
    }
    let around: Vec<String> = around.iter().flat_map(|name| words(name)).collect();
    let (a, b) = (weighed(old, &around), weighed(new, &around));
    let (dice, common) = dice(&a, &b);
    if dice > 0.99 {
        return said(1.0, 3.8, "differ only in a part that a machine made");
    }
    let letters = strsim::normalized_damerau_levenshtein(&squashed(old), &squashed(new));
    let share = dice.max(letters);
    let weight = (5.0 * share - 1.2).min(3.6);
    match share {
        s if s >= 0.8 => said(share, weight, "are nearly the same"),
        _ if !common.is_empty() => {
            let list: Vec<String> = common.iter().map(|c| format!("“{c}”")).collect();
            said(share, weight, &format!("have {} in common", list.join(" and ")))
        }
        s if s >= 0.5 => said(share, weight, "are written alike"),
        _ => said(share, weight, "have no word in common"),
    }
}

/// A word and how much it says.
struct Word {
    text: String,
    weight: f64,
}

fn weighed(name: &str, around: &[String]) -> Vec<Word> {
    let weight = |word: &String| match word.as_str() {
        w if is_made_by_machine(w) => 0.0,
        "old" | "new" | "tmp" | "temp" | "legacy" => 0.3,
        _ if around.contains(word) => 0.3,
        "id" => 0.5,
        w if w.bytes().all(|b| b.is_ascii_digit()) => 0.5,
        _ => 1.0,
    };
    words(name)
        .into_iter()
        .map(|text| Word {
            weight: weight(&text),
            text,
        })
        .collect()
}

/// The weight of the words that both have over the weight of all, and those words; each word has one partner.
fn dice(a: &[Word], b: &[Word]) -> (f64, Vec<String>) {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            let same = same_word(&x.text, &y.text);
            if same > 0.0 {
                pairs.push((same, i, j));
            }
        }
    }
    pairs.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    let (mut left, mut right) = (vec![false; a.len()], vec![false; b.len()]);
    let (mut sum, mut common) = (0.0, Vec::new());
    for (same, i, j) in pairs {
        if !left[i] && !right[j] {
            (left[i], right[j]) = (true, true);
            sum += same * (a[i].weight + b[j].weight);
            if a[i].weight > 0.0 {
                common.push((i, a[i].text.clone()));
            }
        }
    }
    common.sort();
    let all: f64 = a.iter().chain(b).map(|w| w.weight).sum();
    let share = if all > 0.0 { sum / all } else { 0.0 };
    (share, common.into_iter().map(|(_, text)| text).collect())
}

/// How much two words are one: the same, an abbreviation, or a slip of the pen.
fn same_word(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let short = a.len().min(b.len());
    let is_number = |w: &str| w.bytes().all(|b| b.is_ascii_digit());
    if short < 3 || is_number(a) || is_number(b) || is_made_by_machine(a) || is_made_by_machine(b) {
        return 0.0;
    }
    if a.starts_with(b) || b.starts_with(a) {
        return 0.8;
    }
    if short >= 4 && strsim::jaro_winkler(a, b) >= 0.92 {
        0.8
    } else {
        0.0
    }
}

/// The words of a name in lower case, in the singular.
pub fn words(name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in name.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty()) {
        let low = part.to_lowercase();
        if is_made_by_machine(&low) {
            found.push(low);
            continue;
        }
        let mut word = String::new();
        let mut before: Option<char> = None;
        for c in part.chars() {
            let turns = before.is_some_and(|b| b.is_lowercase() && c.is_uppercase() || b.is_numeric() != c.is_numeric());
            if turns {
                found.push(std::mem::take(&mut word));
            }
            word.extend(c.to_lowercase());
            before = Some(c);
        }
        found.push(word);
    }
    found.into_iter().map(singular).collect()
}

fn singular(word: String) -> String {
    match word.strip_suffix('s') {
        Some(stem) if stem.chars().count() >= 3 && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word,
    }
}

/// A hash or a counter of a generated name: long, hexadecimal, with digits and letters mixed.
fn is_made_by_machine(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    word.len() >= 8 && word.bytes().all(|b| b.is_ascii_hexdigit()) && digits >= 2 && digits < word.len()
}

fn squashed(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What one name has where the other has something else, as words: `hms_hospital` and `med_hospital` differ in `hms` and `med`.
pub fn replaced(old: &str, new: &str) -> Option<(String, String)> {
    let (a, b) = (words(old), words(new));
    let shorter = a.len().min(b.len());
    let front = a.iter().zip(&b).take_while(|(x, y)| x == y).count().min(shorter);
    let back = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count()
        .min(shorter - front);
    let (old, new) = (a[front..a.len() - back].join("_"), b[front..b.len() - back].join("_"));
    (front + back > 0 && !old.is_empty() && !new.is_empty()).then_some((old, new))
}
