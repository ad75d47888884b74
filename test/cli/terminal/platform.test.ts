import * as Terminal from "@effect/platform/Terminal"
import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { layer } from "../../../src/cli/terminal/platform.ts"

it.live("the program's terminal can ask: no part of it is a defect", () =>
  Effect.gen(function* () {
    const { columns, display, isTTY, readLine, rows } = yield* Terminal.Terminal
    const exits = [
      yield* Effect.exit(columns),
      yield* Effect.exit(rows),
      yield* Effect.exit(isTTY),
      yield* Effect.exit(display("")),
      yield* Effect.exit(Effect.timeoutOption(readLine, "300 millis"))
    ]
    for (const exit of exits) assert.isFalse(Exit.isFailure(exit) && Cause.isDie(exit.cause), String(exit))
  }).pipe(Effect.provide(layer))
)
