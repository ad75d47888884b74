// Makes large journals, and prints how long each query of a view takes on them: the first time, and the median of the next.
//
//   npm run bench -- journal 10000 100000 1000000
import * as NodeContext from "@effect/platform-node/NodeContext"
import { createClient } from "@libsql/client"
import { Context, Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import type { JournalFailed } from "../../src/domain/Failure.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { Journal } from "../../src/journal/Journal.ts"
import { JournalQueries } from "../../src/journal/JournalQueries.ts"
import * as SqliteJournal from "../../src/journal/sqlite/SqliteJournal.ts"
import { largeJournal } from "../../src/testing/index.ts"

const LAST = Date.parse("2026-11-22T23:00:00Z")
const DAY = 86_400_000
const TIMES = 7

const say = (text: string) => process.stdout.write(`${text}\n`)
const row = (name: string, ...columns: ReadonlyArray<string>) =>
  say(`  ${name.padEnd(34)}${columns.map((column) => column.padStart(12)).join("")}`)

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const began = performance.now()
    const answer = yield* effect
    return { answer, millis: performance.now() - began }
  })

const median = (all: ReadonlyArray<number>) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0

const ms = (millis: number) => `${millis.toFixed(1)} ms`

const measured = Effect.fn("measured")(function* (
  name: string,
  call: Effect.Effect<unknown, JournalFailed>,
  times = TIMES
) {
  const cold = yield* timed(call)
  const warm = yield* Effect.replicateEffect(
    Effect.map(timed(call), ({ millis }) => millis),
    times
  )
  const { answer } = cold
  const rows = Array.isArray(answer) ? answer.length : answer instanceof Map ? answer.size : 1
  row(name, ms(cold.millis), ms(median(warm)), String(rows))
})

const fill = Effect.fn("fill")(function* (file: string, attempts: number, nights: number) {
  yield* Effect.acquireUseRelease(
    Effect.sync(() => createClient({ url: pathToFileURL(file).href })),
    (client) =>
      Effect.promise(async () => {
        await client.execute("PRAGMA synchronous = OFF")
        for (const statement of largeJournal({ attempts, nights, seed: 1, last: LAST })) await client.execute(statement)
        await client.execute("PRAGMA wal_checkpoint(TRUNCATE)")
      }),
    (client) => Effect.sync(() => client.close())
  )
})

const needs = Layer.merge(NodeExec.layer, NodeContext.layer)

const bench = Effect.fn("bench")(function* (attempts: number) {
  const nights = Math.max(1, Math.round(attempts / 200))
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => path.join(fs.mkdtempSync(path.join(os.tmpdir(), "nd-bench-")), "state")),
    (made) => Effect.sync(() => fs.rmSync(path.dirname(made), { recursive: true, force: true }))
  )
  const file = path.join(directory, "journal.db")
  const opened = Effect.scoped(
    Effect.asVoid(Layer.build(SqliteJournal.layer({ directory }).pipe(Layer.provide(needs))))
  )
  yield* opened
  const made = yield* timed(fill(file, attempts, nights))
  const size = `${(fs.statSync(file).size / 1e6).toFixed(0)} MB`
  say(`${attempts} attempts, ${nights} nights: ${size}, made in ${(made.millis / 1000).toFixed(1)} s`)
  row("", "first", "median", "rows")

  const viewing = Layer.build(SqliteJournal.viewing({ directory }).pipe(Layer.provide(needs)))
  yield* measured("open for a view", Effect.scoped(Effect.asVoid(viewing)))
  const services = yield* viewing
  const [journal, queries] = [Context.get(services, Journal), Context.get(services, JournalQueries)]
  const month = { since: LAST - 29 * DAY }
  const [last] = yield* queries.ended({ since: LAST - 5 * DAY })
  if (last === undefined) return
  const { actor, beads, run } = last
  yield* measured("runs, the last", queries.runs({ last: 1 }))
  yield* measured("runs of 30 nights", queries.runs(month))
  yield* measured("ended in 30 nights", queries.ended(month))
  yield* measured("ended in a night", queries.ended({ since: LAST, until: LAST + DAY }))
  yield* measured("open", queries.open)
  yield* measured("attemptsOf", queries.attemptsOf(beads))
  yield* measured("waiting, ever", queries.waiting({ since: 0 }))
  yield* measured("steps", queries.steps(actor))
  yield* measured("outcomesOf", queries.outcomesOf(beads, 10))
  yield* measured("unchanged", queries.unchanged)
  yield* measured("checks", queries.checks)
  yield* measured("refusals in 30 nights", queries.refusals(month))
  yield* measured("fallbacks in 30 nights", queries.fallbacks(month))
  yield* measured("bugs", queries.bugs)
  yield* measured("decisions in 30 nights", queries.decisions(month))
  yield* measured("Journal.since, 48 h", journal.since(LAST - 2 * DAY))
  yield* measured("Journal.open", journal.open)
  yield* measured("Journal.of", journal.of(beads))
  yield* measured("Journal.unreported", journal.unreported)
  yield* measured("Journal.report", journal.report(run))
  yield* measured("Journal.prunable, all but a year", journal.prunable(LAST - 400 * DAY), 1)
  yield* measured("open for a run", Effect.orDie(opened), 1)
}, Effect.scoped)

const sizes = process.argv.slice(2).map(Number)
void Effect.runPromise(Effect.forEach(sizes.length === 0 ? [10_000, 100_000, 1_000_000] : sizes, (size) => bench(size)))
