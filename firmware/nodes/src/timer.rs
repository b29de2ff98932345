//! A span of the node's uptime that ends.

/// Begun at an uptime, over when its length has passed. The uptime may wrap on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timer {
    began_ms: u32,
    length_ms: u32,
}

impl Timer {
    pub(crate) const fn begin(now_ms: u32, length_ms: u32) -> Self {
        Self { began_ms: now_ms, length_ms }
    }

    pub(crate) const fn is_over(self, now_ms: u32) -> bool {
        now_ms.wrapping_sub(self.began_ms) >= self.length_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_ends_on_time_across_the_wrap_of_the_uptime() {
        let timer = Timer::begin(u32::MAX - 10, 100);
        assert!(!timer.is_over(u32::MAX));
        assert!(!timer.is_over(88));
        assert!(timer.is_over(89));
    }
}
