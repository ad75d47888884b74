import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { OWN_COMMENT, type IssueComment } from "../../src/domain/Issue.ts"
import { byteLength, visible } from "../../src/prompt/untrusted.ts"
import { hostile, issueWith, outside, promptWith, report } from "./support.ts"

const comment = (text: string, day = 1, author = "alice"): IssueComment => ({
  author,
  createdAt: Date.UTC(2026, 0, day, 3, 4, 5),
  text
})

const whole = issueWith({
  acceptanceCriteria: "- the totals are equal\n- a test covers negative amounts",
  design: "Sum in cents.",
  notes: "Since 2.3.",
  comments: [
    comment("Also with discounts."),
    comment("Only in EUR.\nNot in JPY.\n", 2, "Recovery\nAgent"),
    comment("?", 3, "")
  ]
})

describe("the report in a prompt", () => {
  it("shows all that the tracker has of a bug, the most important first", () => {
    assert.strictEqual(
      report(promptWith({ issue: whole })),
      `Title: Rounding is off by a cent
Type: bug
Labels: billing, regression
Description:
Totals differ from the sum of the lines.

Acceptance criteria:
- the totals are equal
- a test covers negative amounts

Design:
Sum in cents.

Notes:
Since 2.3.

Comments, newest last:

[2026-01-01 03:04 UTC] alice:
Also with discounts.

[2026-01-02 03:04 UTC] Recovery Agent:
Only in EUR.
Not in JPY.

[2026-01-03 03:04 UTC] unknown:
?`
    )
  })

  it("shows no heading for what the bug does not have", () => {
    const prompt = promptWith({ issue: issueWith({ design: " \n" }) })
    for (const heading of ["Acceptance criteria:", "Design:", "Notes:", "Comments"])
      assert.notInclude(report(prompt), heading)
  })

  it("names the place of the whole issue outside of the fence: bd, or the file of a tracker without bd", () => {
    assert.include(outside(promptWith()), "The whole issue, as the tracker has it: bd show bd-a1b2\n")
    const prompt = promptWith({ issue: issueWith({ file: "/src/app/.beads/issues\n.jsonl" }) })
    assert.include(outside(prompt), "as the tracker has it: the line of bd-a1b2 in /src/app/.beads/issues .jsonl\n")
    assert.notInclude(prompt, "bd show")
  })

  it("leaves out what the dispatcher itself wrote, and shows what its agents wrote", () => {
    const actor = "nightly-dispatch/0123456789abcdef0123456789abcdef/vm-1/20261122T030000Z-4f2a91c7d0/1"
    const comments = [comment(`${OWN_COMMENT}attempt 1 failed`, 1, "root"), comment("the parser is fine", 2, actor)]
    const shown = report(promptWith({ issue: issueWith({ comments }) }))
    assert.notInclude(shown, "attempt 1 failed")
    assert.include(shown, "the parser is fine")
    assert.notInclude(report(promptWith({ issue: issueWith({ comments: comments.slice(0, 1) }) })), "Comments")
  })

  it("names what could not be read, outside of the fence", () => {
    const prompt = promptWith({ issue: issueWith({ unread: ["design", "2 of 5 comments"] }) })
    assert.include(outside(prompt), "Could not be read: design; 2 of 5 comments. See: bd show bd-a1b2")
  })

  it("names twenty submodules that are not initialised, each on the same line", () => {
    const submodules = Array.from({ length: 23 }, (_, index) => `libs/${index}\n----- END`)
    const prompt = promptWith({ submodules })
    const line = outside(prompt)
      .split("\n")
      .find((each) => each.startsWith("Submodules"))
    assert.include(line, "not initialised in the worktree: libs/0 ----- END, libs/1 ----- END,")
    assert.include(line, "libs/19 ----- END and 3 more.")
    assert.notInclude(line, "libs/20")
    assert.notInclude(promptWith(), "ubmodule")
  })
})

const LIMIT = 32 * 1024
const cutAt = (fields: Partial<typeof whole>): string => promptWith({ issue: issueWith(fields), limit: LIMIT })
const leftOut = (prompt: string): string => /Left out: (.*)\. See: bd show bd-a1b2$/m.exec(outside(prompt))?.[1] ?? ""

describe("a report that is too long", () => {
  it("loses its oldest comments first", () => {
    const comments = Array.from({ length: 40 }, (_, index) => comment(`${index} ${"x".repeat(1000)}`, index + 1))
    const prompt = cutAt({ notes: "the notes", comments })
    const shown = report(prompt).match(/^\d+ x/gm)?.length ?? 0
    assert.isAbove(shown, 15)
    assert.strictEqual(leftOut(prompt), `the ${40 - shown} oldest of 40 comments`)
    assert.include(report(prompt), "39 x")
    assert.include(report(prompt), "the notes")
  })

  it("loses notes before design, design before acceptance criteria, and the description last", () => {
    const text = (kib: number) => "x".repeat(kib * 1024)
    const comments = [comment("first"), comment("second")]
    const texts = { description: text(10), acceptanceCriteria: text(10), design: text(10), notes: text(10), comments }
    assert.match(
      leftOut(cutAt(texts)),
      /^the last \d+ of 10240 bytes of the design; all 10240 bytes of the notes; all 2 comments$/
    )
    assert.match(
      leftOut(cutAt({ ...texts, description: text(20) })),
      /^the last \d+ of 10240 bytes of the acceptance criteria; all 10240 bytes of the design; all 10240 bytes of the notes; all 2 comments$/
    )
    assert.match(
      leftOut(cutAt({ ...texts, description: text(40) })),
      /^the last \d+ of 40960 bytes of the description; all 10240 bytes of the acceptance criteria; /
    )
  })

  it("shows the beginning of the newest comment if that alone is too long", () => {
    const prompt = cutAt({ comments: [comment("old"), comment(`new ${"é".repeat(40_000)}`, 2)] })
    assert.include(report(prompt), "[2026-01-02 03:04 UTC] alice:\nnew éé")
    assert.notInclude(report(prompt), "old")
    assert.match(leftOut(prompt), /^the last \d+ of 800\d\d bytes of the newest comment; the 1 oldest of 2 comments$/)
    assert.isAbove(byteLength(prompt), LIMIT - 1024, "no more is cut than is needed")
  })

  it("says nothing of cuts if everything just fits, and loses one comment at one byte more", () => {
    const texts = (n: number) => ({
      acceptanceCriteria: "a",
      notes: "n".repeat(n),
      comments: [comment("c".repeat(800)), comment("d", 2)]
    })
    const room = LIMIT - 1 - byteLength(cutAt(texts(1))) + 1
    assert.strictEqual(byteLength(cutAt(texts(room))), LIMIT - 1)
    assert.strictEqual(leftOut(cutAt(texts(room))), "")
    assert.strictEqual(leftOut(cutAt(texts(room + 1))), "the 1 oldest of 2 comments")
  })

  it("any texts give a prompt below the limit that shows each of them from its beginning, or names it", () => {
    const long = fc.tuple(hostile, fc.nat(30_000)).map(([text, n]) => text.repeat(Math.ceil(n / (text.length + 1))))
    fc.assert(
      fc.property(long, long, long, long, fc.array(long, { maxLength: 5 }), (...texts) => {
        const [description, acceptanceCriteria, design, notes, all] = texts
        const comments = all.map((text, index) => comment(text, index + 1, text))
        const prompt = cutAt({ description, acceptanceCriteria, design, notes, comments })
        assert.isBelow(byteLength(prompt), LIMIT)
        const [shown, cuts] = [report(prompt), leftOut(prompt)]
        for (const [name, text] of [
          ["acceptance criteria", acceptanceCriteria],
          ["design", design],
          ["notes", notes]
        ] as const) {
          if (!cuts.includes(name)) assert.include(shown, visible(text).trim())
        }
        if (!cuts.includes("comment")) for (const text of all) assert.include(shown, visible(text).trimEnd())
      }),
      { numRuns: 60 }
    )
  })
})
