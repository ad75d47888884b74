import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { REVIEW_LABEL } from "../../src/domain/Outcome.ts"
import { eventually } from "../contract/support.ts"
import { machine } from "./world.ts"

/** A busy machine needs this long. */
const TIMEOUT = 90_000

describe("nightly-dispatch retry", () => {
  it.scopedLive(
    "clears the record of a bug on hold, so that the next run tries it again",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([{ id: "bd-1", title: "the parser loses a row" }])
        const config = path.join(host.root, "settings.yaml")
        const settings = {
          providers: [{ name: "my-agent", command: ["sh", "-c", "sleep 21; exit 1"] }],
          limits: { maxAttempts: 1 },
          watch: "never"
        }
        fs.writeFileSync(config, JSON.stringify(settings))
        const env = { NIGHTLY_DISPATCH_CONFIG: config, NIGHTLY_DISPATCH_RUNNER_BACKEND: "local" }
        const run = Effect.map(host.nd(["run", "--json"], { env }), ({ stdout }) => JSON.parse(stdout).outcomes[0])

        const never = yield* host.nd(["retry", "bd-1"], { env })
        assert.deepStrictEqual(
          [never.code, never.stdout],
          [
            0,
            "bd-1 has no ended attempt that counts.\nRuns may try it, even if a commit, a branch or a pull request for it exists by now.\n"
          ]
        )
        assert.strictEqual((yield* run)._tag, "Dispatched")
        const open = yield* host.nd(["retry", "bd-1"], { env })
        assert.include(open.stdout, "An attempt at it is open, and will count when it ends.")

        const held = yield* eventually(run, (outcome) => outcome?.reason === "undecided", "60 seconds")
        assert.include(held.detail, "nightly-dispatch retry bd-1")
        const cleared = yield* host.nd(["retry", "bd-1", "--note", "Look at src/csv first"], { env })
        assert.match(cleared.stdout, /^bd-1: one ended attempt counts no more\.\nRuns may try it, /)
        assert.include(cleared.stdout, "Your note will be in its next prompt.")
        assert.strictEqual((yield* host.nd(["retry", "bd-1", "--note", " "], { env })).code, 2)
        assert.strictEqual((yield* run)._tag, "Dispatched")

        yield* host.bd("update", "bd-1", "--add-label", REVIEW_LABEL)
        const labelled = yield* host.nd(["retry", "bd-1"], { env })
        assert.include(labelled.stdout, `To remove it: bd label remove bd-1 ${REVIEW_LABEL}`)

        const unknown = yield* host.nd(["retry", "bd-9"], { env })
        assert.deepStrictEqual([unknown.code, unknown.stdout], [1, ""])
        assert.include(unknown.stderr, "bd-9: there is no such issue")
      }),
    TIMEOUT
  )
})
