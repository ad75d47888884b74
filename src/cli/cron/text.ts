/** What the wrapper script is made of. All paths absolute. */
export interface WrapperInput {
  readonly node: string
  readonly program: string
  /** Directories of the tools as they were found, in the order they are searched. */
  readonly path: ReadonlyArray<string>
  /** Where the run starts: the repository. */
  readonly directory: string
  /** Variables that are set unless cron or the env file set them. No secrets: the script is no place for those. */
  readonly variables: ReadonlyArray<readonly [name: string, value: string]>
}

/** What the crontab line is made of. All paths absolute and on one line. */
export interface CrontabInput {
  readonly schedule: string
  readonly bash: string
  /** `dx-job-wrapper.sh`, where there is one. It keeps the state and the log of the fleet's jobs. */
  readonly jobWrapper: string | undefined
  readonly script: string
  readonly log: string
  /** Whether the log's directory is there: cron starts nothing when it cannot open the log. */
  readonly logDirectoryExists: boolean
}

/** The hours of the night in the United States, in UTC. */
export const NIGHTLY = "0 6-13 * * *"

/** Searched last, in this order; on macOS the bash that dx-runner needs is in the third. */
const USUAL_PATH = [
  '"$HOME/.local/bin"',
  '"$HOME/.local/share/mise/shims"',
  "/opt/homebrew/bin",
  "/usr/local/bin",
  "/usr/bin",
  "/bin"
]

/**
 * One word of a shell command, whatever is in it.
 *
 * @example
 * shellQuote("it's") // "'it'\\''s'"
 */
export const shellQuote = (text: string): string =>
  /^[\w@+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/**
 * A quoted word in a crontab, where `%` ends the command unless a backslash is before it. The word's quotes are closed
 * and opened again there, because cron takes a backslash of the word itself for one that was already used up.
 */
const cronQuote = (text: string): string => shellQuote(text).replaceAll("%", "''\\%")

const directoryOf = (file: string): string => file.slice(0, Math.max(1, file.lastIndexOf("/")))

const setUnlessSet = ([name, value]: readonly [string, string]): string =>
  `[ -n "\${${name}:-}" ] || ${name}=${shellQuote(value)}\nexport ${name}`

/**
 * The script that cron starts: everything a run needs and an empty environment does not give. Its arguments go to
 * `nightly-dispatch run`.
 */
export const wrapperScript = ({ directory, node, path, program, variables }: WrapperInput): string => {
  const found = [...new Set([directoryOf(node), ...path])].filter(
    (entry) => entry.startsWith("/") && !entry.includes(":") && !USUAL_PATH.includes(entry)
  )
  return `#!/usr/bin/env bash
# dx-nightly-dispatcher.sh: the nightly dispatch as cron starts it.
# Printed by "nightly-dispatch cron wrapper"; print it again when something has moved.
set -euo pipefail

# Without HOME, bash takes ~ from the password database.
if [ -z "\${HOME:-}" ]; then
  unset HOME
  HOME=~
fi
export HOME
export PATH=${[...found.map(shellQuote), ...USUAL_PATH].join(":")}

# Secrets (SLACK_WEBHOOK, tokens of providers) belong in this file, which nobody else may read.
env_file="\${XDG_CONFIG_HOME:-$HOME/.config}/nightly-dispatch/env"
if [ -e "$env_file" ]; then
  if [ ! -f "$env_file" ] || [ ! -O "$env_file" ] ||
    [ -z "$(find -L "$env_file" -prune \\( -perm 600 -o -perm 400 \\))" ]; then
    echo "dx-nightly-dispatcher: $env_file: has to be a file of yours with mode 0600" >&2
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
  echo "dx-nightly-dispatcher: there is no directory $directory" >&2
  cd -- "$HOME" 2>/dev/null || cd /
fi

node=${shellQuote(node)}
program=${shellQuote(program)}
# The node this was printed with may have been upgraded away.
[ -x "$node" ] || node="$(command -v node || true)"
if [ -z "$node" ] || [ ! -r "$program" ]; then
  echo "dx-nightly-dispatcher: node or $program is missing; print this script again" >&2
  exit 127
fi
exec "$node" "$program" run "$@"
`
}

/** The line for `crontab -e`, in the shape the fleet's jobs have. */
export const crontabLine = (input: CrontabInput): string => {
  const words =
    input.jobWrapper === undefined
      ? [input.bash, input.script]
      : [input.bash, input.jobWrapper, "nightly-dispatch", "--", input.script]
  const prepare = input.logDirectoryExists ? "" : `mkdir -p ${cronQuote(directoryOf(input.log))} && `
  return `${input.schedule} ${prepare}${words.map(cronQuote).join(" ")} >> ${cronQuote(input.log)} 2>&1`
}
