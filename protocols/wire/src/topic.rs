//! Topic names: `hp/1/<gateway>/<kind>`.

use protocols_ids::GatewayId;

/// The kinds of message, each with a topic of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Kind {
    /// [`GrantBatch`](crate::GrantBatch), down.
    Grants,
    /// [`SiteConfig`](crate::SiteConfig), down, retained.
    Config,
    /// [`Posture`](crate::Posture), down, retained.
    Posture,
    /// [`Lease`](crate::Lease), down.
    Lease,
    /// [`Command`](crate::Command), down.
    Command,
    /// [`JournalAck`](crate::JournalAck), down.
    Ack,
    /// [`StateReport`](crate::StateReport), up, retained; also the last will.
    State,
    /// [`JournalBatch`](crate::JournalBatch), up.
    Journal,
    /// [`Resync`](crate::Resync), up.
    Resync,
}

impl Kind {
    /// What the cloud sends.
    pub const DOWN: [Self; 6] =
        [Self::Grants, Self::Config, Self::Posture, Self::Lease, Self::Command, Self::Ack];
    /// What a gateway sends.
    pub const UP: [Self; 3] = [Self::State, Self::Journal, Self::Resync];

    /// The last segment of the topic.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grants => "grants",
            Self::Config => "config",
            Self::Posture => "posture",
            Self::Lease => "lease",
            Self::Command => "command",
            Self::Ack => "ack",
            Self::State => "state",
            Self::Journal => "journal",
            Self::Resync => "resync",
        }
    }

    /// Whether the broker keeps the last message for those who come later.
    pub const fn retained(self) -> bool {
        match self {
            Self::Config | Self::Posture | Self::State => true,
            Self::Grants | Self::Lease | Self::Command | Self::Ack | Self::Journal | Self::Resync => false,
        }
    }
}

/// A gateway's topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Topic {
    /// Whose topic.
    pub gateway: GatewayId,
    /// For which kind of message.
    pub kind: Kind,
}

impl Topic {
    /// The topic of `kind` for `gateway`.
    pub const fn new(gateway: GatewayId, kind: Kind) -> Self {
        Self { gateway, kind }
    }

    /// Reads a topic as received; `None` for anything else than `hp/1/<uuid>/<kind>`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut segments = text.strip_prefix("hp/1/")?.split('/');
        let gateway = segments.next()?.parse().ok()?;
        let name = segments.next()?;
        if segments.next().is_some() {
            return None;
        }
        let kind = Kind::DOWN.into_iter().chain(Kind::UP).find(|kind| kind.name() == name)?;
        let topic = Self { gateway, kind };
        // One spelling only: the text is what the signature covers.
        (topic.to_string() == text).then_some(topic)
    }
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "hp/1/{}/{}", self.gateway, self.kind.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_ids::Uuid;

    #[test]
    fn a_topic_reads_back_as_written_and_has_one_spelling() {
        let gateway = GatewayId::new(Uuid::from_u128(0xABCD));
        for kind in Kind::DOWN.into_iter().chain(Kind::UP) {
            let topic = Topic::new(gateway, kind);
            assert_eq!(Topic::parse(&topic.to_string()), Some(topic));
        }
        let text = Topic::new(gateway, Kind::State).to_string();
        assert_eq!(Topic::parse(&text.to_uppercase()), None);
        assert_eq!(Topic::parse(&text.replace("abcd", "ABCD")), None);
        assert_eq!(Topic::parse(&format!("{text}/more")), None);
        assert_eq!(Topic::parse("hp/1/#"), None);
    }
}
