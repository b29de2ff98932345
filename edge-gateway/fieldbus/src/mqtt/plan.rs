//! What a site's configuration means for its MQTT.

use std::collections::BTreeMap;

use protocols_fieldbus::profile::MqttProfile;
use protocols_ids::DeviceId;

/// The broker and the devices behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct MqttPlan {
    /// Its host.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) devices: Vec<MqttDevicePlan>,
}

/// One device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct MqttDevicePlan {
    pub(crate) id: DeviceId,
    pub(crate) name: String,
    /// Before all of its topics, without a slash at its end.
    pub(crate) root: String,
    pub(crate) profile: MqttProfile,
}

/// What comes on a topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Channel {
    Status,
    Scan,
    /// One or more inputs.
    Inputs,
}

impl MqttDevicePlan {
    /// The topics that are listened to.
    pub(crate) fn topics(&self) -> BTreeMap<String, Channel> {
        let scan = self.profile.scan.iter().map(|scan| (&scan.topic, Channel::Scan));
        let inputs = self.profile.points.values().map(|point| (&point.topic, Channel::Inputs));
        [(&self.profile.status.topic, Channel::Status)]
            .into_iter()
            .chain(scan)
            .chain(inputs)
            .map(|(topic, channel)| (self.below(topic), channel))
            .collect()
    }

    /// A topic of the profile as the broker has it.
    pub(crate) fn below(&self, topic: &str) -> String {
        format!("{}/{topic}", self.root)
    }
}
