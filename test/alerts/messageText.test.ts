import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { shownOf, textOf } from "../../src/alerts/messageText.ts"
import { AT, hostile, HOUR, message, outgoing, READING, samples } from "./channels/messages.ts"

describe("a message as plain text", () => {
  it("says where, what, since when, what follows, and what to type", () => {
    assert.strictEqual(
      textOf(outgoing, READING),
      [
        "🔴 vm-1/shop: no provider works (since 02:00, 4 h ago)",
        "7 bugs wait until one works again.",
        "→ nightly-dispatch preflight",
        "→ nightly-dispatch status"
      ].join("\n")
    )
    assert.strictEqual(
      textOf({ message: samples.good, mayBeRepeat: false }, READING),
      "🟢 vm-1/shop: recovered: no provider works (lasted 4 h)"
    )
    assert.strictEqual(
      textOf({ message: samples.info, mayBeRepeat: false }, READING).split("\n").slice(1).join("\n"),
      "bd-3 succeeded: 2 commits on nightly/bd-3\nbd-7 was given up\n→ nightly-dispatch review"
    )
  })

  it("says when it is late, and when it may be a repeat; its times count from when it is sent", () => {
    const late = textOf({ message, mayBeRepeat: true }, { ...READING, now: AT + 48 * HOUR }).split("\n")
    assert.strictEqual(late[0], "🔴 vm-1/shop: no provider works (since Fri 02:00, 2 d 4 h ago)")
    assert.deepStrictEqual(late.slice(-2), [
      "This message is from Fri 06:00 (2 d ago).",
      "This message may have arrived before."
    ])
    assert.notInclude(textOf(outgoing, { ...READING, now: AT + 5 * 60_000 }), "This message")
  })

  it("leaves out a command that cannot be pasted, and never cuts one", () => {
    const good = "nightly-dispatch logs 'a  b — ü'"
    const commands = ["echo \u202etxt", "echo 1\nrm -r /", "\tcd /", "echo \u0007", `x ${"y".repeat(3000)}`, " ", good]
    assert.deepStrictEqual(shownOf({ ...message, commands }).commands, [good])
  })

  it("says how many lines are left out", () => {
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`)
    assert.deepStrictEqual(shownOf({ ...message, lines }).lines.slice(-2), ["line 39", "… and 60 more"])
    assert.lengthOf(shownOf({ ...message, lines: lines.map((line) => line.padEnd(1000, "x")) }).lines, 9)
  })

  it("names the kind if there are no words", () => {
    assert.match(
      textOf({ message: { ...message, what: "\u0000 \n" }, mayBeRepeat: false }, READING),
      /: no_provider \(/
    )
  })

  it("has one line for each text, whatever it holds, and a bounded length", () => {
    fc.assert(
      fc.property(hostile, (outgoing) => {
        const text = textOf(outgoing, READING)
        assert.notMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]|\p{Surrogate}/u)
        assert.isBelow(text.length, 20_000)
        const { commands, lines } = shownOf(outgoing.message)
        const { length } = text.split("\n")
        assert.isAtMost(length, 1 + 1 + lines.length + commands.length + 1)
      }),
      { numRuns: 200 }
    )
  })
})
