//! Whether a program can be started, and why not, in words that name what to mend.

use rustix::fs::{Access, access};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The most of a program that is read for its first line.
const MAX_FIRST_LINE_BYTES: u64 = 256;

/// Says why a program could not be started in this directory.
pub(super) fn explain(program: &Path, directory: &Path, error: &io::Error) -> String {
    if !directory.is_dir() {
        let directory = directory.display();
        return format!("The command was not started: its directory {directory} is not there, or not a directory.");
    }
    let errno = Errno::from_io_error(error);
    let why = match errno {
        Some(Errno::TXTBSY) => {
            Some("it is being written. Replace a script by renaming a complete file to its name".to_owned())
        }
        _ => problem(program),
    };
    let why = why.unwrap_or_else(|| match errno {
        Some(Errno::NOENT) => "it needs a loader or an interpreter that does not exist on this machine".to_owned(),
        Some(Errno::NOEXEC) => "it is not a program, and has no first line such as #!/bin/sh".to_owned(),
        _ => error.to_string(),
    });
    format!("{} cannot be started: {why}.", program.display())
}

/// Returns why a program cannot be started, as far as that can be seen without starting it.
pub(super) fn problem(program: &Path) -> Option<String> {
    let found = match fs::metadata(program) {
        Ok(found) => found,
        Err(error) => return Some(error.to_string()),
    };
    if !found.is_file() {
        return Some("it is not a file".into());
    }
    if access(program, Access::EXEC_OK).is_err() {
        return Some("it is not executable. Make it so: chmod +x".into());
    }
    let mut beginning = Vec::new();
    // What cannot be read may be started all the same.
    File::open(program).ok()?.take(MAX_FIRST_LINE_BYTES).read_to_end(&mut beginning).ok()?;
    if beginning.is_empty() {
        return Some("it is empty".into());
    }
    let line = beginning.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let line = line.trim_start_matches([' ', '\t']);
    if let Some(asked) = line.strip_suffix('\r') {
        return Some(format!(
            "its first line asks for the interpreter {:?}, which does not exist: the file has line ends of Windows. \
             Convert it, for example with dos2unix",
            format!("{asked}\r")
        ));
    }
    let interpreter = line.split([' ', '\t']).next()?;
    if fs::metadata(interpreter).is_err() {
        return Some(format!("its first line asks for the interpreter {interpreter:?}, which does not exist"));
    }
    let runs = access(interpreter, Access::EXEC_OK).is_ok() && Path::new(interpreter).is_file();
    (!runs).then(|| format!("its first line asks for the interpreter {interpreter:?}, which is not executable"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    #[test]
    fn each_reason_is_named_before_and_after_the_attempt() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("deploy");
        for (text, mode, expected) in [
            ("#!/bin/bash\r\necho hi\r\n", 0o755, r#"the interpreter "/bin/bash\r", which does not exist"#),
            ("#!/usr/bin/env bash\r\n", 0o755, r#"the interpreter "/usr/bin/env bash\r", which"#),
            ("#!/none/such -x\n", 0o755, r#"the interpreter "/none/such", which does not exist"#),
            ("#! /etc/passwd\n", 0o755, r#"the interpreter "/etc/passwd", which is not executable"#),
            ("#!/bin/sh\n", 0o644, "not executable"),
            ("", 0o755, "it is empty"),
        ] {
            fs::write(&program, text).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
            let before = problem(&program).unwrap();
            assert!(before.contains(expected), "{before}");
            // A carriage return behind an interpreter that exists is that one's argument.
            if let Err(error) = Command::new(&program).spawn().map(|mut child| child.wait()) {
                let after = explain(&program, directory.path(), &error);
                assert!(after.contains(expected) && after.contains("/deploy cannot be started: "), "{after}");
            }
        }
        fs::write(&program, "#!/bin/sh\nexit 3\n").unwrap();
        assert_eq!(problem(&program), None);
        fs::write(&program, "just words\n").unwrap();
        let after = |errno: Errno| explain(&program, directory.path(), &errno.into());
        assert!(after(Errno::NOEXEC).contains("no first line such as #!/bin/sh"));
        assert!(after(Errno::TXTBSY).contains("being written"));
        let nowhere = explain(&program, Path::new("/none/such"), &Errno::NOENT.into());
        assert!(nowhere.contains("directory /none/such is not there"), "{nowhere}");
        assert!(problem(Path::new("/none/such")).unwrap().contains("No such file"));
        assert!(problem(directory.path()).unwrap().contains("not a file"));
    }
}
