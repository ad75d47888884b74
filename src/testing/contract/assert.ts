import * as node from "node:assert/strict"

const inWords = (value: unknown): string =>
  value instanceof Error ? String(value) : (JSON.stringify(value) ?? String(value))

interface Assertions {
  (condition: unknown, message?: string): asserts condition
  readonly strictEqual: (actual: unknown, expected: unknown, message?: string) => void
  readonly notStrictEqual: (actual: unknown, expected: unknown, message?: string) => void
  readonly deepStrictEqual: (actual: unknown, expected: unknown, message?: string) => void
  readonly notDeepStrictEqual: (actual: unknown, expected: unknown, message?: string) => void
  /** The actual object is there and has these fields with these values. */
  readonly deepInclude: (actual: object | undefined, expected: object, message?: string) => void
  readonly isTrue: (actual: unknown, message?: string) => void
  readonly isFalse: (actual: unknown, message?: string) => void
  readonly isUndefined: (actual: unknown, message?: string) => void
  readonly isDefined: (actual: unknown, message?: string) => void
  readonly isNumber: (actual: unknown, message?: string) => void
  readonly isEmpty: (actual: ReadonlyArray<unknown>, message?: string) => void
  readonly isNotEmpty: (actual: ReadonlyArray<unknown>, message?: string) => void
  readonly lengthOf: (actual: ReadonlyArray<unknown>, length: number, message?: string) => void
  readonly include: (whole: string | ReadonlyArray<unknown>, part: unknown, message?: string) => void
  readonly match: (actual: string, pattern: RegExp, message?: string) => void
  readonly notMatch: (actual: string, pattern: RegExp, message?: string) => void
  readonly isAbove: (actual: number, limit: number, message?: string) => void
  readonly isAtLeast: (actual: number, least: number, message?: string) => void
  readonly isAtMost: (actual: number, most: number, message?: string) => void
  /** The same members, in any order. */
  readonly sameMembers: (actual: ReadonlyArray<string>, expected: ReadonlyArray<string>, message?: string) => void
}

const ok: (condition: unknown, message?: string) => void = (condition, message) => node.ok(condition, message)

const methods: { readonly [M in keyof Assertions]: Assertions[M] } = {
  strictEqual: node.strictEqual,
  notStrictEqual: node.notStrictEqual,
  deepStrictEqual: node.deepStrictEqual,
  notDeepStrictEqual: node.notDeepStrictEqual,
  deepInclude: (actual, expected, message) => {
    if (actual === undefined) return node.fail(message ?? `nothing is there with ${inWords(expected)}`)
    for (const [key, value] of Object.entries(expected)) {
      node.deepStrictEqual(Reflect.get(actual, key), value, message ?? `${key} of ${inWords(actual)}`)
    }
  },
  isTrue: (actual, message) => node.strictEqual(actual, true, message),
  isFalse: (actual, message) => node.strictEqual(actual, false, message),
  isUndefined: (actual, message) => node.strictEqual(actual, undefined, message),
  isDefined: (actual, message) => node.notStrictEqual(actual, undefined, message),
  isNumber: (actual, message) => node.strictEqual(typeof actual, "number", message),
  isEmpty: (actual, message) => node.deepStrictEqual([...actual], [], message),
  isNotEmpty: (actual, message) => ok(actual.length > 0, message ?? "it is empty"),
  lengthOf: (actual, length, message) => node.strictEqual(actual.length, length, message ?? inWords(actual)),
  include: (whole, part, message) =>
    ok(
      typeof whole === "string" ? typeof part === "string" && whole.includes(part) : whole.includes(part),
      message ?? `${inWords(part)} is not in ${inWords(whole)}`
    ),
  match: node.match,
  notMatch: node.doesNotMatch,
  isAbove: (actual, limit, message) => ok(actual > limit, message ?? `${actual} is not above ${limit}`),
  isAtLeast: (actual, least, message) => ok(actual >= least, message ?? `${actual} is below ${least}`),
  isAtMost: (actual, most, message) => ok(actual <= most, message ?? `${actual} is above ${most}`),
  sameMembers: (actual, expected, message) =>
    node.deepStrictEqual([...actual].toSorted(), [...expected].toSorted(), message)
}

/** The assertions of the contract suites. Each throws node's `AssertionError`. */
export const assert: Assertions = Object.assign(ok, methods)
