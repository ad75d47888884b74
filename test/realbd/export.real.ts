import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { VERSION } from "./realBd.ts"
import { realMachine } from "./realMachine.ts"

/** A newer bd wrote it: 0.47 and others cannot read an id of a comment that is no number. */
const LINE = JSON.stringify({
  id: "bd-a",
  title: "one",
  status: "open",
  priority: 0,
  issue_type: "bug",
  created_at: "2026-11-01T00:00:00Z",
  updated_at: "2026-11-01T00:00:00Z",
  comments: [
    {
      id: "0198c0de-0000-7000-8000-000000000001",
      issue_id: "bd-a",
      author: "h",
      text: "x",
      created_at: "2026-11-01T00:00:00Z"
    }
  ]
})

describe(`an empty database beside a full export, on bd ${VERSION}`, () => {
  it.scopedLive(
    "a run exits with 4 and says what to do, and does not take it for a night without bugs",
    () =>
      Effect.gen(function* () {
        const { hosts, tracker } = yield* realMachine([])
        const [host] = hosts
        assert(host !== undefined)
        assert.strictEqual((yield* host.nd(["run", "--json"])).code, 0)
        fs.writeFileSync(path.join(tracker.dir, "issues.jsonl"), `${LINE}\n`)
        const run = yield* host.nd(["run", "--json"])
        assert.strictEqual(run.code, 4, run.stderr)
        assert.include(run.stderr, "bd knows 0 issues, issues.jsonl beside it has 1")
        assert.include(run.stderr, "bd import")
      }),
    240_000
  )
})
