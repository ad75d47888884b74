import { Effect, TestClock } from "effect"
import { Journal } from "../../journal/Journal.ts"
import { assert } from "./assert.ts"
import { bug, intentOf, plain, STEPS } from "./attempts.ts"
import { refused, walked, WAYS, type JournalCheck } from "./journalWorld.ts"
import { beadsId } from "./support.ts"

/** Which steps an attempt takes, and what each of them writes. */
export const steps = (check: JournalCheck): void => {
  check(
    "every step adds its fields and keeps the others, and Settled closes the attempt",
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* journal.intend(intentOf(1))
      const seen: Array<string> = []
      for (const tag of [...WAYS.acknowledged[0], "Ending", "Settled"] as const) {
        yield* TestClock.adjust(1_000)
        const advanced = yield* journal.advance(intentOf(1).actor, STEPS[tag])
        assert.deepStrictEqual((yield* journal.of(bug)).map(plain), [plain(advanced)], "it returns what it has written")
        seen.push(advanced.phase)
      }
      const phases = ["claimed", "workspace", "prompt", "starting", "starting", "acknowledged", "ending", "settled"]
      assert.deepStrictEqual(seen, phases)
      const [kept] = yield* journal.of(bug)
      assert(kept !== undefined)
      assert.deepInclude(plain(kept), {
        workspace: { path: "/tmp/agents/bd-1/app", branch: "fix/bd-1", base: "abc", reused: false },
        prompt: { beads: "bd-1", path: "/tmp/x/bd-1.prompt" },
        provider: "opencode",
        previousRun: "run-0",
        starter: { pid: 4241, startedAt: "17", boot: "boot-1", namespace: "pid:[1]", machine: "m-1" },
        ack: { beads: "bd-1", provider: "opencode", pid: 4242, log: "/l", runInstance: "run-1", how: "started" },
        end: "failed",
        blame: "issue",
        createdAt: 0,
        createdBoot: { boot: "wall clock", millis: 0 },
        updatedAt: 8_000,
        updatedBoot: { boot: "wall clock", millis: 8_000 }
      })
      assert.isEmpty(yield* journal.open)
    })
  )

  for (const [phase, [way, next]] of Object.entries(WAYS)) {
    check(
      `${phase}: takes ${next.join(", ") || "no step"}; any other step fails with illegal and changes nothing`,
      Effect.gen(function* () {
        const journal = yield* Journal
        for (const [n, step] of Object.values(STEPS).entries()) {
          const intent = intentOf(n + 1, beadsId(`bd-${n}`))
          yield* walked(intent, way)
          const before = (yield* journal.of(intent.beads)).map(plain)
          yield* TestClock.adjust(1)
          if (next.includes(step._tag)) {
            yield* journal.advance(intent.actor, step)
            assert.notDeepStrictEqual((yield* journal.of(intent.beads)).map(plain), before)
          } else {
            yield* refused(journal.advance(intent.actor, step), intent.actor)
            assert.deepStrictEqual((yield* journal.of(intent.beads)).map(plain), before)
          }
        }
      })
    )
  }
}
