import { digest } from "../../domain/digest.ts"
import { shellWord } from "../../domain/shellWord.ts"
import { directoryOf } from "./text.ts"

/** The values in the wrapper script. All paths are absolute. */
export interface WrapperInput {
  /** The name of the repository's schedule, as the markers in the crontab have it. */
  readonly name: string
  readonly node: string
  readonly program: string
  /** The directories of `cron install --path`, which are searched first. On one line each. */
  readonly given: ReadonlyArray<string>
  /** The directories of the installed tools, in search order. */
  readonly path: ReadonlyArray<string>
  /** The directory that the run starts in: the repository. */
  readonly directory: string
  /** The log that cron opens for the script. */
  readonly log: string
  /** Seconds. `timeout` ends a run that takes longer. */
  readonly limit: number
  /** Variables that the script sets unless cron or the env file sets them. No secrets: other users may read the script. */
  readonly variables: ReadonlyArray<readonly [name: string, value: string]>
}

/** The end of PATH. On macOS the third directory has the bash that dx-runner needs. */
const USUAL_PATH = [
  '"$HOME/.local/bin"',
  '"$HOME/.local/share/mise/shims"',
  "/opt/homebrew/bin",
  "/usr/local/bin",
  "/usr/bin",
  "/bin"
]

/** Bytes. A larger log is moved away. */
const LARGEST_LOG = 5 * 1024 * 1024

const setUnlessSet = ([name, value]: readonly [string, string]): string =>
  `[ -n "\${${name}:-}" ] || ${name}=${shellWord(value)}\nexport ${name}`

const searchPath = ({ given, node, path }: WrapperInput): string => {
  const found = [...new Set([...given, directoryOf(node), ...path])].filter(
    (entry) => entry.startsWith("/") && !entry.includes(":") && !USUAL_PATH.includes(entry)
  )
  return [...found.map(shellWord), ...USUAL_PATH].join(":")
}

const UNSEALED = `, digest ${"0".repeat(16)}`
const MADE_BY = /^# Made by nightly-dispatch for (\S+), digest ([0-9a-f]{16})$/m
const GIVEN = /^# --path (.*)$/gm

/** Facts that a wrapper script states in its comments. */
export interface WrapperFacts {
  readonly name: string
  readonly given: ReadonlyArray<string>
  /** Whether its text is as `wrapperScript` made it. */
  readonly isUnchanged: boolean
}

/** The facts of a script; `undefined` if `wrapperScript` did not make it. */
export const wrapperFacts = (script: string): WrapperFacts | undefined => {
  const [, name, made] = MADE_BY.exec(script) ?? []
  if (name === undefined || made === undefined) return undefined
  return {
    name,
    given: Array.from(script.matchAll(GIVEN), ([, directory = ""]) => directory),
    isUnchanged: digest(script.replace(`, digest ${made}`, UNSEALED)) === made
  }
}

/** Whether a script starts its runs in this directory. */
export const startsIn = (script: string, directory: string): boolean =>
  script.includes(`\ndirectory=${shellWord(directory)}\n`)

/** The script with the digest of its text, which shows later whether a person changed it. */
const sealed = (script: string): string => script.replace(UNSEALED, `, digest ${digest(script)}`)

/**
 * The script that cron starts. It sets what cron's environment lacks, and passes its arguments to `nightly-dispatch`; without
 * arguments, or where the first is an option, it starts `run`.
 */
export const wrapperScript = (input: WrapperInput): string => {
  const { directory, given, limit, log, name, node, program, variables } = input
  return sealed(`#!/usr/bin/env bash
# dx-nightly-dispatcher.sh: the nightly dispatch as cron starts it. With arguments, another command of nightly-dispatch
# in the same environment: "dx-nightly-dispatcher.sh run --dry-run".
# Make it again when node, the program, the repository or timeouts.run has changed: nightly-dispatch cron install
# Made by nightly-dispatch for ${name}${UNSEALED}
${given.map((entry) => `# --path ${entry}\n`).join("")}set -euo pipefail

# Without HOME, bash takes ~ from the password database.
if [ -z "\${HOME:-}" ]; then
  unset HOME
  HOME=~
fi
export HOME
export PATH=${searchPath(input)}

# The log quotes what tools print: only its owner may read it, whatever the umask of cron is.
for stream in /dev/fd/1 /dev/fd/2; do
  if [ -f "$stream" ] && ! chmod 600 "$stream"; then
    echo "dx-nightly-dispatcher: other users can read this log; run chmod 600 on it" >&2
  fi
done

# A log that is too large becomes the only older one.
log=${shellWord(log)}
if [ -f "$log" ] && [ ! -L "$log" ] && [ "$log" -ef /dev/fd/1 ] && [ "$(wc -c <"$log")" -gt ${LARGEST_LOG} ]; then
  errors=elsewhere
  [ ! "$log" -ef /dev/fd/2 ] || errors=log
  if mv -f -- "$log" "$log.1" && (umask 077 && : >>"$log"); then
    exec >>"$log"
    [ "$errors" = elsewhere ] || exec 2>&1
  fi
fi

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
${variables.map((variable) => `${setUnlessSet(variable)}\n`).join("")}# Each run begins a trace of its own.
unset TRACEPARENT TRACESTATE

directory=${shellWord(directory)}
if ! cd -- "$directory" 2>/dev/null; then
  echo "dx-nightly-dispatcher: there is no directory $directory; starting the run in the home directory" >&2
  cd -- "$HOME" 2>/dev/null || cd /
fi

node=${shellWord(node)}
program=${shellWord(program)}
# An upgrade may have removed the node that printed this script.
[ -x "$node" ] || node="$(command -v node || true)"
if [ -z "$node" ] || [ ! -r "$program" ]; then
  echo "dx-nightly-dispatcher: node or $program is missing; make this script again: nightly-dispatch cron install" >&2
  exit 127
fi

case "\${1:-}" in
  "" | -*) set -- run "$@" ;;
esac
# A run ends itself before that time. This is for one that cannot: it exits with 124, or with 137 if it had to be killed. The
# next run says so, and settles what that one left.
if [ "$1" = run ]; then
  for limiter in timeout gtimeout; do
    if "$limiter" -k 1 5 true 2>/dev/null; then
      exec "$limiter" -k 30 ${limit} "$node" "$program" "$@"
    fi
  done
fi
exec "$node" "$program" "$@"
`)
}
