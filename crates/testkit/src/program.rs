//! The program under test.

use crate::cluster::Environment;
use std::path::PathBuf;
use std::process::Command;

/// A program of lockkeeper, by its path, and the environment in which it runs.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    environment: Environment,
}

impl Program {
    /// The same program, with all of its processes in this environment.
    pub fn in_environment(self, environment: Environment) -> Program {
        Program { environment, ..self }
    }

    /// A command that runs it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl<P: Into<PathBuf>> From<P> for Program {
    fn from(path: P) -> Program {
        Program { path: path.into(), environment: Environment::new() }
    }
}
