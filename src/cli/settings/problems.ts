import { Array as Arr, Order, ParseResult, Schema } from "effect"
import { Provider } from "../../domain/Provider.ts"
import { oneLine } from "../../domain/Text.ts"
import { isSettingsKey, keysUnder, SETTINGS, SETTINGS_KEYS, type Kind, type ListKind } from "./keys.ts"

/** One thing that is wrong with the configuration. */
export const Problem = Schema.Struct({
  /** The dotted key, or the variable's name; empty when it is about a file as a whole. */
  path: Schema.String,
  message: Schema.String,
  /** Where it was written, e.g. `file /etc/nightly-dispatch.yaml:7`, a variable's name, `flag`. */
  source: Schema.String
})
export type Problem = typeof Problem.Type

/** The configuration cannot be used. Holds everything that is wrong with it, so that it is mended in one go. */
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

const plain = (word: string): string => word.toLowerCase().replaceAll(/[_\-\s]/g, "")

const distance = (left: string, right: string): number => {
  let row: ReadonlyArray<number> = Arr.makeBy(right.length + 1, (column) => column)
  for (let line = 0; line < left.length; line++) {
    const next: Array<number> = [line + 1]
    for (let column = 0; column < right.length; column++) {
      const substituted = (row[column] ?? 0) + (left[line] === right[column] ? 0 : 1)
      next.push(Math.min((row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1, substituted))
    }
    row = next
  }
  return row[right.length] ?? 0
}

/** The candidate that was probably meant; nothing when none is near. Case, `_` and `-` do not count. */
export const nearest = (word: string, candidates: ReadonlyArray<string>): string | undefined => {
  if (word.length > 80) return undefined
  const measured = candidates.map((candidate) => ({ candidate, far: distance(plain(word), plain(candidate)) }))
  const near = measured.filter(
    ({ candidate, far }) => far <= Math.max(1, Math.min(3, Math.round(candidate.length / 3)))
  )
  return Arr.sort(
    near,
    Order.mapInput(Order.number, (one: (typeof near)[number]) => one.far)
  )[0]?.candidate
}

/** What to say of a key that nobody knows: the key beside it that is spelt nearly so, else one in another section. */
export const unknownKey = (path: ReadonlyArray<PropertyKey>): string => {
  const word = String(path.at(-1))
  if (path.length === 1 && isSettingsKey(word)) {
    const [section, key] = word.split(".")
    return `unknown key, write ${key} under ${section}`
  }
  const beside = path[0] === "providers" ? Object.keys(Provider.fields) : keysUnder(path.slice(0, -1))
  const elsewhere = SETTINGS_KEYS.find((key) => plain(key.slice(key.indexOf(".") + 1)) === plain(word))
  const meant = nearest(word, beside) ?? elsewhere
  return meant === undefined
    ? `unknown key, expected one of ${beside.join(", ")}`
    : `unknown key, did you mean ${meant}?`
}

const EXPECTED: Partial<Record<Kind | ListKind, string>> = {
  name: "a repository's name (letters, digits, '_', '-', '.')",
  count: "a positive integer",
  amount: "a whole number, 0 or more",
  priority: "a priority from 0 to 4",
  span: 'a time with its unit, like "30 s", "50 min" or "48 h"',
  boolean: "true or false",
  list: "a list of words, at least one where one is needed",
  variables: "names of variables, or beginnings of names with a * behind",
  providers: "a list of providers, at least one"
}

const kindOf = (path: ReadonlyArray<PropertyKey>): Kind | ListKind | undefined => {
  const key = path.join(".")
  return isSettingsKey(key) ? SETTINGS[key].kind : undefined
}

/** A value as it may be shown: short, on one line, and without anything that looks like a web address. */
export const showActual = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? Array.isArray(value)
      ? "a list"
      : "a record"
    : oneLine(JSON.stringify(value) ?? String(value), 80).replaceAll(/[a-z][a-z0-9+.-]*:\/\/[^\s"]*/gi, "***")

const at = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<unknown>((inner, part) => Reflect.get(Object(inner), part), value)

const EXPECTED_ACTUAL = /^expected (.*), actual /is

/** What the schema's own messages expect, or what a message that was written for people says. */
const expectation = (messages: ReadonlyArray<string>): string => {
  const written = messages.find((message) => !EXPECTED_ACTUAL.test(message))
  if (written !== undefined) return written
  const wanted = messages.map((message) => EXPECTED_ACTUAL.exec(message)?.[1] ?? message)
  return `expected ${Arr.dedupe(wanted).join(" or ")}`.replace(/\{.*/s, "a provider: a name, or a record with one")
}

const describe = (issues: Arr.NonEmptyReadonlyArray<ParseResult.ArrayFormatterIssue>, raw: unknown): string => {
  const { _tag, path } = issues[0]
  if (_tag === "Unexpected") return unknownKey(path)
  if (_tag === "Missing") return "is missing"
  const kind = kindOf(path)
  if (kind === "secret") return "expected an address in quotes"
  const expected = kind && EXPECTED[kind]
  const what = expected === undefined ? expectation(issues.map(({ message }) => message)) : `expected ${expected}`
  return `${what}, actual ${showActual(at(raw, path))}`
}

/** What the schema found wrong with `raw`: one message for each place, in the order they were found. */
export const problemsOf = (
  error: ParseResult.ParseError,
  raw: unknown
): ReadonlyArray<{ readonly path: ReadonlyArray<PropertyKey>; readonly message: string }> => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
  // An optional value may also be absent, which the formatter lists as one more thing it could have been.
  const wanted = issues.filter(({ message }) => !message.startsWith("Expected undefined, actual"))
  // A list that lacks its first element is a problem of the list.
  const placed = wanted.map((issue) =>
    issue._tag === "Missing" && issue.path.at(-1) === 0
      ? { _tag: "Type" as const, path: issue.path.slice(0, -1), message: issue.message }
      : issue
  )
  return Object.values(Arr.groupBy(placed, ({ path }) => JSON.stringify(path))).map((group) => ({
    path: group[0].path,
    message: describe(group, raw)
  }))
}
