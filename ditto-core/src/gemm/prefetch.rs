//! A hint that words will be read soon.

#![allow(unsafe_code)]

/// Asks for `words` to be brought from memory into the second-level cache. Changes no result.
#[inline(always)]
pub(super) fn prefetch<W>(words: &[W]) {
    #[cfg(target_arch = "x86_64")]
    for line in words.chunks(64 / size_of::<W>()) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: a prefetch reads nothing and cannot fault; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = words;
}
