import type { Blame } from "../../domain/Blame.ts"

/** The agents' command line tools whose ways of ending are known. */
export type Cli = "opencode" | "claude" | "gemini"

const isCli = (name: string): name is Cli => name === "opencode" || name === "claude" || name === "gemini"

/** The tool of an executable's path; `undefined` if it is another program, which may run any of them. */
export const cliOf = (command: string): Cli | undefined => {
  const name = command.slice(command.lastIndexOf("/") + 1)
  return isCli(name) ? name : undefined
}

/** Whose fault an end proves. It never proves the bug's, and the tracker has no part in a job. */
export type Fault = Exclude<Blame, "issue" | "tracker">

export interface Finding {
  /** One word, for the log and the journal. */
  readonly reason: string
  readonly fault: Fault
  /** What a person can do about it. */
  readonly hint?: string
}

/** An end that the exit code proves, or a sentence that is the tool's own. */
export interface EndRow extends Finding {
  readonly cli: Cli | "any"
  /** `failed`: any code from 1 to 128. `any`: also 0, which counts only if the job left no work. */
  readonly exit: number | "failed" | "any"
  /** A whole line among the last `among` lines (default 3). Absent: the exit code is enough. */
  readonly line?: RegExp
  readonly among?: number
  /** Other programs may print such a line as well, so it counts only if the tool is known. */
  readonly isCommon?: true
}

const UNAUTHORISED = { reason: "unauthorised", fault: "provider" } as const
const QUOTA = { reason: "quota", fault: "provider" } as const
const NO_MODEL = { reason: "model_not_found", fault: "provider" } as const

/** The reasons of an end at a limit, which may be over at a time that the words name. */
export const LIMITS: ReadonlySet<string> = new Set(["quota", "rate_limited"])

/** A limit that was reached, and when it ends. A program that only speaks of limits does not say both. */
export const LIMIT_UNTIL =
  /^(?=.*(?:\blimit (?:has been |was )?(?:reached|exceeded|exhausted)|\bhit your .{0,40}\blimit|\bquota (?:reached|exceeded|exhausted)|\brate.limited\b|\btoo many requests\b))(?=.*(?:\bresets?\b|\bretry.(?:after|in)\b|\btry again (?:at|in)\b|\breached\|).{0,20}\d).*$/i

/** The first row that fits decides. */
export const ENDS: ReadonlyArray<EndRow> = [
  {
    cli: "opencode",
    exit: "any",
    // The rejected tool and the model's last error follow.
    among: 5,
    line: /^(?:! )?permission requested: .+; auto-rejecting$/,
    reason: "permission_rejected",
    fault: "provider",
    hint: "allow it in the settings of opencode, which ends a session at a rejected permission"
  },
  { cli: "opencode", exit: "any", among: 1, line: /^Error: Model not found: \S+\/\S+.*$/, isCommon: true, ...NO_MODEL },
  {
    cli: "opencode",
    exit: "failed",
    line: /^Error: You must provide a message or a command$/,
    reason: "no_message",
    fault: "runner",
    hint: "the prompt file was empty or gone when the agent read it"
  },
  {
    cli: "claude",
    exit: "failed",
    // dx-runner's cc-glm reads the file after the acknowledgement.
    line: /^\[cc-glm-headless\] ERROR: --prompt-file not found: .*$/,
    reason: "no_message",
    fault: "runner"
  },
  {
    cli: "claude",
    exit: "failed",
    line: /^--dangerously-skip-permissions cannot be used with root\/sudo privileges\b.*$/,
    reason: "runs_as_root",
    fault: "provider",
    hint: "run it as another user than root, or with the local runner"
  },
  { cli: "claude", exit: "failed", line: /^There's an issue with the selected model .*$/, ...NO_MODEL },
  { cli: "claude", exit: "failed", line: /^(?:Not logged in|Invalid API key|OAuth token)\b.*$/, ...UNAUTHORISED },
  {
    cli: "claude",
    exit: "failed",
    line: /^(?:Credit balance is too low|You['’]ve hit your .*limit|Claude (?:AI )?usage limit reached|(?:5-hour|Session|Weekly|Opus) limit reached)\b.*$/,
    ...QUOTA
  },
  {
    cli: "gemini",
    exit: 41,
    reason: "auth_method",
    fault: "provider",
    hint: "choose how gemini signs in, or set its key"
  },
  { cli: "gemini", exit: 42, reason: "no_message", fault: "runner" },
  { cli: "gemini", exit: 52, reason: "bad_settings", fault: "provider" },
  { cli: "gemini", exit: 55, reason: "not_trusted", fault: "provider", hint: "set GEMINI_CLI_TRUST_WORKSPACE=true" },
  // The tool asks a question, and nobody answers. It waits, or has ended without an answer.
  {
    cli: "any",
    exit: "any",
    among: 1,
    line: /^.*[[(](?:y\/n|yes\/no)[\])][ ?:]*$/i,
    reason: "asks_a_person",
    fault: "provider"
  },
  { cli: "any", exit: "failed", among: 1, line: LIMIT_UNTIL, ...QUOTA },
  { cli: "any", exit: 126, line: /: Argument list too long$/, reason: "prompt_too_long", fault: "runner" },
  { cli: "any", exit: 126, reason: "not_executable", fault: "provider" },
  { cli: "any", exit: 127, reason: "not_executable", fault: "provider" }
]

/** How a tool marks the error that ended it with an exit code from 1 to 128. The group `message` is what it says of it. */
export interface ErrorLine {
  readonly cli: Cli
  readonly line: RegExp
  /** The line is among so many last lines. */
  readonly among: number
  /** As above. */
  readonly isCommon?: true
}

export const ERROR_LINES: ReadonlyArray<ErrorLine> = [
  { cli: "opencode", line: /^Error: (?<message>.+)$/, among: 1, isCommon: true },
  // Of `opencode run --format json`.
  { cli: "opencode", line: /^\{"type":"error",.*?"sessionID":"ses_\w+","error":(?<message>.+)$/, among: 3 },
  { cli: "claude", line: /^(?:Failed to authenticate\. )?API Error: (?<message>.+)$/, among: 1 },
  // A stack trace and the error's fields follow.
  {
    cli: "gemini",
    line: /^Error when talking to Gemini API (?:Full report available at: .*?\.json )?(?<message>.+)$/,
    among: 40
  }
]

/** What a tool says of the error that ended it. The first pattern that fits decides. */
export const MESSAGES: ReadonlyArray<Finding & { readonly message: RegExp }> = [
  { message: /^(?:ENOSPC|EROFS|EACCES|EMFILE|ENOMEM)\b/, reason: "system_error", fault: "host" },
  {
    message: /\bquota\b|credit balance|insufficient.(?:balance|funds|credit)|payment required|(?:usage|spend) limit/i,
    ...QUOTA
  },
  {
    message: /^429\b|\(429\)|"(?:status)?code": ?429\b|rate.?limit|too many requests|exhausted/i,
    reason: "rate_limited",
    fault: "provider"
  },
  {
    message: /^401\b|"(?:status)?code": ?401\b|unauthori[sz]ed|unauthenticated|api.?key|authenticat|OAuth token/i,
    ...UNAUTHORISED
  },
  { message: /^403\b|"(?:status)?code": ?403\b|\bforbidden\b/i, reason: "forbidden", fault: "provider" },
  {
    message:
      /^404\b|"(?:status)?code": ?404\b|\bmodel\b.{1,80}\b(?:not found|does not exist|unavailable)\b|ModelNotFound/i,
    ...NO_MODEL
  },
  {
    message: /^5\d\d\b|"(?:status)?code": ?5\d\d\b|overloaded|\bserver (?:had an )?error\b|internal error/i,
    reason: "server_error",
    fault: "provider"
  },
  {
    message: /\bE(?:CONN[A-Z]+|NOTFOUND|TIMEDOUT|AI_AGAIN)\b|unable to connect|connection error|fetch failed/i,
    reason: "unreachable",
    fault: "provider"
  }
]
