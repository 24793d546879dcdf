//! The options of containers.

use alloc::string::String;

use crate::error::Error;

/// The longest timeout, in seconds: ten years.
pub const MAX_TIMEOUT: u32 = 315_360_000;

/// The longest time for which ended sessions are remembered, in seconds: one day.
pub const MAX_REMEMBER_ENDED: u32 = 86_400;

/// The options of a container. Open containers of the same name with the same options everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerOptions {
    /// The number of seconds without activity after which a session ends; 0 means never. At most
    /// [`MAX_TIMEOUT`]; 3,600 by default. Reading is activity.
    pub timeout: u32,
    /// On a store that cannot slide an expiry: the number of seconds after which a read writes the record
    /// again, to keep the session alive. Values over half the timeout act as half the timeout. At most
    /// [`MAX_TIMEOUT`]; 300 by default.
    pub resolution: u32,
    /// The maximum size of a session's record, in bytes; 1,000,000 by default.
    pub max_size: u32,
    /// The number of seconds for which a destroyed session is remembered, from 1 to [`MAX_REMEMBER_ENDED`];
    /// 60 by default.
    pub remember_ended: u32,
}

impl Default for ContainerOptions {
    fn default() -> Self {
        Self { timeout: 3600, resolution: 300, max_size: 1_000_000, remember_ended: 60 }
    }
}

impl ContainerOptions {
    fn check(&self) -> Result<(), Error> {
        let limits = [
            ("timeout", self.timeout, MAX_TIMEOUT),
            ("resolution", self.resolution, MAX_TIMEOUT),
            ("remember-ended", self.remember_ended, MAX_REMEMBER_ENDED),
        ];
        for (name, given, maximum) in limits {
            if given > maximum {
                return Err(Error::InvalidOption { name, maximum: maximum.into(), given: given.into() });
            }
        }
        if self.remember_ended == 0 {
            let maximum = MAX_REMEMBER_ENDED.into();
            return Err(Error::InvalidOption { name: "remember-ended", maximum, given: 0 });
        }
        Ok(())
    }
}

/// The name and the checked options of a container.
#[derive(Debug)]
pub(crate) struct Settings {
    pub name: String,
    pub options: ContainerOptions,
}

impl Settings {
    /// Checks the options.
    ///
    /// # Errors
    /// [`Error::InvalidOption`].
    pub fn new(name: &str, options: ContainerOptions) -> Result<Self, Error> {
        options.check()?;
        Ok(Self { name: name.into(), options })
    }

    /// The number of seconds after which a read must write the record again, if the store cannot slide its
    /// expiry.
    pub fn resolution(&self) -> u32 {
        self.options.resolution.min(self.options.timeout / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_out_of_range_are_refused_by_name() {
        let default = ContainerOptions::default();
        for (options, name) in [
            (ContainerOptions { timeout: MAX_TIMEOUT + 1, ..default }, "timeout"),
            (ContainerOptions { resolution: u32::MAX, ..default }, "resolution"),
            (ContainerOptions { remember_ended: 0, ..default }, "remember-ended"),
            (ContainerOptions { remember_ended: MAX_REMEMBER_ENDED + 1, ..default }, "remember-ended"),
        ] {
            let error = Settings::new("c", options).unwrap_err();
            assert!(matches!(error, Error::InvalidOption { name: found, .. } if found == name), "{error:?}");
        }
        assert!(Settings::new("c", ContainerOptions { timeout: MAX_TIMEOUT, ..default }).is_ok());
    }
}
