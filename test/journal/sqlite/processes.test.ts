import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, Schema } from "effect"
import { spawn, type ChildProcess } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { vi } from "vitest"
import { Attempt } from "../../../src/domain/Attempt.ts"
import { OVERDUE_GRACE } from "../../../src/journal/locking.ts"
import { migrations } from "../../../src/journal/sql/migrations.ts"
import { intentOf, LOCKING, RUN, STEPS } from "../../contract/attempts.ts"
import { stopProcess } from "../../stopProcess.ts"
import { eventually, sameMembers } from "../../contract/support.ts"
import { processBundle } from "../../processBundle.ts"
import { Orders, TOLD } from "./journalWriter.ts"
import { once, opened, query, read, stateDirectory } from "./journalWorld.ts"

// A busy machine needs this long.
vi.setConfig({ testTimeout: 60_000 })

describe("the journal among processes", () => {
  const bundle = processBundle({
    contents: `import { main } from "./journalWriter.ts"; await main(process.argv[2])`,
    directory: import.meta.dirname,
    // Without its clients for the network, whose loading takes half of the start. The program leaves them out, too.
    alias: { "@libsql/client": "@libsql/client/sqlite3" }
  })

  interface Started {
    readonly child: ChildProcess
    readonly lines: () => ReadonlyArray<string>
  }

  const encodeOrders = Schema.encodeSync(Orders)

  /** A process with the journal open; killed when the test ends. */
  const start = (directory: string, does: (typeof Orders.Type)["does"], from: number, until?: number) =>
    Effect.acquireRelease(
      Effect.sync((): Started => {
        const orders = encodeOrders({ directory, does, from, ...(until === undefined ? {} : { until }) })
        const child = spawn(process.execPath, [bundle(), orders], {
          stdio: ["ignore", "pipe", "pipe"]
        })
        let said = ""
        for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (said += String(data)))
        return { child, lines: () => said.split("\n").slice(0, -1) }
      }),
      ({ child }) => killed(child)
    )

  const killed = (child: ChildProcess) =>
    Effect.async<void>((resume) => {
      if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
      child.once("close", () => resume(Effect.void))
      child.kill("SIGKILL")
    })

  const printed = (started: Started, enough: (lines: ReadonlyArray<string>) => boolean) =>
    eventually(Effect.sync(started.lines), enough, "30 seconds")

  it.scopedLive("killed again and again: readable and intact, and no confirmed write is lost", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const phases: ReadonlyArray<string> = Attempt.members.map(({ fields }) => fields.phase.literals[0])
      const lastPhases = new Map<number, string>()
      for (const [round, count] of [3, 17, 30].entries()) {
        const started = yield* start(directory, "write", round * 1_000 + 1)
        yield* printed(started, (lines) => lines.length >= count)
        yield* killed(started.child)
        for (const line of started.lines()) {
          assert.match(line, /^\d+ [a-z]+$/)
          lastPhases.set(Number(line.split(" ")[0]), line.split(" ")[1]!)
        }
        assert.isAtLeast(lastPhases.size, 1)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const journal = yield* opened(directory)
            const all = yield* journal.since(0)
            const ahead = all.filter(({ number, phase }) => phase !== lastPhases.get(number))
            assert.isAtMost(ahead.length, round + 1, "at most the step that was under way at each kill")
            for (const [number, phase] of lastPhases) {
              const found = all.find((attempt) => attempt.number === number)
              assert.isDefined(found, `attempt ${number} (${phase}) is lost`)
              assert.include([0, 1], phases.indexOf(found!.phase) - phases.indexOf(phase), `attempt ${number}`)
            }
            assert.isTrue(Option.isNone(yield* journal.lock(LOCKING)))
          })
        )
        assert.deepStrictEqual(
          yield* query(
            directory,
            `SELECT a.actor FROM attempts a LEFT JOIN steps s ON s.actor = a.actor GROUP BY a.actor, a.phase
             HAVING count(s.id) <> CASE a.phase WHEN 'intended' THEN 1 WHEN 'claimed' THEN 2 WHEN 'workspace' THEN 3
               WHEN 'prompt' THEN 4 WHEN 'starting' THEN max(5, min(6, count(s.id)))
               WHEN 'acknowledged' THEN 7 WHEN 'verifying' THEN max(8, min(10, count(s.id)))
               WHEN 'ending' THEN 11 ELSE max(12, min(13, count(s.id))) END`
          ),
          [],
          "an attempt and its steps are written together or not at all"
        )
      }
    })
  )

  it.scopedLive("several processes that open a new journal at once get the same one", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const all = yield* Effect.all([1, 2, 3, 4].map(() => start(directory, "open", 0)))
      for (const started of all) yield* printed(started, (lines) => lines.length > 0)
      fs.writeFileSync(path.join(directory, "../go"), "")
      for (const started of all) {
        const lines = yield* printed(started, (lines) => lines.length > 1)
        assert.deepStrictEqual(lines, ["ready", "opened"])
      }
      yield* once(directory, (journal) => journal.intend(intentOf(1)))
      const rows = yield* query(directory, "SELECT count(*) AS n FROM effect_sql_migrations")
      assert.deepInclude(rows[0], { n: migrations.length })
    })
  )

  it.scopedLive("a process that opens its journal a second time still sees what other processes write", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const journal = yield* opened(directory)
      yield* journal.intend(intentOf(1))
      yield* once(directory, () => Effect.void)
      fs.writeFileSync(path.join(directory, "../go"), "")
      // At its end it would remove the log of writes if it took itself for the only process.
      const passing = yield* start(directory, "open", 0)
      yield* Effect.async<void>((resume) => void passing.child.once("close", () => resume(Effect.void)))
      assert.deepStrictEqual(passing.lines(), ["ready", "opened"])
      const writer = yield* start(directory, "write", 2)
      yield* printed(writer, (lines) => lines.includes("2 settled"))
      yield* killed(writer.child)
      const numbers = (yield* journal.since(0)).map(({ number }) => number)
      assert.deepStrictEqual(numbers.slice(0, 2), [1, 2])
    })
  )

  it.scopedLive(
    "several processes that look and send at once tell of each condition once, and send each message once",
    () =>
      Effect.gen(function* () {
        const directory = yield* stateDirectory
        yield* once(directory, () => Effect.void)
        const all = yield* Effect.all([1, 2, 3].map((n) => start(directory, "tell", n)))
        for (const started of all) yield* printed(started, (lines) => lines.includes("ready"))
        fs.writeFileSync(path.join(directory, "../go"), "")
        for (const started of all) yield* printed(started, (lines) => lines.includes("opened"))
        const lines = all.flatMap((started) => started.lines())
        const conditions = Array.from({ length: TOLD }, (_, n) => `gave_up bd-${n + 1}`)
        for (const did of ["told", "sent"]) {
          const about = lines.filter((line) => line.startsWith(did))
          sameMembers(
            about,
            conditions.map((key) => `${did} ${key}`)
          )
        }
        const rows = yield* query(directory, "SELECT state, count(*) AS n FROM deliveries GROUP BY state")
        assert.deepInclude(rows[0], { state: "sent", n: TOLD })
      })
  )

  it.scopedLive("a write waits for another process's short transaction", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const journal = yield* opened(directory)
      const other = yield* start(directory, "pause", 0)
      yield* printed(other, (lines) => lines.length > 0)
      yield* journal.intend(intentOf(1))
      assert.deepStrictEqual(yield* printed(other, (lines) => lines.length > 1), ["writing", "opened"])
    })
  )

  it.scopedLive("readers do not wait, a second run is kept out, and the lock of a killed process is free", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const holder = yield* start(directory, "hold", 0)
      assert.deepStrictEqual(yield* printed(holder, (lines) => lines.length >= 2), ["locked", "writing"])
      yield* Effect.scoped(
        Effect.gen(function* () {
          const before = Date.now()
          const journal = yield* read(directory)
          assert.lengthOf(yield* journal.open, 1)
          assert.isBelow(Date.now() - before, 1_500)
        })
      )
      const journal = yield* opened(directory)
      assert.deepStrictEqual(yield* Effect.scoped(journal.lock(LOCKING)), Option.some(`process ${holder.child.pid}`))
      yield* killed(holder.child)
      yield* Effect.scoped(
        Effect.gen(function* () {
          assert.isTrue(Option.isNone(yield* journal.lock(LOCKING)), "free at once")
          yield* journal.advance(intentOf(1).actor, STEPS.Claimed)
        })
      )
    })
  )

  it.scopedLive("a stopped run that is long beyond its time: the next run fails, and says how to end it", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const late = Date.now() - Duration.toMillis(OVERDUE_GRACE)
      const holder = yield* start(directory, "hold", 0, late - 60_000)
      yield* printed(holder, (lines) => lines.length >= 2)
      const journal = yield* opened(directory)
      const failure = Effect.flip(Effect.scoped(journal.lock(LOCKING)))
      const { pid } = holder.child
      const running = yield* failure
      assert.strictEqual(running.reason, "hung")
      assert.include(running.message, `It is running. End it: kill -9 ${pid}`)
      yield* stopProcess(pid ?? 0)
      const stopped = yield* failure
      assert.match(
        stopped.message,
        new RegExp(`lock\\.db: process ${pid} \\(run ${RUN}\\) holds the lock since 20..-.*Z`)
      )
      assert.match(stopped.message, /no run starts until it ends\. It is stopped by a signal, as after Ctrl-Z/)
      assert.include(stopped.message, `kill -CONT ${pid}`)
      assert.notInclude(stopped.message, "\n")
      yield* killed(holder.child)
      assert.isTrue(Option.isNone(yield* Effect.scoped(journal.lock(LOCKING))), "free at once")
    })
  )

  it.scopedLive("a stopped run within its time only makes the next run skip", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      const holder = yield* start(directory, "hold", 0, Date.now() - Duration.toMillis(OVERDUE_GRACE) + 60_000)
      yield* printed(holder, (lines) => lines.length >= 2)
      yield* stopProcess(holder.child.pid ?? 0)
      const journal = yield* opened(directory)
      assert.deepStrictEqual(yield* Effect.scoped(journal.lock(LOCKING)), Option.some(`process ${holder.child.pid}`))
    })
  )
}, 60_000)
