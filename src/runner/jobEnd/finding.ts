import type { Blame } from "../../domain/Blame.ts"
import { secretNext, type Needed } from "../../domain/Needed.ts"

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

/** What an end proves: whose fault it is, or what a person must give. */
export type Finding = {
  /** One word, for the log and the journal. */
  readonly reason: string
} & (
  | {
      readonly fault: Fault
      /** What a person can do about it. */
      readonly hint?: string
    }
  /** The group `variable` of the line is the name of what is missing. */
  | { readonly needs: "login" | "secret" }
  | { readonly needs: "permission"; readonly next: string }
)

export const UNAUTHORISED = { reason: "unauthorised", needs: "login" } as const
export const NO_SECRET = { reason: "no_secret", needs: "secret" } as const
export const QUOTA = { reason: "quota", fault: "provider" } as const
export const NO_MODEL = { reason: "model_not_found", fault: "provider" } as const

/** How to log in. */
const LOGINS: Readonly<Record<Cli | "any", string>> = {
  opencode: "run `opencode auth login`, or renew its key",
  claude: "run `claude` and type /login, or renew its token",
  gemini: "run `gemini` and sign in, or set GEMINI_API_KEY",
  any: "log in with it"
}

/** What a person must give to this tool. `variable`: the name that the tool printed. */
export const neededBy = (
  finding: Extract<Finding, { needs: unknown }>,
  cli: Cli | "any",
  variable: string | undefined
): Needed => {
  if (finding.needs === "permission") return { kind: finding.needs, next: finding.next }
  return { kind: finding.needs, next: finding.needs === "login" ? LOGINS[cli] : secretNext(variable ?? "its key") }
}
