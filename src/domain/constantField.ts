import { Schema } from "effect"

/** A field with a constant value, which a constructor call may leave out. */
export const constant = <Value extends string | boolean>(value: Value) =>
  Schema.Literal(value).pipe(
    Schema.propertySignature,
    Schema.withConstructorDefault(() => value)
  )
