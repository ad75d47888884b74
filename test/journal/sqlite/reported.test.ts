import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { fakeAttempt } from "../../../src/testing/fakeAttempts.ts"
import { Ack } from "../../../src/domain/Ack.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { opencode, STEPS } from "../../contract/attempts.ts"
import { ofVersion, opened, query } from "./journalWorld.ts"

const actorOf = (n: number) => Actor.make(`nightly-dispatch/vm-1/20261122T020000Z-000001/${n}`)

it.scopedLive("what an earlier version settled counts as reported; what it left open does not", () =>
  Effect.gen(function* () {
    const directory = yield* ofVersion(3)
    for (const [n, phase] of (["settled", "acknowledged"] as const).entries()) {
      const beads = BeadsId.make(`bd-${n}`)
      const ack = Ack.make({ beads, provider: opencode, pid: 7, how: "started" })
      const attempt = JSON.stringify(fakeAttempt(phase, { actor: actorOf(n), beads, ack }))
      yield* query(
        directory,
        `INSERT INTO attempts (actor, run, beads, phase, began, changed, attempt)
          VALUES ('${actorOf(n)}', 'r', '${beads}', '${phase}', 0, 0, '${attempt}')`
      )
    }
    const journal = yield* opened(directory)
    assert.deepStrictEqual(yield* journal.unreported, [])
    yield* journal.advance(actorOf(1), STEPS.Settled)
    assert.deepStrictEqual(
      (yield* journal.unreported).map(({ beads }) => beads),
      [BeadsId.make("bd-1")]
    )
  })
)
