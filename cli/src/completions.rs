//! `lovely-session completions`.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::failure::Failure;
use crate::output::print;

const COMPLETIONS_HELP: &str = "\
Examples:
  bash, for this user:
    lovely-session completions bash > ~/.local/share/bash-completion/completions/lovely-session

  zsh, where ~/.zfunc is in `fpath`:
    lovely-session completions zsh > ~/.zfunc/_lovely-session

  fish, for this user:
    lovely-session completions fish > ~/.config/fish/completions/lovely-session.fish";

/// The arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_HELP)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script that completes the arguments of `command`.
pub fn run(args: &CompletionsArgs, mut command: Command) -> Result<(), Failure> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    generate(args.shell, &mut command, name, &mut script);
    print(&script)
}
