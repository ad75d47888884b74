import { Schema } from "effect"
import { oneLine } from "../../domain/Text.ts"

/** One mistake in the configuration. */
export const Problem = Schema.Struct({
  /** The dotted key, or the variable's name; empty if the problem is about a whole file. */
  path: Schema.String,
  message: Schema.String,
  /** The place of the mistake, e.g. `file /etc/nightly-dispatch.yaml:7`, a variable's name, `flag`. */
  source: Schema.String
})
export type Problem = typeof Problem.Type

/** The configuration cannot be used. Holds all problems, so that the operator can correct them in one edit. */
export class ConfigInvalid extends Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", {
  problems: Schema.NonEmptyArray(Problem)
}) {
  override get message(): string {
    return this.problems
      .map(({ message, path, source }) => `${path === "" ? "" : `${path}: `}${message} (${source})`)
      .join("\n")
  }
}

/** `["providers", 0, "name"]` → `providers[0].name`. */
export const dotted = (path: ReadonlyArray<PropertyKey>): string =>
  oneLine(
    path.reduce<string>(
      (text, part) => (typeof part === "number" ? `${text}[${part}]` : `${text}${text && "."}${String(part)}`),
      ""
    )
  )

/** A value for a message: short, on one line, without web addresses, which may be secrets. */
export const showActual = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? Array.isArray(value)
      ? "a list"
      : "a record"
    : oneLine(JSON.stringify(value) ?? String(value), 80).replaceAll(/[a-z][a-z0-9+.-]*:\/\/[^\s"]*/gi, "***")
