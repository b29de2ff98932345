//! How well a facility was kept, as those say who were there.

/// Grades below which none is told: of one or two, people could be told apart.
pub const GRADES_MIN: u32 = 3;

/// From one, bad, to five, good.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Grade(u8);

impl Grade {
    /// All of them.
    pub const ALL: [Self; 5] = [Self(1), Self(2), Self(3), Self(4), Self(5)];

    /// The grade with so many stars.
    pub fn new(stars: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.0 == stars)
    }

    /// How many stars it has.
    pub const fn stars(self) -> u8 {
        self.0
    }
}

/// What so many grades with so many stars together come to, in tenths of a star, rounded; nothing where they are few.
pub fn average_tenths(count: u32, stars: u32) -> Option<u32> {
    let of = count.max(1);
    let tenths = stars.checked_mul(10)?.checked_add(of.checked_div(2)?)?.checked_div(of)?;
    (count >= GRADES_MIN).then_some(tenths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grade_has_one_to_five_stars() {
        let read: Vec<u8> = (0..=7).filter_map(Grade::new).map(Grade::stars).collect();
        assert_eq!(read, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn an_average_is_told_of_three_and_rounded_to_tenths() {
        assert_eq!((average_tenths(0, 0), average_tenths(2, 10)), (None, None));
        assert_eq!(average_tenths(3, 14), Some(47));
        assert_eq!(average_tenths(4, 17), Some(43));
        assert_eq!(average_tenths(u32::MAX, u32::MAX), None, "more than can be counted");
    }
}
