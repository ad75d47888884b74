import { Option, Schema } from "effect"

const Text = Schema.Struct({ type: Schema.Literal("text"), text: Schema.String })

/** An event of `opencode run --format json`, or of claude's `json` or `stream-json`, that has text for a person. */
const Said = Schema.Union(
  Schema.Struct({ type: Schema.Literal("text"), part: Schema.Struct({ text: Schema.String }) }),
  Schema.Struct({ type: Schema.Literal("result"), result: Schema.String }),
  Schema.Struct({
    type: Schema.Literal("assistant"),
    message: Schema.Struct({ content: Schema.Array(Schema.Union(Text, Schema.Struct({ type: Schema.String }))) })
  })
)
/** An event without any. */
const Silent = Schema.Struct({
  type: Schema.Literal("step_start", "step_finish", "tool_use", "reasoning", "system", "user")
})

const read = Schema.decodeUnknownOption(Schema.parseJson(Schema.Union(Said, Silent)))

const textOf = (event: typeof Said.Type | typeof Silent.Type): string => {
  if ("part" in event) return event.part.text
  if ("result" in event) return event.result
  if (!("message" in event)) return ""
  return event.message.content.map((part) => ("text" in part ? part.text : "")).join("\n")
}

/**
 * The lines that an agent says to a person, of lines that may be JSON events: the text in them. Other lines stay as they are, also
 * an event that tells of an error. Accepts any text.
 *
 * @example
 * saidIn(['{"type":"result","result":"Not logged in"}']) // ["Not logged in"]
 */
export const saidIn = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.flatMap((line) => {
    const event = line.startsWith('{"type":') ? read(line) : Option.none()
    if (Option.isNone(event)) return [line]
    return textOf(event.value)
      .split(/[\r\n]+/)
      .map((each) => each.trimEnd())
      .filter((each) => each !== "")
  })
