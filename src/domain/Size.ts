import { Either, ParseResult, Schema } from "effect"

const MIB = 1024 * 1024
const IN_MIB: Record<string, number> = { MiB: 1, GiB: 1024, TiB: 1024 * 1024 }

const parse = (text: string): Either.Either<number, string> => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(MiB|GiB|TiB)?\s*$/.exec(text)
  const size = Number(match?.[1]) * (IN_MIB[match?.[2] ?? "MiB"] ?? 1)
  return Number.isSafeInteger(size)
    ? Either.right(size)
    : Either.left(`expected a whole number of MiB, like 50, "50 MiB" or "1 GiB", actual ${JSON.stringify(text)}`)
}

const format = (size: number): string => (size !== 0 && size % 1024 === 0 ? `${size / 1024} GiB` : `${size} MiB`)

/** Where a size is written, in JSON Schema: a number of at least `minimum`, or a text whose digits `digits` finds. */
const written = (minimum: number, digits: string) => ({
  anyOf: [
    { type: "integer", minimum },
    { type: "string", pattern: String.raw`^\s*${digits}\d+(\.\d+)?\s*(MiB|GiB|TiB)?\s*$` }
  ]
})

export const SIZE_ABOVE_ZERO = written(1, "(?=[0.]*[1-9])")

/**
 * A size in a settings file, as a number of MiB: a number, or a text with a unit (`MiB`, `GiB`, `TiB`).
 *
 * @example
 * Schema.decodeUnknownSync(Size)("1 GiB") // 1024
 */
export const Size = Schema.transformOrFail(Schema.Union(Schema.String, Schema.Number), Schema.Int, {
  strict: true,
  decode: (given, _, ast) =>
    Either.mapLeft(parse(String(given)), (message) => new ParseResult.Type(ast, given, message)),
  encode: (size) => Either.right(format(size))
}).annotations({ identifier: "Size", jsonSchema: written(0, "") })

/**
 * A number of bytes for a person.
 *
 * @example
 * bytesInWords(1_500_000) // "1.4 MiB"
 */
export const bytesInWords = (bytes: number): string => {
  const [size, unit] =
    bytes < MIB ? [bytes / 1024, "KiB"] : bytes < 1024 * MIB ? [bytes / MIB, "MiB"] : [bytes / MIB / 1024, "GiB"]
  return `${Math.round(size * 10) / 10} ${unit}`
}
