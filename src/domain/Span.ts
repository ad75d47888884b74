import { Duration, Either, ParseResult, Schema } from "effect"

const MS = { unit: "ms", ms: 1, words: "milliseconds?|millis|ms" } as const
/** The units, the longest first. `words`: how people write them. */
const UNITS = [
  { unit: "w", ms: 604_800_000, words: "weeks?|w" },
  { unit: "d", ms: 86_400_000, words: "days?|d" },
  { unit: "h", ms: 3_600_000, words: "hours?|hrs?|h" },
  { unit: "min", ms: 60_000, words: "minutes?|mins?|m" },
  { unit: "s", ms: 1000, words: "seconds?|secs?|s" },
  MS
] as const

const NUMBER = String.raw`\d+(?:\.\d+)?`
// No two parts that may be empty or white space stand beside each other, so that a long text takes linear time.
const WORDS = String.raw`(?=\d)${UNITS.map(({ words }) => String.raw`(?:(${NUMBER})\s*(?:${words})\s*)?`).join("")}`
const [WEEKS, DAYS, HOURS, MINUTES, SECONDS] = Array.from("WDHMS", (letter) => `(?:(${NUMBER})${letter})?`)
/** ISO 8601, without years and months: their length is not fixed. */
const ISO = String.raw`P(?=[\dT])${WEEKS}${DAYS}(?:T(?=\d)${HOURS}${MINUTES}${SECONDS})?\s*`
const PATTERN = String.raw`^\s*(?:${WORDS}|${ISO})$`
const EXPRESSION = new RegExp(PATTERN)

/** The numbers of a text, each with its unit; `undefined` if the text is no time. */
const partsOf = (text: string) => {
  const numbers = EXPRESSION.exec(text)?.slice(1)
  return (
    numbers &&
    UNITS.flatMap((unit, index) => {
      const number = numbers[index] ?? numbers[index + UNITS.length]
      return number === undefined ? [] : [{ ...unit, number: Number(number) }]
    })
  )
}

const parse = (text: string): number | undefined => {
  const total = partsOf(text)?.reduce((sum, { ms, number }) => sum + number * ms, 0)
  return total !== undefined && total <= Number.MAX_SAFE_INTEGER ? total : undefined
}

/** For a person who wrote something else where a time is expected. */
export const EXPECTED_SPAN = 'expected a time with its unit, like "30 s", "50 min", "1h30m" or "2 days"'

/**
 * How to write a time that was written in a way that is not read; `undefined` if that cannot be told.
 *
 * @example
 * spanAdvice(30) // 'a unit is missing: write "30 s" for seconds or "30 min" for minutes'
 */
export const spanAdvice = (given: unknown): string | undefined => {
  const text = typeof given === "number" ? String(given) : typeof given === "string" ? given.slice(0, 80).trim() : ""
  if (/^\d+(\.\d+)?$/.test(text)) return `a unit is missing: write "${text} s" for seconds or "${text} min" for minutes`
  if (/^(\d+(\.\d+)? *(months?|years?|y)|P\d+[YM].*)$/i.test(text))
    return "months and years differ in length: count days, like 30 d"
  const spellings = [text.toLowerCase(), text.toUpperCase(), text.replaceAll(",", ".").toLowerCase()]
  const meant = spellings.find((spelling) => parse(spelling) !== undefined)
  return meant === undefined ? undefined : `write "${meant}"`
}

const format = (duration: Duration.Duration): string => {
  const ms = Duration.toMillis(duration)
  const { ms: size, unit } = UNITS.find((each) => each.unit !== "w" && ms % each.ms === 0 && ms >= each.ms) ?? MS
  return `${ms / size} ${unit}`
}

/**
 * A time in the smallest unit of a text, rounded up: how the author of the text would write it.
 *
 * @example
 * spanLike("5 min", Duration.seconds(303)) // "6 min"
 */
export const spanLike = (text: string, duration: Duration.Duration): string => {
  const { ms, unit } = partsOf(text)?.at(-1) ?? MS
  return `${Math.ceil(Duration.toMillis(duration) / ms)} ${unit}`
}

/**
 * A length of time in a settings file: numbers with units, the longest unit first, or an ISO 8601 duration. A unit is required,
 * because some tools read a bare 30 as seconds and others as minutes.
 *
 * @example
 * Schema.decodeUnknownSync(Span)("1h30m") // as "90 min", "1.5 hours", "PT1H30M"
 */
export const Span = Schema.transformOrFail(Schema.String, Schema.DurationFromSelf, {
  strict: true,
  decode: (text, _, ast) => {
    const ms = parse(text)
    if (ms !== undefined) return Either.right(Duration.millis(ms))
    const message = spanAdvice(text) ?? `${EXPECTED_SPAN}, actual ${JSON.stringify(text)}`
    return Either.left(new ParseResult.Type(ast, text, message))
  },
  encode: (duration) => Either.right(format(duration))
}).annotations({
  identifier: "Span",
  jsonSchema: { type: "string", pattern: PATTERN.replaceAll(/\((?!\?)/g, "(?:") }
})
