import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { fork, type ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import { scratch } from "../beads/bd/bdWorld.ts"
import { ATOMIC, BD, LEASES, tracker, VERSION } from "./realBd.ts"

// Fewer where nothing is special: before 0.49.4 both claims can win, and from 1.2.1 on a claim is a lease.
const ROUNDS = ATOMIC && !LEASES ? 10 : 50
const RACERS = [1, 2] as const

/** A bug as a read before the race shows it. */
const SEEN = {
  title: "boom",
  description: "",
  status: "open",
  priority: 1,
  type: "bug",
  labels: [],
  createdAt: 0,
  blockedBy: []
}

/** The result of a racer's claim. */
interface Answer {
  readonly won: boolean
  readonly error?: string
  readonly reason?: string
  readonly holder?: string
  readonly message?: string
}

/** A process that claims bugs. The scope ends it. */
const racer = (dir: string): Effect.Effect<ChildProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() =>
      fork(fileURLToPath(new URL("./racer.js", import.meta.url)), [JSON.stringify({ command: BD, dir })])
    ),
    (child) => Effect.sync(() => child.kill())
  )

/** The next message of the process. */
const nextMessage = <A>(child: ChildProcess): Effect.Effect<A> =>
  Effect.async<A>((resume) => {
    const onExit = (code: number | null) => resume(Effect.dieMessage(`a racer ended: ${code}`))
    child.once("exit", onExit)
    child.once("message", (message) => {
      child.off("exit", onExit)
      resume(Effect.succeed(message as A))
    })
  })

/** Sends each process a message and waits for all answers. */
const send = <A>(
  children: ReadonlyArray<ChildProcess>,
  message: (at: number) => unknown
): Effect.Effect<ReadonlyArray<A>> =>
  Effect.suspend(() => {
    const answers = Effect.forEach(children, (child) => nextMessage<A>(child), { concurrency: "unbounded" })
    return Effect.zipLeft(
      answers,
      Effect.sync(() => children.forEach((child, at) => child.send(message(at) as string))),
      { concurrent: true }
    )
  })

const actorOf = (racer: number, round: number): string =>
  `nightly-dispatch/host-${racer}/20261122T030000Z-${String(round).padStart(6, "0")}/1`

describe("simultaneous claims", () => {
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
        yield* Effect.forEach(racers, (child) => nextMessage(child), { concurrency: "unbounded" })

        const rounds: Array<ReadonlyArray<Answer>> = []
        for (const [round, id] of ids.entries()) {
          // In half of the rounds the reads coincide, in the others the claims themselves.
          const seen = round % 2 === 1 ? { ...SEEN, id } : undefined
          yield* send(racers, (at) => ({ id, actor: actorOf(RACERS[at] ?? 0, round), seen }))
          rounds.push(yield* send<Answer>(racers, () => "go"))
        }

        const shown = yield* all
        const counts: Record<string, number> = {}
        for (const [round, answers] of rounds.entries()) {
          const issue = shown.get(`bd-r${round}`)
          const winners = answers.filter(({ won }) => won).map(({ holder }) => holder)
          const summary = `round ${round}: ${JSON.stringify(answers)}, and bd shows ${JSON.stringify(issue)}`
          for (const { won, error, reason } of answers) {
            const key = won ? "won" : `${error} ${reason}`
            counts[key] = (counts[key] ?? 0) + 1
            assert.isTrue(won || error === "ClaimFailed", summary)
          }
          assert.isAtMost(winners.length, 1, summary)
          if (ATOMIC) assert.lengthOf(winners, 1, summary)
          // Without a winner the bug is unassigned, unless its assignee reports that it may hold the claim.
          const unsure = answers.some(
            ({ reason }, at) => reason === "unknown" && issue?.assignee === actorOf(RACERS[at] ?? 0, round)
          )
          // The last writer holds the bug of a bd whose claim is not atomic, also if both had read the other one's by then. So a
          // dispatch reads its claim again before and after the start of its job.
          const mayHold = ATOMIC ? winners : RACERS.map((racer) => actorOf(racer, round))
          if (winners.length === 1) assert.include(mayHold, issue?.assignee, summary)
          else assert.isTrue(issue?.assignee === undefined || unsure, summary)
          for (const { reason, holder } of answers) {
            if (reason === "held" && winners.length === 1) assert.strictEqual(holder, winners[0], summary)
          }
        }
        console.log(`bd ${VERSION}, ${ROUNDS} rounds of two simultaneous claims: ${JSON.stringify(counts)}`)
      }),
    600_000
  )
})
