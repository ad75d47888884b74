import { Effect, Either, Schema } from "effect"
import * as fs from "node:fs"
import { kernelLock, withKernelLock } from "../../src/exec/kernelLock.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"

/** The one argument of the program below. */
export const Orders = Schema.parseJson(
  Schema.Struct({
    file: Schema.String,
    /**
     * `hold`: takes the lock and keeps it. `starts`: tries once in each of many rounds, without waiting. `rounds`: takes and
     * frees it again and again, and appends `in` and `out` to the file `log`. `try`: tries once, without waiting.
     */
    does: Schema.Literal("hold", "starts", "rounds", "try")
  })
)

const ROUNDS = 60
/** The rounds of `starts`. */
export const STARTS = 40

const say = (line: string) => Effect.sync(() => fs.writeSync(1, `${line}\n`))

/** Waits for the starting signal of a round. */
const signal = (file: string, round: number) =>
  Effect.gen(function* () {
    while (!fs.existsSync(`${file}.go${round}`)) yield* Effect.sleep("1 millis")
  })

/** Every round has a fresh lock file, and holds what it got until the next round. */
const starts = (file: string) =>
  Effect.forEach(
    Array.from({ length: STARTS }, (_, round) => round),
    (round) =>
      Effect.gen(function* () {
        if (round === 0) yield* say("ready")
        yield* signal(file, round)
        const got = yield* Effect.either(kernelLock(`${file}.${round}`, 0))
        yield* say(`${round} ${Either.isRight(got) ? "got it" : got.left.reason}`)
        yield* signal(file, round + 1)
      }).pipe(Effect.scoped),
    { discard: true }
  )

const rounds = (file: string) =>
  Effect.forEach(
    Array.from({ length: ROUNDS }),
    () =>
      withKernelLock(file)(
        Effect.gen(function* () {
          fs.appendFileSync(`${file}.log`, `in ${process.pid}\n`)
          yield* Effect.sleep("1 millis")
          fs.appendFileSync(`${file}.log`, `out ${process.pid}\n`)
        })
      ),
    { discard: true }
  )

/** A process that uses a kernel lock. */
export const main = (argument: string): Promise<void> =>
  Effect.gen(function* () {
    const { does, file } = yield* Schema.decode(Orders)(argument)
    if (does === "rounds") return yield* rounds(file)
    if (does === "starts") return yield* starts(file)
    if (does === "try") {
      yield* say((yield* Effect.flip(kernelLock(file, 0))).reason)
      return
    }
    yield* kernelLock(file)
    yield* say("held")
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(NodeExec.layer), Effect.timeout("60 seconds"), Effect.runPromise)
