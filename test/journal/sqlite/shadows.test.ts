import { assert, describe, it } from "@effect/vitest"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Context, Effect, Layer, type Scope } from "effect"
import type { JournalFailed } from "../../../src/domain/Failure.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import { Outbox } from "../../../src/journal/Outbox.ts"
import * as SqliteJournal from "../../../src/journal/sqlite/SqliteJournal.ts"
import { intentOf } from "../../contract/attempts.ts"
import { shadowOf } from "../../shadows.ts"
import { ofVersion, once, query, stateDirectory, viewingIn } from "./journalWorld.ts"

const shadowingIn = (directory: string) =>
  Layer.build(
    SqliteJournal.shadowing({ directory }).pipe(Layer.provide(Layer.merge(NodeExec.layer, NodeContext.layer)))
  )

const { run } = shadowOf(1).report

describe("the journal of a shadow run, on disk", () => {
  it.scoped("keeps shadow runs, reads everything, and writes nothing else", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      yield* once(directory, (journal) => journal.begin({ run, host: "vm-1", at: 1 }))
      const services = yield* shadowingIn(directory)
      const journal = Context.get(services, Journal)
      const outbox = Context.get(services, Outbox)
      const writes: ReadonlyArray<Effect.Effect<unknown, JournalFailed, Scope.Scope>> = [
        journal.begin({ run: shadowOf(2).report.run, host: "vm-1", at: 2 }),
        journal.end(shadowOf(1).report),
        journal.intend(intentOf(1)),
        journal.notice({ key: "k", kind: "work_kept", text: "t" }),
        journal.pause({ at: 1, reason: "r", by: "b" }),
        journal.prune({ before: 9, over: [], dryRun: false }),
        journal.lock({ run, work: "run", until: 9 }),
        outbox.take("slack")
      ]
      for (const write of writes) {
        assert.deepInclude(yield* Effect.flip(Effect.scoped(Effect.asVoid(write))), { reason: "unusable" })
      }
      yield* journal.shadow(shadowOf(5), 0)
      assert.lengthOf(yield* Context.get(services, JournalQueries).runs({ last: 9 }), 1)
      const rows = yield* query(directory, "SELECT run, ended FROM runs")
      assert.deepStrictEqual(
        rows.map(({ ended, run }) => [run, ended]),
        [[run, null]]
      )
    })
  )

  it.scoped("an earlier version's journal gets the table, and its records stay", () =>
    Effect.gen(function* () {
      const directory = yield* ofVersion(9)
      yield* query(directory, `INSERT INTO runs (run, host, began, number) VALUES ('${run}', 'vm-1', 1, 1)`)
      const services = yield* shadowingIn(directory)
      yield* Context.get(services, Journal).shadow(shadowOf(5), 0)
      const view = Context.get(yield* Layer.build(viewingIn(directory)), JournalQueries)
      assert.deepStrictEqual(yield* view.shadows({ last: 1 }), [shadowOf(5)])
      assert.lengthOf(yield* view.runs({ last: 9 }), 1)
    })
  )

  it.scoped("a shadow run that cannot be read is a damaged journal, not an absent one", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      yield* once(directory, (journal) => journal.shadow(shadowOf(5), 0))
      yield* query(directory, "UPDATE shadow_runs SET shadow = '{}'")
      const view = Context.get(yield* Layer.build(viewingIn(directory)), JournalQueries)
      assert.deepInclude(yield* Effect.flip(view.shadows({ since: 0 })), { reason: "corrupt" })
    })
  )
})
