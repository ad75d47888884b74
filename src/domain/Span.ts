import { Duration, Either, ParseResult, Schema } from "effect"

const UNITS: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }

const parse = (text: string): Either.Either<Duration.Duration, string> => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)\s*$/.exec(text)
  const unit = match?.[2] === undefined ? undefined : UNITS[match[2]]
  return match === null || unit === undefined
    ? Either.left(`expected a time with its unit, like "30 s", "50 min" or "48 h", actual ${JSON.stringify(text)}`)
    : Either.right(Duration.millis(Number(match[1]) * unit))
}

const format = (duration: Duration.Duration): string => {
  const ms = Duration.toMillis(duration)
  const [unit, size] = Object.entries(UNITS)
    .toReversed()
    .find(([, size]) => ms % size === 0 && ms >= size) ?? ["ms", 1]
  return `${ms / size} ${unit}`
}

/**
 * A length of time in a settings file: a number and a unit (`ms`, `s`, `min`, `h`, `d`). The unit is required, because some
 * tools read a bare 30 as seconds and others as minutes.
 *
 * @example
 * Schema.decodeUnknownSync(Span)("50 min")
 */
export const Span = Schema.transformOrFail(Schema.String, Schema.DurationFromSelf, {
  strict: true,
  decode: (text, _, ast) => Either.mapLeft(parse(text), (message) => new ParseResult.Type(ast, text, message)),
  encode: (duration) => Either.right(format(duration))
}).annotations({
  identifier: "Span",
  jsonSchema: { type: "string", pattern: "^\\s*\\d+(\\.\\d+)?\\s*(ms|s|min|h|d)\\s*$" }
})
