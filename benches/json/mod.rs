//! What is compressed in benchmarks.

/// JSON-like texts of this length.
pub(crate) fn messages(len: usize) -> Vec<String> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % below
    };
    let names = ["alice", "bob", "carol", "dave", "erin", "frank", "grace"];
    let words = ["orders", "are", "processed", "and", "shipped", "to", "all"];
    let mut message = || {
        let mut text = String::from("{\"type\":\"update\",\"items\":[");
        while text.len() < len {
            let (id, price, time) = (random(1 << 30), random(100_000), random(1 << 33));
            let name = names[random(7) as usize];
            let note: Vec<_> = (0..3 + random(5))
                .map(|_| words[random(7) as usize])
                .collect();
            text += &format!(
                "{{\"id\":{id},\"user\":\"{name}\",\"ts\":{time},\"price\":{price},\"note\":\"{}\"}},",
                note.join(" ")
            );
        }
        text.truncate(len);
        text
    };
    (0..200).map(|_| message()).collect()
}
