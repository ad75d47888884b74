import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc, Schema } from "effect"
import { slackMessage } from "../../../src/alerts/channels/slack.ts"
import { hostile, message, outgoing, READING, samples } from "./messages.ts"

const Text = Schema.Struct({
  type: Schema.Literal("text"),
  text: Schema.NonEmptyString,
  style: Schema.optional(
    Schema.Struct({ bold: Schema.optional(Schema.Literal(true)), italic: Schema.optional(Schema.Literal(true)) })
  )
})

/** Everything that a message of ours may be made of. Anything else, such as `mrkdwn`, a link or a mention, is an error. */
const Allowed = Schema.Struct({
  text: Schema.NonEmptyString,
  blocks: Schema.Tuple(
    Schema.Struct({
      type: Schema.Literal("rich_text"),
      elements: Schema.NonEmptyArray(
        Schema.Struct({
          type: Schema.Literal("rich_text_section", "rich_text_preformatted"),
          elements: Schema.NonEmptyArray(Text)
        })
      )
    })
  ),
  mrkdwn: Schema.Literal(false),
  parse: Schema.Literal("none"),
  unfurl_links: Schema.Literal(false),
  unfurl_media: Schema.Literal(false)
})
const decode = Schema.decodeUnknownSync(Schema.parseJson(Allowed), { onExcessProperty: "error" })

/** What Slack gets, read as Slack reads it: by another program, from bytes. */
const received = (outgoing: Parameters<typeof slackMessage>[0]) => {
  const bytes = Buffer.from(JSON.stringify(slackMessage(outgoing, READING)), "utf8")
  return decode(bytes.toString("utf8"))
}

const shown = ({ blocks: [{ elements }] }: typeof Allowed.Type): ReadonlyArray<string> =>
  elements.map(({ elements, type }) => {
    const text = elements.map(({ style, text }) => (style?.bold === true ? `*${text}*` : text)).join("")
    return type === "rich_text_preformatted" ? `[${text}]` : text
  })

describe("a message for Slack", () => {
  it("reads well: the headline with its subject in bold, what follows, the commands", () => {
    assert.deepStrictEqual(shown(received(outgoing)), [
      "🔴 vm-1/shop: *no provider works* (since 02:00, 4 h ago)",
      "7 bugs wait until one works again.",
      "[nightly-dispatch preflight\nnightly-dispatch status]"
    ])
    assert.deepStrictEqual(shown(received({ message: samples.info, mayBeRepeat: true })), [
      "📋 vm-1/shop: *3 bugs dispatched, 2 jobs succeeded, 1 needs you* (since 02:00, 4 h ago)",
      "bd-3 succeeded: 2 commits on nightly/bd-3\nbd-7 was given up",
      "[nightly-dispatch review]",
      "This message may have arrived before."
    ])
  })

  it("has a text that begins well in a notification", () => {
    assert.match(received(outgoing).text, /^🔴 vm-1\/shop: no provider works \(since 02:00, 4 h ago\)\n7 bugs wait/)
  })

  it("shows what a stranger wrote as it was written", () => {
    const what = "<!channel> *bold* `code` <http://evil.test|x> & @here :tada:"
    const { blocks, text } = received({ message: { ...message, what }, mayBeRepeat: false })
    assert.strictEqual(blocks[0].elements[0].elements[1]?.text, what)
    assert.include(text, "&lt;!channel&gt; *bold* `code` &lt;http://evil.test|x&gt; &amp; @\u2060here")
  })

  it("cannot mention, link or format by any text, and is never too long", () => {
    fc.assert(
      fc.property(hostile, (outgoing) => {
        const { blocks, text } = received(outgoing)
        assert.notMatch(text, /[<>]|@[^\u2060]|\]\(|\p{Surrogate}/u)
        assert.isEmpty(text.replace(/&(?:amp|lt|gt);/g, "").match(/&/g) ?? [])
        assert.isAtMost(text.length, 3000)
        const texts = blocks[0].elements.flatMap(({ elements }) => elements.map(({ text }) => text))
        for (const each of texts) assert.isAtMost(each.length, 3000)
        assert.isAtMost(texts.join("").length, 7500)
        assert.notMatch(texts.join(""), /\p{Surrogate}/u)
      }),
      { numRuns: 300 }
    )
  })
})
