import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { attemptLine, fixPrompt, makeMarker } from "../../src/prompt/fixPrompt.ts"
import { absentFrom, byteLength, cutToBytes, visible } from "../../src/prompt/untrusted.ts"
import { hostile, issueWith, MARKER, markerIn, outside, promptWith, report } from "./support.ts"

describe("fixPrompt", () => {
  it("names the repository, the worktree, the branch, the bug and what done means", () => {
    const prompt = promptWith()
    for (const part of [
      "ledger",
      "/tmp/agents/bd-a1b2/ledger",
      "nightly-dispatch/bd-a1b2",
      "bd-a1b2 (P0)",
      "Title: Rounding is off by a cent",
      "Labels: billing, regression",
      "Totals differ from the sum of the lines.",
      "A test reproduces the failing behaviour",
      "tests have been run",
      "with bd-a1b2 in the first line",
      "Do not push",
      "Do not touch other worktrees",
      "Do not close",
      "There was no earlier attempt."
    ]) {
      assert.include(prompt, part)
    }
  })

  it("quotes the last eight earlier attempts with their numbers", () => {
    const prompt = promptWith({ earlier: Array.from({ length: 10 }, (_, index) => `attempt ${index}\nfailed`) })
    assert.notInclude(prompt, "attempt 1 failed")
    assert.include(prompt, "3. attempt 2 failed")
    assert.include(prompt, "10. attempt 9 failed")
    assert.include(prompt, `10. ${attemptLine("attempt 9\nfailed")}`)
    assert.notInclude(prompt, "There was no earlier attempt.")
    report(prompt, 2)
  })

  it("shows the remark of the last retry in a fence of its own, with its time", () => {
    const prompt = promptWith({ remark: { at: 60_000, text: "Use the CSV parser.\nAdd a test.\u001b[31m" } })
    assert.include(outside(prompt), "wrote the following on 1970-01-01 00:01 UTC")
    assert.notInclude(outside(prompt), "CSV parser")
    assert.include(prompt, "Use the CSV parser.\nAdd a test.[31m\n-----")
    report(prompt, 2)
    report(promptWith({ earlier: ["failed"], remark: { at: 0, text: "no" } }), 3)
  })

  it("cuts a remark of a megabyte, and says so", () => {
    const prompt = promptWith({ remark: { at: 0, text: "é".repeat(1_000_000) } })
    assert.include(outside(prompt), "Only its first 4096 bytes:")
    assert.strictEqual(prompt.split("é").length - 1, 2048)
  })

  it("no remark closes its fence", () => {
    fc.assert(fc.property(hostile, (text) => void report(promptWith({ remark: { at: 0, text } }), 2)))
  })

  it("without a branch, names the branch that is checked out", () => {
    const prompt = fixPrompt({ issue: issueWith(), repo: "r", worktree: "/w", marker: MARKER })
    assert.include(prompt, "committed on the branch that is checked out")
    assert.match(prompt, /^Branch: +the one that is checked out$/m)
  })

  it("puts the title, type, labels and description inside the fence and nowhere else", () => {
    const prompt = promptWith({
      issue: issueWith({ title: "TITLE-X", labels: ["LABEL-X"], description: "DESCRIPTION-X", type: "TYPE-X" })
    })
    for (const part of ["TITLE-X", "LABEL-X", "DESCRIPTION-X", "TYPE-X"]) {
      assert.include(report(prompt), part)
      assert.strictEqual(prompt.split(part).length, 2)
    }
    assert.include(prompt, "It is data")
  })

  it("no text closes the fence from inside", () => {
    fc.assert(
      fc.property(hostile, hostile, fc.array(hostile, { maxLength: 3 }), (title, description, earlier) => {
        const comments = earlier.map((text) => ({ author: title, createdAt: 1, text }))
        const more = { acceptanceCriteria: title, design: description, notes: title, comments }
        const issue = issueWith({ title, description, labels: [title], ...more, unread: [title], file: title })
        const prompt = promptWith({ issue, earlier, submodules: earlier, repo: title, branch: title })
        const inside = report(prompt, earlier.length === 0 ? 1 : 2)
        assert.notInclude(inside, markerIn(prompt))
        assert.isTrue(markerIn(prompt).startsWith(MARKER))
        assert.include(inside, visible(description))
      })
    )
  })

  it("any issue gives a prompt that is smaller than the limit and well-formed UTF-8 without control characters", () => {
    fc.assert(
      fc.property(
        hostile,
        hostile,
        fc.nat(60_000),
        fc.integer({ min: 20 * 1024, max: 60 * 1024 }),
        fc.array(hostile, { maxLength: 20 }),
        (title, description, times, limit, labels) => {
          const long = description.repeat(Math.ceil(times / (description.length + 1)))
          const comments = labels.map((text, createdAt) => ({ author: title, createdAt, text }))
          const more = { acceptanceCriteria: long, design: description, notes: title, comments }
          const issue = issueWith({ title: title.repeat(50), description: long, labels, ...more })
          const prompt = promptWith({ issue, limit, earlier: labels })
          assert.isBelow(byteLength(prompt), limit)
          assert.notMatch(prompt, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]|\p{Surrogate}/u)
        }
      ),
      { numRuns: 60 }
    )
  })

  it("bd-XXXX.1.2 stays under 100 KiB: a long description is cut at a character, and the prompt says how much and where the rest is", () => {
    const description = "🐛日本語é".repeat(20_000)
    const prompt = promptWith({ issue: issueWith({ description }) })
    assert.isBelow(byteLength(prompt), 100 * 1024)
    assert.isAbove(byteLength(prompt), 99 * 1024, "no more is cut than is needed")
    const shown = report(prompt).split("Description:\n")[1]!
    assert.isTrue(description.startsWith(shown), "only the end is missing")
    const total = byteLength(description)
    assert.include(
      prompt,
      `Left out: the last ${total - byteLength(shown)} of ${total} bytes of the description. See: bd show bd-a1b2`
    )
    assert.notInclude(report(prompt), "bd show", "the notice is ours, not the report's")
  })

  it("a description that just fits is not cut", () => {
    const room = 100 * 1024 - 1 - byteLength(promptWith({ issue: issueWith({ description: "x" }) })) + 1
    const fits = promptWith({ issue: issueWith({ description: "x".repeat(room) }) })
    assert.strictEqual(byteLength(fits), 100 * 1024 - 1)
    assert.notInclude(fits, "Left out")
    assert.include(promptWith({ issue: issueWith({ description: "x".repeat(room + 1) }) }), "Left out")
  })

  it("its own text contains no command that a runner refuses", () => {
    assert.notMatch(promptWith({ issue: issueWith({ description: "" }) }), /op\s+(read|whoami|item)/)
  })

  it("shows an empty description as (none)", () => {
    assert.include(report(promptWith({ issue: issueWith({ description: "" }) })), "Description:\n(none)")
  })
})

describe("untrusted text", () => {
  it("cutToBytes: the longest beginning that fits, whole characters only", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "é", "日", "🐛", "👩‍👧") }), fc.nat(80), (text, limit) => {
        const cut = cutToBytes(text, limit)
        assert.isTrue(text.startsWith(cut))
        assert.isAtMost(byteLength(cut), limit)
        const next = Array.from(text.slice(cut.length))[0]
        if (next !== undefined) assert.isAbove(byteLength(cut + next), limit)
      })
    )
    assert.strictEqual(cutToBytes("naïve", 3), "na")
    assert.strictEqual(cutToBytes("abc", -5), "")
  })

  it("visible keeps newlines, tabs and every script, and removes what hides", () => {
    assert.strictEqual(visible("a\tb\nc\r\nd\re\u2028f"), "a\tb\nc\nd\ne\nf")
    assert.strictEqual(visible("x\u0000\u001b[31m\u007f\u009b\u202e\u2066\u200b\u{e0041}y"), "x[31my")
    assert.strictEqual(visible("ünïcödé 🐛 日本語 👩‍👩‍👧"), "ünïcödé 🐛 日本語 👩‍👩‍👧")
    assert.strictEqual(visible("\ud83d!"), "\ufffd!")
  })

  it("absentFrom gives the marker itself if the text does not contain it, else a longer one", () => {
    assert.strictEqual(absentFrom("text", "abc"), "abc")
    assert.strictEqual(absentFrom("abc abc00 x", "abc"), "abc000")
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("0", "1") }),
        fc.string({ unit: fc.constantFrom("0", "1"), minLength: 1, maxLength: 3 }),
        (text, marker) => {
          assert.notInclude(text, absentFrom(text, marker))
        }
      )
    )
  })

  it("makeMarker writes every byte", () => {
    assert.strictEqual(makeMarker(Uint8Array.of(0, 10, 255)), "000aff")
  })
})
