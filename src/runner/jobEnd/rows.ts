import { NO_MODEL, NO_SECRET, QUOTA, UNAUTHORISED, type Cli, type Finding } from "./finding.ts"

/** An end that the exit code proves, or a sentence that is the tool's own. */
export type EndRow = Finding & {
  readonly cli: Cli | "any"
  /** `failed`: any code from 1 to 128. `any`: also 0, which counts only if the job left no work. */
  readonly exit: number | "failed" | "any"
  /** A whole line among the last `among` lines (default 3). Absent: the exit code is enough. */
  readonly line?: RegExp
  readonly among?: number
  /** Other programs may print such a line as well, so it counts only if the tool is known. */
  readonly isCommon?: true
}

/** A whole line that says of a variable that a key or a token lacks. A program that only speaks of it says more, or ends well. */
const SECRET_MISSING =
  /^(?=.*\b(?:not (?:set|found|defined)|required|[Mm]issing|unset|must be set)\b)(?:\w*Error: |ERROR:? |error: )?(?:[Tt]he |[Mm]issing )?(?:[Rr]equired )?(?:environment variable )?["'`]?(?<variable>[A-Z][A-Z0-9_]*_(?:KEY|TOKEN))["'`]?(?: environment variable)?(?:(?: (?:is|was))? (?:not (?:set|found|defined)|required|missing|unset|must be set)\b.{0,140})?$/

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
    needs: "permission",
    next: "allow it under `permission` in opencode.json, or say in the bug how to do without"
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
  {
    cli: "claude",
    exit: "failed",
    line: /^(?:Not logged in|Invalid API key|(?:Failed to authenticate: )?OAuth (?:token|session))\b.*$/,
    ...UNAUTHORISED
  },
  {
    cli: "claude",
    exit: "failed",
    line: /^(?:Credit balance is too low|You['’]ve hit your .*limit|Claude (?:AI )?usage limit reached|(?:5-hour|Session|Weekly|Opus) limit reached)\b.*$/,
    ...QUOTA
  },
  {
    cli: "gemini",
    exit: 41,
    line: /^When using Gemini API, you must specify the (?<variable>\w+) environment variable\b.*$/,
    ...NO_SECRET
  },
  { cli: "gemini", exit: 41, reason: "auth_method", needs: "login" },
  // It asks whether to go on, and nobody answers.
  { cli: "gemini", exit: "any", line: /^Opening authentication page in your browser\b.*$/, ...UNAUTHORISED },
  { cli: "gemini", exit: 42, reason: "no_message", fault: "runner" },
  { cli: "gemini", exit: 52, reason: "bad_settings", fault: "provider" },
  {
    cli: "gemini",
    exit: 55,
    reason: "not_trusted",
    needs: "permission",
    next: "set GEMINI_CLI_TRUST_WORKSPACE=true, and name it in environment.pass"
  },
  // The tool asks a question, and nobody answers. It waits, or has ended without an answer.
  {
    cli: "any",
    exit: "any",
    among: 1,
    line: /^.*[[(](?:y\/n|yes\/no)[\])][ ?:]*$/i,
    reason: "asks_a_person",
    needs: "permission",
    next: "start it so that it does not ask: see its flags and settings for what is allowed"
  },
  { cli: "any", exit: "failed", among: 1, line: LIMIT_UNTIL, ...QUOTA },
  { cli: "any", exit: "failed", among: 1, line: SECRET_MISSING, ...NO_SECRET },
  { cli: "any", exit: 126, line: /: Argument list too long$/, reason: "prompt_too_long", fault: "runner" },
  { cli: "any", exit: 126, reason: "not_executable", fault: "provider" },
  { cli: "any", exit: 127, reason: "not_executable", fault: "provider" }
]
