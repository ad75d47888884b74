/** Where several repositories have one, the script's name ends with that of its repository. */
const SCRIPT = /^dx-nightly-dispatcher(?:-[A-Za-z0-9._-]+)?\.sh$/
/** A part of the program's path. */
const PROGRAM = /^nightly-dispatch(\.[cm]?js)?$/

/** What the command of a crontab line starts. */
export interface Started {
  /** The program that cron's shell starts: a name looked up on PATH, or a path. */
  readonly program: string
  /** The files that it names up to the script: the program, an interpreter, other scripts. */
  readonly files: ReadonlyArray<string>
  /** The script that starts the run; `undefined` if the line names our program itself. */
  readonly script: string | undefined
  /** Whether the script is executed itself, and not read by a shell that is named before it. */
  readonly isExecuted: boolean
  /** The file that gets the output; `undefined` if cron mails it. */
  readonly log: string | undefined
  /** Whether the line itself makes directories first. */
  readonly makesDirectories: boolean
}

const TOKEN = /(?:'[^']*'|"(?:\\[^]|[^"\\])*"|\\[^]|[^\s'"\\;&|<>()])+|[;&|<>()]+/g
const PART = /'([^']*)'|"((?:\\[^]|[^"\\])*)"|\\([^])|([^'"\\]+)/g
const OPERATOR = /^[;&|<>()]+$/
const SHELL = /^(?:ba|da|k|z)?sh$/

const nameOf = (word: string): string => word.split("/").at(-1) ?? word

/** A word as the shell has it after quotes, `~/` and `$HOME`. */
const wordOf = (token: string, home: string): string => {
  const expand = (text: string) => text.replaceAll(/\$(?:HOME\b|\{HOME\})/g, () => home)
  return token
    .replace(/^~(?=\/)/, () => home)
    .replaceAll(PART, (_, single?: string, double?: string, escaped?: string, bare?: string) => {
      if (single !== undefined) return single
      if (double !== undefined) return expand(double).replaceAll(/\\(["\\$`])/g, "$1")
      return escaped ?? expand(bare ?? "")
    })
}

/** The simple commands of a line, without what redirections name; and the first file that output goes to. */
const commandsOf = (command: string, home: string) => {
  const commands: Array<Array<string>> = [[]]
  let log: string | undefined
  let redirection = ""
  for (const [token] of command.matchAll(TOKEN)) {
    if (OPERATOR.test(token)) {
      redirection = /[<>]/.test(token) ? token : ""
      if (redirection === "") commands.push([])
    } else if (redirection === "") commands.at(-1)?.push(wordOf(token, home))
    else {
      if (/^>>?$/.test(redirection)) log ??= wordOf(token, home)
      redirection = ""
    }
  }
  return { commands: commands.map((words) => words.filter((word) => !/^[A-Za-z_]\w*=/.test(word))), log }
}

/** The place of the script, or of our program, in a simple command; -1 if it has neither. */
const targetIn = (words: ReadonlyArray<string>): number => {
  const script = words.findIndex((word) => SCRIPT.test(nameOf(word)))
  if (script !== -1) return script
  const program = words.findIndex((word) => word.split("/").some((part) => PROGRAM.test(part)))
  return program !== -1 && words[program + 1] === "--" ? program + 2 : program
}

/** A crontab line's command up to its first `%`, which ends it. */
const upToPercent = (command: string): string =>
  (/^(?:\\[^]|[^\\%])*/.exec(command)?.[0] ?? command).replaceAll("\\%", "%")

/** The runs that a line may start. A shadow run dispatches nothing, so it stands for no run. */
export type RunKind = "run" | "shadow"

/**
 * Whether a crontab line's command starts runs of this kind: by the script of `cron wrapper`, or by this program's `run`.
 *
 * @example
 * startsRuns("nightly-dispatch run --dry-run") // false
 */
export const startsRuns = (command: string, kind: RunKind = "run"): boolean =>
  commandsOf(upToPercent(command), "~").commands.some((words) => {
    const at = targetIn(words)
    if (at === -1) return false
    const rest = new Set(words.slice(at + 1))
    if (rest.has("--shadow") !== (kind === "shadow")) return false
    // `dx-job-wrapper.sh nightly-dispatch -- SCRIPT` starts a script with a name of its own.
    if (SCRIPT.test(nameOf(words[at] ?? "")) || words[at - 1] === "--") return true
    return rest.has("run") && !rest.has("--dry-run")
  })

/**
 * What a crontab line starts, as far as its text tells.
 *
 * @example
 * startedBy("/bin/bash ~/night.sh >> /tmp/log 2>&1", "/home/me")
 */
export const startedBy = (command: string, home: string): Started => {
  const { commands, log } = commandsOf(upToPercent(command), home)
  const words = commands.find((each) => targetIn(each) !== -1) ?? []
  const at = targetIn(words)
  const target = words[at] ?? ""
  const isScript = SCRIPT.test(nameOf(target)) || words[at - 1] === "--"
  return {
    program: words[0] ?? "",
    files: words.slice(0, at + 1).filter((word) => word.startsWith("/")),
    script: isScript ? target : undefined,
    isExecuted: at === 0 || !SHELL.test(nameOf(words[at - 1] ?? "")),
    log: log === undefined || !log.startsWith("/") ? undefined : log,
    makesDirectories: commands.some(([first]) => first === "mkdir")
  }
}
