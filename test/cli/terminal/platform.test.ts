import * as Terminal from "@effect/platform/Terminal"
import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { layer } from "../../../src/cli/terminal/platform.ts"

const isDefect = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<boolean> =>
  Effect.map(Effect.exit(call), (exit) => Exit.isFailure(exit) && Cause.isDie(exit.cause))

it.live("the program's terminal can ask: no part of it is a defect", () =>
  Effect.gen(function* () {
    const { columns, display, isTTY, readLine, rows } = yield* Terminal.Terminal
    const calls = [
      isDefect(columns),
      isDefect(rows),
      isDefect(isTTY),
      isDefect(display("")),
      isDefect(Effect.timeoutOption(readLine, "300 millis"))
    ]
    assert.deepStrictEqual(yield* Effect.all(calls), [false, false, false, false, false])
  }).pipe(Effect.provide(layer))
)
