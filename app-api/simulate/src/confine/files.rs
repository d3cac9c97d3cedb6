//! Which files can be reached, by Landlock.

use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, PathBeneath, PathFd,
    Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope,
};

/// Newest rules known here; an older kernel keeps those it has.
const NEWEST: ABI = ABI::V6;
/// Where the C library and its like lie.
const LIBRARIES: [&str; 5] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/ld.so.cache",
];
/// What a library may ask the system for.
const DEVICES: [&str; 3] = ["/dev/null", "/dev/zero", "/dev/urandom"];

/// Leaves only `directory` and the system's libraries, to be read; whether the kernel has Landlock.
pub(super) fn only(directory: &Path) -> Result<bool, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::Execute;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    let paths = LIBRARIES.iter().map(Path::new).chain([directory]);
    for path in paths {
        // One that is not there cannot be read either.
        if let Ok(opened) = PathFd::new(path) {
            let access = if path.is_dir() {
                read
            } else {
                AccessFs::ReadFile.into()
            };
            rules = rules.add_rule(PathBeneath::new(opened, access))?;
        }
    }
    for path in DEVICES {
        if let Ok(opened) = PathFd::new(path) {
            rules = rules.add_rule(PathBeneath::new(opened, AccessFs::ReadFile))?;
        }
    }
    let status = rules.restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}
