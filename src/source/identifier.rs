//! Check digits of the identifiers that name operators and entities. A failed check flags a record and never drops it:
//! real codes violate the standards.

/// Whether a unified social credit code (统一社会信用代码, GB 32100-2015) has the right length, alphabet and check digit.
pub fn is_uscc(_code: &str) -> bool {
    todo!()
}

/// Whether a food business licence (JY), production licence (SC) or filing number (YB), each two letters and 14 digits,
/// has the right form and check digit (GB/T 17710, MOD 11,10).
pub fn is_licence(_number: &str) -> bool {
    todo!()
}
