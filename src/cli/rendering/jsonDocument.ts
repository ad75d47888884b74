import { Schema } from "effect"

/**
 * Encodes a command's JSON document, or fails with a defect. The encoder is made at its first use: to make it takes longer than
 * many commands run, and few calls want JSON.
 *
 * @example
 * const encodeView = jsonDocument(StatusView)
 * yield* printResult(view.exit, encodeView(view))
 */
export const jsonDocument = <A, I>(
  schema: Schema.Schema<A, I>,
  options?: Schema.ParseJsonOptions
): ((value: A) => string) => {
  let encode: ((value: A) => string) | undefined
  return (value) => (encode ??= Schema.encodeSync(Schema.parseJson(schema, options)))(value)
}
