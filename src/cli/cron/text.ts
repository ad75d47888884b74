/** The values in the wrapper script. All paths are absolute. */
export interface WrapperInput {
  readonly node: string
  readonly program: string
  /** The directories of the installed tools, in search order. */
  readonly path: ReadonlyArray<string>
  /** The directory that the run starts in: the repository. */
  readonly directory: string
  /** Variables that the script sets unless cron or the env file sets them. No secrets: other users may read the script. */
  readonly variables: ReadonlyArray<readonly [name: string, value: string]>
}

/** The values in the crontab line. All paths are absolute and on one line. */
export interface CrontabInput {
  readonly schedule: string
  readonly bash: string
  /** `dx-job-wrapper.sh`, which keeps state and log of the fleet's jobs; `undefined` if it is not installed. */
  readonly jobWrapper: string | undefined
  readonly script: string
  readonly log: string
  /** Whether the log's directory exists: cron starts nothing if it cannot open the log. */
  readonly logDirectoryExists: boolean
}

/** Every hour of the night in the United States, in UTC. */
export const NIGHTLY = "0 6-13 * * *"

/** The end of PATH. On macOS the third directory has the bash that dx-runner needs. */
const USUAL_PATH = [
  '"$HOME/.local/bin"',
  '"$HOME/.local/share/mise/shims"',
  "/opt/homebrew/bin",
  "/usr/local/bin",
  "/usr/bin",
  "/bin"
]

/**
 * Any text as one word of a shell command.
 *
 * @example
 * shellQuote("it's") // "'it'\\''s'"
 */
export const shellQuote = (text: string): string =>
  /^[\w@+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/**
 * A quoted word in a crontab, where a `%` without a backslash before it ends the command. The quotes are closed before `\\%`
 * and opened again after it, because cron ignores that backslash if the word itself has another one before it.
 */
const cronQuote = (text: string): string => shellQuote(text).replaceAll("%", "''\\%")

const directoryOf = (file: string): string => file.slice(0, Math.max(1, file.lastIndexOf("/")))

const setUnlessSet = ([name, value]: readonly [string, string]): string =>
  `[ -n "\${${name}:-}" ] || ${name}=${shellQuote(value)}\nexport ${name}`

/**
 * The script that cron starts. It sets the variables that cron's environment lacks, and passes its arguments to
 * `nightly-dispatch run`.
 */
export const wrapperScript = ({ directory, node, path, program, variables }: WrapperInput): string => {
  const found = [...new Set([directoryOf(node), ...path])].filter(
    (entry) => entry.startsWith("/") && !entry.includes(":") && !USUAL_PATH.includes(entry)
  )
  return `#!/usr/bin/env bash
# dx-nightly-dispatcher.sh: the nightly dispatch as cron starts it.
# Printed by "nightly-dispatch cron wrapper". Print it again when node, the program or the repository has moved.
set -euo pipefail

# Without HOME, bash takes ~ from the password database.
if [ -z "\${HOME:-}" ]; then
  unset HOME
  HOME=~
fi
export HOME
export PATH=${[...found.map(shellQuote), ...USUAL_PATH].join(":")}

# The log quotes what tools print: only its owner may read it, whatever the umask of cron is.
for log in /dev/fd/1 /dev/fd/2; do
  if [ -f "$log" ] && ! chmod 600 "$log"; then
    echo "dx-nightly-dispatcher: other users can read this log; run chmod 600 on it" >&2
  fi
done

# Keep secrets (SLACK_WEBHOOK, tokens of providers) in this file, with mode 0600.
case "\${XDG_CONFIG_HOME:-}" in
  /*) env_file="$XDG_CONFIG_HOME/nightly-dispatch/env" ;;
  *) env_file="$HOME/.config/nightly-dispatch/env" ;;
esac
if [ -e "$env_file" ]; then
  if [ ! -f "$env_file" ] || [ ! -O "$env_file" ] ||
    [ -z "$(find -L "$env_file" -prune \\( -perm 600 -o -perm 400 \\))" ]; then
    echo "dx-nightly-dispatcher: $env_file: has to be a file of yours with mode 0600; no run was started" >&2
    exit 5
  fi
  set -a +u
  # shellcheck source=/dev/null
  . "$env_file"
  set +a -u
fi
${variables.map((variable) => `${setUnlessSet(variable)}\n`).join("")}
directory=${shellQuote(directory)}
if ! cd -- "$directory" 2>/dev/null; then
  echo "dx-nightly-dispatcher: there is no directory $directory; starting the run in the home directory" >&2
  cd -- "$HOME" 2>/dev/null || cd /
fi

node=${shellQuote(node)}
program=${shellQuote(program)}
# An upgrade may have removed the node that printed this script.
[ -x "$node" ] || node="$(command -v node || true)"
if [ -z "$node" ] || [ ! -r "$program" ]; then
  echo "dx-nightly-dispatcher: node or $program is missing; print this script again: nightly-dispatch cron wrapper" >&2
  exit 127
fi
exec "$node" "$program" run "$@"
`
}

/** The line for `crontab -e`, in the form of the fleet's other jobs. */
export const crontabLine = (input: CrontabInput): string => {
  const words =
    input.jobWrapper === undefined
      ? [input.bash, input.script]
      : [input.bash, input.jobWrapper, "nightly-dispatch", "--", input.script]
  const prepare = input.logDirectoryExists ? "" : `mkdir -p ${cronQuote(directoryOf(input.log))} && `
  return `${input.schedule} ${prepare}${words.map(cronQuote).join(" ")} >> ${cronQuote(input.log)} 2>&1`
}
