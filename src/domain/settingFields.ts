import { Duration, Either, Encoding, Schema } from "effect"
import { Size, SIZE_ABOVE_ZERO } from "./Size.ts"
import { Span } from "./Span.ts"

// What `Settings` is made of: each is optional, and has a default.

export const span = (value: Duration.DurationInput) =>
  Schema.optionalWith(Span, { default: () => Duration.decode(value) })
export const count = (value: number) =>
  Schema.optionalWith(Schema.Int.pipe(Schema.positive()), { default: () => value })
export const amount = (value: number) =>
  Schema.optionalWith(Schema.Int.pipe(Schema.nonNegative()), { default: () => value })
export const size = (value: number) => Schema.optionalWith(Size, { default: () => value })
export const sizeAboveZero = (value: number) =>
  Schema.optionalWith(Size.pipe(Schema.positive(), Schema.annotations({ jsonSchema: SIZE_ABOVE_ZERO })), {
    default: () => value
  })
export const flag = (value: boolean) => Schema.optionalWith(Schema.Boolean, { default: () => value })
export const text = (value: string) => Schema.optionalWith(Schema.NonEmptyString, { default: () => value })
const isWebAddress = (text: string): boolean =>
  URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol)
/** An address that something is sent to. Its problem never names it: it is a secret. */
export const webAddress = Schema.NonEmptyString.pipe(
  Schema.filter((text) => isWebAddress(text) || "expected a web address that begins with https:// or http://", {
    jsonSchema: { pattern: "^[Hh][Tt][Tt][Pp][Ss]?:" }
  })
)
const isPostgresAddress = (text: string): boolean =>
  URL.canParse(text) &&
  ["postgres:", "postgresql:"].includes(new URL(text).protocol) &&
  Either.isRight(Encoding.decodeUriComponent(text))
/** The address of a Postgres database, which may hold a password: neither a log nor a problem shows it. */
export const postgresAddress = Schema.Redacted(
  Schema.NonEmptyString.pipe(
    Schema.filter((text) => isPostgresAddress(text) || "expected an address that begins with postgres://", {
      jsonSchema: { pattern: "^[Pp][Oo][Ss][Tt][Gg][Rr][Ee][Ss]([Qq][Ll])?:" }
    })
  )
)
/** The name of a remote of the clone: no address, and no option of git. */
export const RemoteName = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, {
    message: () => "expected the name of a remote of the clone, such as origin"
  })
)
/** A time of day: `07:00`. */
export const TimeOfDay = Schema.String.pipe(
  Schema.pattern(/^([01]\d|2[0-3]):[0-5]\d$/, { message: () => "expected a time of day such as 07:00" })
)
/** From a time of day until another one, over midnight if it is the earlier one: `22:00-07:00`. */
export const TimesOfDay = Schema.String.pipe(
  Schema.pattern(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, {
    message: () => "expected two times of day such as 22:00-07:00"
  })
)
export const words = Schema.optionalWith(Schema.Array(Schema.NonEmptyString), { default: () => [] })
export const backend = <Names extends ReadonlyArray<string>>(...names: Names) =>
  Schema.optionalWith(Schema.Literal("auto", ...names), { default: () => "auto" as const })

export const defaults = <A, I>(struct: Schema.Schema<A, I>) => Schema.decodeUnknownSync(struct)({})
export const section = <A, I>(struct: Schema.Schema<A, I>) =>
  Schema.optionalWith(struct, { default: () => defaults(struct) })
