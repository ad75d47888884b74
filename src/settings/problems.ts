import { Schema } from "effect"
import { oneLine } from "../domain/Text.ts"

/**
 * One mistake in the configuration.
 *
 * @example
 * ({ message, path, source }: Problem) => `${path}: ${message} (${source})`
 */
export const Problem = Schema.Struct({
  /** The dotted key, or the variable's name; empty if the problem is about a whole file. */
  path: Schema.String,
  message: Schema.String,
  /** Where the mistake is: `file /etc/nightly-dispatch.yaml`, a variable's name, `flag`. */
  source: Schema.String,
  /** In a file, counted from 1. */
  line: Schema.optional(Schema.Int),
  column: Schema.optional(Schema.Int)
})
export type Problem = typeof Problem.Type

/** Where something was written. */
export type Place = Omit<Problem, "path" | "message">

const placeInWords = ({ column, line, source }: Place): string =>
  [source, line, column].filter((part) => part !== undefined).join(":")

/**
 * The configuration cannot be used. Holds all problems, so that the operator can correct them in one edit.
 *
 * @example
 * loadSettings().pipe(
 *   Effect.catchTag("ConfigInvalid", ({ problems }) => Effect.forEach(problems, ({ message, path }) => Console.log(path, message)))
 * )
 */
export class ConfigInvalid extends Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", {
  problems: Schema.NonEmptyArray(Problem),
  /** The settings file that was read. */
  file: Schema.optional(Schema.String)
}) {
  get what(): string {
    const [{ message }, ...others] = this.problems
    return others.length === 0 ? message : this.message.replaceAll("\n", "; ")
  }
  get where(): string {
    const [{ message: _, path, ...place }, ...others] = this.problems
    if (others.length > 0) return this.file ?? "the settings"
    return `${path === "" ? "" : `${path} in `}${placeInWords(place)}`
  }
  readonly next = "To see every mistake with its place: nightly-dispatch config check"
  override get message(): string {
    return this.problems
      .map(({ message, path, ...place }) => `${path === "" ? "" : `${path}: `}${message} (${placeInWords(place)})`)
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

/** A mistake at this path of the settings. */
export const problemAt = (path: ReadonlyArray<PropertyKey>, message: string, place: Place): Problem => ({
  path: dotted(path),
  message,
  ...place
})

/** A value for a message: short, on one line, without web addresses, which may be secrets. */
export const showActual = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? Array.isArray(value)
      ? `${value.length === 0 ? "an empty" : "a"} list`
      : "a record"
    : oneLine(JSON.stringify(value) ?? String(value), 80).replaceAll(/[a-z][a-z0-9+.-]*:\/\/[^\s"]*/gi, "***")
