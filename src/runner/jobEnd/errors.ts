import { NO_MODEL, NO_SECRET, QUOTA, UNAUTHORISED, type Cli, type Finding } from "./finding.ts"

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
  { message: /\bAPI key is missing\b.*?\b(?<variable>[A-Z][A-Z0-9_]+) environment variable\b/, ...NO_SECRET },
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
