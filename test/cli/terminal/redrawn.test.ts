import * as Terminal from "@effect/platform/Terminal"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Mailbox, Option, TestClock } from "effect"
import { redrawn } from "../../../src/cli/terminal/redrawn.ts"
import { inMemory } from "../memory.ts"

const key = (name: string, ctrl = false): Terminal.UserInput => ({
  input: ctrl ? Option.none() : Option.some(name),
  key: { name, ctrl, meta: false, shift: false }
})

/** A terminal of ten rows on which keys are pressed, and what was printed on it. */
const terminal = Effect.gen(function* () {
  const keys = yield* Mailbox.make<Terminal.UserInput>()
  const { layer, out } = inMemory()
  const screen = Terminal.Terminal.of({
    columns: Effect.succeed(80),
    rows: Effect.succeed(10),
    isTTY: Effect.succeed(true),
    readInput: Effect.succeed(keys),
    readLine: Effect.never,
    display: () => Effect.void
  })
  return { keys, out, layer: Layer.merge(layer, Layer.succeed(Terminal.Terminal, screen)) }
})

const OPEN = "\u001b[?1049h\u001b[?25l"
const CLOSE = "\u001b[?25h\u001b[?1049l"

describe("a text that is drawn anew", () => {
  for (const [name, end] of [
    ["q", key("q")],
    ["ctrl-c", key("c", true)]
  ] as const) {
    it.effect(`shows what has changed every two seconds until ${name}, and gives the screen back`, () =>
      Effect.gen(function* () {
        const { keys, layer, out } = yield* terminal
        let asked = 0
        const shown = Effect.sync(() => ({ exit: ++asked === 3 ? 1 : 0, text: `frame ${asked}` }))
        const fiber = yield* Effect.fork(Effect.provide(redrawn(shown), layer))
        yield* TestClock.adjust("4 seconds")
        yield* keys.offer(key("x"))
        yield* keys.offer(end)
        assert.strictEqual(yield* Fiber.join(fiber), 1, "the exit code of the last frame")
        const frames = [1, 2, 3].map((n) => `\u001b[Hframe ${n}\u001b[K\n\u001b[J`)
        assert.deepStrictEqual(out, [OPEN, ...frames, CLOSE])
      })
    )
  }

  it.effect("gives the screen back if it is interrupted, and if a frame fails", () =>
    Effect.gen(function* () {
      const { layer, out } = yield* terminal
      const slow = yield* Effect.fork(Effect.provide(redrawn(Effect.never), layer))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(slow)
      assert.deepStrictEqual(out.splice(0), [OPEN, CLOSE])
      assert.strictEqual(yield* Effect.flip(Effect.provide(redrawn(Effect.fail("no")), layer)), "no")
      assert.deepStrictEqual(out, [OPEN, CLOSE])
    })
  )

  it.effect("shows only as many lines as the screen has", () =>
    Effect.gen(function* () {
      const { keys, layer, out } = yield* terminal
      const text = Array.from({ length: 30 }, (_, n) => `line ${n}`).join("\n")
      const fiber = yield* Effect.fork(Effect.provide(redrawn(Effect.succeed({ exit: 0, text })), layer))
      yield* TestClock.adjust("1 second")
      yield* keys.offer(key("q"))
      yield* Fiber.join(fiber)
      assert.include(out[1], "line 8")
      assert.notInclude(out[1], "line 9")
    })
  )
})
