import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { fork, type ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import { scratch } from "../beads/bd/bdWorld.ts"
import { ATOMIC, BD, tracker, VERSION } from "./realBd.ts"

const ROUNDS = 50
const RACERS = [1, 2] as const

/** What a look at a bug before the race shows. */
const LOOKED = {
  title: "boom",
  description: "",
  status: "open",
  priority: 1,
  type: "bug",
  labels: [],
  createdAt: 0,
  blockedBy: []
}

/** How a racer's claim went. */
interface Answer {
  readonly won: boolean
  readonly error?: string
  readonly reason?: string
  readonly holder?: string
  readonly message?: string
}

/** A process that claims bugs, until the scope is closed. */
const racer = (dir: string): Effect.Effect<ChildProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() =>
      fork(fileURLToPath(new URL("./racer.js", import.meta.url)), [JSON.stringify({ command: BD, dir })])
    ),
    (child) => Effect.sync(() => child.kill())
  )

/** What the process says next. */
const heard = <A>(child: ChildProcess): Effect.Effect<A> =>
  Effect.async<A>((resume) => {
    const onExit = (code: number | null) => resume(Effect.dieMessage(`a racer ended: ${code}`))
    child.once("exit", onExit)
    child.once("message", (message) => {
      child.off("exit", onExit)
      resume(Effect.succeed(message as A))
    })
  })

/** Tells the processes something each and waits for all their answers. */
const tell = <A>(
  children: ReadonlyArray<ChildProcess>,
  words: (at: number) => unknown
): Effect.Effect<ReadonlyArray<A>> =>
  Effect.suspend(() => {
    const answers = Effect.forEach(children, (child) => heard<A>(child), { concurrency: "unbounded" })
    return Effect.zipLeft(
      answers,
      Effect.sync(() => children.forEach((child, at) => child.send(words(at) as string))),
      { concurrent: true }
    )
  })

const actorOf = (racer: number, round: number): string =>
  `nightly-dispatch/host-${racer}/20261122T030000Z-${String(round).padStart(6, "0")}/1`

describe("claims at the same moment", () => {
  it.scopedLive(
    `bd-XXXX.3.1 two processes claim ${ROUNDS} bugs of bd ${VERSION}: never two winners${ATOMIC ? ", always one" : ""}`,
    () =>
      Effect.gen(function* () {
        const ids = Array.from({ length: ROUNDS }, (_, round) => `bd-r${round}`)
        const { all, dir } = yield* tracker(
          yield* scratch,
          ids.map((id) => ({ id, title: `round ${id}`, priority: 1 }))
        )
        const racers = yield* Effect.forEach(RACERS, () => racer(dir))
        yield* Effect.forEach(racers, (child) => heard(child), { concurrency: "unbounded" })

        const rounds: Array<ReadonlyArray<Answer>> = []
        for (const [round, id] of ids.entries()) {
          // Half of the rounds meet at the look, the others at the claim itself.
          const seen = round % 2 === 1 ? { ...LOOKED, id } : undefined
          yield* tell(racers, (at) => ({ id, actor: actorOf(RACERS[at] ?? 0, round), seen }))
          rounds.push(yield* tell<Answer>(racers, () => "go"))
        }

        const shown = yield* all
        const counts: Record<string, number> = {}
        for (const [round, answers] of rounds.entries()) {
          const issue = shown.get(`bd-r${round}`)
          const winners = answers.filter(({ won }) => won).map(({ holder }) => holder)
          const told = `round ${round}: ${JSON.stringify(answers)}, and bd shows ${JSON.stringify(issue)}`
          for (const { won, error, reason } of answers) {
            const key = won ? "won" : `${error} ${reason}`
            counts[key] = (counts[key] ?? 0) + 1
            assert.isTrue(won || error === "ClaimFailed", told)
          }
          assert.isAtMost(winners.length, 1, told)
          if (ATOMIC) assert.lengthOf(winners, 1, told)
          // Without a winner nobody may be left holding it, unless that one says that it cannot tell.
          const unsure = answers.some(
            ({ reason }, at) => reason === "unknown" && issue?.assignee === actorOf(RACERS[at] ?? 0, round)
          )
          if (winners.length === 1) assert.strictEqual(issue?.assignee, winners[0], told)
          else assert.isTrue(issue?.assignee === undefined || unsure, told)
          for (const { reason, holder } of answers) {
            if (reason === "held" && winners.length === 1) assert.strictEqual(holder, winners[0], told)
          }
        }
        console.log(`bd ${VERSION}, ${ROUNDS} rounds of two claims at once: ${JSON.stringify(counts)}`)
      }),
    600_000
  )
})
