import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { machine } from "./world.ts"

const CASES = fileURLToPath(new URL("../fixtures/trackers", import.meta.url))
const JSONL = { env: { NIGHTLY_DISPATCH_BEADS_BACKEND: "jsonl" } }
const row = (id: string, more: object = {}) =>
  JSON.stringify({ id, title: id, status: "open", priority: 1, issue_type: "bug", ...more })

/** A machine whose tracker is a file with this content. */
const withTracker = (content: string | Uint8Array) =>
  Effect.gen(function* () {
    const world = yield* machine([])
    const tracker = path.join(world.root, "beads/issues.jsonl")
    yield* Effect.promise(() => fs.writeFile(tracker, content))
    return { ...world, tracker, bytes: Effect.promise(() => fs.readFile(tracker)) }
  })

const caseOf = (name: string) => Effect.promise(() => fs.readFile(path.join(CASES, `${name}.jsonl`)))

describe("a run on a tracker file", { timeout: 60_000 }, () => {
  it.scopedLive("with conflict markers is exit 4, names the line, and changes no byte", () =>
    Effect.gen(function* () {
      const content = yield* caseOf("conflict-markers")
      const world = yield* withTracker(content)
      const run = yield* world.program(["run"], JSONL)
      assert.strictEqual(run.code, 4, run.stderr)
      assert.include(
        run.stdout,
        `${world.tracker}: line 1 is a git conflict marker, so no bug is claimed and nothing is written to this file. Finish the merge`
      )
      assert.strictEqual(Buffer.compare(yield* world.bytes, content), 0)
      const claim = yield* world.program(["claim", "bd-1"], JSONL)
      assert.strictEqual(claim.code, 1, claim.stderr)
      assert.strictEqual(Buffer.compare(yield* world.bytes, content), 0)
      assert.isEmpty(yield* world.prompts)
    })
  )

  it.scopedLive("with a line that may be a bug dispatches the others, and is exit 4", () =>
    Effect.gen(function* () {
      const world = yield* withTracker(`${row("bd-1")}\n{"id":"bd-2","title":"to\n`)
      const run = yield* world.nd(["run"], JSONL)
      assert.strictEqual(run.code, 4, run.stderr)
      assert.match(run.stderr, /^ts=\S+ run=\S+ ✅ DISPATCH_SUCCESS beads=bd-1 /m)
      assert.match(
        run.stderr,
        /^ts=\S+ run=\S+ ⏭️ DISPATCH_SKIPPED beads=#2 reason=malformed detail="not a JSON object \(.*line 2\)"/m
      )
      assert.match(
        run.stderr,
        /cannot be read and may be bugs to dispatch: #2: not a JSON object .*line 2\)\. Mend them/
      )
    })
  )

  it.scopedLive("with a broken record that is surely not wanted is exit 0", () =>
    Effect.gen(function* () {
      const broken = { labels: "none" }
      const lines = [row("bd-1", { ...broken, status: "closed" }), row("bd-2", { ...broken, priority: 3 })]
      const run = yield* (yield* withTracker(lines.join("\n"))).nd(["run"], JSONL)
      assert.strictEqual(run.code, 0, run.stderr)
      assert.match(run.stderr, /^ts=\S+ run=\S+ ⏭️ DISPATCH_SKIPPED beads=bd-2 reason=malformed /m)
    })
  )

  it.scopedLive("with rows that are no work leaves each alone, and says so", () =>
    Effect.gen(function* () {
      const world = yield* withTracker(yield* caseOf("not-work"))
      const run = yield* world.nd(["run"], JSONL)
      assert.strictEqual(run.code, 0, run.stderr)
      assert.include(run.stdout, "4 open issues, none taken: 4 marked as no work")
      assert.match(run.stderr, /^ts=\S+ run=\S+ ⏭️ DISPATCH_SKIPPED beads=bd-3 reason=not_work detail="a template, /m)
    })
  )

  it.scopedLive("without bugs says what is open instead, as text and as JSON", () =>
    Effect.gen(function* () {
      const world = yield* withTracker([row("bd-1", { issue_type: "task" }), row("bd-2", { priority: 2 })].join("\n"))
      const words = "2 open issues, none taken: 1 P2 and lower, 1 task"
      assert.include((yield* world.nd(["run"], JSONL)).stdout, words)
      assert.strictEqual(JSON.parse((yield* world.nd(["run", "--json"], JSONL)).stdout).noneTaken, words)
      yield* Effect.promise(() => fs.writeFile(world.tracker, ""))
      assert.include((yield* world.nd(["run"], JSONL)).stdout, "the tracker has no open issues")
    })
  )
})
