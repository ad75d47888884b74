import { assert, describe, it } from "@effect/vitest"
import { DateTime, Schema } from "effect"
import { Actor } from "../../../src/domain/Actor.ts"
import { BeadsId, RunId } from "../../../src/domain/Ids.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import type { AttemptFacts } from "../../../src/journal/JournalQueries.ts"
import type { Frame } from "../../../src/report/Frame.ts"
import { ReviewView, reviewView, waitingWork, type WorkInput } from "../../../src/report/review/reviewView.ts"
import { decisionText, diffText, reviewText, summaryText } from "../../../src/report/review/text.ts"
import { widthOf } from "../../../src/report/text/display.ts"
import { FakeBeads, FakeKeptWork } from "../../../src/testing/index.ts"

const NOW = 1_800_000_000_000
const frame: Frame = {
  now: NOW,
  zone: () => DateTime.zoneUnsafeMakeNamed("UTC"),
  width: undefined,
  color: false,
  program: "nd"
}

const attempt = (changes: Partial<AttemptFacts> = {}): AttemptFacts => ({
  actor: Actor.make("nightly-dispatch/vm-1/20261122T020000Z-000001/1"),
  run: RunId.make("20261122T020000Z-000001"),
  beads: BeadsId.make("bd-1"),
  number: 1,
  phase: "settled",
  provider: ProviderName.make("opencode"),
  hadJob: true,
  began: NOW - 8_000_000,
  changed: NOW - 7_200_000,
  end: "succeeded",
  blame: undefined,
  verified: "yes",
  detail: "3 commits",
  durationMs: 2_460_000,
  commits: 3,
  review: "label",
  branch: "nightly-dispatch/bd-1",
  worktree: "/tmp/agents/bd-1/app",
  repository: "/home/op/shop",
  log: undefined,
  cleared: false,
  decision: undefined,
  ...changes
})

const work = (changes: Partial<WorkInput> = {}): WorkInput => ({
  beads: BeadsId.make("bd-1"),
  issue: FakeBeads.issue({ id: "bd-1", title: "Prices show NaN", priority: 0, labels: [REVIEW_LABEL] }),
  attempt: attempt(),
  facts: FakeKeptWork.WAITING,
  lastWords: "All tests pass now.",
  ...changes
})

const listed = (works: ReadonlyArray<WorkInput>, unknown: ReadonlyArray<string> = [], in_ = frame) =>
  reviewText(reviewView({ works, unknown }), in_)

describe("the list of work that waits", () => {
  it("names size, provider, age, check, last words and the command", () => {
    assert.strictEqual(
      listed([work()]),
      [
        "1 branch waits for review, oldest first",
        "",
        "bd-1  P0  Prices show NaN",
        "  1 commit, 1 file, +2 -1 · opencode · 06:00 (2 h ago) · checked by us: passed",
        '  "All tests pass now."',
        "  nd review bd-1"
      ].join("\n")
    )
  })

  const url = "https://git.example/app/pull/7"
  const elsewhere = (id: string) =>
    work({
      beads: BeadsId.make(id),
      attempt: { ...attempt({ result: { kind: "pull_request", url } }), branch: undefined, worktree: undefined },
      facts: undefined
    })

  it("says whether branches or pull requests wait", () => {
    const head = (works: ReadonlyArray<WorkInput>) => listed(works).split("\n")[0]
    assert.strictEqual(head([elsewhere("bd-1")]), "1 pull request waits for review, oldest first")
    assert.strictEqual(
      head([work(), elsewhere("bd-2"), elsewhere("bd-3")]),
      "1 branch and 2 pull requests wait for review, oldest first"
    )
    assert.strictEqual(
      head([work(), work({ beads: BeadsId.make("bd-2") })]),
      "2 branches wait for review, oldest first"
    )
  })

  it("a pull request has its address, in the list and where a person decides about it, however narrow", () => {
    assert.include(listed([elsewhere("bd-1")]), `pull request ${url} ·`)
    assert.include(decisionText(waitingWork(elsewhere("bd-1")), { ...frame, width: 20 }), `\n    ${url}\n`)
    assert.strictEqual(
      decisionText(waitingWork(elsewhere("bd-1")), frame),
      [
        "  Merge or close the pull request, then close the bug in the tracker:",
        `    ${url}`,
        "  have it tried again:  nd retry bd-1"
      ].join("\n")
    )
  })

  it("the oldest is first", () => {
    const later = work({ beads: BeadsId.make("bd-0"), attempt: attempt({ changed: NOW }) })
    assert.deepStrictEqual(
      reviewView({ works: [later, work()], unknown: [] }).waiting.map(({ beads }) => beads),
      ["bd-1", "bd-0"]
    )
  })

  it("nothing waits, and nothing is known to wait, are not the same", () => {
    assert.strictEqual(listed([]), "Nothing waits for review.")
    assert.strictEqual(
      listed([], ["The tracker cannot be read: boom"]),
      "! The tracker cannot be read: boom\n\nNothing is known to wait for review."
    )
  })

  it("a closed bug is shown while its work is not merged, and not after that", () => {
    const issue = FakeBeads.issue({ id: "bd-1", status: "closed", closedAt: 1 })
    assert.include(listed([work({ issue })]), "! the bug is closed")
    assert.strictEqual(
      listed([work({ issue, facts: { ...FakeKeptWork.WAITING, merged: "yes" } })]),
      "Nothing waits for review."
    )
    assert.include(listed([work({ issue, facts: { ...FakeKeptWork.WAITING, merged: "unknown" } })]), "bd-1")
  })

  it("says what is odd: a deleted branch, a worktree that is gone, changes that are not committed, an assignee", () => {
    const facts = { ...FakeKeptWork.WAITING, branch: "deleted", worktree: "gone", uncommitted: 3 } as const
    const issue = FakeBeads.issue({ id: "bd-1", assignee: "alice" })
    const text = listed([work({ facts, issue })]).replace(/\n\s+/g, " ")
    for (const words of [
      "3 files NOT COMMITTED",
      "its branch is deleted",
      "its worktree is gone",
      "assigned to alice",
      "no review label"
    ]) {
      assert.include(text, words)
    }
  })

  it("tells what it does not know of a bug with the label only, and of a branch that git did not answer for", () => {
    assert.include(
      listed([work({ attempt: undefined, facts: undefined, lastWords: undefined })]).replace(/\n\s+/g, " "),
      "unknown: the journal of this host knows no attempt"
    )
    assert.include(listed([work({ facts: undefined })]), "unknown: git did not answer")
  })

  it("a hostile title stays on one line of the width, without control characters", () => {
    const issue = FakeBeads.issue({ id: "bd-1", title: `\u001b[31m日本語${"x".repeat(10_000)}\n\u202eevil` })
    for (const width of [undefined, 40, 80, 200]) {
      const text = listed([work({ issue, lastWords: `\u001b]0;x\u0007${"y".repeat(9000)}` })], [], { ...frame, width })
      assert.notMatch(text, /[\u0000-\u0009\u000b-\u001f\u202e]/)
      for (const line of text.split("\n")) assert.isAtMost(widthOf(line), width ?? 80)
    }
  })

  it("the view can be encoded and decoded", () => {
    const view = reviewView({ works: [work(), work({ attempt: undefined, facts: undefined })], unknown: ["x"] })
    const codec = Schema.parseJson(ReviewView)
    assert.deepStrictEqual(
      JSON.parse(Schema.encodeSync(codec)(Schema.decodeSync(codec)(Schema.encodeSync(codec)(view)))),
      JSON.parse(JSON.stringify(view))
    )
  })
})

describe("one bug's work", () => {
  it("the summary has the places and the commits, and the decisions are commands to paste", () => {
    const summary = summaryText(waitingWork(work()), [], frame)
    for (const words of [
      "branch nightly-dispatch/bd-1",
      "worktree /tmp/agents/bd-1/app",
      "11111111 Fix it",
      "ran 41 min"
    ]) {
      assert.include(summary, words)
    }
    const decisions = decisionText(waitingWork(work()), frame)
    for (const words of [
      "nd review bd-1 --accept",
      'nd review bd-1 --send-back "your remark"',
      "nd review bd-1 --reject"
    ]) {
      assert.include(decisions, words)
    }
    assert.include(decisions, "git -C /home/op/shop log -p origin/main..nightly-dispatch/bd-1")
  })

  it("names no command that cannot work: a deleted branch is not merged, nor shown by git", () => {
    const facts = { ...FakeKeptWork.WAITING, branch: "deleted" } as const
    const decisions = decisionText(waitingWork(work({ facts })), frame)
    assert.notMatch(decisions, /--accept|git -C/)
    assert.include(decisions, "nd review bd-1 --reject")
    const unknown = decisionText(waitingWork(work({ attempt: undefined, facts: undefined })), frame)
    assert.strictEqual(unknown, "  what is known of the bug:  nd explain bd-1")
  })

  it("says why a bug whose last attempt failed is none for review", () => {
    const failed = attempt({ end: "failed", detail: 'the job failed: missing script "test"' })
    assert.include(
      summaryText(waitingWork(work({ attempt: failed })), [], { ...frame, width: 200 }),
      '! its last attempt left nothing for review: the job failed: missing script "test"'
    )
  })

  it("no escape sequence of a file reaches the terminal; the colours are ours", () => {
    const diff = "+\u001b[8mhidden\u009b31m\r\n-\u202eold\u0007\n@@ -1 +1 @@\n\tcontext"
    assert.strictEqual(diffText(diff, frame), "+^[[8mhidden<U+009B>31m\n-<U+202E>old^G\n@@ -1 +1 @@\n\tcontext")
    assert.strictEqual(diffText("+a\n b", { color: true }), "\u001b[32m+a\u001b[0m\n b")
  })
})
