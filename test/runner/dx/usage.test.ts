import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { Actor } from "../../../src/domain/Actor.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Job } from "../../../src/domain/Job.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { withDxEnd } from "../../../src/runner/dx/jobEnd.ts"
import { TEMPORARY } from "../../temporary.ts"
import { OPENCODE_EVENTS } from "../jobEnd/realUsage.ts"

/** When the events of `OPENCODE_EVENTS` were printed. */
const PRINTED = 1_795_799_503_787

const actor = Actor.make(`nightly-dispatch/${"0".repeat(32)}/vm-1/20261127T060000Z-4f2a91c7d0/1`)

it.scoped("a job of dx-runner tells what it used, without what an earlier job wrote into the same log", () =>
  Effect.gen(function* () {
    const directory = fs.mkdtempSync(path.join(TEMPORARY, "nd-dx-usage-"))
    yield* Effect.addFinalizer(() => Effect.sync(() => fs.rmSync(directory, { recursive: true })))
    fs.mkdirSync(path.join(directory, "opencode"))
    const log = path.join(directory, "opencode", "bd-1.log")
    const earlier = OPENCODE_EVENTS.replaceAll("1795799503", "1795700000")
    fs.writeFileSync(log, earlier + OPENCODE_EVENTS)
    const ended = (startedAt: number) => {
      const job = { beads: BeadsId.make("bd-1"), provider: ProviderName.make("opencode"), startedAt }
      const trace = { attempt: actor, worktree: "/tmp/agents/bd-1/app", log }
      return withDxEnd(Job.make({ ...job, phase: "succeeded", exitCode: 0 }), trace)
    }
    const used = { inputTokens: 400, outputTokens: 200, cacheTokens: 600, costUsd: 0.00086 }
    assert.deepInclude(yield* ended(PRINTED - 1000), { usage: used, words: "done." })
    assert.isUndefined((yield* ended(PRINTED + 1000)).usage)
  })
)
