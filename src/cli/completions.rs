//! `tenure completions`.

use clap::{Args, Command};
use clap_complete::Shell;

use super::output::print;

/// Prints the script that completes commands, options and template names in a shell.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:

    source <(tenure completions bash)                                    # for this shell
    tenure completions bash > /etc/bash_completion.d/tenure
    tenure completions zsh > \"${fpath[1]}/_tenure\"
    tenure completions fish > ~/.config/fish/completions/tenure.fish")]
pub(super) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, mut command: Command) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "tenure", &mut script);
    print(&String::from_utf8_lossy(&script))
}
