import { Schema } from "effect"

/**
 * What only a person can give an agent. `permission`: the answer to its question. `login`: it has none, or its login has expired.
 * `secret`: a key or a token is missing.
 */
export const Needed = Schema.Struct({
  kind: Schema.Literal("permission", "login", "secret"),
  /** What to do about it: a command or a place. One line. */
  next: Schema.String
})
export type Needed = typeof Needed.Type

/**
 * What is needed, behind the name of what needs it.
 *
 * @example
 * neededInWords({ kind: "login", next: "run `claude /login`" }) // "needs a login from you: run `claude /login`"
 */
export const neededInWords = ({ kind, next }: Needed): string => `needs a ${kind} from you: ${next}`

/** Where the variables of the agents are set. */
export const WHERE_TO_SET = "where nightly-dispatch starts (under cron: ~/.config/nightly-dispatch/env)"

/** How to give a missing variable to the agents. */
export const secretNext = (variable: string): string =>
  `set ${variable} ${WHERE_TO_SET}, and name it in environment.pass`
