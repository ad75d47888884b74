import { Schema } from "effect"
import { oneLine } from "./Text.ts"

/** The template cannot be used. */
export class TemplateInvalid extends Schema.TaggedError<TemplateInvalid>()("TemplateInvalid", {
  /** The file's path, or another name of the text. */
  source: Schema.String,
  problems: Schema.NonEmptyArray(Schema.Struct({ line: Schema.optional(Schema.Int), message: Schema.String }))
}) {
  override get message(): string {
    return this.problems
      .map(
        ({ line, message }) =>
          `prompt.template: ${message} (${oneLine(this.source)}${line === undefined ? "" : `:${line}`})`
      )
      .join("; ")
  }
}
