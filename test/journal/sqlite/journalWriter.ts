import { createClient } from "@libsql/client"
import { Clock, Effect, Either, Option, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { JournalFailed } from "../../../src/domain/Failure.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { Outbox, type Taken } from "../../../src/journal/Outbox.ts"
import { conditionOf, messageOf } from "../../contract/messages.ts"
import { intentOf, LOCKING, STEPS } from "../../contract/attempts.ts"
import { journalIn } from "./journalWorld.ts"

/** The one argument of the program below. */
export const Orders = Schema.parseJson(
  Schema.Struct({
    directory: Schema.String,
    /**
     * `write`: takes steps in a loop. `hold`: holds the run lock and a write transaction. `pause`: holds a write
     * transaction for half a second. `open`: builds the layer once there is a file `go` beside the directory, then ends. `tell`:
     * once there is that file, opens `TOLD` conditions that are not open, with a message for each, and sends messages until none
     * waits.
     */
    does: Schema.Literal("write", "hold", "pause", "open", "tell"),
    /** The number of its first attempt. */
    from: Schema.Int,
    /** When its run should be done. Default: never. */
    until: Schema.optional(Schema.Int)
  })
)

/** Not `console.log`: the line is written before this returns, even if the process is killed right after. */
const say = (line: string) => Effect.sync(() => fs.writeSync(1, `${line}\n`))

/** The longest life of this process, in case the test run is killed and does not end it. */
const LIFE = "60 seconds"

/** More attempts than a test waits for. */
const MANY = 5_000

const write = (from: number) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    for (let n = from; n < from + MANY; n++) {
      const { actor } = yield* journal.intend(intentOf(n))
      yield* say(`${n} intended`)
      for (const step of Object.values(STEPS)) {
        const { phase } = yield* journal.advance(actor, step)
        yield* say(`${n} ${phase}`)
      }
    }
  })

const transaction = (directory: string, work: Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    const client = createClient({ url: `file:${path.join(directory, "journal.db")}` })
    yield* Effect.promise(() => client.execute("BEGIN IMMEDIATE"))
    yield* say("writing")
    yield* work
    yield* Effect.promise(() => client.execute("ROLLBACK"))
  })

const hold = (directory: string, until = LOCKING.until) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    yield* journal.intend(intentOf(1))
    yield* say(Option.isNone(yield* journal.lock({ ...LOCKING, until })) ? "locked" : "refused")
    yield* transaction(directory, Effect.never)
  }).pipe(Effect.scoped)

const go = (directory: string) =>
  Effect.gen(function* () {
    yield* say("ready")
    while (!fs.existsSync(path.join(directory, "../go"))) yield* Effect.sleep("1 millis")
  })

/** How many conditions there are to tell of. */
export const TOLD = 20

const tell = (directory: string, from: number) =>
  Effect.gen(function* () {
    const outbox = yield* Outbox
    yield* go(directory)
    const now = yield* Clock.currentTimeMillis
    for (let n = 1; n <= TOLD; n++) {
      const { condition, ...rest } = conditionOf(n)
      const told = yield* outbox.compare(["slack"], (open) => {
        if (open.some(({ condition: { key } }) => key === condition.key)) return { open, messages: [] }
        // Not the id that another process would give it.
        const message = messageOf(n, now, { id: `m-${n} of ${from}` })
        return { open: [...open, { condition, ...rest }], messages: [{ message, notBefore: 0 }] }
      })
      for (const { key } of told) yield* say(`told ${key}`)
      const taken = yield* outbox.take("slack")
      if (Option.isSome(taken)) yield* send(taken.value)
    }
    while ((yield* outbox.waiting).length > 0) {
      yield* Effect.flatMap(
        outbox.take("slack"),
        Option.match({ onNone: () => Effect.sleep("1 millis"), onSome: send })
      )
    }
  })

const send = (taken: Taken) =>
  Effect.gen(function* () {
    const outbox = yield* Outbox
    yield* say(`sent ${taken.message.key}`)
    yield* outbox.sent(taken)
  })

/** A process that has the journal open until it is killed. */
export const main = (argument: string): Promise<void> =>
  Effect.gen(function* () {
    const { directory, does, from, until } = yield* Schema.decode(Orders)(argument)
    if (does === "open") yield* go(directory)
    const work: Effect.Effect<void, JournalFailed, Journal | Outbox> = {
      write: write(from),
      hold: hold(directory, until),
      pause: transaction(directory, Effect.sleep("500 millis")),
      open: Effect.void,
      tell: tell(directory, from)
    }[does]
    const built = yield* Effect.either(Effect.provide(Effect.zipRight(Journal, work), journalIn(directory)))
    yield* say(Either.isLeft(built) ? built.left.message : "opened")
  }).pipe(Effect.timeout(LIFE), Effect.runPromise)
