import { Schema } from "effect"
import { oneLine } from "./Text.ts"

/**
 * The prompt template cannot be used: all its problems, with their lines (from 1).
 *
 * @example
 * new TemplateInvalid({ source: "fix.md", problems: [{ line: 3, message: "no such placeholder" }] }).message
 */
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
