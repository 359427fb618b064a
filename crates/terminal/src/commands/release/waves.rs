//! Waves as they are written: `2p,25%@5m,100%`.

use crate::amount;
use crate::times;
use lockkeeper_client::operations::start::WaveInput;
use std::time::Duration;

/// The word for a release without waves, although the service may have some by default.
const NONE: &str = "none";
/// The longest time that a wave may soak, as the server has it.
const MAX_SOAK: Duration = Duration::from_hours(7 * 24);

/// The waves of a release, in their order; none to have no waves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waves(pub Vec<WaveInput>);

/// Parses waves. Each is how many instances have moved when it is over, then `p` for a pause after it, then `@` with how long
/// it soaks.
///
/// # Errors
/// A sentence that names the wave that is wrong, and what to write.
pub fn parse(text: &str) -> Result<Waves, String> {
    if text == NONE {
        return Ok(Waves(Vec::new()));
    }
    text.split(',').map(wave).collect::<Result<_, _>>().map(Waves)
}

fn wave(text: &str) -> Result<WaveInput, String> {
    let (amount, soak) = text.split_once('@').map_or((text, None), |(amount, soak)| (amount, Some(soak)));
    let (amount, pause_after) = amount.strip_suffix('p').map_or((amount, false), |amount| (amount, true));
    let up_to = amount::parse(amount).map_err(|_| {
        format!("{text:?} is not a wave: write a number or a percentage, then p for a pause, then @ with a soak, for example 2, 25%p or 25%p@5m")
    })?;
    let soak =
        soak.map(|soak| self::soak(soak).map_err(|mistake| format!("the soak of {text:?}: {mistake}"))).transpose()?;
    Ok(WaveInput { up_to, soak_seconds: soak.map(|soak| soak.as_secs()), pause_after: pause_after.then_some(true) })
}

/// Parses how long a wave soaks.
///
/// # Errors
/// If it is not a duration of whole seconds, or longer than a wave may soak.
pub fn soak(text: &str) -> Result<Duration, String> {
    let soak = times::duration(text)?;
    match soak.subsec_nanos() == 0 && soak <= MAX_SOAK {
        true => Ok(soak),
        false => Err(format!("{text:?} is not a soak: it has whole seconds, and at most 7 days")),
    }
}

/// The text that [`parse`] reads.
pub fn text(waves: &Waves) -> String {
    if waves.0.is_empty() {
        return NONE.to_owned();
    }
    let wave = |wave: &WaveInput| {
        let pause = if wave.pause_after == Some(true) { "p" } else { "" };
        let soak = wave.soak_seconds.map_or_else(String::new, |seconds| format!("@{seconds}s"));
        format!("{}{pause}{soak}", amount::text(wave.up_to))
    };
    waves.0.iter().map(wave).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockkeeper_client::operations::start::Amount;

    #[test]
    fn waves_are_read_as_they_are_written() {
        let wave =
            |up_to, soak_seconds, pause: bool| WaveInput { up_to, soak_seconds, pause_after: pause.then_some(true) };
        let waves = Waves(vec![
            wave(Amount::Count(2), None, true),
            wave(Amount::Percent(25), Some(300), false),
            wave(Amount::Percent(50), Some(3600), true),
            wave(Amount::Percent(100), None, false),
        ]);
        assert_eq!(parse("2p,25%@5m,50%p@1h,100%"), Ok(waves.clone()));
        assert_eq!(parse(&text(&waves)), Ok(waves));
        assert_eq!(parse("none").map(|none| text(&none)), Ok("none".to_owned()));
        let wrong =
            ["", "2,", "p", "2@", "2@soon", "2@5mp", "101%", "2pp", "2 p", "none,2", "2@8d", "2@500ms", "2@-1h"];
        for wrong in wrong {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            parse("2,25%@8d").unwrap_err(),
            "the soak of \"25%@8d\": \"8d\" is not a soak: it has whole seconds, and at most 7 days"
        );
    }
}
