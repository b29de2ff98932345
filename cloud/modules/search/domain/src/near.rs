//! Where somebody is, and how far something is from there.

/// The radius of the sphere that has the earth's surface, in metres (IUGG, R2).
const EARTH_METRES: f64 = 6_371_007.0;

/// A point on the map, in degrees.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

/// Near what.
#[derive(Clone, PartialEq, Debug)]
pub enum Near {
    /// A position of the reader's, rounded to about a hundred metres: finer is nobody's to know.
    Point(Point),
    /// A place by its name.
    Named(String),
}

impl Point {
    /// How far the other is, along the surface, in metres (haversine).
    pub fn metres_to(self, other: Self) -> f64 {
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half = |one: f64, two: f64| ((two - one) / 2.0).sin().powi(2);
        let east = half(self.longitude.to_radians(), other.longitude.to_radians());
        let a = half(from, to) + from.cos() * to.cos() * east;
        2.0 * EARTH_METRES * a.clamp(0.0, 1.0).sqrt().asin()
    }

    /// The middle of some points that lie close together; none of none.
    pub fn middle(points: &[Self]) -> Option<Self> {
        let count: f64 = points.iter().map(|_| 1.0).sum();
        let sum = |of: fn(&Self) -> f64| points.iter().map(of).sum::<f64>() / count;
        let middle = Self { latitude: sum(|point| point.latitude), longitude: sum(|point| point.longitude) };
        (!points.is_empty()).then_some(middle)
    }

    /// Reads `59.481, 18.298`: degrees in decimal form, north and east first. Rounded to three decimals.
    fn parse(text: &str) -> Option<Self> {
        let (latitude, longitude) = text.split_once(',')?;
        let degrees = |text: &str, most: f64| {
            let text = text.trim();
            let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
            let degrees: f64 = text.parse().ok().filter(|_| plain)?;
            (degrees.abs() <= most).then(|| (degrees * 1000.0).round() / 1000.0)
        };
        Some(Self { latitude: degrees(latitude, 90.0)?, longitude: degrees(longitude, 180.0)? })
    }
}

impl Near {
    /// A position or a place's name; what is no position is a name.
    pub fn read(text: &str) -> Self {
        Point::parse(text).map_or_else(|| Self::Named(text.trim().to_owned()), Self::Point)
    }
}

impl std::fmt::Display for Near {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Point(point) => write!(f, "{:.3},{:.3}", point.latitude, point.longitude),
            Self::Named(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn some_point() -> impl Strategy<Value = Point> {
        (-90.0..=90.0, -180.0..=180.0).prop_map(|(latitude, longitude)| Point { latitude, longitude })
    }

    #[test]
    fn a_known_distance_is_right_to_a_hundredth() {
        // 0.0772 degrees north are 8.58 km, 0.0539 degrees east at that latitude 3.05 km: 9.11 km together.
        let akersberga = Point { latitude: 59.4794, longitude: 18.2997 };
        let vaxholm = Point { latitude: 59.4022, longitude: 18.3536 };
        let metres = akersberga.metres_to(vaxholm);
        assert!((9_080.0..9_140.0).contains(&metres), "{metres}");
        let pole = Point { latitude: 90.0, longitude: 0.0 };
        let other = Point { latitude: -90.0, longitude: 77.0 };
        assert!((pole.metres_to(other) - 20_015_109.0).abs() < 200.0, "{}", pole.metres_to(other));
    }

    #[test]
    fn a_position_is_read_and_rounded_and_a_name_stays_a_name() {
        let near = Near::read("59.479412, 18.299687");
        assert_eq!(near, Near::Point(Point { latitude: 59.479, longitude: 18.3 }));
        assert_eq!(near.to_string(), "59.479,18.300");
        for name in ["Åkersberga", "59,4", "91,18", "59.4,181", "NaN,NaN", "inf,1", "1e3,4", ",", "59.4;18"]
        {
            let is_name = matches!(Near::read(name), Near::Named(_));
            assert_eq!(is_name, name != "59,4", "{name}");
        }
    }

    proptest! {
        #[test]
        fn distance_is_a_distance(a in some_point(), b in some_point()) {
            let there = a.metres_to(b);
            prop_assert!(there.is_finite() && (0.0..=20_100_000.0).contains(&there));
            prop_assert!((there - b.metres_to(a)).abs() < 0.001);
            prop_assert!(a.metres_to(a) < 0.001);
        }

        #[test]
        fn what_is_written_is_read_again(text in any::<String>()) {
            let near = Near::read(&text);
            prop_assert_eq!(&Near::read(&near.to_string()), &near);
        }
    }
}
