use jiff::{SignedDuration, Timestamp};

/// What is known of an earlier request with the same idempotency key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Earlier<'a> {
    /// What that request was.
    pub request_hash: &'a [u8],
    /// When somebody began with it.
    pub begun_at: Timestamp,
    /// Whether it was answered.
    pub answered: bool,
}

/// What is to be done with a request that has the key of an earlier one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeated {
    /// Give the same answer.
    Answer,
    /// It is another request: refuse it.
    Another,
    /// The earlier one is being worked on: refuse this one for now.
    UnderWay,
    /// Whoever worked on the earlier one has not come back: do it.
    TakeOver,
}

/// So long a request may be worked on before its repetition takes over: longer than any request is let run.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// What is to be done with a request of which an earlier one had the key.
pub fn repeated(earlier: Earlier<'_>, request_hash: &[u8], now: Timestamp) -> Repeated {
    if earlier.request_hash != request_hash {
        Repeated::Another
    } else if earlier.answered {
        Repeated::Answer
    } else if now.duration_since(earlier.begun_at) < GIVEN_UP_AFTER {
        Repeated::UnderWay
    } else {
        Repeated::TakeOver
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_is_answered_refused_or_taken_over() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let earlier = |answered| Earlier { request_hash: b"one", begun_at: at(100), answered };
        assert_eq!(repeated(earlier(true), b"one", at(101)), Repeated::Answer);
        assert_eq!(repeated(earlier(true), b"two", at(101)), Repeated::Another);
        assert_eq!(repeated(earlier(false), b"two", at(101)), Repeated::Another);
        assert_eq!(repeated(earlier(false), b"one", at(159)), Repeated::UnderWay);
        assert_eq!(repeated(earlier(false), b"one", at(160)), Repeated::TakeOver);
    }
}
